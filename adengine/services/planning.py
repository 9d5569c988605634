"""Planning: a merchant's wish and the shop's data of now become a brief, and the brief a storyboard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from babel import Locale, UnknownLocaleError
from sqlalchemy import select

from adengine.core import catalog as values
from adengine.core.creative import RECORDING, Brief, Companion, plan, style_name
from adengine.core.errors import AdEngineError, Invalid, NotFound, UnknownTemplate
from adengine.core.layers import Box
from adengine.core.placement import safe_box
from adengine.core.storyboard import FORMATS, Brand, Storyboard
from adengine.core.style import Style
from adengine.core.template import ITEMS, Template
from adengine.core.timeline import RTL
from adengine.engine import Unit
from adengine.models import Licence, Merchant, Product
from adengine.services import cameos, prices, recordings

DEFAULT_TEMPLATE = "hero"
DEFAULT_COMPANIONS = 3
# Who may speak, in words; a test holds the names to those of the studio's own table.
VOICES = {"espeak": "Computer voice", RECORDING: "Your own recording"}
CODE = re.compile(r"[^\s]{2,24}")


@dataclass(frozen=True)
class AdAsk:
    """What to make. `product` is a handle or id; without a template, the endorsement if an appearance is named.

    `format` is 9x16, 4x5, 1x1, 2x3 or 16x9, `seconds` 6 to 60. Empty `style`, `mood` and `captions` leave the choice
    to brand, template and style; `captions` may be 'none'. `voice` is empty, 'espeak', or 'recording' with the
    `recording` that an upload answered. `cameo` names a licensed appearance; any template shows one. `placements` are
    the places the film is for: text keeps clear of their buttons (none: of all that take the format). `companions` are
    handles of one to seven products that a collection shows beside this one (none: others of the shop).
    `offer_ends` is an ISO date. `remix_of` is the id of an ad that this film is made after: its appearances and makers
    earn at its sales. `creator` names who makes this one, where that is not the shop itself. `seed` is where generated
    shots start from: the same one gives the same shot.
    """

    product: str
    template: str | None = None
    format: str = "9x16"
    seconds: int = 15
    headline: str | None = None
    call_to_action: str | None = None
    variant_id: str | None = None
    cameo: str | None = None
    generator: str = "studio"
    publish: bool = False
    style: str = ""
    mood: str = ""
    locale: str = "en"
    voice: str = ""
    recording: str = ""
    captions: str = ""
    placements: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    offer_ends: str = ""
    offer_code: str = ""
    remix_of: str = ""
    creator: str = ""
    seed: int = 0


@dataclass(frozen=True)
class AdWish(AdAsk):
    """An ask that may be sent twice: one `request_key` makes one ad. `compare`: test a remix against its parent."""

    request_key: str | None = None
    compare: bool = False


@dataclass(frozen=True)
class Planned:
    """A wish that can be met: what was asked, how it is told, of which product, under which licence."""

    brief: Brief
    storyboard: Storyboard
    product: values.Product
    licence: Licence | None


def planned(unit: Unit, wish: AdAsk) -> Planned:
    """Plan a wish; raises NotFound, UnknownTemplate or Invalid in words that say what to change."""
    product = product_of(unit, wish.product)
    licence = cameos.find_licence(unit, wish.cameo) if wish.cameo else None
    brief = _brief(unit, wish, product, licence)
    return Planned(brief, storyboard_for(unit, brief, product), product, licence)


def product_of(unit: Unit, handle_or_id: str) -> values.Product:
    row = unit.db.scalar(
        select(Product).where((Product.handle == handle_or_id) | (Product.id == handle_or_id)).limit(1)
    )
    if row is None:
        raise NotFound(f"there is no product '{handle_or_id[:60]}'; 'adengine products' lists what there is")
    return row.value()


def storyboard_for(unit: Unit, brief: Brief, product: values.Product) -> Storyboard:
    """Plan a brief with the shop's template, style, brand and the room its places leave free."""
    template = template_named(unit, brief.template)
    if template.is_for_cameo and brief.cameo is None:
        raise Invalid(f"the template '{template.name}' needs a licensed appearance; name one or choose another")
    if brief.offer_ends and date.fromisoformat(brief.offer_ends) < unit.now().date():
        raise Invalid(f"the offer ended on {brief.offer_ends}; give it a new last day or leave it out")
    brand = unit.db.get_one(Merchant, unit.merchant_id).brand
    style = _style(unit, brief, brand, template)
    storyboard = plan(brief, product, template, style=style, brand=brand, safe=_safe(unit, brief))
    if brief.cameo and not any(shot.cameo or shot.layout == "host" for shot in storyboard.shots):
        raise Invalid(f"the template '{template.name}' has no room for a licensed appearance; choose another template")
    return storyboard


