"""Who buys and where it goes: a buyer, a postal address, and what an agent says about how it came to the sale."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from adengine.core.errors import Invalid
from adengine.core.places import GROUPS, closeness

LONGEST_FIELD = 200
LONGEST_TOKEN = 2_000
LONGEST_SUMMARY = 500
MOST_METADATA = 50
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class Buyer:
    """The person who pays; every field but `email` may be empty."""

    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        _tidy(self)
        # Whether it exists only a message to it can tell; this catches what cannot be an address at all.
        if not EMAIL.fullmatch(self.email):
            raise Invalid("the buyer's e-mail address is not one; write it like name@example.com")

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-2, `region` the part of it that taxes know (`CA` in US)."""

    name: str
    line1: str
    city: str
    postal_code: str
    country: str
    region: str = ""
    line2: str = ""
    company: str = ""

    def __post_init__(self) -> None:
        _tidy(self)
        object.__setattr__(self, "country", self.country.upper())
        object.__setattr__(self, "region", self.region.upper().removeprefix(f"{self.country}-"))
        if not re.fullmatch(r"[A-Z]{2}", self.country) or self.country in GROUPS:
            raise Invalid("a country is two letters of ISO 3166, such as DE or US")
        missing = [what for what in ("line1", "city", "postal_code") if not getattr(self, what)]
        if missing:
            raise Invalid(f"the address lacks {', '.join(missing)}")


@dataclass(frozen=True)
class Touch:
    """How an affiliate says a buyer came here: written, joined to our ads, and never shown to anybody again.

    `creative_id` may be one of our ad ids, `sub_id` a placement; `token` is a secret between provider and shop.
    """

    provider: str
    token: str = ""
    publisher_id: str = ""
    campaign_id: str = ""
    creative_id: str = ""
    sub_id: str = ""
    source: str = ""
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    metadata: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _bounded(self.provider, self.publisher_id, self.campaign_id, self.creative_id, self.sub_id, self.source)
        _bounded(self.token, longest=LONGEST_TOKEN)
        _bounded_pairs(self.metadata)
        if not self.token and not self.publisher_id:
            raise Invalid("an attribution needs a token or a publisher_id")


@dataclass(frozen=True)
class Trace:
    """Why an agent's buyer gave up, as the agent says it; an unknown reason code is kept as `other`."""

    reason: str
    summary: str = ""
    metadata: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _bounded(self.reason)
        _bounded(self.summary, longest=LONGEST_SUMMARY)
        _bounded_pairs(self.metadata)


@dataclass(frozen=True)
class Consent:
    """What a buyer decided about being written to on one channel."""

    channel: Literal["email", "sms"]
    opted_in: bool


def deliverable(address: Address, places: Sequence[str]) -> bool:
    """Whether a shop that sends to `places` (`*`: everywhere) sends there."""
    return any(closeness(place, address.country) for place in places)


def _tidy(value: Buyer | Address) -> None:
    """Take surrounding and doubled spaces out of every field; refuse what is too long or no text."""
    for field in fields(value):
        text = " ".join(getattr(value, field.name).split())
        _bounded(text)
        object.__setattr__(value, field.name, text)


def _bounded(*texts: str, longest: int = LONGEST_FIELD) -> None:
    if any(len(text) > longest for text in texts):
        raise Invalid(f"a name, a line of an address or a note has at most {longest} characters")
    # Controls and halves of characters: no database and no label can hold them.
    odd = {char for text in texts for char in text if not char.isprintable()} - set("\n\r\t")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in odd):
        raise Invalid("a name or a line of an address holds characters that cannot be written; type it again")


def _bounded_pairs(pairs: tuple[tuple[str, str], ...]) -> None:
    if len(pairs) > MOST_METADATA:
        raise Invalid(f"metadata has at most {MOST_METADATA} entries")
    _bounded(*(text for pair in pairs for text in pair))
