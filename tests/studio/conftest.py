from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw

from adengine.core.catalog import Image, Product, Variant
from adengine.core.creative import Brief, plan
from adengine.core.money import Money
from adengine.core.placement import safe_box
from adengine.core.storyboard import Brand
from adengine.core.timeline import Timeline, lay_out
from integrations.storyboards import load, load_styles

TEMPLATES = load(Path(__file__).parents[2] / "templates" / "ads")
STYLES = load_styles(Path(__file__).parents[2] / "templates" / "styles")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures drawn here: a cut-out vase, a photograph, and a cameo's still."""
    folder = tmp_path_factory.mktemp("shop")
    vase = Picture.new("RGBA", (400, 600), (0, 0, 0, 0))
    ImageDraw.Draw(vase).rounded_rectangle((80, 40, 320, 580), 90, fill=(40, 110, 90, 255))
    vase.save(folder / "vase.webp", lossless=True)
    ramp = np.linspace(60, 240, 640, dtype=np.uint8)
    Picture.fromarray(np.stack([np.tile(ramp, (960, 1))] * 3, -1)).save(folder / "room.jpg")
    vase.save(folder / "still.webp")
    return folder


@pytest.fixture
def make(shop: Path) -> Callable[..., Timeline]:
    def timeline(template: str = "hero", *, title: str = "Column Vase", **brief: object) -> Timeline:
        product = Product(
            handle="vase",
            title=title,
            description="Thrown by hand. Holds water. Stands 30 cm tall.",
            variants=(Variant("v1", "Ink", (), Money(5400, "EUR")),),
            images=(
                Image("vase.webp", file="vase.webp", width=400, height=600, has_alpha=True),
                Image("room.jpg", file="room.jpg", width=640, height=960),
            ),
        )
        brand = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
        asked = Brief(template, **{"seconds": 6, **brief})  # type: ignore[arg-type]
        return lay_out(
            plan(
                asked,
                product,
                TEMPLATES[template],
                style=STYLES[asked.style or "editorial"],
                brand=brand,
                safe=safe_box((), asked.format),
            )
        )

    return timeline
