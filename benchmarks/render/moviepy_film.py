"""The reference film made with MoviePy: `python -m benchmarks.render.moviepy_film ASSETS SOUNDS OUT HOW ENCODING`.

SOUNDS is a JSON object: files of the `voice` and of the `music`, and `spoken`, the seconds at which the voice begins
and ends. HOW is how things move: `whole` as MoviePy's own resize, rotate and position do, by whole pixels; `between`
as ours move, between pixels, which MoviePy is told by clips that draw their own frames with Pillow. ENCODING is a JSON
object of FFmpeg's options. In MoviePy's favour, words are drawn and laid out beforehand with soft shadows, captions
are pictures in a square box, and its sound is only added up: music at half its volume as long as the voice speaks,
where ours ducks with every line, and is brought to a loudness under a limiter.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from moviepy import AudioFileClip, CompositeAudioClip, CompositeVideoClip, ImageClip, VideoClip, VideoFileClip, afx, vfx
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.render import reference as film

FRAME_S = 1 / film.FPS
UNDER_VOICE = 0.5
SIZE = (film.WIDTH, film.HEIGHT)
# What a photograph does from its start to its end: zoom, and shift across in pixels.
PUSH_IN, PULL_OUT = ((1.0, 0.0), (1.085, 0.0)), ((1.085, 0.0), (1.0, 0.0))
DRIFT_LEFT, DRIFT_RIGHT = ((1.05, 26.0), (1.05, -26.0)), ((1.05, -26.0), (1.05, 26.0))
MOTIONS = (PUSH_IN, DRIFT_LEFT, PULL_OUT, DRIFT_RIGHT, PUSH_IN)
# Scale, degrees clockwise, and shift in pixels at a time in seconds.
Pose = Callable[[float], tuple[float, float, float, float]]
Move = Callable[[Image.Image, tuple[float, float], Pose], Any]


def main(folder: Path, sounds: dict[str, Any], out: Path, how: str, encoding: dict[str, str]) -> None:
    assets = film.assets(folder)
    photo, move = {"whole": (_photo_resized, _whole_pixels), "between": (_photo_drawn, _between_pixels)}[how]
    layers = [
        *_photos(assets.photos, photo),
        *_title(move),
        *_badge(move),
        *_captions(),
        *_round_clip(assets.clip),
    ]
    whole = CompositeVideoClip([*layers, *_end_card(move)], size=SIZE).with_duration(film.SECONDS)
    whole = whole.with_audio(_mixed(**sounds))
    preset, *rest = encoding.pop("preset"), *(f for name, value in encoding.items() for f in (f"-{name}", value))
    whole.write_videofile(
        str(out), fps=film.FPS, preset=preset, codec="libx264", audio_codec="aac", ffmpeg_params=rest,
        pixel_format="yuv420p", logger=None,
    )  # fmt: skip


def _mixed(voice: str, music: str, spoken: tuple[float, float]) -> Any:
    under = AudioFileClip(music).with_effects([afx.MultiplyVolume(UNDER_VOICE, *spoken)])
    return CompositeAudioClip([under, AudioFileClip(voice)])


def _photos(paths: tuple[Path, ...], photo: Callable[[Path, Any, float], Any]) -> list[Any]:
    clips = []
    for place, path in enumerate(paths):
        start = film.PHOTO_STARTS[place]
        end = film.PHOTO_STARTS[place + 1] + film.FADE if place + 1 < len(paths) else film.END_CARD + film.FADE
        clip = photo(path, MOTIONS[place], (end - start) * FRAME_S).with_start(start * FRAME_S)
        clips.append(clip.with_effects([vfx.CrossFadeIn(film.FADE * FRAME_S)]) if place else clip)
    return clips


def _corner(motion: Any, part: float, size: tuple[int, int]) -> tuple[float, float, float]:
    """Return a photograph's scale and its left upper corner, `part` of the way through its motion."""
    (zoom, shift), (last_zoom, last_shift) = motion
    scale = (zoom + (last_zoom - zoom) * part) * film.WIDTH / size[0]
    across = shift + (last_shift - shift) * part
    return scale, (film.WIDTH - size[0] * scale) / 2 + across, (film.HEIGHT - size[1] * scale) / 2


def _photo_resized(path: Path, motion: Any, seconds: float) -> Any:
    clip = ImageClip(str(path)).with_duration(seconds)
    w, h = clip.size

    def sides(t: float) -> tuple[int, int]:
        scale = _corner(motion, t / seconds, (w, h))[0]
        return math.ceil(w * scale), math.ceil(h * scale)  # rounded down, it would leave a black edge

    return clip.resized(sides).with_position(lambda t: _corner(motion, t / seconds, (w, h))[1:])


