from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.buyer import Address
from adengine.core.catalog import Product, Variant
from adengine.core.errors import Conflict, Invalid, OutOfStock, PriceChanged
from adengine.core.money import Money, total
from adengine.core.quote import need_sellable, quote, reverify
from adengine.core.selling import Discount, Selling, ShippingOption, ShippingRate, TaxRate, TaxTable
from adengine.core.tax import Taxed, TaxShare

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BAG = Product("linen-bag", "Linen bag", kind="Bag", id="prd_bag")
SAND = Variant("var_sand", "Sand", (), Money(2400, "EUR"), stock=3, grams=300)
CLAY = Variant("var_clay", "Clay", (), Money(2650, "EUR"))
HOME = Address("Lumi", "Loam Lane 1", "Town", "10115", "DE")
TEN = Discount("TEN", "Ten per cent", bps=1000)


def eur(minor):
    return Money(minor, "EUR")


STANDARD = ShippingRate("standard", "Standard", eur(490), ("EU",), free_over=eur(6000))
EXPRESS = ShippingRate("express", "Express", eur(990), ("DE",), days=(1, 1))
SHOP = Selling(TaxTable((TaxRate("DE", 1900, "MwSt."),)), (STANDARD, EXPRESS))


def priced(*asks, codes=(), known=(TEN,), uses=0, **more):
    known = {one.code: (one, uses) for one in known}
    return quote(asks or [(BAG, SAND, 2)], now=NOW, codes=codes, known=known, **more)


def test_a_shop_that_set_nothing_sells_at_its_prices():
    plain = priced((BAG, SAND, 2), (BAG, CLAY, 1), lifetime=timedelta(minutes=10))
    assert [(line.title, line.quantity, line.line) for line in plain.lines] == [
        ("Linen bag, Sand", 2, eur(4800)),
        ("Linen bag, Clay", 1, eur(2650)),
    ]
    assert (plain.subtotal, plain.total, plain.needs, plain.options) == (eur(7450), eur(7450), (), ())
    assert (plain.tax, plain.shipping, plain.tax_inside) == (eur(0), eur(0), None)
    assert {(line.discount, line.tax, line.left) for line in plain.lines} == {(None, None, None)}
    assert not plain.has_expired(NOW + timedelta(minutes=9))
    assert plain.has_expired(NOW + timedelta(minutes=10))
    need_sellable(plain)


def test_a_variant_asked_for_twice_is_one_line():
    assert [line.quantity for line in priced((BAG, SAND, 1), (BAG, SAND, 2)).lines] == [3]


def test_the_only_variant_of_a_product_carries_the_products_name():
    assert priced((BAG, replace(SAND, title="Default Title"), 1)).lines[0].title == "Linen bag"


def test_a_product_without_an_id_is_known_by_its_handle():
    assert priced((replace(BAG, id=""), SAND, 1)).lines[0].product_id == "linen-bag"


@pytest.mark.parametrize("asks", [[(BAG, SAND, 4)], [(BAG, SAND, 2), (BAG, SAND, 2)]])
def test_more_than_the_stock_is_priced_and_cannot_be_sold(asks):
    over = priced(*asks)
    assert (over.lines[0].left, over.total) == (3, eur(9600))
    with pytest.raises(OutOfStock, match="only 3 of Linen bag, Sand left; ask for 3 or fewer"):
        need_sellable(over)


@pytest.mark.parametrize(
    "ask",
    [
        (BAG, replace(SAND, stock=0), 1),
        (BAG, replace(SAND, stock=-2), 1),
        (replace(BAG, status="draft"), CLAY, 1),
        (replace(BAG, status="archived"), replace(SAND, oversell=True), 1),
    ],
)
def test_what_is_sold_out_or_not_on_sale_cannot_be_sold(ask):
    gone = priced(ask)
    assert gone.lines[0].left == 0
    with pytest.raises(OutOfStock, match="0 left"):
        need_sellable(gone)


def test_a_variant_that_may_be_oversold_is_sold():
    over = priced((BAG, replace(SAND, stock=0, oversell=True), 5))
    assert (over.subtotal, over.lines[0].left) == (eur(12000), None)


@pytest.mark.parametrize("quantity", [-1, 0, 100])
def test_a_quantity_outside_1_to_99_is_refused(quantity):
    with pytest.raises(Invalid, match="1 to 99"):
        priced((BAG, CLAY, quantity))


def test_a_basket_that_is_empty_free_or_of_two_currencies_is_refused():
    with pytest.raises(Invalid, match="empty"):
        quote([], now=NOW)
    with pytest.raises(Invalid, match="no price"):
        priced((BAG, replace(CLAY, price=eur(0)), 1))
    with pytest.raises(Invalid, match="one currency"):
        priced((BAG, SAND, 1), (BAG, replace(CLAY, price=Money(2650, "USD")), 1))


