"""Pictures as merchants send them: every mode, turn and damage is read right or refused in words."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from adengine.core.errors import PictureUnusable
from workers.studio.pixels.planes import plate_from_bgra
from workers.studio.scene import pictures, plates
from workers.studio.scene.pictures import enlargement_note, is_cut_out, note_of, read

RED, BLUE = (200, 30, 40), (30, 40, 200)


def halves(size: tuple[int, int] = (200, 100)) -> Image.Image:
    """A picture whose left half is red and whose right half is blue."""
    made = Image.new("RGB", size, RED)
    made.paste(BLUE, (size[0] // 2, 0, *size))
    return made


def saved(folder: Path, name: str, picture: Image.Image, **options: Any) -> Path:
    picture.save(folder / name, **options)
    return folder / name


def near(pixel: Any, expected: tuple[int, ...], by: int = 12) -> bool:
    return bool(max(abs(a - b) for a, b in zip(pixel, expected, strict=True)) <= by)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
def test_each_format_is_read(tmp_path: Path, name: str) -> None:
    picture = read(saved(tmp_path, name, halves()))
    assert (picture.mode, picture.size, note_of(picture)) == ("RGB", (200, 100), "")
    assert near(picture.getpixel((20, 50)), RED)
    assert near(picture.getpixel((180, 50)), BLUE)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_of_an_animation_the_first_frame_counts(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in (RED, BLUE, BLUE)]
    path = saved(tmp_path, name, frames[0], save_all=True, append_images=frames[1:], duration=100)
    with Image.open(path) as opened:
        assert getattr(opened, "n_frames", 1) > 1
    assert near(read(path).convert("RGB").getpixel((40, 40)), RED)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (200, 100), (10, 50)),
        (2, (200, 100), (190, 50)),
        (3, (200, 100), (190, 50)),
        (5, (100, 200), (50, 10)),
        (6, (100, 200), (50, 10)),
        (7, (100, 200), (50, 190)),
        (8, (100, 200), (50, 190)),
    ],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_turned_picture_stands_upright(
    tmp_path: Path, name: str, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read(saved(tmp_path, name, halves(), exif=exif))
    assert picture.size == size
    assert near(picture.getpixel(red_at), RED)


def test_sixteen_bits_become_eight_and_are_not_clipped(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (80, 1))
    picture = read(saved(tmp_path, "a.png", Image.fromarray(ramp)))
    levels = np.asarray(picture)[40, :, 0].astype(int)
    assert picture.mode == "RGB"
    assert np.abs(levels - np.arange(256)).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_every_mode_is_read_as_rgb_or_rgba(tmp_path: Path, mode: str) -> None:
    picture = read(saved(tmp_path, "a.png", halves().convert(mode)))
    assert picture.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
    assert picture.size == (200, 100)


def test_a_palette_with_a_transparent_colour_lets_the_ground_through(tmp_path: Path) -> None:
    indexed = Image.new("P", (100, 100), 0)
    indexed.putpalette([0, 255, 0, *RED])
    indexed.paste(1, (20, 20, 80, 80))
    for name in ("a.png", "a.gif"):
        picture = read(saved(tmp_path, name, indexed, transparency=0))
        assert picture.mode == "RGBA"
        assert picture.getpixel((5, 5))[3] == 0  # type: ignore[index]
        assert near(picture.getpixel((50, 50)), (*RED, 255))
        assert is_cut_out(picture)


def test_grey_with_alpha_keeps_both(tmp_path: Path) -> None:
    picture = Image.new("LA", (100, 100), (180, 0))
    picture.paste((90, 255), (20, 20, 80, 80))
    made = read(saved(tmp_path, "a.png", picture))
    assert made.getpixel((50, 50)) == (90, 90, 90, 255)
    assert made.getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_cmyk_comes_out_in_its_colours_with_a_note(tmp_path: Path) -> None:
    # Pillow writes CMYK JPEGs as Adobe does: inverted, and marked so.
    picture = read(saved(tmp_path, "a.jpg", halves().convert("CMYK"), quality=95))
    assert near(picture.getpixel((20, 50)), RED, 20)
    assert near(picture.getpixel((180, 50)), BLUE, 20)
    assert "CMYK without a colour profile" in note_of(picture)


def swapped_profile() -> bytes:
    """An RGB profile that is sRGB with red and blue exchanged: the tags of the two primaries change places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile.replace(b"s\0R\0G\0B", b"s\0W\0A\0P"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_embedded_profile_is_followed(tmp_path: Path, mode: str) -> None:
    picture = halves().convert(mode)
    made = read(saved(tmp_path, "a.png", picture, icc_profile=swapped_profile()))
    assert made.mode == mode
    assert near(made.convert("RGB").getpixel((20, 50)), BLUE, 25)
    assert note_of(made) == ""


def test_a_damaged_profile_is_named_and_stops_nothing(tmp_path: Path) -> None:
    picture = read(saved(tmp_path, "a.png", halves(), icc_profile=b"no profile"))
    assert near(picture.getpixel((20, 50)), RED)
    assert "profile is damaged" in note_of(picture)


# ---- sizes ----


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_picture_is_read_no_finer_than_needed_and_never_coarser(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, name, halves((1600, 1200)))
    for wanted in ((1600, 1200), (700, 500), (300, 300), (100, 400), (3000, 3000)):
        picture = read(path, at_most=wanted)
        assert picture.width >= min(1600, wanted[0])
        assert picture.height >= min(1200, wanted[1])
        assert picture.width < 2 * wanted[0] or picture.height < 2 * wanted[1] or picture.width == 1600
        assert near(picture.getpixel((picture.width // 8, picture.height // 2)), RED)
    assert read(path, at_most=(300, 300)).width <= 600


def test_a_turned_picture_is_large_enough_on_both_upright_sides(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read(saved(tmp_path, "a.jpg", halves((1600, 400)), exif=exif), at_most=(200, 1600))
    assert picture.size == (400, 1600)


def test_making_a_transparent_picture_smaller_brings_no_fringe_in(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (801, 801), (0, 255, 0, 0))
    picture.paste((*RED, 255), (201, 201, 601, 601))
    made = np.asarray(read(saved(tmp_path, "a.png", picture), at_most=(200, 200))).astype(int)
    seen = made[made[:, :, 3] > 60]
    assert made.shape[0] < 420
    assert np.abs(seen[:, :3] - RED).max() <= 3


def test_a_very_large_photo_comes_at_the_size_films_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGE_PIXELS", 1_000_000)
    monkeypatch.setattr(pictures, "FINEST", (500, 500))
    assert read(saved(tmp_path, "a.jpg", halves((2000, 1600)))).size == (1000, 800)
    assert read(saved(tmp_path, "a.png", halves((2000, 1600)))).size == (667, 534)
    assert read(saved(tmp_path, "b.jpg", halves((1000, 900)))).size == (1000, 900)


@pytest.mark.parametrize("size", [(7100, 7100), (20_001, 64), (64, 30_000)])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    path = saved(tmp_path, "big.png", Image.new("1", size))
    with pytest.raises(PictureUnusable, match=rf"big\.png has {size[0]} x {size[1]} pixels; make it smaller than 50"):
        read(path)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (63, 900), (900, 63)])
def test_a_tiny_picture_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(PictureUnusable, match="use one of at least 600 pixels"):
        read(saved(tmp_path, "a.png", Image.new("RGB", size, RED)))


@pytest.mark.parametrize(("size", "top", "shown"), [((130, 232), 0, 232), ((130, 240), 5, 232), ((131, 234), 0, 234)])
def test_a_photograph_brought_over_in_strips_is_the_whole_one(size: tuple[int, int], top: int, shown: int) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (size[1], size[0], 3), np.uint8)
    made = plates.filling(Image.fromarray(pixels), 118, 210)
    whole = plate_from_bgra(np.ascontiguousarray(pixels[top : top + shown, :, ::-1]))
    assert (made.w, made.h) == (size[0] + size[0] % 2, shown)
    assert all(np.array_equal(*pair) for pair in ((made.y, whole.y), (made.u, whole.u), (made.v, whole.v)))


def test_only_a_picture_shown_at_more_than_twice_its_size_is_noted() -> None:
    assert enlargement_note("a.png", (400, 300), (800, 600)) == ""
    note = enlargement_note("a.png", (100, 200), (500, 600))
    assert "a.png is shown 5.0 times its size" in note
    assert "250 x 500 pixels" in note


# ---- damage ----


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
@pytest.mark.parametrize("part", [0.0, 0.02, 0.5, 0.95])
def test_a_picture_cut_short_is_refused(tmp_path: Path, name: str, part: float) -> None:
    path = saved(tmp_path, name, Image.effect_noise((200, 200), 90).convert("RGB"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(PictureUnusable, match=r"The picture a\.\w+ cannot be read.*upload it again"):
        read(path)


@pytest.mark.parametrize("content", [b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7\n", bytes(999)])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(PictureUnusable, match="PNG, JPEG, WebP or GIF"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("format", ["BMP", "TIFF", "ICO"])
def test_other_formats_are_refused_even_under_a_known_name(tmp_path: Path, format: str) -> None:
    content = BytesIO()
    halves().save(content, format)
    (tmp_path / "a.png").write_bytes(content.getvalue())
    with pytest.raises(PictureUnusable, match="cannot be read"):
        read(tmp_path / "a.png")


def test_flipped_bytes_raise_only_our_own_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    for name in ("a.png", "a.jpg", "a.webp", "a.gif"):
        whole = saved(tmp_path, name, halves()).read_bytes()
        for _ in range(40):
            content = bytearray(whole)
            for place in rng.integers(0, len(content), 6):
                content[place] = int(rng.integers(0, 256))
            (tmp_path / name).write_bytes(content)
            with suppress(PictureUnusable):
                assert read(tmp_path / name).mode in ("RGB", "RGBA")


def test_a_picture_that_shows_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureUnusable, match="wholly transparent"):
        read(saved(tmp_path, "a.png", Image.new("RGBA", (100, 100), (200, 10, 10, 0))))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureUnusable, match=r"gone\.png"):
        read(tmp_path / "gone.png")


def test_only_a_picture_parted_from_its_ground_counts_as_cut_out() -> None:
    pierced = Image.new("RGBA", (100, 100), (*RED, 255))
    pierced.putpixel((3, 3), (0, 0, 0, 0))
    apart = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    apart.paste((*RED, 255), (30, 30, 70, 70))
    assert [is_cut_out(one) for one in (halves(), pierced, apart)] == [False, False, True]