def template_named(unit: Unit, name: str) -> Template:
    template = unit.ports.templates.get(name)
    if template is None:
        raise UnknownTemplate(f"there is no template '{name[:60]}'; choose one of {_listed(unit.ports.templates)}")
    return template


def refreshed(unit: Unit, brief: Brief, product: values.Product, *, clip: str | None = None) -> Brief:
    """The brief with what the shop knows now: the lawful 'was' price, and its companions that can still be bought."""
    chosen = next((v for v in product.variants if v.id == brief.variant_id), product.cheapest)
    was = prices.was_lowest(unit, chosen.id, chosen.price) if chosen else None
    companions = [_companion(one, brief.locale) for one in companion_products(unit, brief)]
    return replace(
        brief, was_lowest=was, clip=clip or brief.clip, companions=tuple(one for one in companions if one is not None)
    )


def as_shown(storyboard: Storyboard, brief: Brief, product: values.Product) -> tuple[Brief, values.Product]:
    """Leave out cut-outs that were made since the storyboard: a film changes with the truth, not with our tools."""
    visuals = [seen for shot in storyboard.shots for seen in (shot.visual, shot.before, *(r.visual for r in shot.rows))]
    shown = {visual.file for visual in visuals if visual}

    def then(image: values.Image) -> values.Image:
        return image if image.cutout in shown else replace(image, cutout="", cutout_confidence=0.0)

    companions = tuple(replace(one, picture=then(one.picture)) for one in brief.companions)
    return replace(brief, companions=companions), replace(product, images=tuple(map(then, product.images)))


def companion_products(unit: Unit, brief: Brief) -> list[values.Product]:
    """The products shown beside the ad's own, in the brief's order, without those that left the shop."""
    ids = [one.product_id for one in brief.companions]
    found = {row.id: row.value() for row in unit.db.scalars(select(Product).where(Product.id.in_(ids)))} if ids else {}
    return [found[one] for one in ids if one in found]


def obstacles(unit: Unit, product: values.Product) -> dict[str, str]:
    """For each template that cannot be made of this product: why, and what to fill in."""
    brand = unit.db.get_one(Merchant, unit.merchant_id).brand
    nobody = not any(one.revoked_at is None for one in cameos.list_appearances(unit))
    found: dict[str, str] = {}
    for template in unit.ports.templates.values():
        brief = Brief(template.name, companions=_others(unit, product, template, "en"))
        try:
            style = _style(unit, brief, brand, template)
            plan(brief, product, template, style=style, brand=brand, safe=_safe(unit, brief))
        except AdEngineError as refusal:
            words = refusal.message.removeprefix(f"The template '{template.name}' ")
            words = words.removesuffix(", or choose another template")
            found[template.name] = f"{words[:1].upper()}{words[1:]}."
        if template.is_for_cameo and nobody:
            found[template.name] = "Nobody has licensed their appearance to this shop yet."
    return found


def shows_several(template: Template) -> bool:
    """Whether a film of the template shows other products, or variants, one after the other."""
    return any(scene.layout == "grid" or scene.shows == "item" for scene in template.scenes)


def is_endorsement(unit: Unit, brief: Brief) -> bool:
    """Whether somebody recommends the product in the film; where its template is gone the stricter answer."""
    template = unit.ports.templates.get(brief.template)
    return template is None or template.is_for_cameo


def _brief(unit: Unit, wish: AdAsk, product: values.Product, licence: Licence | None) -> Brief:
    if wish.variant_id and not any(one.id == wish.variant_id for one in product.variants):
        raise Invalid(f"{product.title} has no variant '{wish.variant_id}'; choose one of its own")
    template = template_named(unit, wish.template or _default_template(unit, licence))
    locale = _locale(wish.locale)
    brief = Brief(
        template=template.name,
        format=wish.format,
        seconds=wish.seconds,
        locale=locale,
        headline=wish.headline or None,
        call_to_action=wish.call_to_action or None,
        variant_id=wish.variant_id,
        cameo=cameos.part_of(unit, licence) if licence else None,
        generator=wish.generator,
        seed=wish.seed,
        style=wish.style,
        mood=wish.mood,
        voice=_voice(wish.voice),
        recording=recordings.checked(unit, wish.recording, voice=wish.voice) if wish.recording else "",
        captions=wish.captions,
        companions=_companions(unit, wish, product, template, locale),
        offer_ends=_day(wish.offer_ends),
        offer_code=_code(wish.offer_code),
        placements=tuple(dict.fromkeys(wish.placements)),
    )
    return refreshed(unit, brief, product)