def test_a_quote_whose_numbers_do_not_add_up_cannot_exist():
    plain = priced()
    with pytest.raises(Invalid, match="total"):
        replace(plain, total=eur(1))
    with pytest.raises(Invalid, match="subtotal"):
        replace(plain, subtotal=eur(1), total=eur(1))
    with pytest.raises(Invalid, match="negative"):
        replace(plain, tax=eur(-1), total=plain.total - eur(1))
    lowered = priced(codes=["TEN"])
    with pytest.raises(Invalid, match="reduced"):
        replace(lowered, lines=plain.lines)


def test_times_without_a_zone_are_refused():
    with pytest.raises(Invalid, match="time zone"):
        quote([(BAG, SAND, 1)], now=NOW.replace(tzinfo=None))


def test_a_code_lowers_lines_and_total():
    lowered = priced((BAG, SAND, 2), (BAG, CLAY, 1), codes=["ten"])
    assert [(line.line, line.discount, line.reduced) for line in lowered.lines] == [
        (eur(4800), eur(480), eur(4320)),
        (eur(2650), eur(265), eur(2385)),
    ]
    assert (lowered.subtotal, lowered.discount, lowered.total) == (eur(7450), eur(745), eur(6705))


def test_a_rejected_code_changes_no_price():
    refused = priced(codes=["NOPE"])
    assert (refused.total, refused.discounts) == (eur(4800), ())
    assert [(one.code, one.reason) for one in refused.rejected] == [("NOPE", "invalid")]


def test_tax_and_shipping_need_an_address_first():
    asked = priced(selling=SHOP)
    assert (asked.needs, asked.total, asked.options) == (("address",), eur(4800), ())
    with pytest.raises(Conflict, match="needs an address"):
        need_sellable(asked)
    assert priced(selling=Selling(SHOP.taxes)).needs == ("address",)
    assert priced(selling=Selling(shipping=SHOP.shipping)).needs == ("address",)


def test_between_several_ways_somebody_has_to_choose():
    asked = priced(selling=SHOP, address=HOME)
    assert (asked.needs, asked.shipping) == (("option",), eur(0))
    assert [(one.id, one.price.minor) for one in asked.options] == [("standard", 490), ("express", 990)]
    with pytest.raises(Conflict, match="choice of how it is sent"):
        need_sellable(asked)
    chosen = priced(selling=SHOP, address=HOME, option_id="express")
    assert (chosen.needs, chosen.option_id, chosen.shipping, chosen.total) == ((), "express", eur(990), eur(5790))
    assert priced(selling=SHOP, address=HOME, option_id="pigeon").needs == ("option",)


def test_the_only_way_is_chosen_by_itself():
    for option_id in ("", "express"):
        sent = priced(selling=SHOP, address=replace(HOME, country="AT"), option_id=option_id)
        assert (sent.option_id, sent.shipping, sent.needs) == ("standard", eur(490), ())


def test_an_address_that_nothing_is_sent_to_is_told():
    asked = priced(selling=SHOP, address=replace(HOME, country="US"))
    assert asked.needs == ("delivery",)
    with pytest.raises(Conflict, match="does not send this there"):
        need_sellable(asked)


def test_tax_that_prices_include_is_told_and_not_added():
    sent = priced(selling=SHOP, address=HOME, option_id="standard")
    assert (sent.total, sent.tax, sent.tax_inside) == (eur(5290), eur(0), eur(845))
    assert (sent.lines[0].tax, sent.lines[0].tax_bps) == (eur(767), 1900)
    assert [(one.jurisdiction, one.base) for one in sent.taxes] == [("DE", eur(5290))]


def test_tax_on_top_is_added_after_discounts_and_with_shipping():
    table = TaxTable((TaxRate("US", 725, region="CA"),), included=False)
    shop = Selling(table, (ShippingRate("post", "Post", eur(1000)),))
    there = replace(HOME, country="US", region="CA")
    sent = priced((BAG, SAND, 2), selling=shop, address=there, codes=["TEN"])
    # (48.00 - 4.80 + 10.00) at 7.25 % is 3.857
    assert (sent.tax, sent.tax_inside, sent.total) == (eur(386), None, eur(4800 - 480 + 1000 + 386))
    assert sent.lines[0].tax == eur(313)


def test_the_free_threshold_counts_the_goods_after_discounts():
    basket = (BAG, CLAY, 2), (BAG, SAND, 1)
    austria = replace(HOME, country="AT")
    assert priced(*basket, selling=SHOP, address=austria).shipping == eur(0)
    most = Discount("MOST", "Much", amount=eur(2000))
    assert priced(*basket, selling=SHOP, address=austria, codes=["MOST"], known=(most,)).shipping == eur(490)


