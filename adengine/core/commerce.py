"""Which state of a checkout, an order or an ad may follow which, and the lawful 'was' price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from adengine.core.errors import Conflict, Invalid
from adengine.core.money import Money

LOOK_BACK = timedelta(days=30)

Kind = Literal["checkout", "order", "ad"]
Moves = Mapping[str, frozenset[str]]


def _legal(**moves: str) -> Moves:
    return {old: frozenset(new.split()) for old, new in moves.items()}


CHECKOUT_MOVES = _legal(
    # A payment can succeed after one try was declined, or while we time it out: money that was taken gets
    # its order.
    open="paying paid expired cancelled",
    paying="open paid expired cancelled",
    # Or be priced anew.
    expired="open paid",
    paid="",
    cancelled="",
)
ORDER_MOVES = _legal(
    paid="partly_refunded refunded",
    # A refund may fail at the buyer's bank weeks later: its money is here again.
    partly_refunded="paid partly_refunded refunded",
    refunded="paid partly_refunded",
)
AD_MOVES = _legal(
    planned="shooting queued failed refused retired",
    shooting="queued failed refused retired",
    queued="rendering failed refused retired",
    # Back to queued when its worker was lost.
    rendering="ready queued failed refused retired",
    ready="published queued refused retired",
    published="paused retired",
    # Queued again when a price or claim it shows has to be painted anew.
    paused="published queued refused retired",
    failed="shooting queued retired",
    refused="planned retired",
    retired="",
)
MOVES: Mapping[Kind, Moves] = {"checkout": CHECKOUT_MOVES, "order": ORDER_MOVES, "ad": AD_MOVES}


def move(kind: Kind, old: str, new: str) -> str:
    """Return `new` when a checkout, order or ad in state `old` may become it; raise Conflict otherwise."""
    legal = MOVES[kind].get(old)
    if legal is None or new not in MOVES[kind]:
        raise Invalid(f"a checkout, order or ad has no state '{old if legal is None else new}'")
    if new not in legal:
        ways = ", ".join(sorted(legal)) or "nothing else"
        raise Conflict(f"this {kind} is {old} and cannot become {new}; it can become {ways}")
    return new


@dataclass(frozen=True)
class PricePoint:
    """`price` was asked from `at` on, until the next point."""

    price: Money
    at: datetime

    def __post_init__(self) -> None:
        _aware(self.at)


def lowest_in_30_days(history: Sequence[PricePoint], *, now: datetime, current: Money) -> Money | None:
    """The lawful 'was' price: the lowest asked in the 30 days before `current` took effect.

    None when it is not higher than `current`, or when the history does not reach back that far, so that a
    lower price may have been asked unseen. Directive 98/6/EC Art. 6a; CJEU C-330/23 (Aldi Süd): the
    percentage, too, counts from this price.
    """
    _aware(now)
    past = sorted((point for point in history if point.at <= now), key=lambda point: point.at)
    took_effect = now
    while past and past[-1].price == current:
        took_effect = past.pop().at
    window = took_effect - LOOK_BACK
    known = [point for point in past if point.at <= window]
    if not known:
        return None
    applied = [known[-1], *(point for point in past if window < point.at < took_effect)]
    lowest = min((point.price for point in applied), key=lambda price: (price - current).minor)
    return lowest if current < lowest else None


def discount_percent(was: Money, now: Money) -> int:
    """Whole percent that `now` is below `was`, rounded down so that no advert promises too much."""
    if was < now or was.minor <= 0 or now.minor < 0:
        raise Invalid(f"{now.display()} is no discount from {was.display()}")
    return (was - now).minor * 100 // was.minor


def _aware(*moments: datetime) -> None:
    if any(moment.utcoffset() is None for moment in moments):
        raise Invalid("times need a time zone; write them in UTC")
