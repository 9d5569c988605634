"""Where things stand on a frame: zones of a scene inside the part the apps leave free, for any frame and any part."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from adengine.core.layers import Box

# The part of a column's height that text takes in a stack, without and with a caption band below.
SHARES = {
    "headline": (0.36, 0.37),
    "reason": (0.35, 0.37),
    "price": (0.37, 0.42),
    "end": (0.45, 0.58),
    "offer": (0.48, 0.58),
    "quotes": (0.46, 0.54),
    "close": (0.31, 0.34),
    "photo": (0.31, 0.42),
    "panel": (0.28, 0.34),
    "compare": (0.27, 0.34),
    "host": (0.21, 0.22),
}
# The part of the safe width that text takes beside a product on square and wide frames.
COLUMNS = {"headline": 0.50, "quotes": 0.52, "close": 0.42, "photo": 0.47, "panel": 0.46, "compare": 0.40}
LISTED = {"versus": 0.60, "steps": 0.52}
# The height of a table's head, in rows that are at least so many units high.
HEAD, HIGH_ROW, LEAST_ROW = 0.62, 13, 8
STACKED_SQUARES = ("headline", "close", "photo")
BADGE_UNITS = {"round": (28, 28), "burst": (29, 29), "tag": (34, 17), "bar": (40, 14)}
BAND_UNITS = 21
# How far down the safe area captions begin that stand between text and product.
RAISED = 0.45
RISE = 0.895
# A frame that goes on by more than this part of its height below what is free has products stand down there.
DEEP = 0.1


@dataclass(frozen=True)
class Wanted:
    """What a scene wants placed. `badge` is its form, `logo` the units of height its mark takes.

    `turned` puts the text on the other side of a product it stands beside; `rtl` mirrors what reads from one side.
    A picture that `bleeds` reaches the edges of the frame where a product would stand clear of them.
    A `slim` product is much taller than it is wide: it stands beside text where others stand below it.
    """

    layout: str
    cells: int = 0
    cameo: bool = False
    captions: bool = False
    badge: str = ""
    logo: int = 0
    turned: bool = False
    rtl: bool = False
    slim: bool = False
    bleeds: bool = False


@dataclass(frozen=True)
class Zones:
    """Boxes of a scene; `cells` are pairs: picture and words, number and point, or ours and theirs."""

    text: Box
    visual: Box
    valign: Literal["top", "middle"] = "top"
    cameo: Box | None = None
    tag: Box | None = None
    badge: Box | None = None
    logo: Box | None = None
    cells: tuple[tuple[Box, Box], ...] = ()

    @property
    def edge(self) -> Literal["top", "left"]:
        """The side of a photograph that is darkened under the text."""
        return "left" if self.valign == "middle" else "top"


@dataclass(frozen=True)
class _Space:
    """A frame, its part free of apps on the spacing grid, the captions in it, and the foot products stand at.

    `under` is where what stands below the text may begin at the earliest: under captions that stand there.
    """

    frame: Box
    free: Box
    foot: int
    unit: int
    captions: bool
    under: int

    def units(self, count: float) -> int:
        return round(count * self.unit)

    @property
    def gap(self) -> int:
        return self.units(3)

    @property
    def height(self) -> int:
        return self.foot - self.free.y

    @property
    def is_deep(self) -> bool:
        """Whether the frame goes on far below what is free."""
        return self.foot - self.free.bottom > DEEP * self.frame.h

    @property
    def text_floor(self) -> int:
        """Where text above captions ends; the end of what is free where no captions divide it."""
        return self.under - self.units(BAND_UNITS + 4) if self.under else self.free.bottom


def zones(wanted: Wanted, frame: Box, safe: Box, unit: int) -> Zones:
    """Return a scene's zones: texts, badge and logo inside `safe` and apart from each other, the cameo and the band."""
    space = _space(frame, safe, unit, captions=wanted.captions)
    made = ARRANGED[shape_of(frame)](wanted, space)
    if wanted.logo:
        made = _with_logo(made, wanted, space)
    return made if not wanted.badge else replace(made, badge=_badge(made, wanted, space))


