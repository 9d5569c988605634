"""A file that says how a shop sells (YAML): read into values, and written from them in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from adengine.core.errors import Invalid
from adengine.core.money import Money, parse
from adengine.core.selling import Policy, Selling, ShippingRate, TaxRate, TaxTable, bps_of, percent_of

LARGEST_FILE = 200_000


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class _Rate:
    country: str
    percent: str
    name: str = "VAT"
    region: str = ""
    kinds: tuple[str, ...] = ()


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class _Taxes:
    rates: tuple[_Rate, ...] = ()
    included: bool = True
    on_shipping: bool = True


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class _Way:
    """One way to ship; amounts are in the shop's currency, `most_kg` is what a parcel may weigh."""

    id: str
    title: str
    price: str
    countries: tuple[str, ...] = ("*",)
    per_kg: str = ""
    free_over: str = ""
    most_grams: int | None = None
    days: tuple[int, int] = (2, 5)


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class _Links:
    terms: str = ""
    privacy: str = ""
    returns: str = ""
    support: str = ""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class _Policy:
    topic: str
    title: str
    text: str
    effective: date
    url: str = ""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class _File:
    taxes: _Taxes = _Taxes()
    shipping: tuple[_Way, ...] = ()
    links: _Links = _Links()
    policies: tuple[_Policy, ...] = ()
    creator_percent: str = "0"
    holdback_days: int = 14


_READER = TypeAdapter(_File)


class _Plain(yaml.SafeDumper):
    """Writes texts without quotes: the reader takes every scalar for a text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own name and shape


def read_selling(text: str, *, currency: str) -> Selling:
    """Read how a shop sells, its amounts in `currency`; raises Invalid with the field that cannot be used.

    What the file leaves out is not set: without `shipping` nothing is charged for it.
    """
    if len(text) > LARGEST_FILE:
        raise Invalid(
            f"this file is longer than {LARGEST_FILE:,} characters; it should hold taxes and ways to ship only"
        )
    try:
        # Every scalar is text: the country NO is no 'false', and 4.90 keeps its cents.
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  makes nothing but text, lists and mappings
        given = _READER.validate_python(data or {})
    except yaml.YAMLError as error:
        raise Invalid(f"this is no YAML: {' '.join(str(error).split())[:200]}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Invalid(f"{'.'.join(str(part) for part in first['loc']) or 'the file'}: {first['msg']}") from None
    return Selling(
        taxes=TaxTable(
            tuple(
                TaxRate(one.country, bps_of(one.percent), one.name, one.region, one.kinds) for one in given.taxes.rates
            ),
            included=given.taxes.included,
            on_shipping=given.taxes.on_shipping,
        ),
        shipping=tuple(_way(one, currency) for one in given.shipping),
        terms_url=given.links.terms,
        privacy_url=given.links.privacy,
        returns_url=given.links.returns,
        support_email=given.links.support,
        policies=tuple(Policy(one.topic, one.title, one.text, one.effective, one.url) for one in given.policies),
        creator_bps=bps_of(given.creator_percent),
        holdback_days=given.holdback_days,
    )


def write_selling(selling: Selling) -> str:
    """The file that reads as `selling`; what says nothing is left out."""
    data = {
        "taxes": {
            "included": _flag(selling.taxes.included),
            "on_shipping": _flag(selling.taxes.on_shipping),
            "rates": [_rate_fields(one) for one in selling.taxes.rates],
        },
        "shipping": [_way_fields(one) for one in selling.shipping],
        "links": _said(
            terms=selling.terms_url,
            privacy=selling.privacy_url,
            returns=selling.returns_url,
            support=selling.support_email,
        ),
        "policies": [_policy_fields(one) for one in selling.policies],
        "creator_percent": percent_of(selling.creator_bps),
        "holdback_days": str(selling.holdback_days),
    }
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def _way(given: _Way, currency: str) -> ShippingRate:
    def amount(text: str) -> Money | None:
        return parse(text, currency) if text else None

    return ShippingRate(
        id=given.id,
        title=given.title,
        price=parse(given.price, currency),
        countries=given.countries,
        per_kg=amount(given.per_kg),
        free_over=amount(given.free_over),
        most_grams=given.most_grams,
        days=given.days,
    )


def _rate_fields(rate: TaxRate) -> dict[str, object]:
    return _said(
        country=rate.country, percent=percent_of(rate.bps), name=rate.name, region=rate.region, kinds=list(rate.kinds)
    )


def _way_fields(rate: ShippingRate) -> dict[str, object]:
    return _said(
        id=rate.id,
        title=rate.title,
        price=rate.price.plain(),
        countries=list(rate.countries),
        per_kg=rate.per_kg.plain() if rate.per_kg else "",
        free_over=rate.free_over.plain() if rate.free_over is not None else "",
        most_grams=str(rate.most_grams or ""),
        days=[str(day) for day in rate.days],
    )


def _policy_fields(policy: Policy) -> dict[str, object]:
    return _said(
        topic=policy.topic,
        title=policy.title,
        effective=policy.effective.isoformat(),
        url=policy.url,
        text=policy.text,
    )


def _said(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in ("", [])}


def _flag(value: bool) -> str:
    return "true" if value else "false"
