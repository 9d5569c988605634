"""Every file in templates/ads must plan, lay out and render in every format."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw

from adengine.core.catalog import Image, Product, Variant
from adengine.core.creative import Brief, plan
from adengine.core.errors import TemplateInvalid
from adengine.core.money import Money
from adengine.core.placement import safe_box
from adengine.core.storyboard import FORMATS, Brand, CameoPart
from adengine.core.style import TRANSITIONS
from adengine.core.template import BLANK, LAYOUTS
from adengine.core.template import FIELDS as FIELDS_KNOWN
from adengine.core.timeline import Timeline, lay_out
from integrations.storyboards import load, load_styles
from workers.studio import still

FOLDER = Path(__file__).parents[1] / "templates" / "ads"
TEMPLATES = load(FOLDER)
STYLES = load_styles(FOLDER.parent / "styles")
FIELDS = {
    "custom.reason_1": "Pours clean",
    "custom.reason_2": "Holds one litre",
    "reviews.rating": '{"value": "4.6", "scale_max": "5.0"}',
    "reviews.rating_count": "12",
    "custom.review_1": "It pours without a drop beside it.",
    "custom.versus_1": "Holds one litre | Holds half",
    "custom.step_1": "Fill it",
    "custom.step_2": "Pour",
}
JUG = Product(
    handle="jug",
    title="Field Jug",
    variants=(Variant("v1", "Clay", (), Money(3900, "EUR")),),
    images=(Image("jug", file="jug", width=300, height=400, has_alpha=True),),
    metafields=tuple(FIELDS.items()),
)
LUMI = CameoPart("cam_1", "Lumi", "", "jug", "Paid partnership")


@pytest.fixture(scope="module")
def jug(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "jug.png"
    picture = Picture.new("RGBA", (300, 400), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((20, 20, 280, 390), fill=(170, 80, 40, 255))
    picture.save(path)
    return path


def film(name: str, film_format: str, *, style: str = "", cameo: CameoPart | None = None) -> Timeline:
    brief = Brief(name, film_format, cameo=cameo, was_lowest=Money(4900, "EUR"), style=style)
    brand = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
    chosen = STYLES[style or TEMPLATES[name].style]
    board = plan(brief, JUG, TEMPLATES[name], style=chosen, brand=brand, safe=safe_box((), film_format))
    return lay_out(board)


@pytest.mark.parametrize("film_format", sorted(FORMATS))
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_renders_in_every_format(name: str, film_format: str, jug: Path) -> None:
    timeline = film(name, film_format, cameo=LUMI if sorted(FORMATS).index(film_format) % 2 else None)
    for frame in (0, timeline.segments[1].start + 3, timeline.frames - 1):
        pixels = np.asarray(still(timeline, frame, resolve=lambda key: jug, scale=0.15))
        assert pixels.std() > 8


def test_six_styles_of_the_same_film_do_not_look_alike(jug: Path) -> None:
    opening = {
        name: np.asarray(still(film("hero", "9x16", style=name), 40, resolve=lambda key: jug, scale=0.1), np.float32)
        for name in STYLES
    }
    for one, other in combinations(sorted(STYLES), 2):
        assert abs(opening[one] - opening[other]).mean() > 6, (one, other)


def test_there_are_twelve_templates_that_say_what_they_are_for() -> None:
    assert len(TEMPLATES) == 12
    assert all(len(template.about) > 30 for template in TEMPLATES.values())
    assert len({template.title for template in TEMPLATES.values()}) == 12


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_ends_on_the_product_with_price_and_button(name: str) -> None:
    last = TEMPLATES[name].scenes[-1]
    assert last.layout == "end"
    assert {"brand", "title", "price", "cta"} <= {line.role for line in last.texts}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_says_nothing_in_words_of_its_own_that_no_other_language_has(name: str) -> None:
    scenes = (*TEMPLATES[name].scenes, *TEMPLATES[name].more)
    patterns = [pattern for scene in scenes for line in scene.texts for _, pattern in line.say]
    bare = [BLANK.sub("", pattern).strip() for pattern in patterns]
    assert [words for words in bare if words and not words.isdecimal()] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("title: [", "YAML"),
        ("title: T\nmood: warm\nscenes: []\n", "mine.yaml: scenes"),
        (
            "title: T\nmood: warm\ncolour: red\nscenes: [{name: a, layout: end}, {name: b, layout: end}]\n",
            "colour",
        ),
        (
            "title: T\nmood: warm\nscenes: [{name: a, layout: photo},"
            " {name: b, layout: end, texts: [{role: cta, say: '{product.colour}'}]}]\n",
            r"scenes\[1\].texts\[0\].say",
        ),
    ],
)
def test_wrong_file_is_named_with_the_place_of_the_fault(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "schema.json").write_text((FOLDER / "schema.json").read_text())
    (tmp_path / "mine.yaml").write_text(content)
    with pytest.raises(TemplateInvalid, match=words):
        load(tmp_path)


@pytest.mark.parametrize(
    ("folder", "content", "words"),
    [
        ("words", "shop_now: {warm: Now}\n", "words/en: shop_now"),
        ("words", "shop_now: 'Buy {product.colour}'\n", "unknown field"),
        ("shared", "extra: {name: a, layout: sideways}\n", r"extra\.layout"),
        ("shared", "- a\n- b\n", "must be a mapping"),
    ],
)
def test_wrong_phrase_or_shared_scene_is_named(tmp_path: Path, folder: str, content: str, words: str) -> None:
    (tmp_path / "schema.json").write_text((FOLDER / "schema.json").read_text())
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "en.yaml").write_text(content)
    with pytest.raises(TemplateInvalid, match=words):
        load(tmp_path)


def test_schema_names_every_layout_field_and_transition_that_the_reader_knows() -> None:
    schema = json.loads((FOLDER / "schema.json").read_text())
    scene = schema["properties"]["scenes"]["items"]["properties"]
    assert tuple(scene["layout"]["enum"]) == LAYOUTS
    assert tuple(scene["transition"]["enum"]) == TRANSITIONS
    assert tuple(schema["$defs"]["field"]["enum"]) == FIELDS_KNOWN
