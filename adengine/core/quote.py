"""What a basket costs: lines, discounts, tax, shipping and their sum, and whether that still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adengine.core.buyer import Address
from adengine.core.catalog import Product, Variant, title_of
from adengine.core.discounts import Goods, Known, lower
from adengine.core.errors import Conflict, Invalid, OutOfStock, PriceChanged
from adengine.core.money import Money, total, zero
from adengine.core.selling import Applied, Rejected, Selling, ShippingOption, ShippingRate, TaxTable
from adengine.core.shipping import ship_by_table
from adengine.core.tax import Taxable, Taxed, TaxShare, tax_by_table

MOST_OF_ONE = 99
QUOTE_LIFETIME = timedelta(minutes=30)

Ask = tuple[Product, Variant, int]
Taxes = Callable[[TaxTable, Sequence[Taxable], Money, Address], Taxed]
Shipping = Callable[[Sequence[ShippingRate], Money, int, Address], Sequence[ShippingOption]]

PLAIN = Selling()
NO_CODES: Known = {}
NEEDS = {
    "address": "an address to send it to",
    "option": "a choice of how it is sent",
    "delivery": "another address: the shop does not send this there",
}


@dataclass(frozen=True)
class QuoteLine:
    """`quantity` of one variant at `unit` each; `line` is what they cost, before discounts and tax added on top.

    `discount` is what codes take off this line (positive); `tax` is what it holds or adds, at `tax_bps`. `left` is how
    many can be had where that is fewer than asked: the quote cannot be paid then.
    """

    variant_id: str
    product_id: str
    title: str
    unit: Money
    quantity: int
    line: Money
    discount: Money | None = None
    tax: Money | None = None
    tax_bps: int = 0
    grams: int = 0
    left: int | None = None

    @property
    def reduced(self) -> Money:
        """What the line costs once its discounts are off."""
        return self.line if self.discount is None else self.line - self.discount


@dataclass(frozen=True)
class Quote:
    """A price promise from `at` until `expires_at`: total = subtotal - discount + tax + shipping, all in `currency`.

    `subtotal` is the goods before discounts. `tax` is what is added on top, zero where prices include it: then
    `tax_inside` is what they hold. `options` are the ways to ship to where it goes, `option_id` the chosen one, which
    `shipping` is the price of. `needs` names what is missing before it can be paid, in words of NEEDS.
    """

    lines: tuple[QuoteLine, ...]
    subtotal: Money
    tax: Money
    shipping: Money
    total: Money
    currency: str
    at: datetime
    expires_at: datetime
    version: int = 2
    discounts: tuple[Applied, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    tax_inside: Money | None = None
    taxes: tuple[TaxShare, ...] = ()
    options: tuple[ShippingOption, ...] = ()
    option_id: str = ""
    needs: tuple[str, ...] = ()

    @property
    def discount(self) -> Money:
        return total((one.amount for one in self.discounts), self.currency)

    def __post_init__(self) -> None:
        if self.subtotal != total((line.line for line in self.lines), self.currency):
            raise Invalid("the lines of a quote must add up to its subtotal")
        discount = self.discount
        if self.total != self.subtotal - discount + self.tax + self.shipping:
            raise Invalid("a quote's total must be subtotal - discount + tax + shipping")
        if discount != self.subtotal - total((line.reduced for line in self.lines), self.currency):
            raise Invalid("the discounts of a quote must add up to what its lines are reduced by")
        if self.tax.minor < 0 or self.shipping.minor < 0:
            raise Invalid("tax and shipping cannot be negative")
        _aware(self.at, self.expires_at)

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


def quote(
    asks: Sequence[Ask],
    *,
    now: datetime,
    selling: Selling = PLAIN,
    codes: Sequence[str] = (),
    known: Known = NO_CODES,
    address: Address | None = None,
    option_id: str = "",
    taxes: Taxes = tax_by_table,
    shipping: Shipping = ship_by_table,
    lifetime: timedelta = QUOTE_LIFETIME,
) -> Quote:
    """Price a basket; repeated variants become one line.

    `known` holds the shop's codes in upper case, each with how often it was used. What cannot be had in full, a code
    that does not count and an address that is not known yet refuse nothing here: the quote tells them, and
    `need_sellable` refuses. Raises Invalid for an empty basket, a quantity outside 1 to 99, a second currency or a
    variant without a price.
    """
    if not asks:
        raise Invalid("the basket is empty; choose at least one variant")
    merged = _merged(asks)
    lines = tuple(_line(*ask) for ask in merged)
    currency = lines[0].unit.currency
    if any(line.unit.currency != currency for line in lines):
        raise Invalid("one checkout has one currency; buy the others in a second checkout")
    goods = [Goods(line.variant_id, line.product_id, line.line) for line in lines]
    lowered = lower(goods, codes, known, now=now)
    lines = tuple(replace(line, discount=_off(lowered.off(line.variant_id))) for line in lines)
    sent = _sent(lines, selling, address, option_id, shipping)
    kinds = [product.kind for product, _, _ in merged]
    taxed = _taxed(lines, kinds, selling, address, sent.price, taxes)
    if taxed is not None:
        pairs = zip(lines, taxed.goods, strict=True)
        lines = tuple(replace(line, tax=tax, tax_bps=bps) for line, (tax, bps) in pairs)
    tax = total((one.amount for one in taxed.shares), currency) if taxed else zero(currency)
    added = tax if taxed and not taxed.included else zero(currency)
    subtotal = total((line.line for line in lines), currency)
    return Quote(
        lines=lines,
        subtotal=subtotal,
        tax=added,
        shipping=sent.price,
        total=total((line.reduced for line in lines), currency) + added + sent.price,
        currency=currency,
        at=now,
        expires_at=now + lifetime,
        discounts=lowered.applied,
        rejected=lowered.rejected,
        tax_inside=tax if taxed and taxed.included else None,
        taxes=taxed.shares if taxed else (),
        options=sent.options,
        option_id=sent.option_id,
        needs=_needs(selling, address, sent),
    )


def need_sellable(priced: Quote) -> None:
    """Refuse a quote that cannot be paid: OutOfStock with how many remain, Conflict with what is still needed."""
    for line in priced.lines:
        if line.left == 0:
            raise OutOfStock(f"{line.title} is sold out: 0 left; choose another")
        if line.left is not None:
            raise OutOfStock(f"only {line.left} of {line.title} left; ask for {line.left} or fewer")
    if priced.needs:
        raise Conflict(f"this checkout still needs {NEEDS[priced.needs[0]]}")


def reverify(old: Quote, fresh: Quote) -> None:
    """Return when the shopper would pay what was promised; raise PriceChanged with what changed otherwise."""
    if [(line.variant_id, line.quantity) for line in old.lines] != [
        (line.variant_id, line.quantity) for line in fresh.lines
    ]:
        raise Conflict("the basket changed since it was priced; ask for a new quote")
    changed = next(_changes(old, fresh), "the total" if old.total != fresh.total else "")
    if changed:
        before, after = old.total.display(), fresh.total.display()
        raise PriceChanged(f"{changed} changed (total from {before} to {after}); confirm the new total or leave it")


def _changes(old: Quote, fresh: Quote) -> Iterator[str]:
    """What a shopper would pay differently for, the most telling first."""
    for was, new in zip(old.lines, fresh.lines, strict=True):
        if was.unit != new.unit:
            yield f"the price of {new.title}"
    before, now = ({one.code: one for one in each.discounts} for each in (old, fresh))
    for code in before | now:
        if before.get(code) != now.get(code):
            yield f"what the code {code} takes off"
    if (old.option_id, old.shipping) != (fresh.option_id, fresh.shipping):
        yield "shipping"
    if (old.tax, old.tax_inside) != (fresh.tax, fresh.tax_inside):
        yield "tax"


@dataclass(frozen=True)
class _Sent:
    """How a basket is sent: the ways there are, the one chosen, and its price."""

    price: Money
    options: tuple[ShippingOption, ...] = ()
    option_id: str = ""


def _sent(
    lines: Sequence[QuoteLine], selling: Selling, address: Address | None, option_id: str, shipping: Shipping
) -> _Sent:
    """The ways to the address; where there is only one it is chosen by itself."""
    currency = lines[0].unit.currency
    if not selling.shipping or address is None:
        return _Sent(zero(currency))
    goods = total((line.reduced for line in lines), currency)
    options = tuple(shipping(selling.shipping, goods, sum(line.grams for line in lines), address))
    chosen = options[0] if len(options) == 1 else next((one for one in options if one.id == option_id), None)
    return _Sent(chosen.price, options, chosen.id) if chosen else _Sent(zero(currency), options)


def _taxed(
    lines: Sequence[QuoteLine],
    kinds: Sequence[str],
    selling: Selling,
    address: Address | None,
    shipping: Money,
    taxes: Taxes,
) -> Taxed | None:
    if not selling.taxes.rates or address is None:
        return None
    goods = [Taxable(kind, line.reduced) for kind, line in zip(kinds, lines, strict=True)]
    return taxes(selling.taxes, goods, shipping, address)


def _needs(selling: Selling, address: Address | None, sent: _Sent) -> tuple[str, ...]:
    if address is None:
        return ("address",) if selling.shipping or selling.taxes.rates else ()
    if not selling.shipping or sent.option_id:
        return ()
    return ("option",) if sent.options else ("delivery",)


def _off(amounts: Sequence[Money]) -> Money | None:
    return total(amounts, amounts[0].currency) if amounts else None


def _merged(asks: Sequence[Ask]) -> list[Ask]:
    merged: dict[str, Ask] = {}
    for product, variant, quantity in asks:
        if quantity < 1:
            raise Invalid(f"the quantity of {title_of(product, variant)} must be 1 to {MOST_OF_ONE}")
        before = merged[variant.id][2] if variant.id in merged else 0
        merged[variant.id] = (product, variant, before + quantity)
    return list(merged.values())


def _line(product: Product, variant: Variant, quantity: int) -> QuoteLine:
    title = title_of(product, variant)
    if quantity > MOST_OF_ONE:
        raise Invalid(f"the quantity of {title} must be 1 to {MOST_OF_ONE}")
    if variant.price.minor <= 0:
        raise Invalid(f"{title} has no price; set one in the shop before selling it")
    return QuoteLine(
        variant_id=variant.id,
        product_id=product.id or product.handle,
        title=title,
        unit=variant.price,
        quantity=quantity,
        line=variant.price * quantity,
        grams=variant.grams * quantity,
        left=_left(product, variant, quantity),
    )


def _left(product: Product, variant: Variant, quantity: int) -> int | None:
    """How many can be had where that is fewer than asked."""
    if product.status != "active":
        return 0
    if variant.stock is None or variant.oversell or quantity <= variant.stock:
        return None
    return max(0, variant.stock)


def _aware(*moments: datetime) -> None:
    if any(moment.utcoffset() is None for moment in moments):
        raise Invalid("times need a time zone; write them in UTC")
