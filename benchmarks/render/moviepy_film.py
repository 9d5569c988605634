"""The reference film made with MoviePy: `python -m benchmarks.render.moviepy_film ASSETS SOUND OUT PRESET`.

Simplified in MoviePy's favour: words are laid out and shadows blurred beforehand, captions stand in a square box,
and the sound is mixed already.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, VideoFileClip, vfx
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.render import reference as film

SCALE = 1 / film.FPS


def main(folder: Path, sound: Path, out: Path, preset: str) -> None:
    assets = film.assets(folder)
    layers = [*_photos(assets.photos), *_title(), *_badge(), *_captions(), _round_clip(assets.clip), *_end_card()]
    whole = CompositeVideoClip(layers, size=(film.WIDTH, film.HEIGHT)).with_duration(film.SECONDS)
    whole = whole.with_audio(AudioFileClip(str(sound)))
    whole.write_videofile(
        str(out), fps=film.FPS, preset=preset, codec="libx264", audio_codec="aac", ffmpeg_params=["-crf", "20"],
        pixel_format="yuv420p", logger=None,
    )  # fmt: skip


def _photos(paths: tuple[Path, ...]) -> list[Any]:
    clips = []
    for place, path in enumerate(paths):
        start = film.PHOTO_STARTS[place]
        end = film.PHOTO_STARTS[place + 1] + film.FADE if place + 1 < len(paths) else film.END_CARD + film.FADE
        seconds = (end - start) * SCALE
        clip = ImageClip(np.asarray(Image.open(path).convert("RGB").resize((1188, 2112)))).with_duration(seconds)
        clip = clip.resized(lambda t, length=seconds: (1080 / 1188) * (1 + 0.085 * t / length))
        # Its own "center" leaves a black edge that grows with the zoom.
        clip = clip.with_position(lambda t, length=seconds: (-45.9 * t / length, -81.6 * t / length))
        clip = clip.with_start(start * SCALE)
        clips.append(clip.with_effects([vfx.CrossFadeIn(film.FADE * SCALE)]) if place else clip)
    return clips


def _font(size: int) -> Any:
    found = importlib.util.find_spec("font_hanken_grotesk")
    folders = list(found.submodule_search_locations or ()) if found else []
    return ImageFont.truetype(str(Path(folders[0]) / "files" / "HankenGrotesk-Bold.otf"), size)


def _text(words: str, size: int, colour: str = "#ffffff", *, shadow: bool = False) -> Any:
    font = _font(size)
    left, top, right, bottom = font.getbbox(words)
    picture = Image.new("RGBA", (int(right - left) + 60, int(bottom - top) + 60))
    if shadow:
        ImageDraw.Draw(picture).text((30 - left, 38 - top), words, fill="#000000a0", font=font)
        picture = picture.filter(ImageFilter.GaussianBlur(9))
    ImageDraw.Draw(picture).text((30 - left, 30 - top), words, fill=colour, font=font)
    return picture


def _title() -> list[Any]:
    clips, x, y = [], 60, 420
    for place, word in enumerate(film.Words().title.split()):
        picture = _text(word, 110, shadow=True)
        start = (film.TITLE_FROM + place * 5) * SCALE
        clip = ImageClip(np.asarray(picture)).with_start(start).with_duration(film.TITLE_TO * SCALE - start)
        at = (x, y)
        clip = clip.with_position(lambda t, at=at: (at[0], at[1] + 60 * (1 - min(1, t / 0.6)) ** 3))
        clips.append(clip.with_effects([vfx.CrossFadeIn(0.3)]))
        x += picture.width - 30
        x, y = (60, y + 130) if x > 760 else (x, y)
    return clips


def _badge() -> list[Any]:
    picture = Image.new("RGBA", (260, 260))
    ImageDraw.Draw(picture).ellipse((10, 10, 250, 250), fill="#b4532a")
    words = _text(film.Words().price, 84)
    picture.alpha_composite(words, ((260 - words.width) // 2, (260 - words.height) // 2))
    clip = ImageClip(np.asarray(picture)).with_start(film.BADGE_FROM * SCALE)
    clip = clip.with_duration((film.BADGE_TO - film.BADGE_FROM) * SCALE)

    def pop(t: float) -> float:
        left = min(1.0, t / 0.5) - 1
        return max(0.02, 1 + 2.7 * left**3 + 1.7 * left**2)

    return [clip.resized(pop).with_position(lambda t: (830 - 130 * pop(t), 900 - 130 * pop(t)))]


def _captions() -> list[Any]:
    clips, words = [], [word for line in film.SCRIPT for word in line.split()]
    each = film.SECONDS / len(words)
    for place in range(len(words)):
        first = place - place % 4
        group = words[first : first + 4]
        picture = Image.new("RGBA", (900, 110), (0, 0, 0, 190))
        x = 40
        for other, text in enumerate(group, first):
            one = _text(text, 56, "#ffd75e" if other == place else "#ffffff")
            picture.alpha_composite(one, (min(x - 30, 880 - one.width), 0))
            x += one.width - 40
        clip = ImageClip(np.asarray(picture)).with_start(place * each).with_duration(each)
        clips.append(clip.with_position((90, 1130)))
    return clips


def _round_clip(path: Path) -> Any:
    clip = VideoFileClip(str(path)).with_effects([vfx.Loop(duration=(film.CLIP_TO - film.CLIP_FROM) * SCALE)])
    clip = clip.resized((330, 330)).with_start(film.CLIP_FROM * SCALE)
    y, x = np.mgrid[0:330, 0:330]
    mask = (np.hypot(x - 165, y - 165) < 163).astype(float)
    return clip.with_mask(ImageClip(mask, is_mask=True).with_duration(clip.duration)).with_position((70, 760))


def _end_card() -> list[Any]:
    seconds = (film.FRAMES - film.END_CARD) * SCALE
    sweep = np.linspace(64, 34, film.HEIGHT)[:, None, None] * np.array([1.0, 0.86, 0.74])
    ground = ImageClip(np.broadcast_to(sweep, (film.HEIGHT, film.WIDTH, 3)).astype(np.uint8))
    ground = ground.with_start(film.END_CARD * SCALE).with_duration(seconds).with_effects([vfx.CrossFadeIn(0.4)])
    title = ImageClip(np.asarray(_text("Lumen & Loam", 84, shadow=True)))
    title = title.with_start(film.END_CARD * SCALE).with_duration(seconds).with_position((60, 420))
    price = ImageClip(np.asarray(_text(film.Words().price, 140, shadow=True)))
    price = price.with_start(film.END_CARD * SCALE).with_duration(seconds).with_position((60, 560))
    picture = Image.new("RGBA", (520, 150))
    ImageDraw.Draw(picture).rounded_rectangle((4, 4, 516, 146), 70, fill="#b4532a")
    words = _text(film.Words().call, 60)
    picture.alpha_composite(words, ((520 - words.width) // 2, (150 - words.height) // 2))
    button = ImageClip(np.asarray(picture)).with_start(film.END_CARD * SCALE).with_duration(seconds)

    def pulse(t: float) -> float:
        return 1 + 0.05 * math.sin(math.pi * t / 0.8) ** 2

    button = button.resized(pulse).with_position(lambda t: (320 - 260 * pulse(t), 880 - 75 * pulse(t)))
    return [ground, title, price, button]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
