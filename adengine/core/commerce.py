"""What a basket costs, whether that still holds, which state may follow which, and the lawful 'was' price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from adengine.core.catalog import Product, Variant
from adengine.core.errors import Conflict, Invalid, OutOfStock, PriceChanged
from adengine.core.money import Money, total, zero

MOST_OF_ONE = 99
QUOTE_LIFETIME = timedelta(minutes=30)
LOOK_BACK = timedelta(days=30)

Ask = tuple[Product, Variant, int]
Kind = Literal["checkout", "order", "ad"]
Moves = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class QuoteLine:
    """`quantity` of one variant at `unit` each; `line` is what they cost, before tax added on top."""

    variant_id: str
    product_id: str
    title: str
    unit: Money
    quantity: int
    line: Money


@dataclass(frozen=True)
class Quote:
    """A price promise from `at` until `expires_at`: total = subtotal + tax + shipping, all in `currency`.

    `tax` is what is added on top; it is zero where the shop's prices include it.
    """

    lines: tuple[QuoteLine, ...]
    subtotal: Money
    tax: Money
    shipping: Money
    total: Money
    currency: str
    at: datetime
    expires_at: datetime
    version: int = 1

    def __post_init__(self) -> None:
        if self.subtotal != total((line.line for line in self.lines), self.currency):
            raise Invalid("the lines of a quote must add up to its subtotal")
        if self.total != self.subtotal + self.tax + self.shipping:
            raise Invalid("a quote's total must be subtotal + tax + shipping")
        if self.tax.minor < 0 or self.shipping.minor < 0:
            raise Invalid("tax and shipping cannot be negative")
        _aware(self.at, self.expires_at)

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


def quote(
    asks: Sequence[Ask],
    *,
    now: datetime,
    tax: Money | None = None,
    shipping: Money | None = None,
    lifetime: timedelta = QUOTE_LIFETIME,
) -> Quote:
    """Price a basket; repeated variants become one line.

    Raises Invalid for an empty basket, a quantity outside 1 to 99, a second currency or a variant without a
    price, and OutOfStock, saying how many remain, for what cannot be bought.
    """
    if not asks:
        raise Invalid("the basket is empty; choose at least one variant")
    lines = tuple(_line(*ask) for ask in _merged(asks))
    currency = lines[0].unit.currency
    if any(line.unit.currency != currency for line in lines):
        raise Invalid("one checkout has one currency; buy the others in a second checkout")
    subtotal = total((line.line for line in lines), currency)
    taxed, shipped = tax or zero(currency), shipping or zero(currency)
    return Quote(
        lines=lines,
        subtotal=subtotal,
        tax=taxed,
        shipping=shipped,
        total=subtotal + taxed + shipped,
        currency=currency,
        at=now,
        expires_at=now + lifetime,
    )


def reverify(old: Quote, fresh: Quote) -> None:
    """Return when the shopper would pay what was promised; raise PriceChanged with both totals otherwise."""
    if [(line.variant_id, line.quantity) for line in old.lines] != [
        (line.variant_id, line.quantity) for line in fresh.lines
    ]:
        raise Conflict("the basket changed since it was priced; ask for a new quote")
    before, after = old.total.display(), fresh.total.display()
    if old.total != fresh.total:
        raise PriceChanged(f"the total changed from {before} to {after}; confirm the new total or leave it")
    changed = [new for was, new in zip(old.lines, fresh.lines, strict=True) if was.unit != new.unit]
    if changed or old.tax != fresh.tax or old.shipping != fresh.shipping:
        what = changed[0].title if changed else "tax or shipping"
        raise PriceChanged(f"the price of {what} changed (total {before}, now {after}); confirm or leave it")


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
    partly_refunded="partly_refunded refunded",
    refunded="",
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


def _merged(asks: Sequence[Ask]) -> list[Ask]:
    merged: dict[str, Ask] = {}
    for product, variant, quantity in asks:
        if quantity < 1:
            raise Invalid(f"the quantity of {_title(product, variant)} must be 1 to {MOST_OF_ONE}")
        before = merged[variant.id][2] if variant.id in merged else 0
        merged[variant.id] = (product, variant, before + quantity)
    return list(merged.values())


def _line(product: Product, variant: Variant, quantity: int) -> QuoteLine:
    title = _title(product, variant)
    if quantity > MOST_OF_ONE:
        raise Invalid(f"the quantity of {title} must be 1 to {MOST_OF_ONE}")
    if variant.price.minor <= 0:
        raise Invalid(f"{title} has no price; set one in the shop before selling it")
    if product.status != "active":
        raise OutOfStock(f"{title} is not on sale now; choose another product")
    if not variant.is_available:
        raise OutOfStock(f"{title} is sold out: 0 left; choose another variant")
    if variant.stock is not None and quantity > variant.stock and not variant.oversell:
        raise OutOfStock(f"only {variant.stock} of {title} left; ask for {variant.stock} or fewer")
    return QuoteLine(
        variant_id=variant.id,
        product_id=product.id or product.handle,
        title=title,
        unit=variant.price,
        quantity=quantity,
        line=variant.price * quantity,
    )


def _title(product: Product, variant: Variant) -> str:
    # Shopify calls the only variant of a product 'Default Title'.
    plain = variant.title in ("", "Default Title", product.title)
    return product.title if plain else f"{product.title}, {variant.title}"


def _aware(*moments: datetime) -> None:
    if any(moment.utcoffset() is None for moment in moments):
        raise Invalid("times need a time zone; write them in UTC")
