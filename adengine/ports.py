"""What use cases ask of the outside, in our words, and `Ports`, their bundle. `app.build` fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from adengine.core.buyer import Address, Buyer
from adengine.core.catalog import Feed
from adengine.core.clip import Clip, ClipAsk
from adengine.core.film import Film
from adengine.core.money import Money
from adengine.core.placement import Placement
from adengine.core.preflight import Measured
from adengine.core.quote import Shipping, Taxes
from adengine.core.search.document import Document, Shown
from adengine.core.search.query import Clause, Count
from adengine.core.search.typos import Known
from adengine.core.style import Style
from adengine.core.template import Template
from adengine.core.timeline import Timeline

Db_contra = TypeVar("Db_contra", contravariant=True)
Clock = Callable[[], datetime]
Progress = Callable[[float, str], None]  # (fraction done, words)
Cancelled = Callable[[], bool]
Enqueue = Callable[[Sequence[tuple[str, str]]], None]  # (job name, row id) each; what is lost only costs time
Publish = Callable[[Sequence[str]], None]  # URIs of what changed, for whoever listens in any process; may be lost


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
class PaymentIntent:
    """A payment that the player's own form confirms: `client_secret` is for that browser alone, never kept."""

    external_id: str
    client_secret: str
    publishable_key: str


@dataclass(frozen=True)
class TokenLimits:
    """What a delegated payment token (ACP) allows: at most `most` (None: any amount), until `expires_at`, once."""

    most: Money | None
    expires_at: datetime | None
    is_usable: bool
    reason: str = ""


@dataclass(frozen=True)
class Charge:
    """What became of a payment. `charge_id` is the provider's name of the money, which transfers are drawn from."""

    external_id: str
    outcome: Literal["paid", "declined", "needs_authentication", "pending"]
    reason: str = ""
    charge_id: str = ""


@dataclass(frozen=True)
class PaymentEvent:
    """What a provider says happened. `event_id` is unique per provider, however often it is sent.

    `payment_id` is our own id of the payment, which the provider carries along: an event may come before our call's
    answer was kept. `subject` is what else it is about: a dispute, a payee's account, or our own id of a refund that
    was on its way and did not arrive. `other` asks nothing of us.
    """

    provider: str
    event_id: str
    external_id: str
    outcome: Literal["paid", "declined", "disputed", "dispute_won", "dispute_lost", "refund_failed", "payee", "other"]
    amount: Money | None = None
    payment_id: str = ""
    charge_id: str = ""
    subject: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PayeeState:
    """Whether money can be sent to an account at the provider; `reason` says what it still lacks."""

    external_id: str
    is_ready: bool
    reason: str = ""


@dataclass(frozen=True)
class Purchase:
    """What is paid for: a checkout, the order that it becomes, and its name for the buyer."""

    checkout_id: str
    order_id: str
    title: str


class Payments(Protocol):
    """Takes and returns money. A call repeated with the same key, after a crash say, answers the same.

    `key` is our id of what is done (payment, refund, transfer, reversal). A provider that cannot be reached or does not
    answer raises Unavailable: whether it did the work is then unknown, and the call is repeated with the same key. What
    it refuses for good raises Invalid or Forbidden, a name it does not know among them; what it may allow another day
    (no funds yet, a payee that is not ready) raises Conflict.
    `signature_header` is the HTTP header that its events are signed in.
    """

    name: str
    signature_header: str

    def open(self, amount: Money, what: Purchase, *, key: str) -> PaymentPage:
        """A page of the provider's where the buyer pays."""
        ...

    def intent(self, amount: Money, what: Purchase, *, key: str) -> PaymentIntent:
        """A payment that the player confirms in place."""
        ...

    def limits(self, token: str) -> TokenLimits:
        """What a delegated token allows; raises Invalid for one that is none."""
        ...

    def charge(self, token: str, amount: Money, what: Purchase, *, key: str, authenticated: bool = False) -> Charge:
        """Charge a delegated token now; raises Invalid for one that is used up, expired or good for less.

        `authenticated`: the buyer passed the challenge that the same payment (the same `key`) asked for before.
        """
        ...

    def find(self, external_id: str) -> Charge:
        """What became of a payment, asked of the provider."""
        ...

    def close(self, external_id: str) -> None:
        """Let nobody pay this any more, where it is not paid yet; closing twice is as good as once."""
        ...

    def refund(self, external_id: str, amount: Money, *, key: str) -> None:
        """Pay back a part of a payment or all of it; raises Invalid for more than is left of it."""
        ...

    def event(self, body: bytes, signature: str) -> PaymentEvent:
        """Read a signed message of the provider; raises Forbidden when the signature does not fit."""
        ...

    def enrol_payee(self, *, email: str, country: str, key: str) -> str:
        """Open an account for somebody who is paid; answers its id."""
        ...

    def onboarding_url(self, payee: str, *, return_url: str) -> str:
        """Where the payee tells the provider who they are; the address works for a short while only."""
        ...

    def payee(self, payee: str) -> PayeeState: ...

    def transfer(self, payee: str, amount: Money, *, order_id: str, charge_id: str, key: str) -> str:
        """Send a part of an order's money to a payee; answers the transfer's id.

        Raises Invalid for more than is left of the charge, Conflict while there are no funds or the payee is not ready.
        """
        ...

    def reverse(self, transfer_id: str, amount: Money, *, key: str) -> None:
        """Take a part of a transfer back; raises Invalid for more than is left of it, Conflict when the payee has no
        longer that much."""
        ...