def test_shipping_by_weight_weighs_every_piece():
    heavy = Selling(shipping=(ShippingRate("kg", "By weight", eur(100), per_kg=eur(200)),))
    sent = priced((BAG, replace(SAND, stock=None), 4), (BAG, CLAY, 1), selling=heavy, address=HOME)
    assert ([line.grams for line in sent.lines], sent.shipping) == ([1200, 0], eur(500))


def test_other_taxes_and_ways_to_ship_may_be_plugged_in():
    def courier(rates, goods, grams, to):
        return [ShippingOption("courier", f"{grams} g to {to.city} for {goods.plain()}", eur(5000), (0, 0))]

    def flat(table, goods, shipping, to):
        return Taxed(tuple((eur(7), 1) for _ in goods), eur(0), (TaxShare("Fee", "DE", 1, eur(1), eur(7)),), False)

    sent = priced(selling=SHOP, address=HOME, shipping=courier, taxes=flat)
    assert (sent.options[0].title, sent.option_id) == ("600 g to Town for 48.00", "courier")
    assert (sent.shipping, sent.tax, sent.total) == (eur(5000), eur(7), eur(9807))


def test_an_unchanged_price_verifies():
    reverify(priced(), quote([(BAG, SAND, 2)], now=NOW + timedelta(minutes=5)))
    reverify(*[priced(selling=SHOP, address=HOME, option_id="express", codes=["TEN"])] * 2)


def told(old, fresh):
    with pytest.raises(PriceChanged) as caught:
        reverify(old, fresh)
    return caught.value.message


def test_a_changed_price_is_told_with_both_totals():
    fresh = priced((BAG, replace(SAND, price=eur(2600)), 2))
    said = told(priced(), fresh)
    assert said.startswith("the price of Linen bag, Sand changed (total from €48.00 to €52.00)")


def test_changes_that_cancel_out_are_told_too():
    old = priced((BAG, SAND, 1), (BAG, CLAY, 1))
    cheaper, dearer = replace(SAND, price=eur(2300)), replace(CLAY, price=eur(2750))
    assert "Linen bag, Sand changed" in told(old, priced((BAG, cheaper, 1), (BAG, dearer, 1)))


def test_a_discount_that_ended_is_told():
    old = priced(codes=["TEN"])
    ended = priced(codes=["TEN"], known=(replace(TEN, ends=NOW),))
    assert told(old, ended).startswith("what the code TEN takes off changed (total from €43.20 to €48.00)")


def test_changed_shipping_and_tax_are_told():
    old = priced(selling=SHOP, address=HOME, option_id="standard")
    dearer = replace(SHOP, shipping=(replace(STANDARD, price=eur(590)), EXPRESS))
    assert told(old, priced(selling=dearer, address=HOME, option_id="standard")).startswith("shipping changed")
    reduced = replace(SHOP, taxes=TaxTable((TaxRate("DE", 1600),)))
    assert told(old, priced(selling=reduced, address=HOME, option_id="standard")).startswith("tax changed")


def test_another_basket_is_no_price_change():
    with pytest.raises(Conflict, match="basket changed") as caught:
        reverify(priced((BAG, SAND, 1)), priced((BAG, SAND, 2)))
    assert not isinstance(caught.value, PriceChanged)


LINES = st.tuples(st.integers(1, 10**6), st.integers(1, 99), st.sampled_from(["Bag", "Book"]))


@given(
    st.lists(LINES, min_size=1, max_size=6),
    st.none() | st.integers(1, 10_000),
    st.integers(0, 5000),
    st.integers(0, 3000),
    st.booleans(),
)
def test_every_quote_adds_up(lines, off, shipping, bps, included):
    asks = [
        (replace(BAG, kind=kind), Variant(f"var_{n}", f"{n}", (), eur(minor)), quantity)
        for n, (minor, quantity, kind) in enumerate(lines)
    ]
    rates = (TaxRate("DE", bps), TaxRate("DE", bps // 2, kinds=("book",)))
    shop = Selling(TaxTable(rates, included=included), (ShippingRate("post", "Post", eur(shipping)),))
    known = (Discount("OFF", "Off", bps=off),) if off else ()
    made = priced(*asks, selling=shop, address=HOME, codes=["OFF"], known=known)
    assert made.total == made.subtotal - made.discount + made.tax + made.shipping
    taxes = total((one.amount for one in made.taxes), "EUR")
    assert taxes == (made.tax_inside if included else made.tax)
    assert total((line.tax for line in made.lines), "EUR") <= taxes <= made.total
    assert made.needs == ()