def _photo_drawn(path: Path, motion: Any, seconds: float) -> Any:
    picture = Image.open(path).convert("RGB")

    def frame(t: float) -> Any:
        scale, x, y = _corner(motion, t / seconds, picture.size)
        inverse = (1 / scale, 0, -x / scale, 0, 1 / scale, -y / scale)
        return np.asarray(picture.transform(SIZE, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR))

    return VideoClip(frame, duration=seconds)


def _whole_pixels(picture: Image.Image, middle: tuple[float, float], pose: Pose) -> Any:
    """Return a clip of the picture about its middle, moved with MoviePy's own effects as far as it moves at all."""
    clip = ImageClip(np.asarray(picture))
    w, h = picture.size
    times = [frame * FRAME_S for frame in range(film.FRAMES)]
    if any(pose(t)[0] != 1 for t in times):
        clip = clip.resized(lambda t: max(0.02, pose(t)[0]))
    if any(pose(t)[1] for t in times):
        clip = clip.rotated(lambda t: -pose(t)[1], resample="bilinear", expand=False)

    def corner(t: float) -> tuple[float, float]:
        scale, _, dx, dy = pose(t)
        return middle[0] - w * scale / 2 + dx, middle[1] - h * scale / 2 + dy

    return clip.with_position(corner)


def _between_pixels(picture: Image.Image, middle: tuple[float, float], pose: Pose) -> Any:
    """Return a clip of the picture about its middle that draws itself anew wherever it lies."""
    times = [frame * FRAME_S for frame in range(film.FRAMES)]
    reach = max(math.hypot(*picture.size) / 2 * pose(t)[0] + max(map(abs, pose(t)[2:])) for t in times)
    if all(pose(t) == pose(0) for t in times):
        return _whole_pixels(picture, middle, pose)
    side = 2 * math.ceil(min(reach, max(SIZE)))
    left, top = int(middle[0]) - side // 2, int(middle[1]) - side // 2

    @functools.lru_cache(maxsize=2)
    def drawn(t: float) -> Any:
        scale, degrees, dx, dy = pose(t)
        scale = max(0.02, scale)
        cosine, sine = math.cos(math.radians(degrees)) / scale, math.sin(math.radians(degrees)) / scale
        x, y = middle[0] + dx - left, middle[1] + dy - top
        inverse = (
            cosine, sine, picture.width / 2 - cosine * x - sine * y,
            -sine, cosine, picture.height / 2 + sine * x - cosine * y,
        )  # fmt: skip
        return np.asarray(picture.transform((side, side), Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR))

    mask = VideoClip(lambda t: drawn(t)[:, :, 3] / 255.0, is_mask=True)
    return VideoClip(lambda t: drawn(t)[:, :, :3]).with_mask(mask).with_position((left, top))


def _shown(clip: Any, start: float, end: float) -> Any:
    """Return the clip from one frame of the film to another."""
    clip = clip.with_duration((end - start) * FRAME_S)
    return clip.with_mask(clip.mask.with_duration(clip.duration)).with_start(start * FRAME_S)


def _still(picture: Image.Image, corner: tuple[float, float], start: float, end: float) -> Any:
    return _shown(ImageClip(np.asarray(picture)).with_position(corner), start, end)


def _font(size: int) -> Any:
    found = importlib.util.find_spec("font_hanken_grotesk")
    folders = list(found.submodule_search_locations or ()) if found else []
    return ImageFont.truetype(str(Path(folders[0]) / "files" / "HankenGrotesk-Bold.otf"), size)


def _text(words: str, size: int, colour: str = "#ffffff", *, shadow: bool = False) -> Image.Image:
    font = _font(size)
    left, top, right, bottom = font.getbbox(words)
    picture = Image.new("RGBA", (int(right - left) + 60, int(bottom - top) + 60))
    if shadow:
        ImageDraw.Draw(picture).text((30 - left, 38 - top), words, fill="#000000a0", font=font)
        picture = picture.filter(ImageFilter.GaussianBlur(9))
    ImageDraw.Draw(picture).text((30 - left, 30 - top), words, fill=colour, font=font)
    return picture


def _middle(picture: Image.Image, x: float, y: float) -> tuple[float, float]:
    return x + picture.width / 2, y + picture.height / 2


def _rising(t: float) -> tuple[float, float, float, float]:
    return 1.0, 0.0, 0.0, 60 * (1 - min(1.0, t / 0.6)) ** 3


