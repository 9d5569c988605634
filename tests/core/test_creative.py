import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from adengine.core.catalog import Image, Option, Product, Variant
from adengine.core.creative import Brief, Companion, plan, style_name
from adengine.core.errors import Invalid, TemplateInvalid
from adengine.core.facts import shorten
from adengine.core.money import Money
from adengine.core.placement import safe_box
from adengine.core.storyboard import Brand, CameoPart, Storyboard
from adengine.core.template import template_from
from integrations.storyboards import load, load_styles

TEMPLATES = load(Path(__file__).parents[2] / "templates" / "ads")
STYLES = load_styles(Path(__file__).parents[2] / "templates" / "styles")
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
RICH = (
    ("custom.reason_1", "Holds 350 ml"),
    ("custom.reason_2", "Dishwasher safe"),
    ("custom.reason_3", "Roomy handle"),
    ("custom.material", "Glazed stoneware"),
    ("reviews.rating", '{"value": "4.67", "scale_max": "5.0"}'),
    ("reviews.rating_count", "213"),
    ("custom.review_1", "Warm in both hands."),
    ("custom.review_3", "Bought one, then three."),
    ("custom.versus_1", "Dishwasher safe | Hand wash only"),
    ("custom.versus_2", "no bar here"),
    ("custom.step_1", "Fill it"),
    ("custom.step_2", "Hold it"),
)
LUMI = CameoPart("cam_1", "Lumi", "key/lumi", "key/lumi_still", "Paid partnership")


def board(template: str = "hero", product: Product = MUG, brand: Brand = BRAND, **brief: object) -> Storyboard:
    asked = Brief(template, **brief)  # type: ignore[arg-type]
    known = TEMPLATES[template]
    style = STYLES[style_name(asked, brand, known)]
    return plan(asked, product, known, style=style, brand=brand, safe=safe_box((), asked.format))


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
    assert texts(made, "badge") == ["-19%"]
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
    assert texts(board("three_reasons", own), "reason")[:3] == [
        "Made in Delft",
        "A stoneware mug with a glossy glaze",
        "Holds 350 ml",
    ]


def test_short_film_counts_only_the_reasons_it_shows() -> None:
    rich = replace(MUG, metafields=RICH)
    assert texts(board("three_reasons", rich, seconds=15), "hook")[0] == "3 reasons"
    short = board("three_reasons", rich, seconds=6)
    assert texts(short, "reason") == ["Holds 350 ml", "Dishwasher safe"]
    assert texts(short, "hook") == ["2 reasons"]


def test_long_film_adds_facts_before_it_adds_looks_and_repeats_no_fact() -> None:
    rich = replace(MUG, metafields=(*RICH, ("custom.care", "Dishwasher and microwave safe")))
    long = board(product=rich, seconds=45)
    said = texts(long, "reason")
    assert len(said) == len(set(said)) >= 5
    looks = [shot for shot in long.shots if not shot.texts]
    assert len(looks) <= 3
    assert long.shots[-1].layout == "end"


def test_product_without_any_facts_still_fills_a_minute_with_looks() -> None:
    bare = replace(MUG, description="", metafields=(), images=(Image("a.jpg", file="a", width=900, height=1200),))
    made = board(product=bare, seconds=60)
    assert {shot.visual.how for shot in made.shots} == {"photo"}
    assert len(made.shots) >= 15


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


def test_endorsement_without_an_appearance_is_a_film_about_the_product() -> None:
    made = board("cameo_endorsement")
    assert made.cameo is None
    assert "host" not in {shot.layout for shot in made.shots}
    assert not any(shot.cameo for shot in made.shots)


def test_appearance_needs_a_disclosure() -> None:
    with pytest.raises(Invalid, match="disclosure"):
        board("hero", cameo=replace(LUMI, disclosure=" "))
    assert board("cameo_endorsement", cameo=LUMI).cameo == LUMI


def test_generated_clip_takes_the_first_scene_only() -> None:
    made = board(clip="key/clip")
    assert [shot.visual.how for shot in made.shots].count("clip") == 1
    assert made.shots[0].visual.file == "key/clip"


def test_clip_leaves_lists_and_grids_alone() -> None:
    made = board("collection", clip="key/clip")
    assert made.shots[0].layout == "grid"
    assert next(shot.visual.how for shot in made.shots if shot.layout != "grid") == "clip"


