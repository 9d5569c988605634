"""Documents are put in order: what is asked for first, what only goes with it never in its place."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from adengine.core.catalog import Option, Product, Variant
from adengine.core.money import Money
from adengine.core.search.asking import read
from adengine.core.search.document import Document, VariantTraits, document_of, read_document
from adengine.core.search.query import Count, plan, stems_to_count
from adengine.core.search.ranking import rank, reasons_of
from adengine.core.search.typos import Known, Vocabulary

EUR = Money(1000, "EUR")


def product(title: str, kind: str = "", description: str = "", **more: object) -> Product:
    sku = str(more.pop("sku", ""))
    colours = more.pop("colours", ("",))
    variants = tuple(
        Variant(f"{title}-{colour}", colour, (Option("Colour", colour),) if colour else (), EUR, sku=sku)
        for colour in colours  # type: ignore[attr-defined]
    )
    made = Product(title, title, description, kind=kind, variants=variants, id=title)
    return replace(made, **more)  # type: ignore[arg-type]


SHOP = [
    product("Nix Slate 14 Laptop, 16 GB RAM, 512 GB SSD", "Laptops", vendor="Nix"),
    product("Nix Slate 15 Pro Gaming Laptop 32 GB", "Laptops", vendor="Nix"),
    product("Laptop Sleeve 14 inch, felt", "Sleeves"),
    product("Stand for Laptop, aluminium", "Stands"),
    product("Lumi Phone 15, 128 GB", "Smartphones", vendor="Lumi"),
    product("Clear Case for Lumi Phone 15", "Cases"),
    product("Clear Case for Lumi Phone 14 / 13", "Cases"),
    product("Over-ear Headphones WH-1000XM5, noise cancelling", "Headphones", sku="WH1000XM5B"),
    product("Sofa, two seats", "Furniture", "Goes well with our cushions."),
    product("Coffee Machine, automatic", "Kitchen"),
    product("Cotton T-Shirt", "T-Shirts", colours=("Navy Blue", "White")),
    product("Headphones without Microphone", "Headphones"),
    product("Trail Bottle 1,5 Liter", "Bottles"),
    product("65 inch OLED TV", "TVs"),
]


def found(text: str, shop: list[Product] | None = None) -> list[str]:
    made = [document_of(one) for one in (SHOP if shop is None else shop)]
    counts: dict[str, Count] = {}
    for _, words in made:
        for one in words:
            before = counts.get(one.stem, Count(0, 0))
            counts[one.stem] = Count(before.documents + 1, before.heads + one.is_head)
    asked = read(text, "EUR")
    known = {one: counts[one] for one in stems_to_count(asked) if one in counts}
    query = plan(asked, known, len(made))
    return [one.document.name for one in rank(query, [document for document, _ in made])]


def test_the_thing_itself_answers_and_its_accessories_do_not() -> None:
    assert sorted(found("laptop")) == [
        "Nix Slate 14 Laptop, 16 GB RAM, 512 GB SSD",
        "Nix Slate 15 Pro Gaming Laptop 32 GB",
    ]


def test_an_accessory_that_is_asked_for_answers() -> None:
    assert found("laptop sleeve")[0] == "Laptop Sleeve 14 inch, felt"
    assert found("case for lumi phone 15")[0] == "Clear Case for Lumi Phone 15"
    assert found("lumi phone 13 case")[0] == "Clear Case for Lumi Phone 14 / 13"


def test_an_exact_code_comes_first() -> None:
    assert found("WH1000XM5B")[0].startswith("Over-ear Headphones")
    assert found("wh-1000xm5")[0].startswith("Over-ear Headphones")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("couch", "Sofa, two seats"),
        ("notebook", "Nix Slate 14 Laptop, 16 GB RAM, 512 GB SSD"),
        ("television", "65 inch OLED TV"),
        ("smart phone 128gb", "Lumi Phone 15, 128 GB"),
        ("kopfhörer", "Headphones without Microphone"),
        ("bottle 1500 ml", "Trail Bottle 1,5 Liter"),
        ("blue t-shirt", "Cotton T-Shirt"),
        ("tshirt navy", "Cotton T-Shirt"),
        ('65" tv', "65 inch OLED TV"),
        ("165 cm tv", "65 inch OLED TV"),
    ],
)
def test_other_words_for_it_find_it(text: str, name: str) -> None:
    assert name in found(text)[:2]


@pytest.mark.parametrize("text", ["surfboard", "washing machine", "dishwasher tablets", "cushion", "garden hose"])
def test_what_is_not_there_finds_nothing(text: str) -> None:
    assert found(text) == []


def test_what_is_not_wanted_is_left_out() -> None:
    assert found("headphones without noise cancelling") == ["Headphones without Microphone"]
    assert "Headphones without Microphone" in found("headphones without microphone")


def test_a_number_belongs_to_its_name() -> None:
    shop = [product("Phone 13, 6.1 inch", "Phones"), product("Phone 12, 13 megapixel camera", "Phones")]
    assert found("phone 13", shop)[0] == "Phone 13, 6.1 inch"


def test_another_model_of_the_name_comes_behind() -> None:
    shop = [product("Phone 13 Pro", "Phones"), product("Phone 13", "Phones")]
    assert found("phone 13", shop) == ["Phone 13", "Phone 13 Pro"]


def test_reasons_name_the_fields_and_what_lacks() -> None:
    document, words = document_of(product("Stoneware Mug", "Mugs"))
    counts = {one.stem: Count(1, int(one.is_head)) for one in words}
    query = plan(read("sturdy stoneware cup", "EUR"), counts, 1)
    assert reasons_of(query, document) == (
        "'stoneware' in title",
        "'cup' in title (as 'mug')",
        "no match for 'sturdy'",
    )


def test_customers_words_and_comparisons_are_no_facts() -> None:
    fields_of = (("reviews.review_1", "Best toaster ever"), ("custom.versus_1", "250 ml"), ("custom.material", "Oak"))
    document, _ = document_of(product("Stool", "Stools", metafields=fields_of))
    assert "toaster" not in document.terms
    assert "250ml" not in document.terms
    assert "oak" in document.terms


def test_a_document_is_read_as_it_was_written() -> None:
    for one in SHOP:
        document, _ = document_of(one)
        assert read_document(document.written()) == document


def test_a_document_holds_nothing_that_is_earned_or_paid() -> None:
    rich = product("Mug", "Mugs", sku="M1")
    same = replace(
        rich, variants=tuple(replace(one, cost=Money(1, "EUR"), price=Money(9, "EUR")) for one in rich.variants)
    )
    assert document_of(rich) == document_of(same)
    assert {one.name for one in fields(Document)} == {
        *("product_id", "name", "kind", "brand", "title", "heads", "later_heads", "terms", "follows", "goes_with"),
        *("codes", "colours", "variants"),
    }
    assert {one.name for one in fields(VariantTraits)} == {"variant_id", "colour", "size"}


def vocabulary(*words: str) -> Vocabulary:
    return Vocabulary([Known(one, one, Count(3, 1)) for one in words])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("headfones", "headphones"),
        ("blutooth", "bluetooth"),
        ("wireles", "wireless"),
        ("labtop", "laptop"),
        ("keybord", "keyboard"),
        ("speekers", "speakers"),
        ("cusion", "cushion"),
    ],
)
def test_misspelt_words_are_read_as_the_shops(wrong: str, right: str) -> None:
    known = vocabulary("headphones", "bluetooth", "wireless", "laptop", "keyboard", "speakers", "sneakers", "cushion")
    nearest = known.nearest(wrong)
    assert nearest is not None
    assert nearest.word == right


@pytest.mark.parametrize("word", ["tires", "pasta", "xm5", "wh1000xm4", "zzzz", "cat"])
def test_other_goods_and_models_are_no_misspelling(word: str) -> None:
    assert vocabulary("wires", "paste", "xm4", "wh1000xm5", "cart", "pasty").nearest(word) is None


def test_a_word_of_two_known_ones_is_taken_apart() -> None:
    assert vocabulary("phone", "15", "air", "fryer").pair("airfryer") == ("air", "fryer")
    assert vocabulary("phone", "15").pair("phone15") == ("phone", "15")
    assert vocabulary("phone", "15").pair("keyboard") == ()
    assert vocabulary("wh1000xm5").models("xm5") == [("wh1000xm5",)]
