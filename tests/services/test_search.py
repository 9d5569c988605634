"""Search over real rows, the same on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from adengine import database
from adengine.core.catalog import Option, Product, Variant
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.selling import Selling, ShippingRate
from adengine.engine import AdEngine
from adengine.services import catalog, search, selling
from adengine.services.search import Found, SearchAsk
from tests.conftest import Desk, open_desk


def variant(key: str, price: str, *, stock: int | None = 5, **options: str) -> Variant:
    named = tuple(Option(name.capitalize(), value) for name, value in options.items())
    title = " / ".join(options.values()) or "Default Title"
    minor = round(float(price) * 100)
    return Variant(key, title, named, Money(minor, "EUR"), cost=Money(1, "EUR"), sku=key, stock=stock)


def product(title: str, kind: str, *variants: Variant, handle: str = "", **more: object) -> Product:
    made = Product(handle or title.casefold().replace(" ", "-"), title, kind=kind, variants=variants)
    return replace(made, **more)  # type: ignore[arg-type]


MUG = product(
    "Stoneware Mug",
    "Mug",
    variant("MUG-SAGE", "24.00", colour="Sage"),
    variant("MUG-OAT", "26.00", stock=0, colour="Oat"),
    vendor="Testware",
    tags=("kitchen", "coffee"),
    description="Thrown by hand, glazed inside. Put it beside a surfboard.",
)
LAMP = product("Table Lamp", "Lamp", variant("LAMP", "89.00", colour="Chalk"), vendor="Testware")
SHADE = product("Lamp Shade for Table Lamp", "Shade", variant("SHADE", "19.00", colour="Chalk"), vendor="Nix")
SHOES = product(
    "Trail Running Shoes",
    "Shoes",
    *(variant(f"S-{size}", "70.00", stock=stock, size=size) for size, stock in (("41", 2), ("42", 0), ("43", 1))),
    vendor="Nix",
)
BOTTLES = product(
    "Bottle", "Bottle", variant("B-1", "12.00", size="1,5 Liter"), variant("B-2", "9.00", size="500 ml"), vendor="Nix"
)
GOODS = (MUG, LAMP, SHADE, SHOES, BOTTLES)


def fill(engine: AdEngine, desk: Desk, *goods: Product) -> None:
    for one in goods or GOODS:
        with engine.unit(desk.merchant) as unit:
            catalog.keep_product(unit, one, {})


def find(engine: AdEngine, desk: Desk, text: str = "", **more: object) -> Found:
    with engine.reading(desk.visitor) as unit:
        return search.find(unit, SearchAsk(text, **more))  # type: ignore[arg-type]


def handles(found: Found) -> list[str]:
    return [hit.product.handle for hit in found.hits]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("stoneware mug", ["stoneware-mug"]),
        ("coffee cup", ["stoneware-mug"]),
        ("lamps under 100 EUR", ["table-lamp"]),
        ("lamp under 50 EUR", []),
        ("lamp shade", ["lamp-shade-for-table-lamp"]),
        ("sage", ["stoneware-mug"]),
        ("stonware mugg", ["stoneware-mug"]),
        ("bottle 1.5 l", ["bottle"]),
        ("surfboard", []),
        ("MUG-SAGE", ["stoneware-mug"]),
    ],
)
def test_a_sentence_finds_what_fits_and_nothing_else(
    engine: AdEngine, desk: Desk, words: str, found: list[str]
) -> None:
    fill(engine, desk)
    assert handles(find(engine, desk, words)) == found


def test_a_hit_is_the_product_as_the_catalogue_shows_it(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    for actor in (desk.visitor, desk.merchant):
        with engine.reading(actor) as unit:
            (hit,) = search.find(unit, SearchAsk("mug")).hits
            assert hit.product == catalog.get_product(unit, "stoneware-mug")
    assert [one.cost for one in hit.product.variants] == [Money(1, "EUR"), Money(1, "EUR")]


def test_an_empty_sentence_lists_the_shop_by_title(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    found = find(engine, desk)
    assert (found.total, handles(found)) == (
        5,
        ["bottle", "lamp-shade-for-table-lamp", "stoneware-mug", "table-lamp", "trail-running-shoes"],
    )


def test_limits_hold_for_each_variant(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk, replace(MUG, variants=tuple(replace(one, stock=9) for one in MUG.variants)))
    for asked in (SearchAsk("mug under 25"), SearchAsk("mug", at_most=Money(2500, "EUR"))):
        with engine.reading(desk.visitor) as unit:
            (hit,) = search.find(unit, asked).hits
        assert [one.title for one in hit.fitting] == ["Sage"]


def test_the_stricter_of_two_limits_holds(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    assert handles(find(engine, desk, "mug under 30", at_most=Money(2000, "EUR"))) == []


def test_a_limit_in_another_currency_is_refused_in_words(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    for found in (find(engine, desk, "mug under $40"), find(engine, desk, "mug", at_most=Money(4000, "USD"))):
        assert found.hits == ()
        assert "Prices here are in EUR" in found.advice


def test_a_size_that_is_sold_out_is_not_shown(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    assert handles(find(engine, desk, "running shoes size 43")) == ["trail-running-shoes"]
    for words in ("running shoes size 42", "running shoes 42"):
        found = find(engine, desk, words)
        assert found.hits == ()
        assert "in_stock=false" in found.advice
    (hit,) = find(engine, desk, "running shoes size 42", in_stock=False).hits
    assert [one.title for one in hit.fitting] == ["42"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"kinds": ("lamp",)}, ["table-lamp"]),
        ({"brands": ("NIX",)}, ["bottle", "lamp-shade-for-table-lamp", "trail-running-shoes"]),
        ({"colours": ("green",)}, ["stoneware-mug"]),
        ({"colours": ("oat",)}, []),
        ({"sizes": ("1500 ml",)}, ["bottle"]),
        ({"at_least": Money(7000, "EUR")}, ["table-lamp", "trail-running-shoes"]),
        ({"has_film": True}, []),
    ],
)
def test_filters_are_exact(engine: AdEngine, desk: Desk, more: dict[str, object], found: list[str]) -> None:
    fill(engine, desk)
    assert handles(find(engine, desk, "", **more)) == found


def test_a_shop_ships_where_its_ways_go(engine: AdEngine, desk: Desk) -> None:
    heavy = product("Anvil", "Anvil", replace(variant("ANVIL", "200.00"), grams=90_000))
    fill(engine, desk, MUG, heavy)
    ways = (ShippingRate("post", "Post", Money(500, "EUR"), ("EU",), most_grams=30_000),)
    with engine.unit(desk.merchant) as unit:
        selling.set_selling(unit, Selling(shipping=ways))
    assert handles(find(engine, desk, "", ships_to="FR")) == ["stoneware-mug"]
    refused = find(engine, desk, "mug", ships_to="US")
    assert (refused.hits, "does not ship to US" in refused.advice) == ((), True)
    with pytest.raises(Invalid):
        find(engine, desk, "mug", ships_to="nowhere")


def test_facets_count_the_hits(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    facets = {one.name: dict(one.values) for one in find(engine, desk, "lamp chalk").facets}
    assert facets == {"kind": {"Lamp": 1}, "brand": {"Testware": 1}, "colour": {"Chalk": 1}}


def test_nothing_suitable_says_what_there_is(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    found = find(engine, desk, "electric kayak")
    assert (found.hits, found.total) == ((), 0)
    assert "'kayak'" in found.advice
    assert "Lamp (1)" in found.advice


def test_a_price_out_of_reach_says_what_it_costs(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    assert "€89.00" in find(engine, desk, "lamp under 50 EUR").advice


def test_a_misspelling_is_named(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    found = find(engine, desk, "stoneware bottel")
    assert found.read_as == (("bottel", "bottle"),)
    assert "read 'bottel' as 'bottle'" in found.hits[0].reasons


@pytest.mark.parametrize(
    "words",
    [
        'AND OR NEAR NOT " * - ^ : ( )',
        'mug" OR 1=1 --',
        "name:mug",
        "'; DROP TABLE product; --",
        "mug*",
        "{mug}",
        "\\'&|!",
    ],
)
def test_the_databases_own_signs_mean_nothing(engine: AdEngine, desk: Desk, words: str) -> None:
    fill(engine, desk, MUG)
    assert set(handles(find(engine, desk, words))) <= {"stoneware-mug"}


def test_words_of_any_script_are_found(engine: AdEngine, desk: Desk) -> None:
    for handle, title in (("ja", "無線イヤホン 防水"), ("ru", "Кофейная чашка"), ("de", "Flöte")):
        fill(engine, desk, product(title, "", variant(handle, "9.00"), handle=handle))
    assert handles(find(engine, desk, "イヤホン")) == ["ja"]
    assert handles(find(engine, desk, "ЧАШКА")) == ["ru"]
    assert handles(find(engine, desk, "flote")) == ["de"]


def test_pages_follow_one_another_without_doubles(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk, *(product(f"Mug {n}", "Mug", variant(f"M{n}", "9.00")) for n in range(7)))
    seen: list[str] = []
    cursor = ""
    for size in (3, 3, 1):
        found = find(engine, desk, "mug", limit=3, cursor=cursor)
        assert (found.total, len(found.hits)) == (7, size)
        seen += handles(found)
        cursor = found.next_cursor
    assert (len(set(seen)), cursor) == (7, "")


def test_a_page_follows_though_a_hit_sold_out_meanwhile(engine: AdEngine, desk: Desk) -> None:
    mugs = [product(f"Mug {n}", "Mug", variant(f"M{n}", "9.00")) for n in range(4)]
    fill(engine, desk, *mugs)
    first = find(engine, desk, "mug", limit=2)
    (gone, _) = (one.product for one in first.hits)
    fill(engine, desk, replace(mugs[int(gone.title[-1])], variants=(variant(f"M{gone.title[-1]}", "9.00", stock=0),)))
    second = find(engine, desk, "mug", limit=2, cursor=first.next_cursor)
    assert len(second.hits) == 2
    assert not {*handles(first)} & {*handles(second)}


def test_a_cursor_belongs_to_its_search(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    cursor = find(engine, desk, "", limit=1).next_cursor
    for words, given in (("mug", cursor), ("", "nonsense"), ("", "☃")):
        with pytest.raises(Invalid):
            find(engine, desk, words, cursor=given)


def test_another_shops_products_never_appear(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    other = open_desk(engine, "other")
    fill(engine, other, product("Stoneware Jug", "Jug", variant("JUG", "30.00")))
    assert handles(find(engine, desk, "stoneware")) == ["stoneware-mug"]
    assert handles(find(engine, other, "stoneware")) == ["stoneware-jug"]
    assert find(engine, other, "mugg").read_as == ()
    assert find(engine, other, "mug").hits == ()
    assert "Jug (1)" in find(engine, other, "mug").advice


def test_a_new_price_and_stock_count_at_once(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    assert [one.title for one in find(engine, desk, "mug under 25").hits[0].fitting] == ["Sage"]
    with engine.unit(desk.merchant) as unit:
        unit.db.execute(text("UPDATE variant SET price_minor = 9900 WHERE sku = 'MUG-SAGE'"))
    assert find(engine, desk, "mug under 25").hits == ()
    with engine.unit(desk.merchant) as unit:
        unit.db.execute(text("UPDATE variant SET price_minor = 2000, reserved = 5 WHERE sku = 'MUG-SAGE'"))
    assert find(engine, desk, "mug under 25").hits == ()
    with engine.unit(desk.merchant) as unit:
        unit.db.execute(text("UPDATE variant SET reserved = 4 WHERE sku = 'MUG-SAGE'"))
    (hit,) = find(engine, desk, "mug under 25").hits
    assert (hit.fitting[0].price, hit.fitting[0].stock) == (Money(2000, "EUR"), 1)


def test_what_was_made_of_hits_is_kept_until_one_changes(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    before = find(engine, desk, "mug")
    before.made["shown"] = "as a card"
    again = find(engine, desk, "mug")
    assert (again.made, again.hits) == ({"shown": "as a card"}, before.hits)
    fill(engine, desk, replace(MUG, description="Thrown by a wheel."))
    assert find(engine, desk, "mug").made == {}


def test_what_a_merchant_pays_is_not_shown_to_whoever_asks_next(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    with engine.reading(desk.merchant) as unit:
        (own,) = search.find(unit, SearchAsk("mug")).hits
    (seen,) = find(engine, desk, "mug").hits
    assert (own.fitting[0].cost, seen.fitting[0].cost) == (Money(1, "EUR"), None)


def test_facets_are_counted_where_they_are_wanted(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    assert find(engine, desk, "lamp", facets=False).facets == ()
    assert find(engine, desk, "lamp").facets != ()


def test_of_more_candidates_than_are_asked_for_those_that_say_it_best_are_named(engine: AdEngine, desk: Desk) -> None:
    told = [product(f"Vase {n}", "Vase", variant(f"V{n}", "9.00"), description="Beside a mug.") for n in range(3)]
    fill(engine, desk, *told, MUG)
    with engine.reading(desk.visitor) as unit:
        db, index = unit.db.connection(), unit.ports.search
        shop = index.shop(db, unit.merchant_id)
        clauses = ((("mug",),),)
        assert len(index.candidates(db, shop, clauses, 4)) == 4
        (best,) = index.candidates(db, shop, clauses, 1)
        assert index.documents(db, unit.merchant_id, [best])[best].name == "Stoneware Mug"


def test_a_changed_product_is_found_by_its_new_words_alone(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk, MUG)
    assert handles(find(engine, desk, "stoneware")) == ["stoneware-mug"]
    fill(engine, desk, replace(MUG, title="Porcelain Mug"))
    assert find(engine, desk, "stoneware").hits == ()
    assert handles(find(engine, desk, "porcelain mug")) == ["stoneware-mug"]


def test_a_product_that_leaves_the_shop_is_found_no_more(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    fill(engine, desk, replace(MUG, status="draft"))
    assert find(engine, desk, "mug").hits == ()
    fill(engine, desk, MUG)
    assert handles(find(engine, desk, "mug")) == ["stoneware-mug"]


def test_what_a_unit_takes_back_was_never_indexed(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk, LAMP)
    with engine.unit(desk.merchant) as unit:
        catalog.keep_product(unit, MUG, {})
        assert len(search.find(unit, SearchAsk("mug")).hits) == 1
        unit.db.rollback()
    assert find(engine, desk, "mug").hits == ()
    fill(engine, desk, SHADE)
    assert find(engine, desk, "mug").hits == ()


def test_counts_stay_right_when_products_change(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    fill(engine, desk, replace(MUG, title="Porcelain Cup"), replace(LAMP, status="draft"))
    with engine.unit(desk.merchant) as unit:
        kept = set(_terms(unit.db.connection()))
        unit.db.execute(text("UPDATE search_shop SET version = 'old'"))
        assert database.upkeep.bring_up_to_date(unit.db.connection()) == 4
        assert set(_terms(unit.db.connection())) == kept


def _terms(db: object) -> list[tuple[object, ...]]:
    rows = db.execute(text("SELECT term, documents, heads FROM search_term WHERE documents > 0"))  # type: ignore[attr-defined]
    return [tuple(row) for row in rows]


def test_products_of_an_older_version_are_indexed_by_the_upgrade(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    with engine.sql.begin() as connection:
        for table in ("search_document", "search_term", "search_shop"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names of our own
    assert find(engine, desk, "mug").hits == ()
    database.upgrade(engine.sql)
    assert handles(find(engine, desk, "mug")) == ["stoneware-mug"]
    with engine.sql.begin() as connection:
        connection.execute(text("UPDATE search_shop SET version = 'older'"))
    database.upgrade(engine.sql)
    assert handles(find(engine, desk, "mug")) == ["stoneware-mug"]
    database.upgrade(engine.sql)
    with engine.sql.begin() as connection:
        assert connection.execute(text("SELECT documents FROM search_shop")).scalar_one() == 5


def test_both_databases_rank_alike(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    found = [(hit.product.handle, round(hit.score, 4)) for hit in find(engine, desk, "table lamp").hits]
    assert found == [("table-lamp", 0.7894)]


def test_price_and_stock_are_read_from_an_index_alone_on_sqlite(engine: AdEngine, desk: Desk) -> None:
    fill(engine, desk)
    index = engine.ports.search
    with engine.reading(desk.visitor) as unit:
        db = unit.db.connection()
        if db.dialect.name != "sqlite":
            pytest.skip("PostgreSQL has no such index: its sales would have to write it")
        seen: list[str] = []
        driver = db.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(seen.append)
        index.offers(db, unit.merchant_id, ["prod_1"])
        driver.set_trace_callback(None)
        plan = " ".join(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {seen[0]}"))
    assert "variant USING COVERING INDEX variant_offer (product_id=? AND merchant_id=?)" in plan
