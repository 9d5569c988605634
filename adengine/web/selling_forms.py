"""The forms of how a shop sells: fields read into values, with what is wrong beside each, and written back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from adengine.core.errors import AdEngineError, Invalid
from adengine.core.money import Money, parse
from adengine.core.places import EVERYWHERE, place_of
from adengine.core.selling import (
    LINKS,
    LONGEST_LINK,
    Discount,
    Selling,
    ShippingRate,
    TaxRate,
    TaxTable,
    bps_of,
    day_of,
    percent_of,
)

Kept = TypeVar("Kept")
RATE = ("country", "region", "percent", "name", "kinds")
WAY = ("title", "price", "free_over", "per_kg", "most_kg", "countries", "from", "to")
LISTS = {"rate": RATE, "way": WAY}
DEFAULT_DAYS = (2, 5)


@dataclass
class Sheet:
    """A form as it came, and what is wrong with its fields, by name."""

    fields: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def ticked(self, name: str) -> bool:
        return self.text(name) == "yes"

    def read(self, name: str, reader: Callable[[str], Kept]) -> Kept | None:
        """What a field says; None where it says nothing, or cannot be read, which is noted."""
        text = self.text(name)
        try:
            if len(text) > LONGEST_LINK:
                raise Invalid(f"at most {LONGEST_LINK} characters fit here")
            return reader(text) if text else None
        except Invalid as refusal:
            self.wrong(name, refusal)
            return None

    def need(self, name: str, reader: Callable[[str], Kept], what: str) -> Kept | None:
        """Like `read`, where something has to be written."""
        if not self.text(name):
            self.wrong(name, Invalid(f"write {what}"))
        return self.read(name, reader)

    def made(self, name: str, make: Callable[[], Kept]) -> Kept | None:
        """A value of several fields; None, noted beside `name`, where they do not fit each other."""
        try:
            return make()
        except Invalid as refusal:
            self.wrong(name, refusal)
            return None

    def wrong(self, name: str, refusal: AdEngineError) -> None:
        words = refusal.message
        self.errors.setdefault(name, f"{words[:1].upper()}{words[1:]}.")

    def rows(self, kind: str) -> list[str]:
        """The rows of a list that say anything and are not struck out, by what their fields' names begin with."""
        numbers = {int(one[1]) for name in self.fields if (one := re.fullmatch(rf"{kind}-([0-9]{{1,3}})-\w+", name))}
        rows = [f"{kind}-{number}" for number in sorted(numbers)]
        said = [row for row in rows if any(self.text(f"{row}-{part}") for part in LISTS[kind])]
        return [row for row in said if not self.ticked(f"{row}-gone")]


def read_selling(sheet: Sheet, *, currency: str) -> Selling | None:
    """What the form asks for; None where something is wrong, which the sheet's errors tell."""
    rates = [_rate(sheet, row) for row in sheet.rows("rate")]
    ways = [_way(sheet, row, currency) for row in sheet.rows("way")]
    included, on_shipping = sheet.text("included") != "no", sheet.ticked("on_shipping")
    taxes = sheet.made("rates", lambda: TaxTable(tuple(filter(None, rates)), included, on_shipping))
    # Each in a value of its own: what is wrong with one of them stands beside it.
    terms, privacy, returns = (sheet.read(name, _link) or "" for name in LINKS)
    email = sheet.read("support_email", lambda text: Selling(support_email=text).support_email)
    creator = sheet.read("creator", lambda text: Selling(creator_bps=bps_of(text)).creator_bps)
    days = "after how many days money is paid out, 0 for at once"
    holdback = sheet.need("holdback", lambda text: Selling(holdback_days=_whole(text)).holdback_days, days)
    shipping = _told_apart(tuple(filter(None, ways)))
    if sheet.errors or taxes is None:
        return None
    return sheet.made(
        "ways",
        lambda: Selling(
            taxes=taxes,
            shipping=shipping,
            terms_url=terms,
            privacy_url=privacy,
            returns_url=returns,
            support_email=email or "",
            creator_bps=creator or 0,
            holdback_days=holdback or 0,
        ),
    )


def fields_of(selling: Selling) -> dict[str, str]:
    """The form's fields as they say `selling`."""
    fields = {
        "included": "yes" if selling.taxes.included else "no",
        "on_shipping": "yes" if selling.taxes.on_shipping else "",
        "support_email": selling.support_email,
        "creator": percent_of(selling.creator_bps),
        "holdback": str(selling.holdback_days),
        **{name: str(getattr(selling, name)) for name in LINKS},
    }
    for number, rate in enumerate(selling.taxes.rates):
        said = (rate.country, rate.region, percent_of(rate.bps), rate.name, ", ".join(rate.kinds))
        fields |= {f"rate-{number}-{part}": text for part, text in zip(RATE, said, strict=True)}
    for number, way in enumerate(selling.shipping):
        prices = [one.plain() if one is not None else "" for one in (way.price, way.free_over, way.per_kg)]
        most = f"{Decimal(way.most_grams) / 1000:f}" if way.most_grams else ""
        places = "" if way.countries == (EVERYWHERE,) else ", ".join(way.countries)
        texts = (way.title, *prices, most, places, *map(str, way.days))
        fields |= {f"way-{number}-{part}": text for part, text in zip(WAY, texts, strict=True)}
        fields[f"way-{number}-id"] = way.id
    return fields


