"""Product pictures, made ready once: read with limits, turned upright, trimmed, scaled to their place."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import (  # the plugins: named here, so that Pillow does not load all it has to find one
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
    features,
)

from adengine.core.errors import PictureUnusable
from adengine.core.palette import Swatch

MOST_PIXELS = 50_000_000
LARGEST_SIDE = 20_000
SHORTEST_SIDE = 64
# Above so many pixels a picture is read no finer than any film needs.
LARGE_PIXELS = 20_000_000
FINEST = (1600, 1600)
MOST_ENLARGED = 2.0
ROOM_TO_ZOOM = 1.10
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", *(("AVIF",) if features.check("avif") else ()))
# Where EXIF says the top of a picture is, and how it gets up.
SIDEWAYS = (5, 6, 7, 8)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# In blocks of this size the C library finds the memory of one picture again for the next; larger ones it would get
# from the system each time, which has to clear them: a quarter of what reading a photograph took.
Image.core.set_block_size(1 << 20)  # type: ignore[attr-defined]
NOTE = "adengine_note"
Pixels = NDArray[np.uint8]
Size = tuple[int, int]


@dataclass(frozen=True)
class Cutout:
    """A trimmed product: `solid` is its opaque part's box, `foot` the left and right end of its stance."""

    image: Image.Image
    solid: tuple[int, int, int, int]
    foot: tuple[float, float]
    casts_own_shadow: bool


def read(path: Path, *, at_most: Size | None = None) -> Image.Image:
    """Return the picture upright in sRGB, as RGB or RGBA; of an animation its first frame.

    Pixels beyond `at_most` (width, height) are not needed: a larger picture comes at about that size, which is
    quicker, but never below it on either side. Raises PictureUnusable for what is unreadable, too small (under 64
    pixels), too large (over 50 million) or wholly transparent.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as opened:
                _check_size(path, opened.width, opened.height)
                picture = _decoded(opened, at_most)
    except (PictureUnusable, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise PictureUnusable(_too_large(path)) from error
    except UnidentifiedImageError as error:
        raise PictureUnusable(
            f"The picture {path.name} cannot be read; upload it again as PNG, JPEG, WebP or GIF"
        ) from error
    except Exception as error:  # Pillow's decoders answer damage with a dozen unrelated exceptions
        raise PictureUnusable(
            f"The picture {path.name} cannot be read, it is damaged or cut short ({error}); upload it again"
        ) from error
    if picture.mode == "RGBA" and not picture.getchannel("A").getbbox():
        raise PictureUnusable(f"The picture {path.name} is wholly transparent; upload one that shows the product")
    return picture


def note_of(picture: Image.Image) -> str:
    """Return what a reader should know of how this picture was read; mostly nothing."""
    return str(picture.info.get(NOTE, ""))


def size_of(path: Path) -> Size:
    """Return a picture's width and height as shown, read from its head alone; raises PictureUnusable as `read` does."""
    try:
        with Image.open(path, formats=FORMATS) as opened:
            lies = opened.getexif().get(ExifTags.Base.Orientation)
            return (opened.height, opened.width) if lies in SIDEWAYS else opened.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return read(path).size  # which says in words what is wrong


def enlargement_note(name: str, has: Size, shown: Size) -> str:
    """Return a note where a picture of `has` pixels is shown more than twice as large, else nothing."""
    times = max(shown[0] / has[0], shown[1] / has[1])
    if times <= MOST_ENLARGED:
        return ""
    needed = " x ".join(str(round(side * times / MOST_ENLARGED)) for side in has)
    return f"The picture {name} is shown {times:.1f} times its size; one of at least {needed} pixels looks sharper"


def is_cut_out(picture: Image.Image) -> bool:
    """Say whether the picture's own transparency parts a product from its ground."""
    if picture.mode != "RGBA":
        return False
    solid = np.asarray(picture.getchannel("A")) > 128
    return bool(solid.any() and solid.mean() <= 0.97)


