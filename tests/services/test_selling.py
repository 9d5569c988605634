"""Taxes, ways to ship and discount codes: kept for one shop, counted once, and priced the same on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adengine.core.buyer import Address
from adengine.core.catalog import Variant
from adengine.core.errors import Conflict, Invalid, NotFound, SignInNeeded
from adengine.core.money import Money
from adengine.core.quote import Quote, need_sellable
from adengine.core.selling import Discount, Selling, ShippingRate, TaxRate, TaxTable
from adengine.core.tax import Taxed
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Order
from adengine.services import catalog, selling
from adengine.services.selling import CodeCard
from tests.conftest import Desk, open_desk
from tests.shops import LAMP, MUG, write_shop

HOME = Address("Lumi", "Loam Lane 1", "Town", "10115", "DE")
TEN = Discount("WELCOME10", "Ten per cent off", bps=1000)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


STANDARD = ShippingRate("standard", "Standard", eur(490), ("EU",), free_over=eur(6000))
SHOP = Selling(TaxTable((TaxRate("DE", 1900, "MwSt."),)), (STANDARD,), terms_url="https://shop.example/terms")


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, tmp_path: Path) -> Variant:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    return variant(engine, desk, "mug")


def variant(engine: AdEngine, desk: Desk, handle: str) -> Variant:
    with engine.reading(desk.merchant) as unit:
        return catalog.get_product(unit, handle).variants[0]


def priced(engine: AdEngine, actor: Actor, *lines: tuple[str, int], codes: tuple[str, ...] = ()) -> Quote:
    with engine.reading(actor) as unit:
        return selling.price(unit, lines, codes=codes, address=HOME)


def add(engine: AdEngine, actor: Actor, discount: Discount = TEN) -> CodeCard:
    with engine.unit(actor) as unit:
        return selling.add_code(unit, discount)


def withdraw(engine: AdEngine, actor: Actor, code: str = "WELCOME10") -> None:
    with engine.unit(actor) as unit:
        selling.withdraw_code(unit, code)


def listed(engine: AdEngine, actor: Actor) -> list[CodeCard]:
    with engine.reading(actor) as unit:
        return selling.list_codes(unit)


def uses(engine: AdEngine, desk: Desk) -> list[int]:
    return [one.uses for one in listed(engine, desk.merchant)]


def test_what_a_shop_sells_by_is_kept_and_prices_its_baskets(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    assert priced(engine, desk.visitor, (sage.id, 2)).total == eur(4800)
    with engine.unit(desk.merchant) as unit:
        selling.set_selling(unit, SHOP)
    with engine.reading(desk.visitor) as unit:
        assert selling.selling_of(unit) == SHOP
    sent = priced(engine, desk.visitor, (sage.id, 2))
    assert (sent.total, sent.option_id, sent.tax_inside) == (eur(5290), "standard", eur(845))
    assert [(line.title, line.product_id, line.left) for line in sent.lines] == [
        ("Stoneware Mug, Sage", catalog_id(engine, desk, "mug"), None)
    ]


def catalog_id(engine: AdEngine, desk: Desk, handle: str) -> str:
    with engine.reading(desk.merchant) as unit:
        return catalog.get_product(unit, handle).id


def test_prices_are_in_the_order_asked_and_say_what_is_left(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    lamp = variant(engine, desk, "lamp")
    asked = priced(engine, desk.visitor, (lamp.id, 4), (sage.id, 1), (lamp.id, 1))
    assert [(line.variant_id, line.quantity, line.left) for line in asked.lines] == [
        (lamp.id, 5, 3),
        (sage.id, 1, None),
    ]


def test_the_weights_of_a_feed_price_the_parcel(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    path = write_shop(tmp_path / "shop", [MUG])
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},Variant Grams\n{row},650\n")
    catalog.import_feed(engine, desk.merchant, str(path))
    by_weight = ShippingRate("parcel", "Parcel", eur(0), per_kg=eur(300))
    with engine.unit(desk.merchant) as unit:
        selling.set_selling(unit, Selling(shipping=(by_weight,)))
    mug = variant(engine, desk, "mug")
    parcel = priced(engine, desk.visitor, (mug.id, 2))
    assert (mug.grams, parcel.lines[0].grams, parcel.shipping) == (650, 1300, eur(600))


def test_a_variant_that_left_the_shop_is_sold_out(engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path) -> None:
    other = {**MUG, "Option1 Value": "Clay", "Variant SKU": "MUG-CLAY"}
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "later", [other, LAMP])))
    gone = priced(engine, desk.visitor, (sage.id, 1))
    assert gone.lines[0].left == 0
    with pytest.raises(Conflict, match="sold out"):
        need_sellable(gone)


def test_a_variant_of_another_shop_is_not_there(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    rival = open_desk(engine, "rival")
    for actor, variant_id in ((rival.visitor, sage.id), (desk.visitor, "var_nobody")):
        with pytest.raises(NotFound, match="no variant"):
            priced(engine, actor, (variant_id, 1))


def test_taxes_and_ways_to_ship_come_from_the_ports(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        selling.set_selling(unit, SHOP)
    engine.ports = replace(
        engine.ports,
        taxes=lambda table, goods, shipping, to: Taxed(tuple((eur(0), 0) for _ in goods), eur(0), (), True),
        shipping=lambda rates, goods, grams, to: (),
    )
    sent = priced(engine, desk.visitor, (sage.id, 1))
    assert (sent.needs, sent.tax_inside) == (("delivery",), eur(0))


def test_prices_of_another_currency_are_refused(engine: AdEngine, desk: Desk) -> None:
    dollars = ShippingRate("post", "Post", Money(100, "USD"))
    with pytest.raises(Invalid, match="sells in EUR"), engine.unit(desk.merchant) as unit:
        selling.set_selling(unit, Selling(shipping=(dollars,)))
    for foreign in (replace(TEN, bps=None, amount=Money(1, "USD")), replace(TEN, minimum=Money(1, "USD"))):
        with pytest.raises(Invalid, match="sells in EUR"):
            add(engine, desk.merchant, foreign)
    with engine.reading(desk.merchant) as unit:
        assert selling.selling_of(unit) == Selling()
    assert listed(engine, desk.merchant) == []


def test_only_the_merchant_sets_prices_and_sees_codes(engine: AdEngine, desk: Desk) -> None:
    add(engine, desk.merchant)
    for refused in (
        lambda unit: selling.set_selling(unit, SHOP),
        lambda unit: selling.add_code(unit, TEN),
        lambda unit: selling.withdraw_code(unit, TEN.code),
        selling.list_codes,
    ):
        with pytest.raises(SignInNeeded, match="needs the scope"), engine.unit(desk.visitor) as unit:
            refused(unit)
    assert uses(engine, desk) == [0]


def test_a_code_lowers_prices_until_it_is_withdrawn(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    add(engine, desk.merchant)
    assert priced(engine, desk.visitor, (sage.id, 1), codes=(" welcome10",)).total == eur(2160)
    withdraw(engine, desk.merchant, "welcome10 ")
    after = priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",))
    assert (after.total, after.rejected[0].reason) == (eur(2400), "invalid")
    assert [one.is_withdrawn for one in listed(engine, desk.merchant)] == [True]


def test_codes_belong_to_one_shop(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    rival = open_desk(engine, "rival")
    add(engine, rival.merchant)
    assert priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",)).discounts == ()
    with pytest.raises(NotFound, match="no code"):
        withdraw(engine, desk.merchant)
    add(engine, desk.merchant, replace(TEN, bps=2000))
    assert [one.discount.bps for one in listed(engine, rival.merchant)] == [1000]


def test_adding_the_same_code_again_changes_nothing_and_another_one_is_refused(engine: AdEngine, desk: Desk) -> None:
    assert add(engine, desk.merchant) == add(engine, desk.merchant)
    with pytest.raises(Conflict, match="withdraw it first"):
        add(engine, desk.merchant, replace(TEN, bps=2000))
    assert [one.discount.bps for one in listed(engine, desk.merchant)] == [1000]


def test_a_withdrawn_code_that_is_made_again_counts_from_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    once = replace(TEN, most_uses=1)
    add(engine, desk.merchant, once)
    spend(engine, desk, priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",)))
    withdraw(engine, desk.merchant)
    again = add(engine, desk.merchant, replace(once, bps=2000))
    assert (again.uses, again.is_withdrawn, again.discount.bps) == (0, False, 2000)


def test_a_code_for_some_products_names_them_by_handle(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    lamp = variant(engine, desk, "lamp")
    card = add(engine, desk.merchant, replace(TEN, product_ids=("lamp",)))
    assert card.products == ("lamp",)
    both = priced(engine, desk.visitor, (sage.id, 1), (lamp.id, 1), codes=("WELCOME10",))
    assert [line.discount for line in both.lines] == [None, eur(890)]
    with pytest.raises(NotFound, match="no product 'sofa'"):
        add(engine, desk.merchant, replace(TEN, code="SOFA", product_ids=("sofa",)))


def test_too_many_or_too_long_codes_are_refused_and_odd_ones_rejected(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    with pytest.raises(Invalid, match="up to 10 codes"):
        priced(engine, desk.visitor, (sage.id, 1), codes=("A1",) * 11)
    with pytest.raises(Invalid, match="100 characters"):
        priced(engine, desk.visitor, (sage.id, 1), codes=("A" * 101,))
    odd = priced(engine, desk.visitor, (sage.id, 1), codes=("", "\0", "%", "' OR 1=1"))
    assert [one.reason for one in odd.rejected] == ["invalid"] * 4


def test_a_basket_of_more_lines_than_a_checkout_takes_is_refused(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with pytest.raises(Invalid, match="100 lines"):
        priced(engine, desk.visitor, *[(sage.id, 1)] * 101)


def spend(engine: AdEngine, desk: Desk, quote: Quote) -> None:
    with engine.unit(desk.visitor) as unit:
        selling.spend_codes(unit, selling.held_codes(unit, quote))


def spend_for_no_order(unit: Unit, quote: Quote) -> None:
    selling.spend_codes(unit, selling.held_codes(unit, quote))
    unit.get(Order, "ord_nobody")


def test_a_use_is_counted_with_the_order_or_not_at_all(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    add(engine, desk.merchant, replace(TEN, most_uses=2))
    promised = priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",))
    spend(engine, desk, promised)
    with pytest.raises(NotFound), engine.unit(desk.visitor) as unit:
        spend_for_no_order(unit, promised)
    assert uses(engine, desk) == [1]
    spend(engine, desk, promised)
    with pytest.raises(Conflict, match="used up meanwhile"):
        spend(engine, desk, promised)
    assert uses(engine, desk) == [2]
    assert priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",)).rejected[0].reason == "usage_limit_reached"


def test_a_code_withdrawn_after_it_was_promised_still_counts(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    add(engine, desk.merchant)
    promised = priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",))
    withdraw(engine, desk.merchant)
    spend(engine, desk, promised)
    assert uses(engine, desk) == [1]


def test_orders_at_once_never_use_a_code_more_often_than_it_may_be(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    add(engine, desk.merchant, replace(TEN, most_uses=3, combines=True))
    add(engine, desk.merchant, replace(TEN, code="MORE", combines=True))
    promised = priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10", "MORE"))
    turned = replace(promised, discounts=promised.discounts[::-1])
    outcomes: list[str] = []

    def order(quote: Quote) -> None:
        try:
            spend(engine, desk, quote)
            outcomes.append("bought")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=order, args=(quote,)) for quote in (promised, turned) * 5]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["bought"] * 3 + ["refused"] * 7
    assert uses(engine, desk) == [3, 3]


def test_a_code_made_twice_at_once_is_one(engine: AdEngine, desk: Desk) -> None:
    cards: list[CodeCard] = []
    threads = [threading.Thread(target=lambda: cards.append(add(engine, desk.merchant))) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(cards), len(listed(engine, desk.merchant))) == (6, 1)


def test_a_code_ends_with_its_time(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    now = engine.ports.clock()
    add(engine, desk.merchant, replace(TEN, starts=now, ends=now + timedelta(hours=1)))
    assert priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",)).discount == eur(240)
    engine.ports = replace(engine.ports, clock=lambda: now + timedelta(hours=1))
    assert priced(engine, desk.visitor, (sage.id, 1), codes=("WELCOME10",)).rejected[0].reason == "expired"