def rows_to_show(fields: Mapping[str, str], kind: str) -> list[str]:
    """The rows of a list as `Sheet.rows`, those struck out too, and an empty one to write a new one into."""
    rows = Sheet({name: text for name, text in fields.items() if not name.endswith("-gone")}).rows(kind)
    last = int(rows[-1].rsplit("-", 1)[1]) if rows else -1
    return [*rows, f"{kind}-{last + 1}"]


def read_code(sheet: Sheet, *, currency: str) -> Discount | None:
    """The code that the form asks for; None where something is wrong, which the sheet's errors tell."""
    code = sheet.need("code", lambda text: Discount(text, "Code", bps=1).code, "the code") or ""
    is_share = sheet.text("unit") != "amount"
    bps = sheet.need("off", bps_of, "how much it takes off") if is_share else None
    amount = None if is_share else sheet.need("off", lambda text: parse(text, currency), "how much it takes off")
    minimum = sheet.read("minimum", lambda text: parse(text, currency))
    starts, ends = sheet.read("starts", day_of), sheet.read("ends", lambda text: day_of(text) + timedelta(days=1))
    most_uses = sheet.read("most_uses", _whole)
    if sheet.errors:
        return None
    if starts is not None and ends is not None and starts >= ends:
        sheet.wrong("ends", Invalid("the last day is before the first"))
    given = sheet.made(
        "off",
        lambda: Discount(
            code=code,
            title=sheet.text("title") or code,
            bps=bps,
            amount=amount,
            minimum=minimum,
            product_ids=_listed(sheet.text("products")),
            most_uses=most_uses,
            combines=sheet.ticked("combines"),
        ),
    )
    return None if sheet.errors or given is None else replace(given, starts=starts, ends=ends)


def _rate(sheet: Sheet, row: str) -> TaxRate | None:
    country = sheet.need(f"{row}-country", place_of, "where it holds: a country such as DE, EU, or * for everywhere")
    bps = sheet.need(f"{row}-percent", bps_of, "the percentage")
    if country is None or bps is None:
        return None
    name, region = sheet.text(f"{row}-name") or "VAT", sheet.text(f"{row}-region")
    kinds = tuple(kind for part in sheet.text(f"{row}-kinds").split(",") if (kind := part.strip()))
    return sheet.made(f"{row}-country", lambda: TaxRate(country, bps, name, region, kinds))


def _way(sheet: Sheet, row: str, currency: str) -> ShippingRate | None:
    def amount(text: str) -> Money:
        return parse(text, currency)

    title = sheet.need(f"{row}-title", str, "what buyers read, such as Standard")
    price = sheet.need(f"{row}-price", amount, "the price; 0 where it is free")
    free_over, per_kg = (sheet.read(f"{row}-{part}", amount) for part in ("free_over", "per_kg"))
    most_grams = sheet.read(f"{row}-most_kg", _grams)
    countries = sheet.read(f"{row}-countries", lambda text: tuple(map(place_of, _listed(text))))
    first, last = (sheet.read(f"{row}-{part}", _whole) for part in ("from", "to"))
    if title is None or price is None:
        return None
    days = (DEFAULT_DAYS[0] if first is None else first, DEFAULT_DAYS[1] if last is None else last)
    return sheet.made(
        f"{row}-title",
        lambda: ShippingRate(
            id=sheet.text(f"{row}-id") or _slug(title),
            title=title,
            price=price,
            countries=countries or (EVERYWHERE,),
            per_kg=per_kg,
            free_over=free_over,
            most_grams=most_grams,
            days=days,
        ),
    )


def _told_apart(ways: tuple[ShippingRate, ...]) -> tuple[ShippingRate, ...]:
    """The ways with an id of its own for each: two may have the same title."""
    told: dict[str, ShippingRate] = {}
    for way in ways:
        ids = (f"{way.id}-{number}" if number else way.id for number in range(len(ways)))
        own = next(one for one in ids if one not in told)
        told[own] = replace(way, id=own)
    return tuple(told.values())


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "way"


def _link(text: str) -> str:
    return Selling(terms_url=text).terms_url


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Invalid("write a whole number")
    return int(text)


def _grams(text: str) -> int:
    """Kilograms as people write them, `2` or `31,5`, in grams."""
    if not re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,3})?", text):
        raise Invalid("write kilograms, such as 2 or 31.5")
    return int(Decimal(text.replace(",", ".")) * 1000)
