from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from adengine.core.catalog import Image, Option, Product, Variant
from adengine.core.creative import (
    Brand,
    Brief,
    CameoPart,
    Storyboard,
    plan,
    shorten,
)
from adengine.core.errors import Invalid, TemplateInvalid
from adengine.core.money import Money
from adengine.core.template import template_from
from integrations.storyboards import load

TEMPLATES = load(Path(__file__).parents[2] / "templates" / "ads")
BRAND = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
MUG = Product(
    handle="mug",
    title="Loam Stoneware Mug",
    description="A stoneware mug with a glossy glaze. Holds 350 ml. Dishwasher safe.",
    tags=("stoneware", "gift"),
    variants=(
        Variant("v_sage", "Sage", (), Money(2400, "EUR"), compare_at=Money(9900, "EUR"), image="sage.webp"),
        Variant("v_oat", "Oat", (), Money(2600, "EUR"), image="oat.webp"),
    ),
    images=(
        Image("oat.webp", position=1, file="key/oat", has_alpha=True),
        Image("sage.webp", position=2, file="key/sage", has_alpha=True),
        Image("table.webp", position=3, file="key/table"),
    ),
    id="p_mug",
)
LUMI = CameoPart("cam_1", "Lumi", "key/lumi", "key/lumi_still", "Paid partnership")


def board(template: str = "hero", product: Product = MUG, **brief: object) -> Storyboard:
    return plan(Brief(template, **brief), product, TEMPLATES[template], brand=BRAND)  # type: ignore[arg-type]


def texts(storyboard: Storyboard, role: str) -> list[str]:
    return [t.text for shot in storyboard.shots for t in shot.texts if t.role == role]


def everything(storyboard: Storyboard) -> str:
    return " ".join(f"{t.text} {t.aside}" for shot in storyboard.shots for t in shot.texts)


def test_price_is_the_cheapest_variant_and_names_its_source() -> None:
    made = board()
    assert set(texts(made, "price")) == {"€24.00"}
    assert ("price", "variant:v_sage.price") in made.sources


def test_compare_at_alone_never_becomes_a_struck_price() -> None:
    assert "99" not in everything(board("offer"))
    assert "%" not in everything(board("offer"))


def test_saving_is_shown_from_the_lowest_price_of_thirty_days_and_rounded_down() -> None:
    made = board("offer", was_lowest=Money(2999, "EUR"))
    assert texts(made, "badge") == ["-19\u00a0%"]
    assert {t.aside for s in made.shots for t in s.texts if t.role == "price"} == {"€29.99"}
    assert ("price", "brief.was_lowest") in made.sources


@pytest.mark.parametrize("was", [2400, 2399, 1])
def test_no_saving_is_shown_when_the_price_was_not_higher(was: int) -> None:
    made = board("offer", was_lowest=Money(was, "EUR"))
    assert "%" not in everything(made)
    assert {t.aside for s in made.shots for t in s.texts} == {""}


def test_pictures_of_other_variants_are_not_shown() -> None:
    files = {shot.visual.file for shot in board(variant_id="v_oat").shots}
    assert files == {"key/oat", "key/table"}


def test_photograph_of_another_colour_is_not_shown_and_its_colour_wins_among_equal_prices() -> None:
    def one(name: str) -> Variant:
        return Variant(name, name, (Option("Colour", name),), Money(4200, "EUR"), image=f"{name}.webp")

    scene = Image("scene", alt="Ochre cushion on a sofa", position=3, file="key/scene")
    cushion = replace(
        MUG,
        variants=(one("Moss"), one("Ochre")),
        images=(
            Image("Moss.webp", file="key/moss"),
            Image("Ochre.webp", position=2, file="key/ochre"),
            scene,
        ),
    )
    assert {shot.visual.file for shot in board(product=cushion, variant_id="Moss").shots} == {"key/moss"}
    assert board(product=cushion).variant_id == "Ochre"
    assert "key/scene" in {shot.visual.file for shot in board(product=cushion).shots}


