"""The reference film, as every renderer of the benchmark makes it: 15 s, 1080x1920, 30 frames a second.

Five photographs with slow sub-pixel zoom and pan, crossfades, a title entering word by word with a soft shadow, a
popping price badge, word-by-word captions, a round clip, an end card with a pulsing button, voice and ducked music.

Its photographs are calibrated, so that it costs an encoder what the film of the published measurements cost: with
the stock settings of `superfast` and CRF 20, x264 made 12.8 MB of those frames in one stream and 14.0 to 14.5 MB in
parts of 1.5 s; of ours it makes 12.6 and 14.3. `veryfast` made 7.1 MB of those and makes 4.6 of ours: our photographs
are renderings and hold less detail than a camera's. That leaves the encoder less to do, and our share looks larger.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "adengine" / "demo" / "shop" / "images"
EDITORIAL = ROOT / "templates" / "styles" / "editorial.yaml"
LUMI = ROOT / "adengine" / "demo" / "cameo" / "lumi.webm"
STYLE = "style.json"
WIDTH, HEIGHT, FPS, SECONDS = 1080, 1920, 30, 15
FRAMES = FPS * SECONDS
PHOTO_STARTS = (0, 72, 144, 216, 288)
END_CARD, FADE = 360, 12
# In levels of 255: the one figure that was fitted to the sizes above.
GRAIN = 3.05
CLIP_BITS_A_S, CLIP_GRAIN = 2_500_000, 3.0
TITLE_FROM, TITLE_TO = 8, 120
BADGE_FROM, BADGE_TO = 180, 360
CLIP_FROM, CLIP_TO = 90, 360
SCENES = ("loam-mug", "dusk-lamp", "ember-candle", "column-vase", "trail-bottle")
SCRIPT = (
    "Mornings begin with something warm.",
    "A mug that keeps its heat and fits two hands.",
    "Light that asks nothing of the evening.",
    "Made slowly and made to stay.",
    "Seventy nine for the whole set.",
    "Have a look today.",
)


@dataclass(frozen=True)
class Words:
    """What varies between variants of the film."""

    title: str = "Slow mornings, kept"
    price: str = "$79"
    call: str = "Shop now"


@dataclass(frozen=True)
class Assets:
    """Files of the film: photographs 1296x2304, sharpened, with light grain, and a clip 480x480; and its style."""

    photos: tuple[Path, ...]
    clip: Path


def assets(folder: Path) -> Assets:
    """Make the film's files in `folder` from the demo shop's own pictures; they are the same every time."""
    folder.mkdir(parents=True, exist_ok=True)
    photos = tuple(folder / f"{name}.jpg" for name in SCENES)
    for place, path in enumerate(photos):
        if not path.is_file():
            _photograph(SHOP / f"{SCENES[place]}-scene.webp", path, seed=place)
    clip = folder / "clip.mp4"
    if not clip.is_file():
        _clip(clip)
    if not (folder / STYLE).is_file():
        _style(folder / STYLE)
    return Assets(photos, clip)


def _photograph(source: Path, path: Path, *, seed: int) -> None:
    import numpy as np
    from PIL import Image, ImageFilter

    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    height = picture.height
    width = height * 9 // 16
    left = (picture.width - width) // 2
    tall = picture.crop((left, 0, left + width, height)).resize((1296, 2304), Image.Resampling.LANCZOS)
    sharp = np.asarray(tall.filter(ImageFilter.UnsharpMask(3, 120, 2)), np.float32)
    # A camera's grain is not white: each of its pixels was put together from neighbours.
    white = np.random.default_rng(seed).normal(0, GRAIN / 2, (2305, 1297)).astype(np.float32)
    grain = white[:-1, :-1] + white[1:, :-1] + white[:-1, 1:] + white[1:, 1:]
    Image.fromarray(np.clip(sharp + grain[..., None], 0, 255).astype(np.uint8)).save(path, quality=92)


def _style(path: Path) -> None:
    """Keep the style as a process finds it that is handed a film: read already, without YAML and its schema."""
    import yaml

    path.write_text(json.dumps(yaml.safe_load(EDITORIAL.read_text(encoding="utf-8"))))


def _clip(path: Path) -> None:
    """Put the demo's character before a plain wall, as a phone writes a clip.

    480x480, 30 frames a second, H.264 at 2.5 Mbit/s with grain, tagged BT.709, a keyframe each second, no B-frames.
    """
    import av
    import numpy as np
    from av.video.reformatter import ColorRange, Colorspace

    codec = av.CodecContext.create("libvpx-vp9", "r")
    rng = np.random.default_rng(9)
    with av.open(str(LUMI)) as opened, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width = stream.height = 480
        stream.pix_fmt, stream.bit_rate = "yuv420p", CLIP_BITS_A_S
        context = stream.codec_context
        context.options = {"preset": "medium", "x264-params": f"keyint={FPS}:scenecut=0:bframes=0:no-mbtree=1"}
        context.thread_count = 1
        context.colorspace = context.color_primaries = context.color_trc = Colorspace.ITU709.value
        context.color_range = ColorRange.MPEG.value
        count = 0
        for packet in opened.demux(video=0):
            for frame in codec.decode(packet) if packet.size else codec.decode(None):
                rgba = frame.reformat(480, 480, "rgba").to_ndarray().astype(np.float32)
                alpha = rgba[..., 3:] / 255
                flat = rgba[..., :3] * alpha + np.array([196, 172, 150], np.float32) * (1 - alpha)
                flat += rng.normal(0, CLIP_GRAIN, flat.shape[:2]).astype(np.float32)[..., None]
                pixels = np.clip(flat, 0, 255).astype(np.uint8)
                shown = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
                )
                shown.pts = count
                out.mux(stream.encode(shown))
                count += 1
        out.mux(stream.encode(None))
