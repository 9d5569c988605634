"""Golden frames: the looks of all templates and styles, held against pictures that people looked at and found good.

After a change that is meant to be seen, run `python -m tests.studio.test_golden` and look at the new pictures before
committing them. The tolerance allows for other versions of the font and picture libraries, not for another look.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from adengine.core.storyboard import FORMATS
from adengine.core.timeline import Timeline, lay_out
from tests.demo_films import SHOP, STYLES, TEMPLATES, planned, told
from workers.studio import still

GOLDEN = Path(__file__).parent / "golden"
HEIGHT, MOMENTS = 240, (0.02, 0.3, 0.62, 0.97)
# Blurred by a pixel, so that a hair's breadth of movement in a letter's edge does not count: mean difference and the
# 99.5th percentile, in levels of 255.
MEAN, MOST = 1.2, 26.0
FILMS = [*((name, "9x16", "") for name in sorted(TEMPLATES))]
FILMS += [("hero", "9x16", style) for style in sorted(STYLES)]
FILMS += [("three_reasons", film_format, "") for film_format in sorted(FORMATS) if film_format != "9x16"]


def timeline_of(name: str, film_format: str, style: str) -> Timeline:
    product, _, timeline = next(told(name, film_format))
    return lay_out(planned(name, product, film_format, style=style)) if style else timeline


def sheet(timeline: Timeline) -> Image.Image:
    """Put four moments of the film side by side."""
    frames = [round(part * (timeline.frames - 1)) for part in MOMENTS]
    pictures = [still(timeline, frame, resolve=SHOP.joinpath, scale=HEIGHT / timeline.height) for frame in frames]
    width = sum(picture.width for picture in pictures)
    whole = Image.new("RGB", (width, pictures[0].height))
    for place, picture in enumerate(pictures):
        whole.paste(picture.convert("RGB"), (place * picture.width, 0))
    return whole


def path_of(name: str, film_format: str, style: str) -> Path:
    return GOLDEN / f"{'-'.join(filter(None, (name, film_format, style)))}.webp"


@pytest.mark.parametrize(("name", "film_format", "style"), FILMS)
def test_film_looks_as_it_was_found_good(name: str, film_format: str, style: str) -> None:
    made = sheet(timeline_of(name, film_format, style))
    with Image.open(path_of(name, film_format, style)) as golden:
        assert made.size == golden.size
        difference = np.abs(soft(made) - soft(golden.convert("RGB")))
    assert difference.mean() < MEAN
    assert np.percentile(difference, 99.5) < MOST


def test_another_style_is_another_look() -> None:
    """The tolerance is far below what tells two styles apart."""
    looks = [soft(sheet(timeline_of("hero", "9x16", style))) for style in sorted(STYLES)]
    apart = [np.abs(one - two).mean() for place, one in enumerate(looks) for two in looks[:place]]
    assert min(apart) > 8 * MEAN


def soft(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.filter(ImageFilter.BoxBlur(1)), np.float32)


def write_all() -> None:
    """Make all golden pictures anew."""
    GOLDEN.mkdir(exist_ok=True)
    for film in FILMS:
        sheet(timeline_of(*film)).save(path_of(*film), quality=92, method=6)


if __name__ == "__main__":
    write_all()
