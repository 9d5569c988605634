import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.buyer import Address
from adengine.core.errors import Invalid
from adengine.core.money import Money, total, zero
from adengine.core.places import GROUPS
from adengine.core.selling import TaxRate, TaxTable
from adengine.core.tax import Taxable, tax_by_table

GERMAN = TaxTable((TaxRate("DE", 1900, "MwSt."), TaxRate("DE", 700, "MwSt.", kinds=("Book", "Tea"))))


def to(country, region=""):
    return Address("Lumi", "Loam Lane 1", "Town", "10115", country, region)


def eur(minor):
    return Money(minor, "EUR")


def one(table, minor, *, kind="", shipping=0, place=None, currency="EUR"):
    place = place or to("DE")
    return tax_by_table(table, [Taxable(kind, Money(minor, currency))], Money(shipping, currency), place)


def test_nineteen_per_cent_inside_119_euros_are_19_euros():
    taxed = one(GERMAN, 11900)
    assert taxed.included
    assert taxed.goods == ((eur(1900), 1900),)
    assert [(share.name, share.jurisdiction, share.base, share.amount) for share in taxed.shares] == [
        ("MwSt.", "DE", eur(11900), eur(1900))
    ]


def test_the_same_rate_on_top_of_100_euros_are_19_euros():
    assert one(TaxTable(GERMAN.rates, included=False), 10000).goods == ((eur(1900), 1900),)


@pytest.mark.parametrize(
    ("minor", "currency", "included", "tax"),
    [
        (1100, "JPY", True, 100),  # whole yen at 10 %
        (1000, "JPY", False, 100),
        (1100, "KWD", True, 100),  # thousandths of a dinar
        (5, "EUR", False, 1),  # a half is rounded up
        (4, "EUR", False, 0),
        (0, "EUR", True, 0),
    ],
)
def test_tax_is_rounded_half_up_in_the_currencys_own_units(minor, currency, included, tax):
    table = TaxTable((TaxRate("*", 1000),), included=included)
    assert one(table, minor, currency=currency).goods[0][0] == Money(tax, currency)


def test_a_rate_is_rounded_once_over_all_lines_not_line_by_line():
    # Three lines of 0.07 at 7 % are 0.49 cents each, rounded one by one nothing; together 1.47 cents.
    table = TaxTable((TaxRate("DE", 700),), included=False)
    taxed = tax_by_table(table, [Taxable("", eur(7))] * 3, zero("EUR"), to("DE"))
    assert [share.amount for share in taxed.shares] == [eur(1)]
    assert [tax for tax, _ in taxed.goods] == [eur(1), eur(0), eur(0)]


def test_a_reduced_rate_is_for_its_kinds_alone_however_they_are_written():
    goods = [Taxable("book", eur(10700)), Taxable("Mug", eur(11900)), Taxable("TEA", eur(1070))]
    taxed = tax_by_table(GERMAN, goods, eur(0), to("DE"))
    assert taxed.goods == ((eur(700), 700), (eur(1900), 1900), (eur(70), 700))
    assert [(share.bps, share.base) for share in taxed.shares] == [(700, eur(11770)), (1900, eur(11900))]


def test_two_entries_of_one_rate_are_one_line_of_the_invoice():
    table = TaxTable((TaxRate("DE", 700, kinds=("Book",)), TaxRate("DE", 700, kinds=("Tea",))), included=False)
    taxed = tax_by_table(table, [Taxable("Book", eur(7)), Taxable("Tea", eur(8))], eur(0), to("DE"))
    assert [(share.base, share.amount) for share in taxed.shares] == [(eur(15), eur(1))]


def test_the_region_decides_before_its_country():
    table = TaxTable((TaxRate("US", 0), TaxRate("US", 725, "Sales tax", region="US-CA")), included=False)
    assert one(table, 10000, place=to("US", "ca")).goods == ((eur(725), 725),)
    assert one(table, 10000, place=to("US", "OR")).goods == ((eur(0), 0),)
    assert one(table, 10000, place=to("US")).shares == ()
    assert one(table, 10000, place=to("US", "CA")).shares[0].jurisdiction == "US-CA"


