"""Every file in templates/ads must plan, lay out and render in every format."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw

from adengine.core.catalog import Image, Product, Variant
from adengine.core.creative import FORMATS, Brand, Brief, CameoPart, plan
from adengine.core.errors import TemplateInvalid
from adengine.core.money import Money
from adengine.core.timeline import lay_out
from integrations.storyboards import load
from workers.studio import still

FOLDER = Path(__file__).parents[1] / "templates" / "ads"
TEMPLATES = load(FOLDER)


@pytest.fixture(scope="module")
def jug(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "jug.png"
    picture = Picture.new("RGBA", (300, 400), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((20, 20, 280, 390), fill=(170, 80, 40, 255))
    picture.save(path)
    return path


@pytest.mark.parametrize("film_format", sorted(FORMATS))
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_renders_in_every_format(name: str, film_format: str, jug: Path) -> None:
    product = Product(
        handle="jug",
        title="Field Jug",
        variants=(Variant("v1", "Clay", (), Money(3900, "EUR")),),
        images=(Image("jug", file="jug", width=300, height=400, has_alpha=True),),
        metafields=(("custom.reason_1", "Pours clean"), ("custom.reason_2", "Holds one litre")),
    )
    cameo = CameoPart("cam_1", "Lumi", "", "jug", "Paid partnership")
    brief = Brief(name, film_format, cameo=cameo, was_lowest=Money(4900, "EUR"))
    brand = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
    timeline = lay_out(plan(brief, product, TEMPLATES[name], brand=brand))
    for frame in (0, timeline.segments[1].start + 3, timeline.frames - 1):
        pixels = np.asarray(still(timeline, frame, resolve=lambda key: jug, scale=0.15))
        assert pixels.std() > 8


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