def cutout(picture: Image.Image) -> Cutout | None:
    """Trim a picture by its own transparency; None where it has none to speak of."""
    if not is_cut_out(picture):
        return None
    alpha = np.asarray(picture.getchannel("A"))
    solid = alpha > 128
    rows, columns = np.flatnonzero((alpha > 6).any(1)), np.flatnonzero((alpha > 6).any(0))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    inner_rows, inner_columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    box = (
        int(inner_columns[0] - left),
        int(inner_rows[0] - top),
        int(inner_columns[-1] + 1 - left),
        int(inner_rows[-1] + 1 - top),
    )
    trimmed = picture.crop((int(left), int(top), int(right), int(bottom)))
    cropped = alpha[top:bottom, left:right]
    trimmed.putalpha(Image.fromarray(_feathered(cropped)))
    return Cutout(trimmed, box, _foot(cropped > 128, box), _has_shadow(cropped, box))


def resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Scale to exactly this size; transparency is premultiplied meanwhile, so that edges take no fringe."""
    size = (max(1, width), max(1, height))
    if picture.mode == "RGBA":
        return picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    return picture.resize(size, Image.Resampling.LANCZOS)


def covering(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Scale and centre-crop to the shape of `width` x `height`, with room for a slow zoom."""
    return ImageOps.fit(
        picture.convert("RGB"),
        (round(width * ROOM_TO_ZOOM), round(height * ROOM_TO_ZOOM)),
        Image.Resampling.LANCZOS,
    )


