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

import numpy as np
from PIL import Image

from adengine.demo.scenes.encode import save_webp
from adengine.demo.scenes.lumi import FRAMES, RATE, frames
from adengine.demo.scenes.studio import Quality

CAMEO = Path(__file__).resolve().parent.parent / "cameo"
UNDER = (214, 168, 120)
SOLID = 235
STILL = 4


def _soft(plane: Any, rounds: int = 6) -> Any:
    """A plane of numbers, blurred a little."""
    for _ in range(rounds):
        for axis in (0, 1):
            plane = (np.roll(plane, 1, axis) + 2 * plane + np.roll(plane, -1, axis)) / 4
    return plane


def flatten(path: Path) -> Any:
    """RGBA pixels whose colour runs on beyond the outline, so that coarse chroma leaves no fringe."""
    pixels = np.asarray(Image.open(path).convert("RGBA"))
    solid = (pixels[..., 3] > SOLID).astype(np.float32)
    weight = _soft(solid)
    out = pixels.copy()
    for channel, under in enumerate(UNDER):
        spread = _soft(pixels[..., channel] * solid) / np.maximum(weight, 0.01)
        near = np.where(weight > 0.02, spread, float(under))
        out[..., channel] = np.where(solid > 0, pixels[..., channel], np.clip(near, 0, 255))
    return out


def pack(paths: Sequence[Path], target: Path, crf: int = 18) -> int:
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
            frame = av.VideoFrame.from_ndarray(flatten(path), format="rgba").reformat(format="yuva420p")
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
    plane = frame.planes[3]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    return int(rows.min()), int(rows.max())


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