def test_reasons_are_the_shops_own_before_sentences() -> None:
    own = replace(MUG, metafields=(("custom.reason_1", "Made in Delft"),))
    assert texts(board("three_reasons", own), "reason") == [
        "Made in Delft",
        "A stoneware mug with a glossy glaze",
        "Holds 350 ml",
    ]


def test_short_film_counts_only_the_reasons_it_shows() -> None:
    assert texts(board("three_reasons", seconds=15), "caption") == ["Three reasons"]
    short = board("three_reasons", seconds=6)
    assert len(texts(short, "reason")) == 2
    assert texts(short, "caption") == ["Two reasons"]


def test_long_film_keeps_cutting_without_new_words() -> None:
    long, short = board(seconds=60), board(seconds=15)
    assert len(long.shots) == 15
    assert everything(long) == everything(short)
    assert long.shots[-1].layout == "end"


def test_product_without_facts_cannot_have_three_reasons() -> None:
    bare = replace(MUG, description="", metafields=())
    assert bare.tags  # search words are no reasons
    with pytest.raises(Invalid, match=r"custom\.reason_1"):
        board("three_reasons", bare)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": ()}, "picture"),
        ({"variants": (Variant("v", "V", (), Money(0, "EUR")),)}, "above zero"),
        ({"variants": (Variant("v", "V", (), Money(100, "EUR"), stock=0),)}, "stock"),
    ],
)
def test_unsellable_product_is_refused_with_what_to_do(change: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        board(product=replace(MUG, **change))  # type: ignore[arg-type]


def test_cameo_template_needs_a_cameo_with_a_disclosure() -> None:
    with pytest.raises(Invalid, match="shows a licensed appearance"):
        board("cameo_endorsement")
    with pytest.raises(Invalid, match="disclosure"):
        board("cameo_endorsement", cameo=replace(LUMI, disclosure=" "))
    assert board("cameo_endorsement", cameo=LUMI).cameo == LUMI


def test_generated_clip_takes_the_first_scene_only() -> None:
    made = board(clip="key/clip")
    assert [shot.visual.how for shot in made.shots].count("clip") == 1
    assert made.shots[0].visual.file == "key/clip"


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ({"title": "T", "mood": "loud", "scenes": []}, "mood"),
        ({"title": "T", "mood": "warm", "scenes": [], "tempo": 3}, "tempo"),
        (
            {"title": "T", "mood": "warm", "scenes": [{"name": "a", "layout": "sideways"}]},
            r"scenes\[0\]\.layout",
        ),
        (
            {
                "title": "T",
                "mood": "warm",
                "scenes": [{"name": "a", "layout": "end", "texts": [{"role": "hook", "say": "{product.colour}"}]}],
            },
            r"scenes\[0\]\.texts\[0\]\.say\.en: unknown field \{product\.colour\}",
        ),
        ({"title": "T", "mood": "warm", "scenes": [{"name": "a", "layout": "close"}]}, "last scene"),
        (["no", "mapping"], "mapping"),
    ],
)
def test_wrong_template_is_refused_with_the_path_of_the_field(file: object, path: str) -> None:
    with pytest.raises(TemplateInvalid, match=path):
        template_from(file, "mine")  # type: ignore[arg-type]


@given(st.text(min_size=3, max_size=400), st.integers(0, 5))
def test_any_title_plans_the_same_twice_and_round_trips(title: str, seed: int) -> None:
    product = replace(MUG, title=title or "x")
    if not title.strip():
        return
    made = board(product=product, seed=seed)
    assert made == board(product=product, seed=seed)
    adapter = TypeAdapter(Storyboard)
    assert adapter.validate_json(adapter.dump_json(made)) == made


def test_title_of_ten_thousand_characters_is_shortened_at_a_word() -> None:
    made = board(product=replace(MUG, title="stoneware mug " * 715))
    assert texts(made, "title")[0].endswith(("mug…", "stoneware…"))
    assert max(len(t.text) for s in made.shots for t in s.texts) <= 120


@given(st.text(max_size=300), st.integers(4, 80))
def test_shortened_text_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
