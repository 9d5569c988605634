"""How a shop sells: its taxes, ways to ship and discount codes are kept here, and every basket is priced by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from adengine.core import catalog
from adengine.core.buyer import Address
from adengine.core.discounts import Known
from adengine.core.errors import Conflict, Invalid, NotFound
from adengine.core.money import Money
from adengine.core.quote import Ask, Quote, quote
from adengine.core.selling import CODE, Discount, Selling, code_of
from adengine.engine import Unit
from adengine.models import Code, Image, Merchant, Product, Variant, free_stock
from adengine.rows import of_shop

MOST_LINES = 100
MOST_CODES = 10
LONGEST_CODE = 100

Lines = tuple[tuple[str, int], ...]

BASKET_SEEN = "basket_seen"
PICTURE = of_shop(
    select(Image.file)
    .where(Image.product_id == Variant.product_id, Image.file != "")
    .order_by(Image.position)
    .limit(1)
    .correlate(Variant)
).scalar_subquery()
BASKET = of_shop(
    select(
        Variant.id,
        Variant.title,
        Variant.currency,
        Variant.price_minor,
        Variant.stock,
        Variant.reserved,
        Variant.oversell,
        Variant.grams,
        Variant.is_retired,
        Product.id.label("product_id"),
        Product.handle,
        Product.title.label("product_title"),
        Product.kind,
        Product.status,
        Variant.sku,
        PICTURE.label("picture"),
    )
    .join(Product, Product.id == Variant.product_id)
    .where(Variant.id.in_(bindparam("variant_ids", expanding=True)))
)
# In one order for everybody, so that two baskets never wait for each other.
LOCKED_BASKET = BASKET.order_by(Variant.id).with_for_update(of=Variant, key_share=True)
CODES = of_shop(
    select(Code.code, Code.discount, Code.uses, Code.is_withdrawn).where(
        Code.code.in_(bindparam("codes", expanding=True))
    )
)
LOCKED_CODES = CODES.order_by(Code.code).with_for_update(key_share=True)
SPENT = of_shop(update(Code).where(Code.code == bindparam("spent")).values(uses=Code.uses + 1))


@dataclass(frozen=True)
class CodeCard:
    """A code as its merchant sees it: how often it bought something, and the handles of the products it is for."""

    discount: Discount
    uses: int
    is_withdrawn: bool
    products: tuple[str, ...]
    created_at: datetime


def selling_of(unit: Unit) -> Selling:
    """How the actor's shop sells, as every checkout of it needs to know."""
    unit.require("checkout:write")
    return unit.merchant().selling


def set_selling(unit: Unit, selling: Selling) -> None:
    """Sell by these rules from now on; open checkouts are told what changed. Raises Invalid for another currency."""
    unit.require("orders:write")
    row = unit.db.get_one(Merchant, unit.merchant_id, with_for_update={"key_share": True})
    for rate in selling.shipping:
        if rate.price.currency != row.currency:
            raise Invalid(f"this shop sells in {row.currency}; write the price of {rate.title} in it")
    row.selling = selling
    unit.held[Merchant, row.id] = row  # for `merchant` to see


def add_code(unit: Unit, discount: Discount) -> CodeCard:
    """Let a code lower prices from now on; the same one twice is one, and a withdrawn one counts from nothing again.

    `discount.product_ids` may be handles, too. Raises NotFound for a product that is not there, Conflict where the
    code stands for something else, Invalid for another currency.
    """
    unit.require("orders:write")
    given = replace(discount, product_ids=_product_ids(unit, discount.product_ids))
    _need_own_currency(unit, given)
    row, is_new = unit.once(lambda: _locked(unit, given.code), lambda: _made(unit, given))
    if not is_new and row.is_withdrawn:
        row.discount, row.uses, row.is_withdrawn, row.created_at = given, 0, False, unit.now()
    elif row.discount != given:
        raise Conflict(f"there is a code {given.code} already; withdraw it first, or choose another")
    unit.db.flush()
    return _cards(unit, [row])[0]


def withdraw_code(unit: Unit, code: str) -> None:
    """Let a code count no more; checkouts that it was promised to are told. Raises NotFound."""
    unit.require("orders:write")
    row = _locked(unit, code_of(code))
    if row is None:
        raise NotFound(f"there is no code '{code[:50]}' in this shop; list them to see which there are")
    row.is_withdrawn = True


def list_codes(unit: Unit) -> list[CodeCard]:
    """Every code the shop ever had, those that count first, the newest first."""
    unit.require("orders:read")
    rows = unit.db.scalars(select(Code).order_by(Code.is_withdrawn, Code.created_at.desc(), Code.code)).all()
    return _cards(unit, rows)


def price(
    unit: Unit,
    lines: Lines,
    *,
    codes: Sequence[str] = (),
    address: Address | None = None,
    option_id: str = "",
    lock: bool = False,
) -> Quote:
    """Price a basket of (variant id, quantity) as the shop sells now, its variants locked until the unit ends if asked.

    Raises NotFound for a variant that the shop never had, and what `core.quote.quote` raises; stock, codes and
    addresses refuse nothing here.
    """
    unit.require("checkout:write")
    found, known = _looked_up(unit, lines, codes, lock=lock)
    return quote(
        _asks(lines, found),
        now=unit.now(),
        selling=selling_of(unit),
        codes=codes,
        known=known,
        address=address,
        option_id=option_id,
        taxes=unit.ports.taxes,
        shipping=unit.ports.shipping,
    )


