"""The brand kit: how a shop looks and talks in its films, kept in one piece, and its logos."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from adengine.core.errors import Invalid, NotFound, TooLarge
from adengine.core.storyboard import Brand
from adengine.core.template import TONES
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Merchant
from adengine.services import merchants

Side = Literal["logo", "logo_on_dark"]
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
FONT = re.compile(r"[\w .'-]{0,60}")
LONGEST = {"name": 40, "end_line": 60}
LARGEST_LOGO_BYTES = 5_000_000


def keep_brand(unit: Unit, given: Brand) -> None:
    """Keep everything but the logos; films made from now on look like it. Raises Invalid and keeps nothing."""
    unit.require("ads:write")
    _check(given, unit.ports.styles)
    row = unit.db.get_one(Merchant, unit.merchant_id, with_for_update={"key_share": True})
    row.brand = replace(given, logo=row.brand.logo, logo_on_dark=row.brand.logo_on_dark)


def keep_logo(engine: AdEngine, actor: Actor, side: Side, data: bytes) -> None:
    """Keep the shop's mark for light or for dark grounds; empty bytes take it away. Raises PictureUnusable."""
    key = ""
    with engine.reading(actor) as unit:
        unit.require("ads:write")
    if len(data) > LARGEST_LOGO_BYTES:
        raise TooLarge(f"a logo has at most {LARGEST_LOGO_BYTES // 1_000_000} MB; save it smaller")
    if data:
        facts = engine.ports.shelf.inspect(data)
        if not facts.has_alpha:
            raise Invalid("this logo has a filled ground; save it as PNG or WebP with a transparent one")
        key = f"logos/{facts.sha256}.{facts.extension}"
        engine.ports.files.put(key, data)
    with engine.unit(actor) as unit:
        row = unit.db.get_one(Merchant, unit.merchant_id, with_for_update={"key_share": True})
        row.brand = replace(row.brand, logo=key) if side == "logo" else replace(row.brand, logo_on_dark=key)


def logo_of(unit: Unit, side: Side) -> str:
    """The file key of one of the shop's logos; raises NotFound where there is none."""
    unit.require("ads:write")
    brand = merchants.my_shop(unit).brand
    key = brand.logo if side == "logo" else brand.logo_on_dark
    if not key:
        raise NotFound("there is no such logo yet")
    return key


def _check(given: Brand, styles: Mapping[str, object]) -> None:
    if not given.name.strip():
        raise Invalid("a brand needs a name; it stands in every film")
    for field, most in LONGEST.items():
        if len(getattr(given, field)) > most:
            raise Invalid(f"the {field.replace('_', ' ')} has at most {most} characters; shorten it")
    for field in ("ink", "paper", "accent"):
        if not COLOUR.fullmatch(getattr(given, field)):
            raise Invalid(f"the {field} colour is written like #1f2421, not '{getattr(given, field)[:20]}'")
    if given.style and given.style not in styles:
        raise Invalid(f"there is no style '{given.style[:40]}'; choose one of {', '.join(sorted(styles))}, or none")
    if given.tone not in TONES:
        raise Invalid(f"there is no tone '{given.tone[:40]}'; choose one of {', '.join(TONES)}")
    for font in (given.display_font, given.text_font):
        if not FONT.fullmatch(font):
            raise Invalid(f"'{font[:40]}' is no name of a font; write its family as the machine knows it")