@dataclass(frozen=True)
class PlacedLine:
    """One line of an order as the shop's own system knows it."""

    sku: str
    variant_key: str
    title: str
    quantity: int
    unit: Money


@dataclass(frozen=True)
class PlacedOrder:
    """A paid order on its way into the shop's own system; `id` is ours, and placing it twice makes it once."""

    id: str
    lines: tuple[PlacedLine, ...]
    total: Money
    tax: Money
    shipping: Money
    discount: Money
    buyer: Buyer | None
    address: Address | None
    note: str


class OrderDesk(Protocol):
    """The shop's own system, which packs and ships."""

    def place(self, order: PlacedOrder) -> str:
        """Write an order; answers the shop's name for it. Raises Unavailable to be asked again later, else Invalid."""
        ...

    def refunded(self, ref: str, amount: Money, *, key: str) -> None:
        """Tell the shop that a part of an order was paid back."""
        ...

    def refund_failed(self, ref: str, amount: Money, *, key: str) -> None:
        """Tell the shop that what it heard of under `key` did not reach the buyer after all."""
        ...


Post = Callable[[str, bytes, Mapping[str, str]], int]  # (url, body, headers) -> HTTP status; raises Unavailable


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
class ShopIndex:
    """The index of one shop: its `number`, how many documents it has, and the `generation` that any change ends.

    All three are 0 before its first document. `name` is the shop's in addresses, `currency` what it sells in.
    """

    name: str
    currency: str
    number: int
    generation: int
    documents: int


# A document in a list: (its id, product id, title, kind, brand).
Listed = tuple[int, str, str, str, str]
# A variant as it stands now: (product id, variant id, price in minor units, its currency, 1 if it can be bought).
Offer = tuple[str, str, int, str, int]


class Search(Protocol[Db_contra]):
    """Where documents are kept and narrowed down to candidates: in the database, in the caller's own transaction.

    `Db_contra` is that database's connection, which nobody but the implementation looks into.

    The core makes the documents and puts the candidates in order, so that every implementation finds the same.
    """

    def shop(self, db: Db_contra, merchant_id: str) -> ShopIndex:
        """The shop's index as it is now."""
        ...

    def keep(self, db: Db_contra, merchant_id: str, document: Document, words: Sequence[Shown]) -> None:
        """Keep a product's document and count its words, in place of what was kept of it before."""
        ...

    def drop(self, db: Db_contra, merchant_id: str, product_id: str) -> None:
        """Keep nothing of a product any more."""
        ...

    def counts(self, db: Db_contra, merchant_id: str, terms: Sequence[str]) -> dict[str, Count]:
        """How often each of these stems is in the shop; those that are nowhere are left out."""
        ...

    def vocabulary(self, db: Db_contra, merchant_id: str) -> list[Known]:
        """Every word of the shop."""
        ...

    def candidates(self, db: Db_contra, shop: ShopIndex, clauses: Sequence[Clause], most: int) -> list[int]:
        """Ids of documents that fulfil every clause, `most` of those that do so best."""
        ...

    def documents(self, db: Db_contra, merchant_id: str, ids: Sequence[int]) -> dict[int, Document]:
        """Documents by id; an id's document never changes."""
        ...

    def listed(self, db: Db_contra, merchant_id: str) -> Sequence[Listed]:
        """Every document of the shop, by the product's title."""
        ...

    def offers(self, db: Db_contra, merchant_id: str, product_ids: Sequence[str]) -> str:
        """Today's price and stock of every variant of these products: a JSON array with an `Offer` for each.

        One text, so that it is cheap to see that nothing changed.
        """
        ...

    def among(self, ids: Sequence[str] | Sequence[int]) -> tuple[str, object]:
        """How this database asks for a column being one of `ids`: the condition after its name, with one bind `:ids`,
        and that bind's value."""
        ...

    def as_json(self, select: str) -> str:
        """How this database writes the rows of a select as one JSON text: an array of each, in their order."""
        ...


class Meaning(Protocol):
    """Tells which texts mean nearly the same, whatever their words."""

    def vectors(self, texts: Sequence[str]) -> list[bytes]:
        """One vector a text, as this meaning writes it."""
        ...

    def nearest(self, text: str, vectors: Sequence[bytes], most: int) -> list[tuple[int, float]]:
        """The places of the vectors nearest to a text, the nearest first, each with its cosine."""
        ...


@dataclass(frozen=True)
class Ports:
    """Everything outside that use cases may call."""

    files: Files
    payments: Payments
    orders: OrderDesk
    taxes: Taxes
    shipping: Shipping
    post: Post
    shelf: Shelf
    studio: Studio
    sketch: Sketch
    measure: Measure
    generator: Callable[[str], Generator]
    templates: Mapping[str, Template]
    styles: Mapping[str, Style]
    placements: Mapping[str, Placement]
    search: Search[Any]
    meaning: Callable[[], Meaning | None]
    enqueue: Enqueue
    publish: Publish
    clock: Clock