def held_codes(unit: Unit, quote: Quote) -> list[str]:
    """The codes that lower an order's price, used by nobody else until the unit ends.

    A code withdrawn since the price was promised still counts. Raises Conflict when others used one up meanwhile. Who
    locks goods, too, does that afterwards: two that wait for each other would wait for ever.
    """
    given = sorted(one.code for one in quote.discounts)
    if not given:
        return []
    found = {row.code: row for row in unit.ask(LOCKED_CODES, codes=given)}
    for code in given:
        if code not in found:
            raise Conflict(f"the code {code} is no longer there; ask for a new price")
        most = found[code].discount.most_uses
        if most is not None and found[code].uses >= most:
            raise Conflict(f"the code {code} was used up meanwhile; confirm the price without it")
    return given


def spend_codes(unit: Unit, codes: Sequence[str]) -> None:
    """Count a use of each of these codes."""
    unit.change(SPENT, *({"spent": code} for code in codes))


def _looked_up(unit: Unit, lines: Lines, codes: Sequence[str], *, lock: bool) -> tuple[Sequence[Row[Any]], Known]:
    """The variants of a basket, and what the shop says to these codes, with how often each was used."""
    if len(lines) > MOST_LINES:
        raise Invalid(f"a checkout has at most {MOST_LINES} lines; buy the others in a second one")
    if len(codes) > MOST_CODES or any(len(code) > LONGEST_CODE for code in codes):
        raise Invalid(f"a checkout takes up to {MOST_CODES} codes of up to {LONGEST_CODE} characters")
    basket = (LOCKED_BASKET if lock else BASKET, {"variant_ids": [variant_id for variant_id, _ in lines]})
    given = sorted({code for text in codes if CODE.fullmatch(code := code_of(text))})
    found, *known = unit.ask_each(basket, *([(CODES, {"codes": given})] if given else []))
    unit.seen.setdefault(BASKET_SEEN, {}).update({row.id: row for row in found})
    return found, {row.code: (row.discount, row.uses) for rows in known for row in rows if not row.is_withdrawn}


def _asks(lines: Lines, found: Sequence[Row[Any]]) -> list[Ask]:
    known = {row.id: (_product(row), _sold(row)) for row in found}
    for variant_id, _ in lines:
        if variant_id not in known:
            raise NotFound(f"there is no variant '{variant_id[:60]}' here")
    return [(*known[variant_id], quantity) for variant_id, quantity in lines]


def basket_of(unit: Unit, variant_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """The variants with their `sku` and first `picture`, as the unit saw them when it priced them, if it did."""
    seen = unit.seen.get(BASKET_SEEN, {})
    if all(variant_id in seen for variant_id in variant_ids):
        return [seen[variant_id] for variant_id in variant_ids]
    return unit.ask(BASKET, variant_ids=variant_ids)


def _product(row: Row[Any]) -> catalog.Product:
    """What a price asks of a product: none of its pictures and other variants."""
    return catalog.Product(row.handle, row.product_title, kind=row.kind, status=row.status, id=row.product_id)


def _sold(row: Row[Any]) -> catalog.Variant:
    """The variant with what is left of it; of one the shop no longer has, nothing is."""
    return catalog.Variant(
        id=row.id,
        title=row.title,
        options=(),
        price=Money(row.price_minor, row.currency),
        stock=0 if row.is_retired else free_stock(row.stock, row.reserved),
        oversell=row.oversell and not row.is_retired,
        grams=row.grams,
    )


def _locked(unit: Unit, code: str) -> Code | None:
    return unit.db.scalar(
        select(Code).where(Code.code == code).with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def _made(unit: Unit, discount: Discount) -> Code:
    return unit.own(Code, code=discount.code, discount=discount, uses=0, is_withdrawn=False, created_at=unit.now())


def _product_ids(unit: Unit, names: tuple[str, ...]) -> tuple[str, ...]:
    found = unit.db.execute(
        select(Product.id, Product.handle).where(Product.handle.in_(names) | Product.id.in_(names))
    ).all()
    known = {name: row_id for row_id, handle in found for name in (row_id, handle)}
    for name in names:
        if name not in known:
            raise NotFound(f"there is no product '{name[:60]}' in this shop; look in the catalogue")
    return tuple(sorted({known[name] for name in names}))


def _need_own_currency(unit: Unit, discount: Discount) -> None:
    own = unit.merchant().currency
    for amount in (discount.amount, discount.minimum):
        if amount is not None and amount.currency != own:
            raise Invalid(f"this shop sells in {own}; write the code's amounts in it")


def _cards(unit: Unit, rows: Sequence[Code]) -> list[CodeCard]:
    wanted = {product_id for row in rows for product_id in row.discount.product_ids}
    handles: dict[str, str] = {}
    if wanted:
        handles = {key: handle for key, handle in unit.db.execute(select(Product.id, Product.handle)) if key in wanted}
    return [
        CodeCard(
            row.discount,
            row.uses,
            row.is_withdrawn,
            tuple(handles[one] for one in row.discount.product_ids if one in handles),
            row.created_at,
        )
        for row in rows
    ]