def caption_band(frame: Box, safe: Box, unit: int) -> Box:
    """Return where spoken words are shown: two lines at the foot of the safe area.

    Where a tall frame goes on far below it, products stand there; then captions stand between them and the text.
    """
    inner = snapped(safe, unit)
    height = min(BAND_UNITS * unit, inner.h // 3 // unit * unit)
    y = inner.y + round(RAISED * inner.h) // unit * unit if _goes_on(frame, safe) else inner.bottom - height
    return Box(inner.x, y, inner.w, height)


def shape_of(frame: Box) -> Literal["tall", "square", "wide"]:
    if frame.h >= frame.w * 1.2:
        return "tall"
    return "wide" if frame.w >= frame.h * 1.2 else "square"


def snapped(box: Box, unit: int) -> Box:
    """Return the box with its edges moved inwards to the grid."""
    x, y = math.ceil(box.x / unit) * unit, math.ceil(box.y / unit) * unit
    return Box(x, y, box.right // unit * unit - x, box.bottom // unit * unit - y)


def _goes_on(frame: Box, safe: Box) -> bool:
    return frame.y + frame.h * RISE - safe.bottom > DEEP * frame.h


def _space(frame: Box, safe: Box, unit: int, *, captions: bool) -> _Space:
    free = snapped(safe, unit)
    rise = frame.y + round(frame.h * RISE)
    foot = max(free.bottom, rise)
    if not captions:
        return _Space(frame, free, foot, unit, captions, 0)
    band = caption_band(frame, safe, unit)
    if _goes_on(frame, safe):
        return _Space(frame, free, foot, unit, captions, band.bottom + 2 * unit)
    free = replace(free, h=band.y - 2 * unit - free.y)
    return _Space(frame, free, free.bottom, unit, captions, 0)


def _tall(wanted: Wanted, space: _Space) -> Zones:
    match wanted.layout:
        case "host":
            return _host_above(wanted, space)
        case "grid":
            return _grid(wanted, space, 2 if wanted.cells > 2 else 1)
        case "versus" | "steps":
            return _list_above(wanted, space)
        case _:
            return _stack(wanted, space)


def _square(wanted: Wanted, space: _Space) -> Zones:
    match wanted.layout:
        case "host":
            return _host_above(wanted, space)
        case "grid":
            return _grid(wanted, space, min(max(1, wanted.cells), 2))
        case "versus":
            return _list_above(wanted, space)
        case "steps":
            return _list_beside(wanted, space)
        case layout if layout in STACKED_SQUARES and not (wanted.slim and layout == "headline"):
            return _stack(wanted, space)
        case _:
            return _beside(wanted, space)


def _wide(wanted: Wanted, space: _Space) -> Zones:
    match wanted.layout:
        case "host":
            return _host_beside(wanted, space)
        case "grid":
            return _grid(wanted, space, max(1, wanted.cells))
        case "versus" | "steps":
            return _list_beside(wanted, space)
        case _:
            return _beside(wanted, space)


ARRANGED: dict[str, Callable[[Wanted, _Space], Zones]] = {"tall": _tall, "square": _square, "wide": _wide}


def _stack(wanted: Wanted, space: _Space) -> Zones:
    """Text above, product below; a photograph may fill the frame behind both."""
    cameo, tag, top = _header(wanted, space, space.free)
    share = SHARES[wanted.layout][space.captions]
    least = top + space.units(24 if space.captions else 33)
    bottom = _grid_floor(max(space.free.y + share * space.height, least), space)
    bottom = space.text_floor if space.under else min(bottom, space.free.bottom)
    text = Box(space.free.x, top, space.free.w, bottom - top)
    shown = "panel" if wanted.bleeds else wanted.layout
    return Zones(text, _below(shown, space.under or bottom, space), cameo=cameo, tag=tag)


def _below(layout: str, top: int, space: _Space) -> Box:
    frame, foot = space.frame, space.foot
    match layout:
        case "photo":
            return frame
        case "panel" | "compare":
            edge = top + space.gap
            return Box(0, edge, frame.w, frame.bottom - edge)
        case "close":
            edge = top + 2 * space.unit
            return Box(round(-0.14 * frame.w), edge, round(1.28 * frame.w), round(frame.h * 1.06) - edge)
        case _:
            margin = round(0.065 * frame.w)
            edge = top + 2 * space.unit
            return Box(margin, edge, frame.w - 2 * margin, foot - edge)


def _beside(wanted: Wanted, space: _Space) -> Zones:
    """Text in a column, product beside it; the cameo stands over the column, or on squares over both."""
    free, frame, layout = space.free, space.frame, wanted.layout
    width = _grid_floor(COLUMNS.get(layout, 0.475) * free.w, space)
    is_square = shape_of(frame) == "square"
    cameo, tag, top = _header(wanted, space, free if is_square else replace(free, w=width))
    text = Box(free.x, top, width, free.bottom - top)
    edge = text.right + space.units(4 if is_square else 6)
    ceiling = top if is_square and cameo else round(0.08 * frame.h)
    visual = {
        "photo": frame,
        "panel": Box(edge, 0, frame.w - edge, frame.h),
        "compare": Box(edge, 0, frame.w - edge, frame.h),
        "close": Box(edge, round(-0.02 * frame.h), round(frame.w * 1.04) - edge, round(frame.h * 1.14)),
    }.get(
        "panel" if wanted.bleeds else layout, Box(edge, ceiling, frame.w - edge - space.units(3), space.foot - ceiling)
    )
    if cameo and is_square and (wanted.bleeds or layout in ("panel", "compare")):
        visual = Box(edge, top, frame.w - edge, frame.h - top)
    made = Zones(text, visual, "middle", cameo, tag)
    # A photograph behind the text is darkened on the side where text begins.
    return _turned(made, space) if layout != "photo" and wanted.turned != wanted.rtl else made


def _header(wanted: Wanted, space: _Space, row: Box) -> tuple[Box | None, Box | None, int]:
    """Put a round cameo and its label at the head of `row`; return them and where text may begin."""
    if not wanted.cameo:
        return None, None, row.y
    units = {"tall": 23, "square": 18, "wide": 25}[shape_of(space.frame)]
    size = space.units(17 if space.captions else units)
    cameo = Box(row.x, row.y, size, size)
    tag = Box(cameo.right + space.gap, row.y, row.right - cameo.right - space.gap, size)
    if wanted.rtl:
        cameo, tag = _mirrored(cameo, row), _mirrored(tag, row)
    return cameo, tag, row.y + size + space.gap


def _host_above(wanted: Wanted, space: _Space) -> Zones:
    """A large person beside a small product, text and label above them."""
    free, frame = space.free, space.frame
    height = space.units(16 if space.captions else 20)
    bottom = _grid_floor(free.y + SHARES["host"][space.captions] * space.height, space)
    if space.under:
        bottom = space.text_floor - space.unit - height
    tag = Box(free.x, bottom + space.unit, free.w, height)
    top = (space.under or tag.bottom) + space.gap
    width = min(round(0.60 * frame.w), space.foot - top)
    edge = round(0.045 * frame.w)
    cameo = Box(edge, top, width, space.foot - top)
    side = cameo.right - space.units(5)
    visual = Box(side, top + round(0.2 * (space.foot - top)), frame.w - edge - side, 0)
    visual = replace(visual, h=space.foot - visual.y)
    made = Zones(Box(free.x, free.y, free.w, bottom - free.y), visual, "top", cameo, tag)
    return _turned_round(made, space) if wanted.rtl else made


def _host_beside(wanted: Wanted, space: _Space) -> Zones:
    free, frame = space.free, space.frame
    width = _grid_floor(0.46 * free.w, space)
    tag_height = space.units(22)
    text = Box(free.x, free.y, width, free.h - tag_height - space.gap)
    tag = Box(free.x, text.bottom + space.gap, width, tag_height)
    side, top = text.right + space.gap, round(0.16 * frame.h)
    cameo = Box(side, top, round(0.33 * frame.w), space.foot - top)
    edge = cameo.right - space.units(8)
    visual = Box(edge, round(0.42 * frame.h), frame.w - edge - space.units(5), space.foot - round(0.42 * frame.h))
    made = Zones(text, visual, "middle", cameo, tag)
    return _turned_round(made, space) if wanted.rtl else made


def _list_above(wanted: Wanted, space: _Space) -> Zones:
    """A heading, rows of a list, and the product under them."""
    free = space.free
    cameo, tag, top = _header(wanted, space, free)
    heading = Box(free.x, top, free.w, space.units(16 if space.captions else 21))
    rows_top = space.under or heading.bottom + 4 * space.unit
    if space.under:
        heading = replace(heading, h=space.text_floor - top)
    room = max(0.58 * (free.bottom - rows_top), free.bottom - rows_top - 0.30 * space.height)
    row = _row_height(free.bottom - rows_top if space.under or space.is_deep else room, wanted, space)
    area = Box(free.x, rows_top, free.w, _rows_height(wanted, row, space))
    bottom = area.bottom + space.unit
    margin = round(0.065 * space.frame.w)
    visual = Box(margin, bottom, space.frame.w - 2 * margin, space.foot - bottom)
    return Zones(heading, visual, cameo=cameo, tag=tag, cells=_rows(wanted, area, row, space))


def _list_beside(asked: Wanted, space: _Space) -> Zones:
    """A heading and the rows of a list in a column, the product beside it."""
    wanted = replace(asked, rtl=False)
    free, frame = space.free, space.frame
    width = _grid_floor(LISTED[wanted.layout] * free.w, space)
    column = replace(free, w=width)
    cameo, tag, top = _header(wanted, space, column)
    heading = Box(free.x, top, width, _grid_floor(0.20 * (free.bottom - top), space))
    row = _row_height(free.bottom - heading.bottom - 4 * space.unit, wanted, space)
    area = Box(free.x, heading.bottom + 4 * space.unit, width, _rows_height(wanted, row, space))
    edge = column.right + space.units(3)
    ceiling = round(0.1 * frame.h)
    visual = Box(edge, ceiling, frame.w - edge - space.units(3), space.foot - ceiling)
    made = Zones(heading, visual, "top", cameo, tag, cells=_rows(wanted, area, row, space))
    return _turned_round(made, space) if asked.rtl else made


def _row_height(room: float, wanted: Wanted, space: _Space) -> int:
    """Return a row's height; the heads of two columns take less where rows are high enough."""
    rows = max(1, wanted.cells)
    row = _grid_floor(room / (rows - 1 + HEAD), space) if wanted.layout == "versus" else 0
    row = row if row >= space.units(HIGH_ROW) else max(space.units(LEAST_ROW), _grid_floor(room / rows, space))
    return min(space.units(20), row)


def _rows_height(wanted: Wanted, row: int, space: _Space) -> int:
    has_low_head = wanted.layout == "versus" and row >= space.units(HIGH_ROW)
    return row * (wanted.cells - 1) + (_grid_floor(HEAD * row, space) if has_low_head else row)


def _rows(wanted: Wanted, area: Box, height: int, space: _Space) -> tuple[tuple[Box, Box], ...]:
    """Two columns of equal width for points against points; a narrow one for the numbers of steps."""
    gap = space.units(5 if wanted.layout == "versus" else 2)
    left = (area.w - gap) // 2 if wanted.layout == "versus" else space.units(11)
    pairs = []
    ends = [area.bottom - height * (wanted.cells - 1 - place) for place in range(wanted.cells)]
    for y, end in zip([area.y, *ends], ends, strict=False):
        first = Box(area.x, y, left, end - y - space.unit)
        second = Box(first.right + gap, y, area.right - first.right - gap, end - y - space.unit)
        pairs.append((_mirrored(first, area), _mirrored(second, area)) if wanted.rtl else (first, second))
    return tuple(pairs)


def _grid(wanted: Wanted, space: _Space, columns: int) -> Zones:
    """A heading over cells, each a picture with its words under it; an odd last cell stands in the middle.

    Where a frame goes on far below what is free, words stand above: pictures may reach down there, words may not.
    """
    free, above = space.free, space.is_deep
    cameo, tag, top = _header(wanted, space, free)
    high = space.text_floor - top if space.under else _grid_floor(0.17 * (free.bottom - top), space)
    heading = Box(free.x, top, free.w, high)
    start = space.under or heading.bottom + space.gap
    rows, gap = math.ceil(wanted.cells / columns), space.units(5 if above else 3)
    words = min(space.units(14), (free.bottom - start) // ((2 if space.under else 3) * rows))
    width = (free.w - gap * (columns - 1)) // columns
    height = ((space.foot if above else free.bottom) - start - gap * (rows - 1)) // rows
    if rows > 1 and above:
        height = min(height, (free.bottom - words - start) // (rows - 1) - gap)
    pairs = []
    for place in range(wanted.cells):
        line, number = divmod(place, columns)
        missing = max(0, columns * (line + 1) - wanted.cells)
        x = free.x + number * (width + gap) + missing * (width + gap) // 2
        pair = _cell(Box(x, start + line * (height + gap), width, height), words, above=above, space=space)
        pairs.append((_mirrored(pair[0], free), _mirrored(pair[1], free)) if wanted.rtl else pair)
    visual = pairs[0][0] if pairs else replace(free, y=start, h=space.foot - start)
    return Zones(heading, visual, cameo=cameo, tag=tag, cells=tuple(pairs))


def _cell(cell: Box, words: int, *, above: bool, space: _Space) -> tuple[Box, Box]:
    """Part a cell into the picture and the words by it; a picture below words may be wider than they are."""
    said = replace(cell, y=cell.y if above else cell.bottom - words, h=words)
    seen = replace(cell, y=said.bottom if above else cell.y, h=cell.h - words)
    more = min(cell.x, space.frame.w - cell.right, space.units(2)) if above else 0
    return replace(seen, x=seen.x - more, w=seen.w + 2 * more), said


def _with_logo(made: Zones, wanted: Wanted, space: _Space) -> Zones:
    """Take a strip for the shop's mark off the top of the text, where that leaves enough of it."""
    text, height = made.text, space.units(wanted.logo)
    strip = Box(text.x, text.y, text.w, height)
    left = text.h - height - 2 * space.unit
    if left < space.units(20):
        return made
    return replace(made, logo=strip, text=Box(text.x, strip.bottom + 2 * space.unit, text.w, left))


def _badge(made: Zones, wanted: Wanted, space: _Space) -> Box:
    """Put a badge over the product's upper outer corner, away from the text, inside what is free."""
    free = space.free
    width, height = (space.units(count) for count in BADGE_UNITS[wanted.badge])
    is_above = made.text.w > free.w * 0.7
    ceiling = (space.under or made.text.bottom) if is_above else free.y
    top = max(ceiling, made.tag.bottom if made.tag else 0) + space.unit
    height = min(height, free.bottom - top)
    on_start = made.text.x > free.x if not is_above else wanted.rtl
    width = min(width, free.w)
    return Box(free.x if on_start else free.right - width, top, width, height)


def _turned(made: Zones, space: _Space) -> Zones:
    """Mirror text within what is free and the product within the frame, and keep them apart."""
    free = space.free
    text = _mirrored(made.text, free)
    visual = _mirrored(made.visual, space.frame)
    if made.visual != space.frame:
        visual = replace(visual, w=min(visual.right, text.x - space.units(4)) - visual.x)
    # A cameo over the column moves with it; one over both stays: it is already on its reading side.
    moves = made.tag is not None and made.tag.right <= made.text.right and made.text.w < free.w
    cameo, tag = made.cameo, made.tag
    if moves and cameo and tag:
        shift = text.x - made.text.x
        cameo, tag = replace(cameo, x=cameo.x + shift), replace(tag, x=tag.x + shift)
    return replace(made, text=text, visual=visual, cameo=cameo, tag=tag)


def _turned_round(made: Zones, space: _Space) -> Zones:
    """Mirror every zone within what is free."""

    def turn(box: Box) -> Box:
        return _mirrored(box, space.free)

    return replace(
        made,
        text=turn(made.text),
        visual=turn(made.visual),
        tag=turn(made.tag) if made.tag else None,
        cameo=turn(made.cameo) if made.cameo else None,
        cells=tuple((turn(one), turn(other)) for one, other in made.cells),
    )


def _mirrored(box: Box, within: Box) -> Box:
    return replace(box, x=within.x + within.right - box.right)


def _grid_floor(value: float, space: _Space) -> int:
    return int(value) // space.unit * space.unit