@pytest.mark.parametrize(
    ("template", "gone", "words"),
    [
        ("reviews", "reviews.rating", "reviews.rating_count"),
        ("reviews", "custom.review", "word for word"),
        ("us_and_them", "custom.versus", "ours | theirs"),
        ("how_to", "custom.step_2", "custom.step_1"),
    ],
)
def test_template_without_its_facts_is_refused_with_the_fields_to_fill(template: str, gone: str, words: str) -> None:
    left = tuple(pair for pair in RICH if not pair[0].startswith(gone))
    with pytest.raises(Invalid, match=words.replace("|", r"\|")):
        board(template, replace(MUG, metafields=left))


def test_reviews_are_quoted_word_for_word_and_stars_are_never_rounded_up() -> None:
    made = board("reviews", replace(MUG, metafields=RICH))
    assert set(texts(made, "stars")) == {"4.6"}
    assert texts(made, "quote") == ["Warm in both hands.", "Bought one, then three."]
    assert ("quote", "product.metafields.custom.review_3") in made.sources
    assert ("stars", "product.metafields.reviews.rating") in made.sources


@pytest.mark.parametrize(
    "rating", ["", "none", '{"value": "0"}', '{"value": "6", "scale_max": "5"}', "[4]", "{", "NaN"]
)
def test_rating_that_is_none_is_refused(rating: str) -> None:
    fields = (("reviews.rating", rating), *(pair for pair in RICH if pair[0] != "reviews.rating"))
    with pytest.raises(Invalid, match="rating"):
        board("reviews", replace(MUG, metafields=fields))


def test_rating_on_another_scale_is_shown_as_stars_of_five() -> None:
    fields = (("reviews.rating", '{"value": "8.8", "scale_max": "10"}'), *RICH[5:])
    assert "4.4" in texts(board("reviews", replace(MUG, metafields=fields)), "stars")


def test_comparison_keeps_ours_and_theirs_apart_and_skips_what_is_no_row() -> None:
    made = board("us_and_them", replace(MUG, metafields=RICH))
    rows = next(shot.rows for shot in made.shots if shot.layout == "versus")
    assert [[(t.text, t.aside) for t in row.texts] for row in rows] == [
        [("Lumen & Loam", ""), ("Others", "")],
        [("Dishwasher safe", "tick"), ("Hand wash only", "cross")],
    ]
    assert ("point", "product.metafields.custom.versus_1") in made.sources


def test_no_claim_is_made_twice_in_a_film() -> None:
    fields = (*RICH[:3], ("custom.material", "Dishwasher safe."), ("custom.story", "Holds 350 ml"))
    for template in ("brand_story", "hero", "unboxing", "problem_solution"):
        made = board(template, replace(MUG, metafields=fields, description=""), seconds=30)
        claims = [re.sub(r"\W+", " ", claim).strip() for claim in texts(made, "reason")]
        assert sorted(claims) == sorted(set(claims)), template
        assert {"Dishwasher safe", "Holds 350 ml"} <= set(claims), template


def test_hook_is_not_said_again_below_itself() -> None:
    made = board("three_reasons", replace(MUG, metafields=RICH), seconds=6)
    assert [text.text for text in made.shots[0].texts].count("Loam Stoneware Mug") == 1


def test_photograph_is_shown_cut_out_only_where_no_picture_came_without_its_ground() -> None:
    table = replace(MUG.images[2], cutout="key/table_cut", cutout_confidence=0.9)
    both = board(product=replace(MUG, images=(*MUG.images[:2], table)))
    alone = board(product=replace(MUG, images=(table,)))
    assert {shot.visual.file for shot in both.shots if shot.visual.how == "cutout"} == {"key/sage"}
    assert {shot.visual.file for shot in alone.shots if shot.visual.how == "cutout"} == {"key/table_cut"}
    assert {shot.visual.file for shot in alone.shots if shot.visual.how == "photo"} == {"key/table"}


def test_offer_shows_only_a_real_deadline_code_and_saving() -> None:
    bare = everything(board("offer"))
    assert "Until" not in bare
    assert "Code" not in bare
    assert "Lowest" not in bare
    made = board("offer", offer_ends="2026-12-24", offer_code="LOAM10", was_lowest=Money(2999, "EUR"), seconds=20)
    assert {"Until December 24", "Code LOAM10", "Lowest price in the last 30 days: €29.99"} <= set(
        texts(made, "hook") + texts(made, "caption")
    )
    assert ("hook", "brief.offer_code") in made.sources


def test_offer_without_a_day_is_refused() -> None:
    with pytest.raises(Invalid, match="2026-12-24"):
        board("offer", offer_ends="Christmas")


