"""How a shop sells: the tax it adds, the ways it ships, and the codes that lower a price; all of it data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from urllib.parse import urlsplit

from adengine.core.buyer import EMAIL
from adengine.core.errors import Invalid
from adengine.core.money import WHOLE_BPS, Money
from adengine.core.places import EVERYWHERE, GROUPS, place_of

LONGEST_NAME = 80
LONGEST_LINK = 2_000
MOST_DAYS = 365
MOST_RATES = 300
LONGEST_POLICY = 8_000
MOST_POLICIES = 20
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,39}")
# What shoppers ask about; `licence`, `disclosure` and `tax` are answered from what the house knows, too.
TOPICS = ("shipping", "returns", "refunds", "privacy", "terms", "tax", "licence", "disclosure", "data")
LINKS = ("terms_url", "privacy_url", "returns_url")

Rejection = Literal[
    "expired",
    "invalid",
    "already_applied",
    "combination_disallowed",
    "minimum_not_met",
    "usage_limit_reached",
]


def code_of(text: str) -> str:
    """A code as shops keep it: no space around it, in upper case."""
    return text.strip().upper()


def bps_of(text: str) -> int:
    """Basis points of a percentage as people write it (`19`, `7.25 %`, `7,5`); raises Invalid beyond two decimals."""
    match = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?", text.strip())
    if match is None:
        raise Invalid(f"'{text[:20]}' is no percentage; write it like 19 or 7.5, with two decimals at most")
    bps = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    if bps > WHOLE_BPS:
        raise Invalid("a percentage is 0 to 100")
    return bps


def percent_of(bps: int) -> str:
    """A share as `bps_of` reads it: 725 is `7.25`."""
    return f"{bps / 100:g}"


def day_of(text: str) -> datetime:
    """The beginning, in UTC, of a day written like 2027-01-31; raises Invalid outside the years 2000 to 2999."""
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        day = datetime.min.replace(tzinfo=UTC)
    if not 2000 <= day.year <= 2999:
        raise Invalid(f"'{text[:20]}' is no day; write it like 2027-01-31")
    return day


# Above the values, since one of them is made while this module is read.
def _need_name(what: str, name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"the name of {what} has 1 to {LONGEST_NAME} characters")


def _need_few(what: str, given: tuple[object, ...]) -> None:
    if len(given) > MOST_RATES:
        raise Invalid(f"a shop has at most {MOST_RATES} {what}")


@dataclass(frozen=True)
class TaxRate:
    """`bps` of a price in a country (or EU, or `*`) or one region of it; `kinds` narrows it to product kinds."""

    country: str
    bps: int
    name: str = "VAT"
    region: str = ""
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", place_of(self.country))
        object.__setattr__(self, "region", self.region.strip().upper().removeprefix(f"{self.country}-"))
        object.__setattr__(self, "kinds", tuple(kind.strip() for kind in self.kinds))
        if not 0 <= self.bps <= WHOLE_BPS:
            raise Invalid(f"a tax rate is 0 to {WHOLE_BPS} basis points (2000 is 20 %)")
        _need_name("a tax", self.name)
        if self.region and self.country in (EVERYWHERE, *GROUPS):
            raise Invalid(f"the region {self.region[:20]} belongs to one country; name that country")
        if not all(self.kinds) or any(len(text) > LONGEST_NAME for text in (*self.kinds, self.region)):
            raise Invalid(f"a kind of product or a region has 1 to {LONGEST_NAME} characters")

    @property
    def place(self) -> str:
        return f"{self.country}-{self.region}" if self.region else self.country


@dataclass(frozen=True)
class TaxTable:
    """Tax of the place goods go to. `included`: the shop's prices hold it already, so nothing is added on top.

    A place without a rate pays none. `on_shipping`: shipping is taxed like the goods' standard rate.
    """

    rates: tuple[TaxRate, ...] = ()
    included: bool = True
    on_shipping: bool = True

    def __post_init__(self) -> None:
        _need_few("tax rates", self.rates)
        taken = Counter((rate.place, kind.casefold()) for rate in self.rates for kind in rate.kinds or ("",))
        for (place, kind), times in taken.items():
            if times > 1:
                of = f" of {kind}" if kind else ""
                raise Invalid(f"there are two tax rates{of} for {place}; keep one, or add them up")


@dataclass(frozen=True)
class ShippingRate:
    """One way to ship: `price` plus `per_kg` for every begun kilogram, nothing once the goods cost `free_over`.

    `countries` are codes, EU or `*`; `most_grams` is what a parcel may weigh; `days` is when it arrives, from and to.
    """

    id: str
    title: str
    price: Money
    countries: tuple[str, ...] = (EVERYWHERE,)
    per_kg: Money | None = None
    free_over: Money | None = None
    most_grams: int | None = None
    days: tuple[int, int] = (2, 5)

    def __post_init__(self) -> None:
        object.__setattr__(self, "countries", tuple(dict.fromkeys(place_of(one) for one in self.countries)))
        object.__setattr__(self, "per_kg", self.per_kg or None)
        _need_name("a way to ship", self.title)
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", self.id):
            raise Invalid(f"'{self.id[:50]}' cannot name a way to ship; use lower-case letters, digits, dashes")
        if not self.countries:
            raise Invalid(f"{self.title} goes nowhere; name its countries, or * for everywhere")
        for amount in _amounts(self):
            if amount.minor < 0 or amount.currency != self.price.currency:
                raise Invalid(f"the prices of {self.title} are in one currency and not below nothing")
        if self.most_grams is not None and self.most_grams < 1:
            raise Invalid(f"a parcel by {self.title} may weigh at least a gram")
        if not 0 <= self.days[0] <= self.days[1] <= MOST_DAYS:
            raise Invalid(f"the days of {self.title} are from the fewest to the most, at most {MOST_DAYS}")


@dataclass(frozen=True)
class ShippingOption:
    """One way to ship a certain basket to a certain place: what it costs and in how many days it arrives."""

    id: str
    title: str
    price: Money
    days: tuple[int, int]


@dataclass(frozen=True)
class Discount:
    """What a code takes off: `bps` of the goods or `amount`, for some products (empty: all), from `minimum` on.

    It holds from `starts` until just before `ends`. `combines`: it may stand beside other codes that combine, too.
    """

    code: str
    title: str
    bps: int | None = None
    amount: Money | None = None
    minimum: Money | None = None
    product_ids: tuple[str, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    most_uses: int | None = None
    combines: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", code_of(self.code))
        if not CODE.fullmatch(self.code):
            raise Invalid(f"'{self.code[:50]}' cannot be a code; use 2 to 40 letters, digits, dashes")
        _need_name(f"the code {self.code}", self.title)
        if (self.bps is None) == (self.amount is None):
            raise Invalid(f"the code {self.code} takes off either a share or an amount")
        if self.bps is not None and not 0 < self.bps <= WHOLE_BPS:
            raise Invalid(f"the code {self.code} takes off more than nothing and at most everything")
        if self.amount is not None and self.amount.minor < 1:
            raise Invalid(f"the code {self.code} takes off more than nothing")
        if self.minimum is not None and self.minimum.minor < 0:
            raise Invalid(f"the code {self.code} cannot ask for less than nothing")
        if self.most_uses is not None and self.most_uses < 1:
            raise Invalid(f"the code {self.code} can be used at least once")
        self._need_a_span()

    @property
    def last_day(self) -> date | None:
        """The last day, in UTC, on which it holds for a moment at least; None where it never ends."""
        return None if self.ends is None else (self.ends.astimezone(UTC) - datetime.resolution).date()

    @property
    def words(self) -> str:
        """What it takes off, as people read it: `10 %`, `€5.00 from €30.00 on`."""
        off = self.amount.display() if self.amount is not None else f"{percent_of(self.bps or 0)} %"
        return f"{off} from {self.minimum.display()} on" if self.minimum else off

    def _need_a_span(self) -> None:
        moments = [one for one in (self.starts, self.ends) if one is not None]
        if any(one.utcoffset() is None for one in moments):
            raise Invalid("times need a time zone; write them in UTC")
        if len(moments) == 2 and moments[0] >= moments[1]:
            raise Invalid(f"the code {self.code} ends before it starts")


@dataclass(frozen=True)
class Applied:
    """A code at work: `amount` off in all, of it `shares` (variant id, amount) off each line. Positive numbers."""

    code: str
    title: str
    amount: Money
    shares: tuple[tuple[str, Money], ...]
    bps: int | None = None


@dataclass(frozen=True)
class Rejected:
    code: str
    reason: Rejection
    message: str


@dataclass(frozen=True)
class Policy:
    """What a shop promises on one of TOPICS, in its own words, since `effective`; paragraphs are parted by blank lines.

    `url` is where it stands in full, if anywhere.
    """

    topic: str
    title: str
    text: str
    effective: date
    url: str = ""

    def __post_init__(self) -> None:
        if self.topic not in TOPICS:
            raise Invalid(f"'{self.topic[:40]}' is no topic of a policy; use one of {', '.join(TOPICS)}")
        _need_name("a policy", self.title)
        object.__setattr__(self, "text", "\n".join(line.strip() for line in self.text.splitlines()).strip())
        if not self.text or len(self.text) > LONGEST_POLICY:
            raise Invalid(f"the text of the policy '{self.title}' has 1 to {LONGEST_POLICY:,} characters")
        need_link(self.url)


@dataclass(frozen=True)
class Selling:
    """All of it for one shop. Without ways to ship, goods go everywhere for nothing, and no tax is added.

    The links stand under every checkout. `creator_bps` is the share of a sale that the maker of each film earns whose
    remix made it; money can be paid out `holdback_days` after its sale.
    """

    taxes: TaxTable = TaxTable()
    shipping: tuple[ShippingRate, ...] = ()
    terms_url: str = ""
    privacy_url: str = ""
    returns_url: str = ""
    support_email: str = ""
    creator_bps: int = 0
    holdback_days: int = 14
    version: int = 1
    policies: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        _need_few("ways to ship", self.shipping)
        ids = [rate.id for rate in self.shipping]
        if len(set(ids)) < len(ids):
            raise Invalid("two ways to ship have the same id; give each its own")
        if len({rate.price.currency for rate in self.shipping}) > 1:
            raise Invalid("all ways to ship are priced in the shop's currency")
        for link in LINKS:
            need_link(getattr(self, link))
        if len(self.policies) > MOST_POLICIES:
            raise Invalid(f"a shop has at most {MOST_POLICIES} policies; put what belongs together into one")
        if self.support_email and not EMAIL.fullmatch(self.support_email):
            raise Invalid("the support address is an e-mail address like help@example.com")
        if not 0 <= self.creator_bps <= WHOLE_BPS:
            raise Invalid(f"a creator's share is 0 to {WHOLE_BPS} basis points (500 is 5 %)")
        if not 0 <= self.holdback_days <= MOST_DAYS:
            raise Invalid(f"money is held back 0 to {MOST_DAYS} days")


def need_link(url: str) -> None:
    """Refuse what is neither empty nor a web address: it becomes a link on every checkout."""
    if not url:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not re.fullmatch(r"[!-~]+", url):
        raise Invalid("a link is a web address like https://example.com/terms")
    if len(url) > LONGEST_LINK:
        raise Invalid(f"a link has at most {LONGEST_LINK} characters")


def _amounts(rate: ShippingRate) -> Iterable[Money]:
    return (one for one in (rate.price, rate.per_kg, rate.free_over) if one is not None)