def swatches(picture: Image.Image) -> tuple[Swatch, ...]:
    """Return up to six dominant colours; of a photograph without transparency, those of its middle."""
    small = picture.copy()
    small.thumbnail((96, 96))
    if small.mode == "RGBA":
        pixels = np.asarray(small).reshape(-1, 4)
        pixels = pixels[pixels[:, 3] > 160][:, :3]
    else:
        w, h = small.size
        pixels = np.asarray(small.convert("RGB").crop((w // 5, h // 5, w - w // 5, h - h // 5))).reshape(-1, 3)
    if not len(pixels):
        return ()
    strip = Image.fromarray(np.ascontiguousarray(pixels[None])).quantize(6, Image.Quantize.MEDIANCUT)
    table, counts = strip.getpalette() or [], strip.getcolors() or []
    found = [(count, table[index * 3 : index * 3 + 3]) for count, index in counts if isinstance(index, int)]
    return tuple(
        Swatch("#{:02x}{:02x}{:02x}".format(*rgb), count / len(pixels)) for count, rgb in sorted(found, reverse=True)
    )


def tones(picture: Image.Image, part: Sequence[float]) -> tuple[str, str]:
    """Return the dark and the bright end (5th, 95th percentile) of a part (x, y, w, h in 0..1), as greys."""
    x, y, w, h = part
    left, top = round(x * picture.width), round(y * picture.height)
    right, bottom = round((x + w) * picture.width), round((y + h) * picture.height)
    crop = picture.convert("L").crop((left, top, max(left + 1, right), max(top + 1, bottom)))
    crop.thumbnail((96, 96))
    levels = (round(float(np.percentile(np.asarray(crop), percent))) for percent in (5, 95))
    dark, bright = (f"#{level:02x}{level:02x}{level:02x}" for level in levels)
    return dark, bright


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LARGEST_SIDE:
        raise PictureUnusable(_too_large(path, f"{width} x {height}"))
    if min(width, height) < SHORTEST_SIDE:
        raise PictureUnusable(f"The picture {path.name} has {width} x {height} pixels; use one of at least 600 pixels")


def _too_large(path: Path, size: str = "too many") -> str:
    return f"The picture {path.name} has {size} pixels; make it smaller than 50 million pixels"


def _decoded(opened: Image.Image, at_most: Size | None) -> Image.Image:
    if at_most is None and opened.width * opened.height > LARGE_PIXELS:
        at_most = FINEST
    lies = opened.getexif().get(ExifTags.Base.Orientation)
    if at_most and lies in SIDEWAYS:
        at_most = at_most[1], at_most[0]
    if at_most:
        opened.draft(None, at_most)  # a JPEG is decoded at a half, quarter or eighth: many times quicker
    opened.load()
    note, profile = "", opened.info.get("icc_profile")
    plain = _without_depth(opened)
    if at_most:
        plain = _reduced(plain, at_most)
    if plain.mode == "CMYK" and not profile:
        note = "it is CMYK without a colour profile, so its colours are approximate"
    coloured = _in_srgb(plain, profile) if profile else plain
    if coloured is None:
        coloured, note = plain, "its colour profile is damaged, so its colours are approximate"
    upright = coloured.transpose(UPRIGHT[lies]) if lies in UPRIGHT else coloured
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    done = upright if upright.mode == mode else upright.convert(mode)
    done.info = {NOTE: note}
    return done


def _without_depth(opened: Image.Image) -> Image.Image:
    """Bring 16 bits to 8, where Pillow would clip them, and palettes to colours."""
    if opened.mode.startswith("I"):
        levels = np.clip(np.asarray(opened).astype(np.int32), 0, 65_535)
        return Image.fromarray(((levels + 128) // 257).astype(np.uint8))
    if opened.mode in ("P", "PA"):
        return opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    return opened


def _reduced(picture: Image.Image, at_most: Size) -> Image.Image:
    """Average whole blocks of pixels, as long as the picture stays as large as needed."""
    times = min(picture.width // at_most[0], picture.height // at_most[1])
    if times < 2:
        return picture
    if picture.has_transparency_data:
        return picture.convert("RGBA").convert("RGBa").reduce(times).convert("RGBA")
    return (picture if picture.mode != "1" else picture.convert("L")).reduce(times)


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert from the colours of an embedded profile; None where that is damaged or for another kind of picture."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if picture.mode in ("L", "LA", "1") or "sRGB" in ImageCms.getProfileDescription(source):
            return picture
        if not picture.has_transparency_data:
            return _converted(picture, source)
        alpha = picture.convert("RGBA")
        coloured = _converted(alpha.convert("RGB"), source)
        coloured.putalpha(alpha.getchannel("A"))
        return coloured
    except (ImageCms.PyCMSError, OSError):
        return None


def _converted(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    made = ImageCms.profileToProfile(picture, source, _srgb(), intent, outputMode="RGB", flags=flags)
    if made is None:
        raise ImageCms.PyCMSError("the profile converted nothing")
    return made


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _feathered(alpha: Pixels) -> Pixels:
    """Let a shadow that the picture brought run out before the edge, where it would end in a line."""
    height, width = alpha.shape
    across = np.minimum(np.arange(width), np.arange(width)[::-1]) / (0.10 * width)
    down = np.minimum(np.arange(height), np.arange(height)[::-1]) / (0.10 * height)
    edge = np.clip(np.minimum(across[None, :], down[:, None]), 0, 1)
    shadow = np.clip(alpha * 1.06 - 9, 0, 255) * edge * edge * (3 - 2 * edge)
    solid = np.clip((alpha.astype(np.float64) - 110) / 80, 0, 1)
    return np.asarray(np.rint(shadow * (1 - solid) + alpha * solid), np.uint8)


def _foot(solid: NDArray[np.bool_], box: tuple[int, int, int, int]) -> tuple[float, float]:
    """Return the left and right end of what touches the floor: the lowest fourteenth of the product."""
    _, top, _, bottom = box
    lowest = solid[bottom - max(2, (bottom - top) // 14) : bottom].any(0)
    columns = np.flatnonzero(lowest)
    return float(columns[0]), float(columns[-1] + 1)


def _has_shadow(alpha: Pixels, box: tuple[int, int, int, int]) -> bool:
    """Say whether the picture brought a soft shadow: much half-transparency near the floor."""
    near_floor = alpha[box[1] + (box[3] - box[1]) * 2 // 3 :]
    return bool(((near_floor > 12) & (near_floor < 190)).mean() > 0.05)
