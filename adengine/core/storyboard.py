"""A film that can be laid out: the shots with their words and pictures, the shop's look, the formats of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adengine.core.layers import Box, Text
from adengine.core.style import Style

FORMATS = {"9x16": (1080, 1920), "4x5": (1080, 1350), "1x1": (1080, 1080), "16x9": (1920, 1080), "2x3": (1080, 1620)}


@dataclass(frozen=True)
class Brand:
    """How a shop looks and talks: three colours as `#RRGGBB`, file keys of its logos, names of styles and fonts.

    An empty style or font leaves the choice to the template and the style.
    """

    name: str
    ink: str
    paper: str
    accent: str
    logo: str = ""
    logo_on_dark: str = ""
    style: str = ""
    tone: str = "plain"
    end_line: str = ""
    display_font: str = ""
    text_font: str = ""


@dataclass(frozen=True)
class CameoPart:
    """A licensed appearance: `clip` and `still` are file keys, `disclosure` is shown from its first frame."""

    cameo_id: str
    name: str
    clip: str
    still: str
    disclosure: str


@dataclass(frozen=True)
class Visual:
    """The moving or still picture of a shot; width and height are 0 where they are not known."""

    how: Literal["cutout", "photo", "clip"]
    file: str
    width: int = 0
    height: int = 0
    alt: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a list or one cell of a grid; what is sold in it where it is another product."""

    texts: tuple[Text, ...]
    visual: Visual | None = None
    product_id: str = ""
    variant_id: str = ""


@dataclass(frozen=True)
class Shot:
    """A scene with its words and its picture chosen; `speech` is what a voice says in it.

    `product_id` and `variant_id` are what a tap on the picture buys, where that is not what the film is about.
    """

    name: str
    layout: str
    stage: str
    backdrop: str
    motion: str
    transition: str
    share: float
    min_s: float
    visual: Visual
    texts: tuple[Text, ...]
    rows: tuple[Row, ...] = ()
    before: Visual | None = None
    cameo: bool = False
    speech: str = ""
    product_id: str = ""
    variant_id: str = ""


@dataclass(frozen=True)
class Storyboard:
    """A film that can be laid out. `sources` are (role, source field) pairs of every price and claim."""

    template: str
    format: str
    seconds: int
    locale: str
    mood: str
    style: Style
    safe: Box
    seed: int
    brand: Brand
    product_id: str
    product_title: str
    variant_id: str
    key_picture: str
    shots: tuple[Shot, ...]
    sources: tuple[tuple[str, str], ...]
    cameo: CameoPart | None = None
    generator: str = "studio"
    voice: str = ""
    recording: str = ""
    caption_look: str = ""
    version: int = 1
