from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from workers.generators.photo import framed


def test_a_plain_ground_is_continued_around_the_whole_photo(photo: Path) -> None:
    pixels = np.asarray(framed(photo, 240, 480))
    assert pixels.shape == (480, 240, 3)
    assert (pixels[:180] == 255).all()
    assert tuple(pixels[240, 120]) == (200, 30, 40)
    assert tuple(pixels[240, 30]) == (255, 255, 255)


def test_a_busy_ground_is_continued_by_its_own_blur(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, size=(60, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "busy.png")
    pixels = np.asarray(framed(tmp_path / "busy.png", 120, 240)).astype(float)
    np.testing.assert_array_equal(pixels[90:150], noise)
    assert 0 < pixels[:80].std() < 20
    assert 100 < pixels[:80].mean() < 155


def test_transparency_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "cutout.png")
    assert (np.asarray(framed(tmp_path / "cutout.png", 40, 40)) == 255).all()


def test_a_photo_taken_sideways_stands_upright(tmp_path: Path) -> None:
    sideways = Image.new("RGB", (40, 20), "white")
    sideways.paste("red", (0, 0, 20, 20))
    exif = sideways.getexif()
    exif[0x0112] = 6  # turn a quarter clockwise
    sideways.save(tmp_path / "sideways.png", exif=exif)
    pixels = np.asarray(framed(tmp_path / "sideways.png", 20, 40))
    assert tuple(pixels[2, 10]) == (255, 0, 0)
    assert tuple(pixels[37, 10]) == (255, 255, 255)
