"""Render and pack the mascot's clip: ``python -m adengine.demo.scenes.cameo``."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from adengine.demo.scenes.encode import save_webp
from adengine.demo.scenes.lumi import FRAMES, RATE, frames
from adengine.demo.scenes.studio import Quality

CAMEO = Path(__file__).resolve().parent.parent / "cameo"
UNDER = (214, 168, 120)
STILL = 4


def flatten(path: Path) -> Image.Image:
    """Give transparent pixels a skin tone, so that coarse chroma leaves no dark fringe."""
    picture = Image.open(path).convert("RGBA")
    alpha = picture.getchannel("A")
    seen = alpha.point(lambda a: 255 if a > 0 else 0)
    base = Image.new("RGB", picture.size, UNDER)
    base.paste(picture.convert("RGB"), (0, 0), seen)
    base.putalpha(alpha)
    return base


def pack(paths: Sequence[Path], target: Path, crf: int = 28) -> int:
    """Write a VP9 clip with alpha, every drawing held for two frames."""
    av: Any = importlib.import_module("av")
    rate = 2 * RATE
    with av.open(str(target), "w", format="webm") as box:
        first = Image.open(paths[0])
        stream = box.add_stream("libvpx-vp9", rate=rate)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuva420p"
        stream.time_base = Fraction(1, rate)
        stream.bit_rate = 0
        stream.options = {
            "crf": str(crf),
            "auto-alt-ref": "0",
            "row-mt": "1",
            "cpu-used": "2",
            "deadline": "good",
        }
        for index, path in enumerate(path for path in paths for _ in range(2)):
            frame = av.VideoFrame.from_image(flatten(path)).reformat(format="yuva420p")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return target.stat().st_size


def alpha_range(path: Path) -> tuple[int, int, int]:
    """Decode a clip with libvpx and return its number of frames and the smallest and largest alpha."""
    av: Any = importlib.import_module("av")
    count, low, high = 0, 255, 0
    with av.open(str(path)) as box:
        stream = box.streams.video[0]
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        if stream.codec_context.extradata:
            decoder.extradata = stream.codec_context.extradata
        for packet in box.demux(stream):
            for frame in decoder.decode(packet if packet.size else None):
                count += 1
                least, most = _extrema(frame)
                low, high = min(low, least), max(high, most)
    return count, low, high


def _extrema(frame: Any) -> tuple[int, int]:
    """The least and most alpha of a frame; one that lost its alpha counts as opaque."""
    if frame.format.name != "yuva420p":
        return 255, 255
    data = bytes(frame.planes[3])
    return min(data), max(data)


def main(arguments: list[str] | None = None) -> int:
    """Render the loop and the still, and write both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--pixels", type=int, default=480)
    parser.add_argument("--frames", type=Path, help="keep the drawings here and reuse those present")
    wanted = parser.parse_args(arguments)
    CAMEO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.frames or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        missing = [n for n in range(FRAMES) if not (folder / f"lumi-{n:03d}.png").exists()]
        frames(folder, Quality(wanted.samples), wanted.pixels, missing)
        size = pack([folder / f"lumi-{n:03d}.png" for n in range(FRAMES)], CAMEO / "lumi.webm")
        count, low, high = alpha_range(CAMEO / "lumi.webm")
        sys.stdout.write(f"lumi.webm {size} bytes, {count} frames, alpha {low} to {high}\n")
        large = frames(Path(scratch), Quality(3 * wanted.samples), 800, [STILL])[0]
        size = save_webp(Image.open(large), CAMEO / "lumi.webp", 100_000)
        sys.stdout.write(f"lumi.webp {size} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
