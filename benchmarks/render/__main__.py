"""Run the benchmark of the renderer and print its table: `make bench-render` (ARGS='--rounds 5 --quick')."""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

import imageio_ffmpeg

from benchmarks.render import reference
from workers.studio.coding import QUALITIES, Coding

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
# With nothing but its preset's own settings x264 comes to our VMAF of the finished frames (97.24, 97.03) at these
# constant rate factors.
SHIPPED_CRF = {"standard": "18.2", "final": "16.2"}


@dataclass(frozen=True)
class Row:
    """One line of the table; `met` says whether the figure keeps its target."""

    what: str
    target: str
    figure: str
    met: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of each pair")
    parser.add_argument("--quick", action="store_true", help="leave out MoviePy, the hundred variants and VMAF")
    parser.add_argument("--moviepy", default=sys.executable, help="the Python that has MoviePy")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-render-") as folder:
        for row in Bench(Path(folder), asked.rounds, asked.moviepy).rows(quick=asked.quick):
            met = ("yes" if row.met else "NO") if row.target else ""
            print(f"| {row.what} | {row.target} | {row.figure} | {met} |", flush=True)


class Bench:
    """Everything a run needs in one folder: the film's pictures, its finished frames, its caches."""

    def __init__(self, folder: Path, rounds: int, moviepy: str) -> None:
        self.folder, self.rounds, self.moviepy_python = folder, rounds, moviepy
        self.assets, self.raw, self.count = folder / "assets", folder / "frames.yuv", 0
        reference.assets(self.assets)

    def rows(self, *, quick: bool) -> Iterator[Row]:
        """Measure row after row."""
        painted = self.step("paint", self.assets, self.raw)
        yield from self.against_encoding("standard", 1.15, with_ffmpeg=True)
        yield from self.against_encoding("final", 1.10, with_ffmpeg=False)
        yield self.compositing(painted)
        yield self.one_call()
        yield from self.cached()
        yield from self.previews()
        yield from self.memory()
        yield self.same_bytes()
        if not quick:
            yield self.quality("standard")
            yield self.quality("final")
            yield self.hundred()
            yield from self.moviepy()

    def against_encoding(self, quality: str, most: float, *, with_ffmpeg: bool) -> list[Row]:
        """Time whole renders and bare encodes in turn: the ratio of each round, then their median."""
        to_encode, in_cpu, to_shipped, shipped_in_cpu = [], [], [], []
        to_ffmpeg, to_shipped_ffmpeg, walls = [], [], []
        preset, crf = QUALITIES[quality].preset, SHIPPED_CRF[quality]
        for _ in range(self.rounds):
            begun = time.perf_counter()
            spent = float(str(self.whole(quality)["cpu_s"]))
            wall = time.perf_counter() - begun
            encode = self.step("encode_only", self.assets, self.raw, quality)
            shipped = self.step("encode_only", self.assets, self.raw, quality, crf)
            walls.append(wall)
            to_encode.append(wall / float(str(encode["wall_s"])))
            in_cpu.append(spent / float(str(encode["cpu_s"])))
            to_shipped.append(wall / float(str(shipped["wall_s"])))
            shipped_in_cpu.append(spent / float(str(shipped["cpu_s"])))
            if with_ffmpeg:
                to_ffmpeg.append(wall / self.timed(lambda: self.ffmpeg(_options(quality))))
                to_shipped_ffmpeg.append(wall / self.timed(lambda: self.ffmpeg({"preset": preset, "crf": crf})))
        what = f"whole render / part-parallel encoding of the finished frames, {preset}"
        rows = [
            _ratio(f"{what}, our options", to_encode, most),
            Row("the same in CPU seconds", "", _spread(in_cpu), met=True),
            _ratio(f"{what} as x264 ships it, equal VMAF", to_shipped, most),
            Row("the same in CPU seconds", "", _spread(shipped_in_cpu), met=True),
            Row(f"whole render, {preset}, wall", "", f"{median(walls):.1f} s", met=True),
        ]
        if with_ffmpeg:
            rows += [
                _ratio("whole render / ffmpeg only encoding them, our options", to_ffmpeg, 0.95),
                _ratio(f"the same, {preset} as x264 ships it, equal VMAF", to_shipped_ffmpeg, 0.95),
            ]
        return rows

    def compositing(self, painted: dict[str, object]) -> Row:
        figures = [float(str(painted["ms_a_frame"]))]
        figures += [float(str(self.step("paint", self.assets, "-")["ms_a_frame"])) for _ in range(2)]
        return _most("compositing, core time a frame, conversion included", figures, 2.5, "ms")

    def one_call(self) -> Row:
        shares = []
        for _ in range(3):
            found = self.step("call_to_action", self.assets, self.fresh(), self.fresh())
            shares.append(100 * float(str(found["changed_cpu_s"])) / float(str(found["one_cpu_s"])))
        return _most("only the call to action changed, CPU of a render", shares, 20, "%")

    def cached(self) -> list[Row]:
        cache = self.fresh()
        self.whole("standard", cache=cache)
        cold, warm = [], []
        for _ in range(5):
            cold.append(self.timed(lambda: self.whole("standard", cache=cache)) * 1000)
            warm.append(float(str(self.step("again", self.assets, self.fresh(), cache)["warm_s"])) * 1000)
        return [
            _most("fully cached variant, warm", warm, 100, "ms"),
            _most("fully cached variant, cold process", cold, 350, "ms"),
        ]

    def previews(self) -> list[Row]:
        first = [self.timed(lambda: self.step("preview", self.assets)) * 1000 for _ in range(5)]
        film = [self.timed(lambda: self.step("animatic", self.assets, self.fresh())) for _ in range(3)]
        return [
            _most("first preview frame, cold process", first, 400, "ms"),
            _most("whole animatic of a 15 s ad, cold process", film, 3, "s"),
        ]

    def memory(self) -> list[Row]:
        short = float(str(self.whole("standard")["peak_mb"]))
        long = float(str(self.step("long_film", self.assets, self.fresh())["peak_mb"]))
        return [_most("peak memory, 15 s", [short], 400, "MB"), _most("peak memory, 60 s", [long], 400, "MB")]

    def same_bytes(self) -> Row:
        made = {str(self.whole("standard", workers=workers)["sha256"]) for workers in (1, 2, 3, 2)}
        return Row("same input twice, any number of workers", "the same bytes", f"{len(made)} film", len(made) == 1)

    def quality(self, quality: str) -> Row:
        out = self.fresh()
        self.whole(quality, out=out)
        size = f"{reference.WIDTH}x{reference.HEIGHT}"
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", "30", "-i", str(self.raw)]
        asked = [FFMPEG, "-i", str(out / "film.mp4"), *raw, "-lavfi", "libvmaf=n_threads=2", "-f", "null", "-"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stderr
        found = float(re.findall(r"VMAF score: ([\d.]+)", said)[-1])
        what = f"VMAF against the composited frames, {QUALITIES[quality].preset}"
        megabytes = (out / "film.mp4").stat().st_size / 1e6
        return Row(what, ">= 97", f"{found:.2f} ({megabytes:.1f} MB)", found >= 97)

    def hundred(self) -> Row:
        found = self.step("variants", self.assets, self.fresh(), self.fresh())
        ratio = float(str(found["hundred_cpu_s"])) / float(str(found["one_cpu_s"]))
        return Row("100 variants / one render, CPU", "<= 7.5", f"{ratio:.2f}", ratio <= 7.5)

    def moviepy(self) -> list[Row]:
        """Time MoviePy making the same film, moving by whole pixels as its own effects do, and between them as ours."""
        voice, music = (self.folder / f"{name}.wav" for name in ("voice", "music"))
        spoken = self.step("apart", self.assets, voice, music)["spoken"]
        sounds = json.dumps({"voice": str(voice), "music": str(music), "spoken": spoken})
        rows, walls = [], {}
        for how, quality in product(("whole", "between"), ("standard", "final")):
            asked = [self.assets, sounds, self.folder / "moviepy.mp4", how, json.dumps(_options(quality))]
            command = [self.moviepy_python, "-m", "benchmarks.render.moviepy_film", *map(str, asked)]
            run = functools.partial(subprocess.run, command, check=True, env=self.surroundings())
            ours = [self.timed(functools.partial(self.whole, quality))]
            theirs = walls[how, quality] = self.timed(run)
            ours.append(self.timed(functools.partial(self.whole, quality)))
            rows.append(_moviepy_row(how, quality, 2 * theirs / sum(ours)))
        encoding = float(str(self.step("encode_only", self.assets, self.raw, "final")["wall_s"]))
        alone = walls["between", "final"] / encoding
        what = "MoviePy between pixels / only encoding the same frames in parts, veryfast"
        return [*rows, Row(what, "", f"{alone:.1f}", met=True)]

    def whole(
        self, quality: str, *, cache: Path | None = None, out: Path | None = None, workers: int = 2
    ) -> dict[str, object]:
        made, kept = out or self.fresh(), cache or self.fresh()
        found = self.step("whole", self.assets, made, kept, quality, workers)
        for folder in [*([] if cache else [kept]), *([] if out else [made])]:
            shutil.rmtree(folder)
        return found

    def ffmpeg(self, options: dict[str, str]) -> None:
        size = f"{reference.WIDTH}x{reference.HEIGHT}"
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", "30", "-i", str(self.raw)]
        told = [part for name, value in options.items() for part in (f"-{name}", value)]
        out = ["-c:v", "libx264", *told, str(self.folder / "ffmpeg.mp4")]
        subprocess.run([FFMPEG, "-y", *raw, *out], capture_output=True, check=True)

    def step(self, name: str, *given: object) -> dict[str, object]:
        command = [sys.executable, "-m", "benchmarks.render.steps", name, *map(str, given)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=self.surroundings())
        found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return found

    def surroundings(self) -> dict[str, str]:
        """Return an environment in which Python keeps compiled modules, as wherever the product is installed."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.folder / "compiled")}

    def fresh(self) -> Path:
        self.count += 1
        folder = self.folder / f"made-{self.count}"
        folder.mkdir()
        return folder

    def timed(self, act: Callable[[], object]) -> float:
        begun = time.perf_counter()
        act()
        return time.perf_counter() - begun


def _moviepy_row(how: str, quality: str, ratio: float) -> Row:
    moved = {"whole": "with its own whole-pixel motion", "between": "moving between pixels as ours does"}[how]
    what = f"MoviePy {moved} / ours, {QUALITIES[quality].preset}, the same film"
    return Row(what, ">= 18", f"{ratio:.1f}", ratio >= 18)


def _options(quality: str) -> dict[str, str]:
    """Return what the renderer tells x264, as FFmpeg's options; how packets are framed is the container's matter."""
    told = Coding(reference.WIDTH, reference.HEIGHT, reference.FPS, QUALITIES[quality]).options()
    params = [part for part in told["x264-params"].split(":") if not part.startswith("annexb")]
    rest = {name: value for name, value in told.items() if name not in ("profile", "x264-params")}
    return {**rest, "profile:v": told["profile"], "x264-params": ":".join(params)}


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):.3f} ({min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} rounds)"


def _ratio(what: str, ratios: list[float], most: float) -> Row:
    return Row(what, f"<= {most}", _spread(ratios), median(ratios) <= most)


def _most(what: str, figures: list[float], most: float, unit: str) -> Row:
    return Row(what, f"<= {most:g} {unit}", f"{median(figures):.3g} {unit}", median(figures) <= most)


if __name__ == "__main__":
    main()
