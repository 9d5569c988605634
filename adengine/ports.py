"""What use cases ask of the outside, in our words, and `Ports`, their bundle. `app.build` fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adengine.core.catalog import Feed
from adengine.core.clip import Clip, ClipAsk
from adengine.core.film import Film
from adengine.core.money import Money
from adengine.core.placement import Placement
from adengine.core.preflight import Measured
from adengine.core.style import Style
from adengine.core.template import Template
from adengine.core.timeline import Timeline

Clock = Callable[[], datetime]
Progress = Callable[[float, str], None]  # (fraction done, words)
Cancelled = Callable[[], bool]
Enqueue = Callable[[str, str], None]  # (job name, row id); losing the message only costs time


class Files(Protocol):
    """Named bytes. Keys look like `ads/ad_x/1/film.mp4`; a key is written whole or not at all."""

    def put(self, key: str, source: Path | bytes) -> None: ...

    def local(self, key: str) -> Path:
        """A readable local path of the file; raises NotFound."""
        ...

    def has(self, key: str) -> bool: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True)
class PaymentPage:
    """Where the buyer pays, and the provider's name for this payment."""

    external_id: str
    url: str


@dataclass(frozen=True)
class PaymentEvent:
    """What a provider says happened. `event_id` is unique per provider, however often it is sent."""

    provider: str
    event_id: str
    external_id: str
    outcome: str  # 'paid' or 'declined'
    amount: Money


class Payments(Protocol):
    """Calls are repeated with the same key after a crash and must then answer the same."""

    name: str

    def open(self, amount: Money, *, reference: str, description: str, key: str) -> PaymentPage: ...

    def refund(self, external_id: str, amount: Money, *, key: str) -> None: ...

    def event(self, body: bytes, signature: str) -> PaymentEvent:
        """Read a signed message of the provider; raises Forbidden when the signature does not fit."""
        ...


class Studio(Protocol):
    """Renders a timeline into the folder `out`; the Film it answers names the files."""

    def __call__(
        self,
        timeline: Timeline,
        *,
        resolve: Callable[[str], Path],
        out: Path,
        progress: Callable[[int, int], None],
    ) -> Film: ...


class Sketch(Protocol):
    """Draws a film quickly and small: hands stills of `frames` to `shown` as they are done, then writes `film.mp4`."""

    def __call__(
        self,
        timeline: Timeline,
        *,
        frames: Sequence[int],
        resolve: Callable[[str], Path],
        out: Path,
        shown: Callable[[Path], None],
        cancelled: Cancelled,
    ) -> Film: ...


class Measure(Protocol):
    """Looks at where a film's texts really stand and how they stand out; adds what the render of `film` measured."""

    def __call__(self, timeline: Timeline, *, resolve: Callable[[str], Path], film: Film | None = None) -> Measured: ...


class Generator(Protocol):
    """Makes one shot.

    `plan` answers the nearest ask the model can fulfil: never shorter in seconds, but size, fps and
    frame count may differ, so a clip is placed by time and scaled to cover. Planning a planned ask
    changes nothing. `generate` takes a planned ask, reports (fraction, words) rising to 1.0, asks
    `cancelled` at least once a step, and puts the file at `out` only when it is whole.
    """

    @property
    def name(self) -> str: ...

    def plan(self, ask: ClipAsk) -> ClipAsk:
        """Raise ClipUnsupported, with what to change, when no clip close to `ask` can be made."""
        ...

    def generate(self, ask: ClipAsk, *, out: Path, progress: Progress, cancelled: Cancelled) -> Clip:
        """Write the clip and say where it came from. Raises ClipCancelled, RenderFailed."""
        ...


@dataclass(frozen=True)
class PictureFacts:
    """What a picture's bytes are: `format` as Pillow says (JPEG), upright `width` and `height` in pixels,
    whether any pixel lets the ground through, the digest of the bytes, and the file `extension` (jpg)."""

    format: str
    width: int
    height: int
    has_alpha: bool
    sha256: str
    extension: str


@dataclass(frozen=True)
class FeedSource:
    """A feed's bytes and the folder that its relative picture paths start from."""

    data: bytes
    base: Path | None
    name: str


@dataclass(frozen=True)
class Shelf:
    """How a catalogue comes in: open a source, read it, fetch and inspect its pictures."""

    open: Callable[[str], FeedSource]
    read: Callable[[bytes, str], Feed]
    fetch: Callable[[str, Path | None], bytes]
    inspect: Callable[[bytes], PictureFacts]


@dataclass(frozen=True)
class Ports:
    """Everything outside that use cases may call."""

    files: Files
    payments: Payments
    shelf: Shelf
    studio: Studio
    sketch: Sketch
    measure: Measure
    generator: Callable[[str], Generator]
    templates: Mapping[str, Template]
    styles: Mapping[str, Style]
    placements: Mapping[str, Placement]
    enqueue: Enqueue
    clock: Clock
