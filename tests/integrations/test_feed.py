"""A feed gives every product it can, and a report of every row it could not take."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adengine.core.catalog import Feed, Image, Option, Product, RowProblem, Variant
from adengine.core.errors import AdEngineError, FeedUnreadable, Invalid, TooLarge
from adengine.core.money import Money
from integrations.feed import read_feed
from integrations.sheet import ROW_LIMIT, SIZE_LIMIT, plain

SAMPLE = Path(__file__).parents[3] / "shared" / "catalog-sample"
EXPORT = [
    *(
        "Handle",
        "Title",
        "Body (HTML)",
        "Vendor",
        "Type",
        "Tags",
        "Published",
        "Option1 Name",
        "Option1 Value",
    ),
    *("Variant SKU", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy"),
    *(
        "Variant Price",
        "Variant Compare At Price",
        "Image Src",
        "Image Position",
        "Image Alt Text",
        "Gift Card",
    ),
    *("Variant Image", "Cost per item", "Status", "Variant Grams"),
]
TEMPLATE = {
    "Handle": "URL handle",
    "Body (HTML)": "Description",
    "Published": "Published on online store",
    "Option1 Name": "Option1 name",
    "Option1 Value": "Option1 value",
    "Variant SKU": "SKU",
    "Variant Inventory Tracker": "Inventory tracker",
    "Variant Inventory Qty": "Inventory quantity",
    "Variant Inventory Policy": "Continue selling when out of stock",
    "Variant Price": "Price",
    "Variant Compare At Price": "Compare-at price",
    "Image Src": "Product image URL",
    "Image Position": "Image position",
    "Image Alt Text": "Image alt text",
    "Gift Card": "Gift card",
    "Variant Image": "Variant image URL",
    "Variant Grams": "Weight value (grams)",
}
MUG = {"Handle": "mug", "Title": "Mug", "Variant Price": "24.00", "Image Src": "images/mug.webp"}
MUGS = [
    {
        **MUG,
        "Body (HTML)": "<p>Holds <b>350&nbsp;ml</b>.</p><ul><li>Oak</li><li>Clay</li></ul>",
        "Vendor": "Loam",
        "Type": "Mug",
        "Tags": "clay, gift,, clay",
        "Published": "TRUE",
        "Option1 Name": "Colour",
        "Option1 Value": "Sage",
        "Variant SKU": "M-SAGE",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "3",
        "Variant Inventory Policy": "deny",
        "Variant Compare At Price": "30.00",
        "Image Position": "1",
        "Image Alt Text": "A mug",
        "Variant Image": "images/mug.webp",
        "Cost per item": "8.10",
        "Status": "Active",
        "Variant Grams": "410",
    },
    {
        "Handle": "mug",
        "Option1 Value": "Oat",
        "Variant SKU": "M-OAT",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "0",
        "Variant Inventory Policy": "CONTINUE",
        "Variant Price": "25.50",
    },
    {"Handle": "mug", "Image Src": "images/scene.webp", "Image Position": "2"},
]


def feed_bytes(
    rows: Sequence[dict[str, str]],
    *,
    columns: Sequence[str] = EXPORT,
    delimiter: str = ",",
    newline: str = "\n",
) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", delimiter=delimiter, lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def read(*rows: dict[str, str], currency: str = "EUR", extra: Sequence[str] = ()) -> Feed:
    return read_feed(feed_bytes(rows, columns=[*EXPORT, *extra]), currency=currency)


def only_product(feed: Feed) -> Product:
    (product,) = feed.products
    return product


def only_variant(feed: Feed) -> Variant:
    (variant,) = only_product(feed).variants
    return variant


EXPECTED_MUG = Product(
    handle="mug",
    title="Mug",
    description="Holds 350 ml.\nOak\nClay",
    vendor="Loam",
    kind="Mug",
    tags=("clay", "gift"),
    status="active",
    variants=(
        Variant(
            id="M-SAGE",
            title="Sage",
            options=(Option("Colour", "Sage"),),
            price=Money(2400, "EUR"),
            compare_at=Money(3000, "EUR"),
            cost=Money(810, "EUR"),
            sku="M-SAGE",
            stock=3,
            image="images/mug.webp",
            grams=410,
        ),
        Variant(
            id="M-OAT",
            title="Oat",
            options=(Option("Colour", "Oat"),),
            price=Money(2550, "EUR"),
            sku="M-OAT",
            stock=0,
            oversell=True,
        ),
    ),
    images=(Image("images/mug.webp", alt="A mug", position=1), Image("images/scene.webp", position=2)),
)


def test_an_export_becomes_a_product_with_its_variants_and_pictures() -> None:
    assert read(*MUGS) == Feed(products=(EXPECTED_MUG,), problems=(), rows=3)


def in_template(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{TEMPLATE.get(name, name): value for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_the_import_template_gives_the_same_product(delimiter: str, newline: str, encoding: str) -> None:
    columns = [TEMPLATE.get(name, name) for name in EXPORT][::-1]
    data = feed_bytes(in_template(MUGS), columns=columns, delimiter=delimiter, newline=newline).decode()
    bom = "\ufeff" if encoding == "utf-16-be" else ""
    feed = read_feed((bom + data).encode(encoding), currency="EUR")
    assert feed == Feed(products=(EXPECTED_MUG,), problems=(), rows=3)


def test_column_names_are_read_in_any_case_and_spacing() -> None:
    data = feed_bytes(MUGS).decode()
    header, rest = data.split("\n", 1)
    shouted = ",".join(f'"  {name.upper()} "' for name in header.split(","))
    assert read_feed(f"{shouted}\n{rest}".encode(), currency="EUR").products == (EXPECTED_MUG,)


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the catalogue sample is not beside the repository")
def test_both_dialects_of_the_sample_give_equal_products() -> None:
    export = read_feed(SAMPLE / "products_export.csv", currency="USD")
    template = read_feed(SAMPLE / "products_template_2025.csv", currency="USD")
    assert [len(export.products), sum(len(p.variants) for p in export.products), export.rows] == [14, 46, 51]
    assert export.problems == template.problems == ()
    assert tuple(replace(product, metafields=()) for product in export.products) == template.products
    dryer = export.products[-1]
    assert dryer.handle == "travel-hair-dryer"
    assert dryer.metafield("custom.wattage") == "1600W"
    assert dryer.variants[1].price == Money(3499, "USD")


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the catalogue sample is not beside the repository")
def test_the_samples_price_list_is_refused_as_another_kind_of_file() -> None:
    with pytest.raises(FeedUnreadable, match="no column Title"):
        read_feed(SAMPLE / "prices_by_currency.csv", currency="EUR")


@pytest.mark.parametrize(
    ("text", "grams"), [("410", 410), ("0.0", 0), ("", 0), ("412.0", 412), ("0.4", 1), ("1,5", 2), (".5", 1)]
)
def test_a_weight_is_whole_grams_rounded_up(text: str, grams: int) -> None:
    feed = read({**MUG, "Variant Grams": text})
    assert (only_variant(feed).grams, feed.problems) == (grams, ())


@pytest.mark.parametrize("text", ["heavy", "-5", "1 kg", "1e3", "99999999", "٤١٠"])
def test_a_weight_that_is_none_is_noted_and_counts_as_not_weighed(text: str) -> None:
    feed = read({**MUG, "Variant Grams": text})
    assert only_variant(feed).grams == 0
    assert [(one.line, one.column, one.refused) for one in feed.problems] == [(2, "Variant Grams", False)]


def test_rows_of_one_handle_belong_together_wherever_they_stand() -> None:
    lamp = {"Handle": "lamp", "Title": "Lamp", "Variant Price": "9", "Image Src": "l.png"}
    feed = read(MUGS[2], MUGS[0], lamp, MUGS[1])
    assert [product.handle for product in feed.products] == ["mug", "lamp"]
    assert feed.products[0] == EXPECTED_MUG
    assert feed.problems == ()


def test_a_repeated_title_under_one_handle_is_noted() -> None:
    feed = read(MUGS[0], {**MUGS[1], "Title": "Other mug"})
    assert [variant.title for variant in only_product(feed).variants] == ["Sage", "Oat"]
    assert feed.problems == (
        RowProblem(3, "Title", "Other mug", "the title of line 2 was kept: same handle", refused=False),
    )


def test_default_title_means_no_options() -> None:
    variant = only_variant(read({**MUG, "Option1 Name": "Title", "Option1 Value": "Default Title"}))
    assert (variant.id, variant.title, variant.options) == ("default", "", ())


def test_three_options_join_into_the_variants_title() -> None:
    extra = ["Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value"]
    first = {
        **MUG,
        "Option1 Name": "Size",
        "Option1 Value": "L",
        "Option2 Name": "Colour",
        "Option2 Value": "Red",
    }
    second = {"Handle": "mug", "Variant Price": "1", "Option1 Value": "L", "Option2 Value": "Blue"}
    variants = only_product(read(first, {**second, "Option3 Value": "Oak"}, extra=extra)).variants
    assert [variant.title for variant in variants] == ["L / Red", "L / Blue / Oak"]
    assert [variant.id for variant in variants] == ["l-red", "l-blue-oak"]
    assert variants[1].options == (Option("Size", "L"), Option("Colour", "Blue"), Option("Option 3", "Oak"))


def test_metafields_are_kept_by_namespace_and_key() -> None:
    columns = [
        "Material (product.metafields.custom.material)",
        "custom.capacity (product.metafields.custom.capacity)",
    ]
    feed = read({**MUG, columns[0]: "Oak &amp; <b>clay</b>", columns[1]: "350 ml"}, extra=columns)
    assert only_product(feed).metafields == (("custom.material", "Oak & clay"), ("custom.capacity", "350 ml"))


@pytest.mark.parametrize(
    ("status", "published", "expected"),
    [
        ("active", "true", "active"),
        ("Active", "FALSE", "draft"),
        ("", "true", "active"),
        ("", "false", "draft"),
        ("", "", "active"),
        ("active", "nonsense", "draft"),
        ("draft", "true", "draft"),
        ("archived", "false", "archived"),
        ("UNLISTED", "false", "unlisted"),
    ],
)
def test_status_means_what_it_means_in_the_shop(status: str, published: str, expected: str) -> None:
    assert only_product(read({**MUG, "Status": status, "Published": published})).status == expected


def test_an_unknown_status_counts_as_a_draft() -> None:
    feed = read({**MUG, "Status": "live"})
    assert only_product(feed).status == "draft"
    assert feed.problems == (
        RowProblem(2, "Status", "live", "unknown status; the product counts as a draft", refused=False),
    )


def test_gift_cards_are_refused() -> None:
    feed = read({**MUG, "Gift Card": "TRUE"}, {**MUG, "Handle": "cup"})
    assert [product.handle for product in feed.products] == ["cup"]
    assert feed.problems == (RowProblem(2, "Gift Card", "mug", "gift cards are not advertised or sold here"),)


@pytest.mark.parametrize(
    ("cells", "stock", "available", "problems"),
    [
        (("shopify", "5", "deny"), 5, True, []),
        (("shopify", "0", "deny"), 0, False, []),
        (("shopify", "-2", "deny"), -2, False, []),
        (("shopify", "0", "continue"), 0, True, []),
        (("shopify", "7.0", ""), 7, True, []),
        (("", "0", "deny"), None, True, []),
        (("shopify", "", "deny"), None, True, ["tracked without a quantity: stock counts as not limited"]),
        (("shopify", "many", "deny"), 0, False, ["no whole number: stock counts as 0"]),
        (("shopify", "0", "maybe"), 0, False, ["neither deny nor continue; counts as deny"]),
    ],
)
def test_stock_is_what_the_shop_counts(
    cells: tuple[str, str, str], stock: int | None, available: bool, problems: list[str]
) -> None:
    names = ("Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy")
    feed = read({**MUG, **dict(zip(names, cells, strict=True))})
    assert only_variant(feed).stock == stock
    assert only_variant(feed).is_available is available
    assert [problem.reason for problem in feed.problems] == problems
    assert not any(problem.refused for problem in feed.problems)


def test_a_file_without_a_quantity_column_says_so_once() -> None:
    columns = [name for name in EXPORT if name != "Variant Inventory Qty"]
    rows = [{**MUG, "Handle": f"mug-{n}", "Variant Inventory Tracker": "shopify"} for n in range(3)]
    feed = read_feed(feed_bytes(rows, columns=columns), currency="EUR")
    assert [product.variants[0].stock for product in feed.products] == [None, None, None]
    assert [(problem.line, problem.refused) for problem in feed.problems] == [(1, False)]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("24.00", "EUR", 2400),
        ("24,90", "EUR", 2490),
        ("1,234.50", "USD", 123450),
        ("1 234,50", "EUR", 123450),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("0.500", "KWD", 500),
        ("12.345", "KWD", 12345),
    ],
)
def test_prices_are_read_in_the_currencys_units(text: str, currency: str, minor: int) -> None:
    assert only_variant(read({**MUG, "Variant Price": text}, currency=currency)).price == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "free", "-5.00", "€24", "24.905", "NaN", "Infinity", "1e99", "1E+1000000", "٣"])
def test_a_variant_without_a_usable_price_is_refused_and_the_rest_kept(text: str) -> None:
    feed = read(
        {**MUG, "Option1 Name": "Size", "Option1 Value": "S", "Variant Price": text},
        {"Handle": "mug", "Option1 Value": "L", "Variant Price": "5"},
    )
    assert [variant.title for variant in only_product(feed).variants] == ["L"]
    (problem,) = feed.problems
    assert (problem.line, problem.column, problem.value, problem.refused) == (2, "Variant Price", text, True)


def test_a_yen_price_with_sen_is_refused() -> None:
    feed = read({**MUG, "Variant Price": "1200.50"}, currency="JPY")
    assert feed.products == ()
    assert feed.problems[0].reason == "'1200.50' has more decimals than JPY knows"


def test_a_price_of_zero_is_kept_out_of_sale() -> None:
    feed = read({**MUG, "Variant Price": "0.00"})
    assert only_variant(feed).price == Money(0, "EUR")
    assert not only_variant(feed).is_available
    reason = "a price of 0: the variant is kept but not for sale"
    assert feed.problems == (RowProblem(2, "Variant Price", "0.00", reason, refused=False),)


def test_a_product_whose_variants_are_all_refused_is_left_out() -> None:
    feed = read({**MUG, "Variant Price": "free"})
    assert feed.products == ()
    assert [(problem.column, problem.refused) for problem in feed.problems] == [
        ("Variant Price", True),
        ("Title", True),
    ]


def test_an_unreadable_compare_at_price_is_ignored_with_a_note() -> None:
    feed = read({**MUG, "Variant Compare At Price": "was 30"})
    assert only_variant(feed).compare_at is None
    problem = RowProblem(2, "Variant Compare At Price", "was 30", "no amount in EUR; ignored", refused=False)
    assert feed.problems == (problem,)


def test_what_goods_cost_stands_nowhere_but_in_the_cost() -> None:
    feed = read({**MUG, "Cost per item": "7.77"}, {**MUG, "Handle": "cup", "Cost per item": "8.88 secret"})
    assert [product.variants[0].cost for product in feed.products] == [Money(777, "EUR"), None]
    assert repr(feed).count("777") == 1
    assert "8.88" not in repr(feed)
    assert feed.problems == (RowProblem(3, "Cost per item", "", "no amount in EUR; ignored", refused=False),)


def test_a_second_row_for_the_same_choice_is_refused() -> None:
    feed = read(
        {**MUG, "Option1 Name": "Size", "Option1 Value": "L", "Variant SKU": "a"},
        {"Handle": "mug", "Option1 Value": "l", "Variant Price": "9", "Variant SKU": "b"},
    )
    assert only_variant(feed).sku == "a"
    assert feed.problems == (RowProblem(3, "Option1 Value", "l", "the same variant stands on line 2"),)


def test_a_sku_used_twice_is_no_key() -> None:
    rows = [
        {"Handle": "mug", "Option1 Value": size, "Variant Price": "9", "Variant SKU": sku}
        for size, sku in (("1/2", "same"), ("1-2", "same"), ("L", "AB/12 red"), ("XL", "'00123"))
    ]
    variants = only_product(read({**MUG, **rows[0]}, *rows[1:])).variants
    assert [variant.id[:4] for variant in variants[:2]] == ["1-2-", "1-2-"]
    assert variants[0].id != variants[1].id
    assert (variants[2].id, variants[2].sku) == ("AB-12-red", "AB/12 red")
    assert (variants[3].id, variants[3].sku) == ("00123", "00123")


def test_variant_keys_stay_when_rows_change_places() -> None:
    sizes = ("1/2", "1-2", "3", "4")
    rows = [{"Handle": "mug", "Option1 Value": size, "Variant Price": "9"} for size in sizes]

    def ids(order: Sequence[dict[str, str]]) -> dict[str, str]:
        product = only_product(read(MUG | order[0], *order[1:]))
        return {variant.title: variant.id for variant in product.variants}

    assert ids(rows) == ids(rows[::-1])
    assert len(set(ids(rows).values())) == 4


def test_a_variant_keeps_its_key_when_its_price_or_a_copy_of_its_row_comes_and_goes() -> None:
    large = {"Handle": "mug", "Option1 Value": "L", "Variant Price": "9", "Variant SKU": "ab"}
    small = {**MUG, "Option1 Value": "S", "Variant SKU": "ab"}
    assert [variant.id for variant in only_product(read(small, large)).variants] == ["s", "l"]
    assert only_variant(read({**small, "Variant Price": "free"}, large)).id == "l"
    assert only_variant(read(small, small)).id == "ab"


def test_a_product_without_a_picture_is_kept_with_a_note() -> None:
    feed = read({**MUG, "Image Src": ""})
    assert only_product(feed).images == ()
    assert feed.problems == (RowProblem(2, "Image Src", "mug", "no picture: ads need one", refused=False),)


def test_pictures_stand_in_the_order_of_their_positions_and_once() -> None:
    rows = [{"Handle": "mug", "Image Src": f"{n}.png", "Image Position": str(n)} for n in (3, 2, 2)]
    feed = read({**MUG, "Image Position": "1", "Variant Image": "own.png"}, *rows)
    sources = [(image.position, image.source) for image in only_product(feed).images]
    assert sources == [(1, "images/mug.webp"), (2, "2.png"), (3, "3.png"), (4, "own.png")]


@pytest.mark.parametrize(
    "source", ["javascript:alert(1)", "data:image/png;base64,AA", "file:///etc/passwd", "C:\\a.png"]
)
def test_a_picture_that_is_neither_web_address_nor_path_is_ignored(source: str) -> None:
    feed = read({**MUG, "Image Src": source})
    assert only_product(feed).images == ()
    assert [(problem.column, problem.refused) for problem in feed.problems] == [("Image Src", False)] * 2


def test_a_handle_becomes_safe_to_stand_in_addresses() -> None:
    feed = read({**MUG, "Handle": "../../Etc Passwd"}, {**MUG, "Handle": "MUG"}, {**MUG, "Handle": "茶碗"})
    assert [product.handle for product in feed.products] == ["etc-passwd", "mug", "茶碗"]
    assert [(problem.line, problem.reason) for problem in feed.problems] == [
        (2, "the product's handle became 'etc-passwd'")
    ]


def test_rows_that_name_no_product_are_refused() -> None:
    feed = read({"Variant Price": "5"}, {"Handle": "ghost", "Variant Price": "5"}, {**MUG, "Handle": ""})
    assert [product.handle for product in feed.products] == ["mug"]
    assert feed.problems == (
        RowProblem(2, "Handle", "", "the row names no product: a handle has 1 to 255 letters or digits"),
        RowProblem(3, "Title", "ghost", "no row of 'ghost' has a title; the product is left out"),
        RowProblem(4, "Handle", "", "the product's handle became 'mug'", refused=False),
    )


def test_a_row_that_says_nothing_is_refused() -> None:
    feed = read(MUG, {"Handle": "mug", "Variant SKU": "x"})
    assert len(only_product(feed).variants) == 1
    assert feed.problems == (RowProblem(3, "Handle", "mug", "the row has no price, option value or picture"),)


def test_a_problems_line_is_where_its_record_starts() -> None:
    text = '\nHandle,Title,Price,Description\na,A,1,"one\ntwo\n\nfour"\n\n,,\nb,B,free,"x\ny"\nc,C,2\nd,D,oops,z\n'
    feed = read_feed(text.encode(), currency="EUR")
    assert [product.handle for product in feed.products] == ["a"]
    assert feed.products[0].description == "one\ntwo\nfour"
    assert [(problem.line, problem.column) for problem in feed.problems if problem.refused] == [
        (9, "Price"),
        (9, "Title"),
        (11, ""),
        (12, "Price"),
        (12, "Title"),
    ]
    assert feed.rows == 4


def test_a_row_of_the_wrong_length_is_refused_alone() -> None:
    text = "Handle,Title,Price\na,A,1\nb,B,2,extra\nc,C,3,,\nd,D\ne,E,5\n"
    feed = read_feed(text.encode(), currency="EUR")
    assert [product.handle for product in feed.products] == ["a", "c", "e"]
    refused = [problem for problem in feed.problems if problem.refused]
    tail = "; a quote or separator is missing or too many"
    assert refused == [
        RowProblem(3, "", "b", "the row has 4 cells where the header has 3" + tail),
        RowProblem(5, "", "d", "the row has 2 cells where the header has 3" + tail),
    ]


def test_quotes_are_kept_as_written() -> None:
    text = 'Handle,Title,Price\na,"A ""big"" 5"" pipe",1\nb,5" pipe,2\nc,"5" pipe,3\n'
    feed = read_feed(text.encode(), currency="EUR")
    assert [product.title for product in feed.products] == ['A "big" 5" pipe', '5" pipe', "5 pipe"]


def test_a_quote_that_is_never_closed_is_named_with_its_line() -> None:
    text = 'Handle,Title,Price\na,A,1\nb,"B,2\nc,C,3\n'
    with pytest.raises(FeedUnreadable, match="opens on line 3 is never closed"):
        read_feed(text.encode(), currency="EUR", name="products.csv")
    with pytest.raises(FeedUnreadable, match=r"starts on line 3 runs on"):
        read_feed((text + "x,y,4\n" * 40_000).encode(), currency="EUR")


def test_a_gigantic_cell_is_a_problem_of_its_row() -> None:
    text = f"Handle,Title,Price\na,{'A' * 140_000},1\nb,B,2\n"
    feed = read_feed(text.encode(), currency="EUR")
    assert [product.handle for product in feed.products] == ["b"]
    assert feed.problems[0] == RowProblem(2, "", "", "a cell is longer than 131,072 characters")


@pytest.mark.parametrize(
    ("header", "system"),
    [
        ("ID,Type,SKU,Name,Published,Short description,Regular price,Images", "WooCommerce"),
        ("TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,QUANTITY,TAGS,IMAGE1,SKU", "Etsy"),
        ("Product ID,Product Name,Product Type,Price,Cost Price", "BigCommerce"),
        ("id,title,description,link,image_link,price,availability", "Merchant feed"),
    ],
)
def test_another_systems_file_is_refused_with_the_columns_needed(header: str, system: str) -> None:
    with pytest.raises(FeedUnreadable) as refusal:
        read_feed(f"{header}\n1,2,3,4,5,6,7,8\n".encode(), currency="EUR", name=f"{system}.csv")
    assert f"{system}.csv has no column Handle (or URL handle)" in str(refusal.value)
    assert "looks like another system's file" in str(refusal.value)


def test_rows_without_their_header_are_refused() -> None:
    with pytest.raises(FeedUnreadable, match=r"no column Handle .* no column Title and no column Variant Price"):
        read_feed(feed_bytes(MUGS).split(b"\n", 1)[1], currency="EUR")


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\n", b"\0\0\0", b"\xff\xfe"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(FeedUnreadable, match="is empty"):
        read_feed(data, currency="EUR")


def test_a_header_alone_is_a_feed_without_products() -> None:
    assert read_feed(b"Handle,Title,Price", currency="EUR") == Feed(products=(), problems=(), rows=0)


def test_a_spreadsheet_is_refused_by_name() -> None:
    with pytest.raises(FeedUnreadable, match="save it as CSV"):
        read_feed(b"PK\x03\x04rest of a workbook", currency="EUR")


def test_damaged_utf_16_is_refused() -> None:
    with pytest.raises(FeedUnreadable, match="UTF-16"):
        read_feed(b"\xff\xfeH\x00\x00\xd8x\x00y", currency="EUR")


def test_windows_1252_is_read_with_a_note() -> None:
    data = "Handle,Title,Price\na,Kaffee,1\nb,Café – Menü “groß” 5€,2\n".encode("cp1252")
    feed = read_feed(data, currency="EUR")
    assert feed.products[1].title == "Café – Menü “groß” 5€"
    reason = "not UTF-8 here: the whole file was read as Windows-1252; check its accents"
    assert RowProblem(3, "", "", reason, refused=False) in feed.problems


def test_one_bad_byte_does_not_garble_a_file_marked_as_utf_8() -> None:
    data = b"\xef\xbb\xbf" + "Handle,Title,Price\na,Café,1\nb,B".encode() + b"\xff,2\n"
    feed = read_feed(data, currency="EUR")
    assert [product.title for product in feed.products] == ["Café", "B�"]
    assert feed.problems[-1].line == 3


def test_nul_characters_are_removed_with_a_note() -> None:
    feed = read_feed(b"Handle,Title,Price\na,A,1\nb,B\0\0B,2\n", currency="EUR")
    assert feed.products[1].title == "BB"
    assert feed.problems[1] == RowProblem(
        3, "", "", "NUL characters were removed; the file may be damaged", refused=False
    )


def test_a_file_over_the_limit_is_too_large(tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(b"x" * (SIZE_LIMIT + 1))
    with pytest.raises(TooLarge, match=r"big\.csv is larger than 15 MB"):
        read_feed(big, currency="EUR")
    with pytest.raises(TooLarge):
        read_feed(big.read_bytes(), currency="EUR")


def test_more_rows_than_the_limit_are_too_many() -> None:
    with pytest.raises(TooLarge, match="more than 100,000 rows"):
        read_feed(b"Handle,Title,Price\n" + b"a,b,1\n" * (ROW_LIMIT + 1), currency="EUR")


def test_a_missing_file_is_named_without_its_folder(tmp_path: Path) -> None:
    for source in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(FeedUnreadable, match=f"^{source.name} cannot be opened"):
            read_feed(source, currency="EUR")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(Invalid, match="ISO 4217"):
        read_feed(feed_bytes(MUGS), currency="euro")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two<br>Three</p>", "One.\nTwo\nThree"),
        ("<ul><li>Oak<li>Clay</ul>", "Oak\nClay"),
        ("Salt &amp; pepper, 5 &lt; 6", "Salt & pepper, 5 < 6"),
        ("5 < 6 & 7 > 2", "5 < 6 & 7 > 2"),
        ("a<script>alert(1)</script>b<style>p{}</style>c<!-- d -->", "abc"),
        ("<scr<script>ipt>alert(1)</script>x", "ipt>alert(1)x"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;y", "y"),
        ("&amp;lt;img src=x onerror=alert(1)&amp;gt;z", "z"),
        ('<a href="javascript:alert(1)">link</a>', "link"),
        ("<img src=x onerror=alert(1)>", ""),
        ("ab\u202ecd\u200be\u0007f\ufeffg\u2066h\u00ad", "abcdefgh"),
        ("&#8238;&#8203;&#7;x", "x"),
        ("hi\U000e0041\U000e0042", "hi"),
        ("👨‍👩‍👧 می‌خواهم שלום", "👨‍👩‍👧 می‌خواهم שלום"),
        ("pay\u200dpal", "paypal"),
        ("  a \t b \n\n c ", "a b\nc"),
    ],
)
def test_descriptions_become_plain(html: str, text: str) -> None:
    assert plain(html) == text


def test_no_markup_reaches_any_text_of_a_product() -> None:
    hostile = "<script>alert(1)</script><b onclick=x>Mug</b>\u202e"
    names = [
        "Title",
        "Body (HTML)",
        "Vendor",
        "Type",
        "Tags",
        "Option1 Name",
        "Option1 Value",
        "Image Alt Text",
    ]
    metafield = "m (product.metafields.custom.m)"
    feed = read({**MUG, **dict.fromkeys([*names, metafield], hostile)}, extra=[metafield])
    product = only_product(feed)
    texts = [product.title, product.description, product.vendor, product.kind, *product.tags]
    option = product.variants[0].options[0]
    texts += [option.name, option.value, product.images[0].alt, product.metafield("custom.m")]
    assert texts == ["Mug"] * 9


def test_markup_nested_without_end_is_read_in_time() -> None:
    started = time.monotonic()
    for tag in (
        "<div>",
        "<dir>",
        "<menu>",
        "<b>",
        "<br",
        "&amp;",
        "<script>",
        "<x><p>",
        "<!--",
        "<table><td>",
    ):
        plain(tag * (130_000 // len(tag)))
    assert time.monotonic() - started < 5


def test_a_title_of_ten_thousand_characters_is_cut_with_a_note() -> None:
    feed = read({**MUG, "Title": "Mug 🍵 " * 2_000})
    assert len(only_product(feed).title) <= 1_000
    (problem,) = feed.problems
    assert (problem.line, problem.column, problem.refused) == (2, "Title", False)
    assert len(problem.value) == 80
    assert problem.reason == "the title was cut to 1,000 of its 11,999 characters"


def test_a_hundred_variants_and_a_hundred_and_twenty_columns_are_read() -> None:
    extra = [f"Google Shopping / Field {n}" for n in range(120 - len(EXPORT))]
    rows = [{"Handle": "mug", "Option1 Value": f"No. {n}", "Variant Price": f"{n}.99"} for n in range(1, 101)]
    feed = read({**MUG, "Option1 Name": "Number", **rows[0]}, *rows[1:], extra=extra)
    assert feed.problems == ()
    assert [variant.price.minor for variant in only_product(feed).variants] == [n * 100 + 99 for n in range(1, 101)]


def test_twenty_thousand_rows_are_read_within_seconds() -> None:
    rows = [
        {
            **(MUG if n % 4 == 0 else {}),
            "Handle": f"mug-{n // 4}",
            "Body (HTML)": "<p>Ein <b>Becher</b> &amp; mehr, größer.</p>",
            "Option1 Value": str(n % 4),
            "Variant Price": "9.90",
        }
        for n in range(20_000)
    ]
    data = feed_bytes(rows)
    started = time.monotonic()
    feed = read_feed(data, currency="EUR")
    assert time.monotonic() - started < 20  # about 1.5 s; a quadratic reading takes minutes
    assert (feed.rows, len(feed.products), feed.problems) == (20_000, 5_000, ())
    assert {len(product.variants) for product in feed.products} == {4}


def test_reading_twice_gives_equal_feeds() -> None:
    data = feed_bytes(MUGS)
    assert read_feed(data, currency="EUR") == read_feed(data, currency="EUR")


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_only_our_own_errors(data: bytes) -> None:
    with suppress(AdEngineError):
        read_feed(data, currency="EUR")


CELLS = st.one_of(
    st.sampled_from(
        ["", "mug", "Mug", "1", "0", "-1", "9,9", "1E+1000000", "true", '"', "<b", "&lt;", "\n", "\0", "'"]
    ),
    st.text(max_size=12),
)


@settings(max_examples=200)
@given(st.lists(st.lists(CELLS, max_size=len(EXPORT) + 1), max_size=8), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_arbitrary_cells_raise_only_our_own_errors_and_keep_the_feeds_promises(
    rows: list[list[str]], currency: str
) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([EXPORT, *rows])
    feed = read_feed(file.getvalue().encode("utf-8", "surrogatepass"), currency=currency)
    assert feed.rows <= len(rows)
    assert [problem.line for problem in feed.problems] == sorted(problem.line for problem in feed.problems)
    assert all(len(problem.value) <= 80 for problem in feed.problems)
    assert len({product.handle for product in feed.products}) == len(feed.products)
    for product in feed.products:
        assert product.title
        assert len({variant.id for variant in product.variants}) == len(product.variants) > 0
        assert all(variant.price.minor >= 0 for variant in product.variants)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_damaged_feed_raises_only_our_own_errors(noise: bytes, at: int) -> None:
    data = feed_bytes(MUGS)
    with suppress(AdEngineError):
        read_feed(data[:at] + noise + data[at:], currency="EUR")