def test_collection_shows_companions_with_their_own_price_and_source() -> None:
    lamp = Companion("p_lamp", "v_chalk", "Dusk Table Lamp", "€89.00", Image("lamp", file="key/lamp", has_alpha=True))
    made = board("collection", companions=(lamp,))
    assert {"€24.00", "€89.00"} <= set(texts(made, "price"))
    assert ("price", "variant:v_chalk.price") in made.sources
    assert "key/lamp" in {shot.visual.file for shot in made.shots}


def test_collection_of_one_product_shows_its_variants_that_can_be_bought() -> None:
    made = board("collection")
    cells = [[t.text for t in row.texts] for row in made.shots[0].rows]
    assert cells == [["Sage", "€24.00"], ["Oat", "€26.00"]]


def test_collection_of_nine_is_refused() -> None:
    one = Companion("p", "v", "P", "€1.00", Image("p", file="p"))
    with pytest.raises(Invalid, match="at most 8"):
        board("collection", companions=(one,) * 8)


@pytest.mark.parametrize("tone", ["plain", "warm", "bold"])
def test_shops_tone_chooses_between_wordings(tone: str) -> None:
    made = board(brand=replace(BRAND, tone=tone))
    assert texts(made, "cta")[-1] == {"plain": "Shop now", "warm": "Make it yours", "bold": "Get it now"}[tone]


def test_shops_last_line_closes_the_film() -> None:
    assert "Made to last." in texts(board(brand=replace(BRAND, end_line="Made to last.")), "label")


@pytest.mark.parametrize(
    ("locale", "words", "price"),
    [
        ("de", "Jetzt kaufen", "24,00\xa0€"),
        ("fr-FR", "Acheter", "24,00\xa0€"),
        ("es", "Comprar ahora", "24,00\xa0€"),
        ("ja", "今すぐ購入", "€24.00"),
        ("tr", "Shop now", "€24,00"),
    ],
)
def test_phrases_and_prices_are_in_the_films_language(locale: str, words: str, price: str) -> None:
    made = board(locale=locale)
    assert texts(made, "cta")[-1] == words
    assert texts(made, "price")[-1] == price


def test_every_language_has_every_phrase() -> None:
    words = TEMPLATES["hero"].words
    assert {"ar", "de", "en", "es", "fr", "ja"} <= words.keys()
    assert len({frozenset(phrases) for phrases in words.values()}) == 1


def test_long_title_is_named_by_its_first_part_in_hooks_and_whole_where_there_is_room() -> None:
    long = replace(MUG, title="Loam Stoneware Mug, 350 ml, hand glazed in Sage, Oat and Terracotta")
    assert texts(board(product=long), "hook")[0] == "Loam Stoneware Mug"
    assert board(product=long).product_title.startswith("Loam Stoneware Mug, 350 ml")


@pytest.mark.parametrize(
    ("brief", "brand", "style"), [("", "", "editorial"), ("", "soft", "soft"), ("bold", "soft", "bold")]
)
def test_style_is_the_one_asked_for_else_the_shops_else_the_templates(brief: str, brand: str, style: str) -> None:
    made = board(style=brief, brand=replace(BRAND, style=brand))
    assert made.style.name == style
    assert made.mood == (TEMPLATES["hero"].mood if style == "editorial" else STYLES[style].mood)


def test_mood_asked_for_wins() -> None:
    assert board(mood="calm").mood == "calm"
    with pytest.raises(Invalid, match="mood"):
        board(mood="loud")


def test_recorded_voice_needs_its_recording() -> None:
    with pytest.raises(Invalid, match="recording"):
        board(voice="recording")
    assert board(voice="recording", recording="key/voice").recording == "key/voice"


def test_captions_are_the_styles_with_a_voice_and_none_when_asked_for_none() -> None:
    assert board().caption_look == ""
    assert board(voice="espeak").caption_look == STYLES["editorial"].captions
    assert board(voice="espeak", captions="none").caption_look == ""
    assert board(captions="pop").caption_look == "pop"
    with pytest.raises(Invalid, match="Captions"):
        board(captions="huge")


def test_voice_says_each_thing_once_and_a_short_film_says_less() -> None:
    long, short = (" ".join(s.speech for s in board(voice="espeak", seconds=n).shots) for n in (30, 6))
    assert long.count("€24.00") == 1
    assert len(short.split()) < 0.4 * len(long.split())
    assert "Shop now." in short


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
