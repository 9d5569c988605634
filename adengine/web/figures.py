"""Numbers and states as people read them."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale

from adengine.core import money as money_words
from adengine.core.catalog import Product, Variant
from adengine.core.countries import country_names
from adengine.core.lint import RULES
from adengine.core.money import WHOLE_BPS, Money
from adengine.web.visitors import engine

AD_STATES = {
    "planned": "Planned",
    "shooting": "Generating clips",
    "queued": "Waiting to render",
    "rendering": "Rendering",
    "ready": "Ready to publish",
    "published": "Live",
    "paused": "Paused, being made anew",
    "failed": "Failed",
    "refused": "Refused by its licence",
    "retired": "Taken down",
}
ORDER_STATES = {"paid": "Paid", "partly_refunded": "Partly refunded", "refunded": "Refunded"}
FORMATS = {
    "9x16": "Vertical 9:16",
    "4x5": "Portrait 4:5",
    "1x1": "Square 1:1",
    "2x3": "Pin 2:3",
    "16x9": "Wide 16:9",
}


def state(status: str) -> str:
    return AD_STATES.get(status) or ORDER_STATES.get(status) or status.replace("_", " ").capitalize()


def money(amount: Money) -> str:
    return amount.display()


def clock(seconds: float | None) -> str:
    """`0:07` for seconds of a film."""
    whole = int(seconds or 0)
    return f"{whole // 60}:{whole % 60:02d}"


def price_range(product: Product) -> str:
    """`from €24.00` where the variants' prices differ; what can be bought decides, if anything can."""
    offered = [v for v in product.variants if v.is_available] or list(product.variants)
    prices = sorted({v.price.minor for v in offered})
    if not prices:
        return "no price"
    lowest = Money(prices[0], offered[0].price.currency).display()
    return lowest if len(prices) == 1 else f"from {lowest}"


def stock(variant: Variant) -> str:
    """What a shopper needs to know about how many there are."""
    if not variant.is_available:
        return "sold out"
    if variant.stock is not None and 0 < variant.stock <= 5:
        return f"only {variant.stock} left"
    return ""


def choice(variant: Variant, product: Product) -> str:
    """A variant's own name, or its product's where it is the only one."""
    return variant.own_name or product.title


def picture(key: str) -> str:
    """The last part of a picture's file key, which its address ends with."""
    return key.rsplit("/", 1)[-1]


def country(code: str) -> str:
    return country_names().get(code, code)


def percent(bps: int) -> str:
    """Basis points as people read them: 1900 is 19%."""
    return money_words.percent(Decimal(bps) / WHOLE_BPS)


def title_case(name: str) -> str:
    return name.replace("_", " ").capitalize()


def film_format(name: str) -> str:
    return FORMATS.get(name, name)


def unbroken(words: str) -> str:
    """Keep a number and its per cent sign on one line."""
    return words.replace(" %", "\N{NO-BREAK SPACE}%")


def template_title(name: str) -> str:
    template = engine().ports.templates.get(name)
    return template.title if template else title_case(name)


def rule_about(name: str) -> str:
    """What a rule of the check asks; the name itself where the rule is gone."""
    return RULES[name].about if name in RULES else title_case(name)


def language(locale: str) -> str:
    """A language in its own words: `de` is Deutsch."""
    found = Locale.parse(locale, sep="-").get_display_name()
    return found[:1].upper() + found[1:] if found else locale


FILTERS = {
    "rule_about": rule_about,
    "language": language,
    "unbroken": unbroken,
    "template_title": template_title,
    "state": state,
    "money": money,
    "clock": clock,
    "price_range": price_range,
    "stock": stock,
    "choice": choice,
    "country": country,
    "percent": percent,
    "picture": picture,
    "title_case": title_case,
    "film_format": film_format,
}