def _default_template(unit: Unit, licence: Licence | None) -> str:
    endorsements = (one.name for one in unit.ports.templates.values() if one.is_for_cameo)
    return next(endorsements, DEFAULT_TEMPLATE) if licence else DEFAULT_TEMPLATE


def _style(unit: Unit, brief: Brief, brand: Brand, template: Template) -> Style:
    name = style_name(brief, brand, template)
    if name not in unit.ports.styles:
        raise Invalid(f"there is no style '{name[:60]}'; choose one of {_listed(unit.ports.styles)}")
    return unit.ports.styles[name]


def _safe(unit: Unit, brief: Brief) -> Box:
    """What the chosen places leave free of their buttons; without a choice, what all that take the format do."""
    places = unit.ports.placements
    if unknown := next((one for one in brief.placements if one not in places), None):
        raise Invalid(f"there is no placement '{unknown[:60]}'; choose of {_listed(places)}")
    for one in (places[name] for name in brief.placements):
        if brief.format in FORMATS and brief.format not in one.formats:
            raise Invalid(f"{one.title} takes {', '.join(one.formats)}, not {brief.format}; change one of them")
    chosen = brief.placements or [one.name for one in places.values() if brief.format in one.formats]
    rtl = brief.locale.split("-")[0] in RTL
    return safe_box([places[name] for name in chosen], brief.format, rtl=rtl)


def _companions(
    unit: Unit, wish: AdAsk, product: values.Product, template: Template, locale: str
) -> tuple[Companion, ...]:
    if not wish.companions:
        return _others(unit, product, template, locale)
    if not shows_several(template):
        several = ", ".join(sorted(one.name for one in unit.ports.templates.values() if shows_several(one)))
        raise Invalid(f"the template '{template.name}' shows one product; for several choose {several}")
    others = {one.id: one for one in (product_of(unit, name) for name in wish.companions) if one.id != product.id}
    if len(others) > ITEMS - 1:
        raise Invalid(f"a film shows 2 to {ITEMS} products; name {ITEMS - 1} or fewer beside this one")
    return tuple(_need_companion(one, locale) for one in others.values())


def _others(unit: Unit, product: values.Product, template: Template, locale: str) -> tuple[Companion, ...]:
    """Other products of the shop that can be bought and seen, of the same kind first."""
    if not shows_several(template):
        return ()
    rows = unit.db.scalars(select(Product).where(Product.status == "active", Product.id != product.id))
    products = sorted((row.value() for row in rows), key=lambda one: (one.kind != product.kind, one.title, one.id))
    fitting = [found for one in products if (found := _companion(one, locale))]
    return tuple(fitting[:DEFAULT_COMPANIONS])


def _need_companion(product: values.Product, locale: str) -> Companion:
    found = _companion(product, locale)
    if found is None:
        raise Invalid(f"'{product.title}' is sold out or has no usable picture; leave it out of the film")
    return found


def _companion(product: values.Product, locale: str) -> Companion | None:
    """The product as a film shows it beside another; None where it cannot be bought or seen."""
    variant = product.cheapest
    if variant is None or product.status != "active":
        return None
    pictures = [one for one in product.images if one.file]
    picture = next((one for one in pictures if one.source == variant.image), next(iter(pictures), None))
    if picture is None:
        return None
    return Companion(product.id, variant.id, product.title, variant.price.display(locale), picture)


def _voice(name: str) -> str:
    if name and name not in VOICES:
        raise Invalid(f"there is no voice '{name[:60]}'; choose one of {_listed(VOICES)}, or none")
    return name


def _locale(name: str) -> str:
    try:
        Locale.parse(name, sep="-")
    except (ValueError, UnknownLocaleError):
        raise Invalid(f"'{name[:40]}' is no language; write it like en, de or pt-BR") from None
    return name


def _day(iso: str) -> str:
    try:
        return date.fromisoformat(iso).isoformat() if iso else ""
    except ValueError:
        raise Invalid(f"'{iso[:40]}' is no day; write the offer's last day like 2027-01-31") from None


def _code(code: str) -> str:
    if code and not CODE.fullmatch(code):
        raise Invalid("an offer code has 2 to 24 characters and no spaces; shorten it")
    return code


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