def _words(words: str, x: float, y: float, size: int, span: tuple[int, int], move: Move) -> list[Any]:
    """Return words that come in one after the other, from below."""
    clips, left = [], x
    for place, word in enumerate(words.split()):
        picture = _text(word, size, shadow=True)
        if x > left and x + picture.width > film.WIDTH - 60:
            x, y = left, y + 1.2 * size
        clip = _shown(move(picture, _middle(picture, x, y), _rising), span[0] + 5 * place, span[1])
        clips.append(clip.with_effects([vfx.CrossFadeIn(0.3)]))
        x += picture.width - 30
    return clips


def _title(move: Move) -> list[Any]:
    return _words(film.Words().title, 60, 420, 110, (film.TITLE_FROM, film.TITLE_TO), move)


def _badge(move: Move) -> list[Any]:
    picture = Image.new("RGBA", (260, 260))
    ImageDraw.Draw(picture).ellipse((10, 10, 250, 250), fill="#b4532a")
    words = _text(film.Words().price, 84)
    picture.alpha_composite(words, ((260 - words.width) // 2, (260 - words.height) // 2))

    def pop(t: float) -> tuple[float, float, float, float]:
        left = min(1.0, t / 0.5) - 1
        swing = 4 * math.exp(-3 * t) * math.sin(9 * t)
        return max(0.0, 1 + 2.7 * left**3 + 1.7 * left**2), -8 + swing, 0.0, 0.0

    return [_shown(move(picture, (810, 880), pop), film.BADGE_FROM, film.BADGE_TO)]


def _captions() -> list[Any]:
    clips, words = [], [word for line in film.SCRIPT for word in line.split()]
    each = film.FRAMES / len(words)
    for place in range(len(words)):
        first = place - place % 4
        group = words[first : first + 4]
        picture = Image.new("RGBA", (900, 110), (0, 0, 0, 190))
        x = 40
        for other, text in enumerate(group, first):
            one = _text(text, 56, "#ffd75e" if other == place else "#ffffff")
            picture.alpha_composite(one, (min(x - 30, 880 - one.width), 0))
            x += one.width - 40
        clips.append(_still(picture, (90, 1130), place * each, (place + 1) * each))
    return clips


def _round_clip(path: Path) -> list[Any]:
    """Return the clip cut to a disc, with a shadow under it and a rim over it."""
    clip = VideoFileClip(str(path)).with_effects([vfx.Loop(duration=(film.CLIP_TO - film.CLIP_FROM) * FRAME_S)])
    clip = clip.resized((330, 330)).with_start(film.CLIP_FROM * FRAME_S)
    y, x = np.mgrid[0:330, 0:330]
    mask = np.clip(165.5 - np.hypot(x - 164.5, y - 164.5), 0, 1)
    clip = clip.with_mask(ImageClip(mask, is_mask=True).with_duration(clip.duration)).with_position((70, 750))
    under, rim = Image.new("RGBA", (450, 450)), Image.new("RGBA", (350, 350))
    ImageDraw.Draw(under).ellipse((60, 76, 390, 406), fill="#00000070")
    ImageDraw.Draw(rim).ellipse((5, 5, 345, 345), outline="#b4532a", width=7)
    span = film.CLIP_FROM, film.CLIP_TO
    shadow = _still(under.filter(ImageFilter.GaussianBlur(22)), (10, 690), *span)
    return [shadow, clip, _still(rim, (60, 740), *span)]


def _end_card(move: Move) -> list[Any]:
    span = film.END_CARD, film.FRAMES
    sweep = np.linspace(64, 34, film.HEIGHT)[:, None, None] * np.array([1.0, 0.86, 0.74])
    ground = ImageClip(np.broadcast_to(sweep, (film.HEIGHT, film.WIDTH, 3)).astype(np.uint8))
    ground = ground.with_start(span[0] * FRAME_S).with_duration((span[1] - span[0]) * FRAME_S)
    title = _words("Lumen & Loam", 60, 420, 84, (span[0] + 8, span[1]), move)
    price = _text(film.Words().price, 140, shadow=True)
    picture = Image.new("RGBA", (520, 150))
    ImageDraw.Draw(picture).rounded_rectangle((4, 4, 516, 146), 70, fill="#b4532a")
    words = _text(film.Words().call, 60)
    picture.alpha_composite(words, ((520 - words.width) // 2, (150 - words.height) // 2))

    def pulse(t: float) -> tuple[float, float, float, float]:
        come = min(1.0, t / 0.35) - 1
        return 1 + 2.7 * come**3 + 1.7 * come**2 + 0.03 * math.sin(math.pi * t / 0.6) ** 2, 0.0, 0.0, 0.0

    button = _shown(move(picture, (320, 955), pulse), span[0] + 20, span[1])
    return [
        ground.with_effects([vfx.CrossFadeIn(film.FADE * FRAME_S)]),
        *title,
        _still(price, (60, 560), span[0] + 20, span[1]),
        button,
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], json.loads(sys.argv[5]))
