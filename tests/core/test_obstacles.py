"""A template that a product cannot fill is refused in a sentence that a merchant understands."""

from dataclasses import replace

import pytest

from adengine.core.catalog import Image, Product, Variant
from adengine.core.creative import NEEDS, Brief, plan
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.placement import safe_box
from tests.demo_films import BRAND, STYLES, TEMPLATES

BARE = Product(
    handle="jug",
    title="Field Jug",
    variants=(Variant("v1", "Clay", (), Money(2400, "EUR")),),
    images=(Image("jug", file="jug", width=900, height=1200),),
)


def refusal(name: str, product: Product = BARE) -> str:
    template = TEMPLATES[name]
    with pytest.raises(Invalid) as refused:
        plan(Brief(name), product, template, style=STYLES[template.style], brand=BRAND, safe=safe_box((), "9x16"))
    return refused.value.message


def test_refusal_says_what_is_missing_how_many_and_where_to_write_it() -> None:
    assert refusal("how_to") == (
        "The template 'how_to' needs two steps that show how the product is used: write each into a product field"
        " of its own, custom.step_1 to custom.step_3, or choose another template"
    )


def test_refusal_names_each_missing_thing_once() -> None:
    words = refusal("reviews")
    assert words.count("it also needs") == 1
    assert words.count("reviews.rating_count") == words.count("custom.review_1") == 1


def test_what_the_product_has_is_not_asked_for_again() -> None:
    rated = replace(BARE, metafields=(("reviews.rating", "4.6"), ("reviews.rating_count", "12")))
    assert "stars" not in refusal("reviews", rated)
    assert "what buyers wrote" in refusal("reviews", rated)


def test_every_need_of_every_template_has_its_sentence() -> None:
    kinds = {field.rstrip("_0123456789").split(".")[0] for template in TEMPLATES.values() for field in template.needs}
    assert kinds == set(NEEDS)