def test_a_country_decides_before_its_group_and_the_group_before_everywhere():
    table = TaxTable((TaxRate("*", 100), TaxRate("EU", 1900), TaxRate("AT", 2000)), included=False)
    assert [one(table, 10000, place=to(country)).goods[0][1] for country in ("AT", "FR", "US")] == [2000, 1900, 100]


@pytest.mark.parametrize("country", ["NO", "GB", "CH", "US"])
def test_a_place_without_a_rate_pays_no_tax(country):
    table = TaxTable((TaxRate("EU", 1900),))
    taxed = one(table, 11900, shipping=490, place=to(country))
    assert (taxed.goods, taxed.shipping, taxed.shares) == (((eur(0), 0),), eur(0), ())


def test_the_union_has_27_members():
    assert len(GROUPS["EU"]) == 27


def test_shipping_is_taxed_at_the_standard_rate_unless_the_shop_says_otherwise():
    taxed = one(GERMAN, 10700, kind="Book", shipping=595)
    assert (taxed.goods, taxed.shipping) == (((eur(700), 700),), eur(95))
    assert one(TaxTable(GERMAN.rates, on_shipping=False), 10700, kind="Book", shipping=595).shipping == eur(0)
    assert one(TaxTable(GERMAN.rates[1:]), 10700, kind="Book", shipping=595).shipping == eur(0)


@pytest.mark.parametrize("bps", [-1, 10_001])
def test_a_rate_beyond_the_whole_is_refused(bps):
    with pytest.raises(Invalid, match="basis points"):
        TaxRate("DE", bps)


def test_two_rates_for_the_same_goods_in_one_place_are_refused():
    with pytest.raises(Invalid, match="two tax rates for DE"):
        TaxTable((TaxRate("de", 1900), TaxRate("DE ", 1600)))
    with pytest.raises(Invalid, match="two tax rates of book for DE"):
        TaxTable((TaxRate("DE", 700, kinds=("Book",)), TaxRate("DE", 500, kinds=("Tea", "book"))))


def test_what_is_no_place_is_refused():
    for country in ("Germany", "D", "", "D1"):
        with pytest.raises(Invalid, match="no country"):
            TaxRate(country, 1900)
    with pytest.raises(Invalid, match="belongs to one country"):
        TaxRate("EU", 1900, region="BY")


RATES = st.lists(st.integers(0, 10_000), min_size=1, max_size=4)
GOODS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10**7)), min_size=1, max_size=12)


@given(RATES, GOODS, st.integers(0, 10**6), st.booleans(), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_lines_and_shipping_add_up_to_the_shares_of_each_rate(rates, goods, shipping, included, currency):
    table = TaxTable(tuple(TaxRate("DE", bps, str(n), kinds=(str(n),) if n else ()) for n, bps in enumerate(rates)))
    table = TaxTable(table.rates, included=included)
    given_ = [Taxable(str(kind), Money(minor, currency)) for kind, minor in goods]
    taxed = tax_by_table(table, given_, Money(shipping, currency), to("DE"))
    by_line = total((tax for tax, _ in taxed.goods), currency) + taxed.shipping
    assert by_line == total((share.amount for share in taxed.shares), currency)
    for share in taxed.shares:
        whole = 10_000 + share.bps if included else 10_000
        assert abs(share.amount.minor * whole - share.base.minor * share.bps) * 2 <= whole
    for (tax, bps), one_ in zip(taxed.goods, given_, strict=True):
        assert 0 <= tax.minor <= one_.amount.minor
        assert bps or not tax


@given(st.integers(0, 10**9), st.integers(0, 10_000))
def test_tax_inside_a_price_is_the_tax_on_top_of_what_is_left(minor, bps):
    inside = one(TaxTable((TaxRate("DE", bps),)), minor).goods[0][0]
    on_top = one(TaxTable((TaxRate("DE", bps),), included=False), minor - inside.minor).goods[0][0]
    assert abs((inside - on_top).minor) <= 1
