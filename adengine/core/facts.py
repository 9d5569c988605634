"""What a product lets a film say: its own fields as short texts, each with the field it was read from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from babel.dates import format_skeleton

from adengine.core.catalog import Image, Product, Variant
from adengine.core.errors import Invalid
from adengine.core.money import number

REASON_LIMIT, QUOTE_LIMIT, HOOK_WORDS = 88, 220, 7
FIELD = "product.metafields."
PACKED = ("box", "pack", "packaging", "boxed", "parcel", "karton", "verpackung", "boîte", "caja", "علبة", "箱")
PAIRS = (("before", "after"), ("vorher", "nachher"), ("avant", "après"), ("antes", "después"))


@dataclass(frozen=True)
class Fact:
    """A value a text may use, and the field it was read from; phrases that claim nothing have none."""

    text: str
    source: str


def product_facts(product: Product, variant: Variant, locale: str) -> dict[str, Fact]:
    """Return every fact of a product that has a value."""
    claims = _claims(product)
    own_title = "" if variant.title.casefold() in ("default title", product.title.casefold()) else variant.title
    facts = {
        "product.title": Fact(shorten(product.title, 240), "product.title"),
        "product.short": Fact(short_title(product.title), "product.title"),
        "product.vendor": Fact(product.vendor, "product.vendor"),
        "product.kind": Fact(product.kind, "product.kind"),
        "product.summary": Fact(next(sentences(product.description), ""), "product.description"),
        "product.material": _metafield(product, "material"),
        "product.options": _options(product),
        "variant.title": Fact(own_title, f"variant:{variant.id}.title"),
        "price": Fact(variant.price.display(locale), f"variant:{variant.id}.price"),
        "in_the_box": _metafield(product, "in_the_box", 110),
        **{name: _metafield(product, name) for name in ("problem", "before", "after", "story", "founder")},
        **{f"reason_{place}": fact for place, fact in enumerate(claims[:3], 1)},
        **{f"more_{place}": fact for place, fact in enumerate(claims[3:11], 1)},
        **_numbered(product, "review", 3, QUOTE_LIMIT),
        **_numbered(product, "step", 3, REASON_LIMIT),
        **_versus(product),
        **_rating(product, locale),
        **_shown(product),
    }
    return {name: fact for name, fact in facts.items() if fact.text.strip()}


def split_row(text: str) -> tuple[str, str]:
    """Part a comparison `ours | theirs`."""
    ours, _, theirs = text.partition("|")
    return ours.strip(), theirs.strip()


def pair_of(images: tuple[Image, ...]) -> tuple[Image, Image] | None:
    """Return the pictures whose descriptions begin with Before and After, as photographed."""
    for before, after in PAIRS:
        found = [_begins(images, word) for word in (before, after)]
        if found[0] and found[1]:
            return found[0], found[1]
    return None


def packed_picture(images: tuple[Image, ...]) -> Image | None:
    """Return a picture whose description names its packaging."""
    return next((one for one in images if one.file and set(_words(one.alt)) & set(PACKED)), None)


def day(iso: str, locale: str) -> str:
    """Write an ISO date as day and month of the locale."""
    try:
        when = date.fromisoformat(iso)
    except ValueError:
        raise Invalid(f"'{iso[:20]}' is no day; write the end of the offer like 2026-12-24") from None
    for known in (locale.replace("-", "_"), locale.split("-", maxsplit=1)[0], "en"):
        try:
            return str(format_skeleton("MMMMd", when, locale=known))
        except (ValueError, LookupError):
            continue
    return iso


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line; beyond `limit` characters it is cut at a word, with an ellipsis."""
    flat = re.sub(r"[^\S\u00a0\u202f]+", " ", text).strip()
    if len(flat) <= limit:
        return flat
    head = flat[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut >= limit // 2 else head).rstrip(" ,;:-–—.([") + "…"


def short_title(title: str) -> str:
    """Return what a title names before its additions, where that makes it short enough for a hook."""
    flat = shorten(title, 240)
    head = re.split(r"\s[-–—|/]\s|[,;:(\[|]\s*", flat)[0].strip()
    return head if len(flat.split()) > HOOK_WORDS and len(head.split()) >= 2 else flat


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a description without their full stops."""
    for part in re.split(r"(?<=[.!?。！？؟])\s+|(?<=[。！？])|\n+", text):
        sentence = part.strip().rstrip(".。")
        if len(sentence) > 3:
            yield sentence


def _claims(product: Product) -> tuple[Fact, ...]:
    """Facts in the shop's own words: its reasons, then material, care and sentences of its description.

    Tags are search words: 'Electronics' is no reason to buy anything.
    """
    own = [_metafield(product, f"reason_{n}") for n in range(1, 7)]
    said = [Fact(sentence, "product.description") for sentence in sentences(product.description)]
    found: dict[str, Fact] = {}
    for fact in (*own, _metafield(product, "material"), *said, _metafield(product, "care")):
        found.setdefault(fact.text.casefold(), replace(fact, text=shorten(fact.text, REASON_LIMIT)))
    found.pop("", None)
    return tuple(found.values())


def _metafield(product: Product, name: str, limit: int = REASON_LIMIT) -> Fact:
    return Fact(shorten(product.metafield(f"custom.{name}"), limit), f"{FIELD}custom.{name}")


def _numbered(product: Product, name: str, count: int, limit: int) -> dict[str, Fact]:
    """Read custom.name_1 and on, without gaps: the second stands first where the first is empty."""
    found = [_metafield(product, f"{name}_{place}", limit) for place in range(1, count + 1)]
    facts = {f"{name}_{place}": fact for place, fact in enumerate((one for one in found if one.text), 1)}
    if name == "step" and len(facts) > 1:
        facts["step_count"] = Fact(str(len(facts)), ", ".join(fact.source for fact in facts.values()))
    return facts


def _versus(product: Product) -> dict[str, Fact]:
    rows = (fact for fact in _numbered(product, "versus", 4, 120).values() if all(split_row(fact.text)))
    return {f"versus_{place}": fact for place, fact in enumerate(rows, 1)}


def _rating(product: Product, locale: str) -> dict[str, Fact]:
    """Read the average and the count of reviews; the average is cut, never rounded up."""
    stars, count = _scaled(product.metafield("reviews.rating")), product.metafield("reviews.rating_count").strip()
    if stars is None or not count.isdecimal() or int(count) < 1:
        return {}
    sources = f"{FIELD}reviews.rating", f"{FIELD}reviews.rating_count"
    cut = stars.quantize(Decimal("0.1"), rounding="ROUND_DOWN")
    return {
        "rating": Fact(number(cut, locale), sources[0]),
        "rating.count": Fact(number(int(count), locale), sources[1]),
    }


def _scaled(text: str) -> Decimal | None:
    """Read `{"value": "4.6", "scale_max": "5.0"}` or a plain number as stars out of five."""
    try:
        read = json.loads(text or "null")
        value, most = (read.get("value"), read.get("scale_max", 5)) if isinstance(read, Mapping) else (read, 5)
        stars = Decimal(str(value)) / Decimal(str(most)) * 5
    except (ValueError, InvalidOperation, ZeroDivisionError):
        return None
    return stars if stars.is_finite() and 0 < stars <= 5 else None


def _options(product: Product) -> Fact:
    """Name what one can choose of the first option: at least two values that can be bought."""
    values = [v.options[0].value for v in product.variants if v.is_available and v.options]
    names = list(dict.fromkeys(value for value in values if value))
    return Fact(", ".join(names[:4]) if 2 <= len(names) <= 4 else "", "product.variants")


def _shown(product: Product) -> dict[str, Fact]:
    """Say which special pictures there are."""
    packed, pair = packed_picture(product.images), pair_of(product.images)
    facts = {"packed": Fact(packed.alt, f"image:{packed.source}.alt")} if packed else {}
    return facts | ({"pair": Fact(pair[1].alt, f"image:{pair[1].source}.alt")} if pair else {})


def _begins(images: tuple[Image, ...], word: str) -> Image | None:
    return next((one for one in images if one.file and _words(one.alt)[:1] == [word]), None)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
