"""A film laid out by hand, and a painter of moving boxes: what the studio's parts are tested with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adengine.core.film import Film
from adengine.core.layers import Badge, BadgeDraw, Block, BlockDraw, Box, Draw, Ground, GroundDraw, Group, Layer, Text
from adengine.core.storyboard import Brand
from adengine.core.style import Style
from adengine.core.timeline import Caption, Placed, Segment, Timeline
from workers.studio.coding import QUALITIES, Coding
from workers.studio.making.cache import Cache
from workers.studio.making.parts import Crew, Painter
from workers.studio.making.production import NAMES, Production
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame

FPS = 30
SIZE = (108, 192)
FILES = ("vase.webp", "room.jpg")
STYLE = Style("plain", "Plain", "For tests", ("grotesk", 700), ("grotesk", 600), ("grotesk", 500), (), ())
BRAND = Brand("Lumen & Loam", "#2b2620", "#f6f0e6", "#b4532a")


def film(*, title: str = "Column Vase", price: str = "€54.00", cta: str = "Shop now") -> Timeline:
    """Six seconds: two shots with a slide between, a badge in the second, and an end card with a button."""
    segments = (
        Segment("hook", 0, 60, "cut", 0),
        Segment("reason", 60, 120, "slide", 16),
        Segment("end", 120, 180, "cut", 0),
    )
    layers: tuple[tuple[int, Layer], ...] = (
        (0, Ground("light", 0, 76, 1)),
        (0, _block("title", title, 0, 76)),
        (1, Ground("deep", 60, 120, 2)),
        (1, Badge(price, Box(500, 500, 200, 200), "deep", 95, 120)),
        (2, Ground("accent", 120, 180, 3)),
        (2, _block("price", price, 120, 180)),
        (2, _block("cta", cta, 140, 180)),
    )
    return Timeline(
        template="hero",
        format="9x16",
        width=1080,
        height=1920,
        fps=FPS,
        frames=180,
        locale="en",
        mood="warm",
        style=STYLE,
        safe=Box(60, 270, 880, 980),
        seed=7,
        brand=BRAND,
        key_picture="vase.webp",
        poster_frame=58,
        segments=segments,
        layers=tuple(Placed(place, layer) for place, layer in layers),
        captions=(Caption(0, 60, f"{title} & more"), Caption(60, 180, f"{price}\n<{cta}>")),
        hotspots=(),
        speech=(),
        voice="",
        recording="",
        spoken=(),
        caption_look="",
        caption_box=Box(60, 1000, 880, 200),
    )


def pictures(folder: Path) -> Path:
    """Write the film's files; their bytes count, nobody looks at them."""
    for name in FILES:
        (folder / name).write_bytes(name.encode())
    return folder


class Boxes:
    """Paints each draw as a box whose place and shade follow from it; counts the frames it is asked for."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.notes: dict[str, None] = {}
        self.painted: list[int] = []
        self.is_closed = False

    def prepare(self) -> None:
        """Boxes take no time."""

    def paint(self, number: int, frame: Frame) -> None:
        self.painted.append(number)
        planes.fill(frame, (16, 128, 128))
        for draw in self.timeline.draw_list(number):
            _paint(draw, frame, number)

    def close(self) -> None:
        self.is_closed = True


def _block(role: str, text: str, start: int, end: int) -> Block:
    return Block((Text(role, text),), Box(72, 288, 868, 400), "top", "light", start, end, 30)


def _paint(draw: Draw, frame: Frame, number: int) -> None:
    match draw:
        case Group():
            for inner in draw.draws:
                _paint(inner, frame, number)
        case GroundDraw():
            planes.fill(frame, (40 + 50 * draw.seed, 110, 140))
            planes.fill(frame, (200, 90, 160), Box(number * 2 % frame.w, 10, 20, 20))
        case BlockDraw():
            width = 2 * len(draw.items[0].text)
            planes.fill(frame, (230, 128, 128), Box(8, 40, width, round(20 * draw.items[0].words[0]) + 2))
        case BadgeDraw():
            planes.fill(frame, (60, 100, 200), Box(60, 100, max(2, round(30 * draw.scale)), 2 * len(draw.text)))
        case _:
            raise AssertionError(f"no box for {draw}")


def produce(
    timeline: Timeline,
    out: Path,
    cache: Cache,
    *,
    paint: Callable[[Timeline], Painter] = Boxes,
    workers: int = 2,
    progress: Callable[[int, int], None] = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Film:
    """Make the film as `render` does at a tenth of its size, painted by `paint`; the files lie in `out`."""
    out.mkdir(exist_ok=True)
    files = pictures(out.parent)
    coding = Coding(*SIZE, FPS, QUALITIES["standard"])
    production = Production(timeline, files.joinpath, coding, 0.1, cache, paint)
    try:
        return production.film({name: out / name for name in NAMES}, Crew(workers, cancelled), progress)
    finally:
        production.close()
