"""Render the demo shop's pictures: ``python -m adengine.demo.scenes.render [--only HANDLE]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from adengine.demo.scenes.encode import publish
from adengine.demo.scenes.lifestyle import DETAILS, PAIRS, SCENES
from adengine.demo.scenes.products import PRODUCTS
from adengine.demo.scenes.shots import cutout
from adengine.demo.scenes.studio import Quality

IMAGES = Path(__file__).resolve().parent.parent / "shop" / "images"
Shot = tuple[str, Callable[[Path, Quality], Path]]


def shots(only: str | None, kind: str | None, colour: str | None = None) -> Iterator[Shot]:
    """Every picture wanted: its name and what renders it."""
    for handle, product in PRODUCTS.items():
        if only not in (None, handle):
            continue
        for variant in product.variants if kind in (None, "cutout") else ():
            if colour in (None, variant):
                yield f"{handle}-{variant}", _cutter(handle, variant)
        if kind in (None, "scene") and handle in SCENES:
            yield f"{handle}-scene", SCENES[handle]
        if kind in (None, "detail") and handle in DETAILS:
            yield f"{handle}-detail", DETAILS[handle]
        if kind in (None, "pair") and handle in PAIRS:
            yield from zip((f"{handle}-before", f"{handle}-after"), PAIRS[handle], strict=True)


def _cutter(handle: str, colour: str) -> Callable[[Path, Quality], Path]:
    return lambda path, quality: cutout(handle, colour, path, quality)


def main(arguments: list[str] | None = None) -> int:
    """Render and publish the wanted pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(PRODUCTS), help="one product")
    parser.add_argument("--kind", choices=("cutout", "scene", "detail", "pair"), help="one kind of picture")
    parser.add_argument("--colour", help="one colour among the cut-outs")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--scale", type=float, default=1.0, help="below 1 for a quick look")
    parser.add_argument("--out", type=Path, default=IMAGES)
    wanted = parser.parse_args(arguments)
    wanted.out.mkdir(parents=True, exist_ok=True)
    quality = Quality(wanted.samples, wanted.scale)
    with tempfile.TemporaryDirectory() as folder:
        for name, take in shots(wanted.only, wanted.kind, wanted.colour):
            size = publish(take(Path(folder) / f"{name}.png", quality), wanted.out / f"{name}.webp")
            sys.stdout.write(f"{name}.webp {size} bytes\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
