"""What discount codes take off a basket, line by line, and why a code takes off nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adengine.core.money import WHOLE_BPS, Money, total
from adengine.core.selling import Applied, Discount, Rejected, Rejection, code_of

Known = Mapping[str, tuple[Discount, int]]


@dataclass(frozen=True)
class Goods:
    """One line of a basket and what is still to be paid for it."""

    variant_id: str
    product_id: str
    amount: Money


@dataclass(frozen=True)
class Lowered:
    """The codes that work and those that do not, each in the order given."""

    applied: tuple[Applied, ...]
    rejected: tuple[Rejected, ...]

    def off(self, variant_id: str) -> list[Money]:
        """What each code takes off that line, where it takes off anything."""
        return [amount for one in self.applied for where, amount in one.shares if where == variant_id]


def lower(goods: Sequence[Goods], codes: Sequence[str], known: Known, *, now: datetime) -> Lowered:
    """Apply the codes one after the other, each to what those before it left; no line falls below nothing.

    `known` holds each code's discount and how often it was used. A code that cannot stand beside those before it is
    rejected: the first one given counts. A percentage is rounded half up once, over all the goods that it covers.
    """
    applied: list[Applied] = []
    rejected: list[Rejected] = []
    left = list(goods)
    given = [code_of(text) for text in codes]
    for at, code in enumerate(given):
        if code in given[:at]:
            rejected.append(Rejected(code, "already_applied", f"{code} was entered twice; it counts once"))
            continue
        refusal = _refusal(code, goods, known, [known[one.code][0] for one in applied], now)
        found = None if refusal else _applied(known[code][0], left)
        if found is None:
            rejected.append(refusal or Rejected(code, "minimum_not_met", f"{code} takes nothing off this basket"))
            continue
        applied.append(found)
        off = dict(found.shares)
        left = [replace(one, amount=one.amount - off.get(one.variant_id, one.amount * 0)) for one in left]
    return Lowered(tuple(applied), tuple(rejected))


def _refusal(
    code: str, goods: Sequence[Goods], known: Known, before: Sequence[Discount], now: datetime
) -> Rejected | None:
    """Why a code cannot be applied, None where it can."""
    if code not in known:
        return Rejected(code, "invalid", f"{code} is no code of this shop")
    discount, uses = known[code]
    return next((Rejected(code, *why) for why in _reasons(discount, uses, goods, before, now)), None)


def _reasons(
    discount: Discount, uses: int, goods: Sequence[Goods], before: Sequence[Discount], now: datetime
) -> Iterable[tuple[Rejection, str]]:
    code = discount.code
    if discount.starts is not None and now < discount.starts:
        yield "invalid", f"{code} is not valid yet"
    if discount.ends is not None and now >= discount.ends:
        yield "expired", f"{code} has ended"
    if discount.most_uses is not None and uses >= discount.most_uses:
        yield "usage_limit_reached", f"{code} was used as often as it can be"
    covered = _covered(discount, goods)
    if not covered:
        yield "invalid", f"{code} is for other products"
    elif discount.minimum is not None and _sum(covered) < discount.minimum:
        yield "minimum_not_met", f"{code} counts from {discount.minimum.display()} on"
    if before and not all(one.combines for one in (discount, *before)):
        yield "combination_disallowed", f"{code} cannot be combined with {before[0].code}; keep one of them"


def _applied(discount: Discount, left: Sequence[Goods]) -> Applied | None:
    """What a code takes off the goods it covers, None where that is nothing."""
    covered = [one for one in _covered(discount, left) if one.amount]
    if not covered:
        return None
    base = _sum(covered)
    if discount.bps is not None:
        amount = Money((2 * base.minor * discount.bps + WHOLE_BPS) // (2 * WHOLE_BPS), base.currency)
    else:
        amount = min(discount.amount or base, base)
    if not amount:
        return None
    parts = amount.split([one.amount.minor for one in covered])
    shares = tuple((one.variant_id, part) for one, part in zip(covered, parts, strict=True) if part)
    return Applied(discount.code, discount.title, amount, shares, discount.bps)


def _covered(discount: Discount, goods: Sequence[Goods]) -> list[Goods]:
    return [one for one in goods if not discount.product_ids or one.product_id in discount.product_ids]


def _sum(goods: Sequence[Goods]) -> Money:
    return total((one.amount for one in goods), goods[0].amount.currency)
