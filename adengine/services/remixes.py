"""Remixes: a film made after another one, with what shall be different; every licence is asked again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adengine.core.creative import Brief
from adengine.core.errors import Invalid
from adengine.engine import Unit
from adengine.models import Ad
from adengine.services import ads
from adengine.services.ads import AdCard
from adengine.services.planning import AdAsk, AdWish

NOBODY = "none"


@dataclass(frozen=True)
class Changes:
    """What a remix does otherwise; what is left out stays as it was. `product_ids` has the film's own product first.

    `cameo` 'none' leaves the appearance out. The names are those of `AdAsk`. `compare` puts it on show once made, and
    starts an experiment between both films.
    """

    product_ids: tuple[str, ...] | None = None
    headline: str | None = None
    call_to_action: str | None = None
    cameo: str | None = None
    locale: str | None = None
    seconds: int | None = None
    format: str | None = None
    template: str | None = None
    style: str | None = None
    mood: str | None = None
    captions: str | None = None
    offer_ends: str | None = None
    offer_code: str | None = None
    variant_id: str | None = None
    seed: int | None = None
    creator: str = ""
    publish: bool = False
    compare: bool = False


def remix(unit: Unit, ad_id: str, changes: Changes, *, request_key: str) -> AdCard:
    """Make a film after another one; raises LicenceRefused, naming the clause, where a licence of either forbids it,
    and Invalid when nothing would differ."""
    unit.require("ads:write")
    parent = unit.get(Ad, ad_id)
    before = _ask_of(parent)
    after = _changed(before, changes)
    if after == before:
        raise Invalid("name at least one change, such as headline, locale, seconds or product_ids")
    if changes.compare and after.product != before.product:
        raise Invalid("an experiment compares films of one product; leave the product or compare out")
    wish = AdWish(
        **{**vars(after), "remix_of": ad_id, "creator": changes.creator, "publish": changes.publish or changes.compare},
        request_key=request_key,
        compare=changes.compare,
    )
    return ads.create_ad(unit, wish)


def _ask_of(ad: Ad) -> AdAsk:
    """What would make this film again."""
    brief = ad.brief
    return AdAsk(
        product=ad.product_id,
        template=brief.template,
        format=brief.format,
        seconds=brief.seconds,
        headline=brief.headline,
        call_to_action=brief.call_to_action,
        variant_id=brief.variant_id,
        cameo=brief.cameo.cameo_id if brief.cameo else None,
        generator=brief.generator,
        style=brief.style,
        mood=brief.mood,
        locale=brief.locale,
        voice=brief.voice,
        recording=brief.recording,
        captions=brief.captions,
        placements=brief.placements,
        companions=_companions(brief),
        offer_ends=brief.offer_ends,
        offer_code=brief.offer_code,
        seed=brief.seed,
    )


def _companions(brief: Brief) -> tuple[str, ...]:
    return tuple(one.product_id for one in brief.companions)


def _changed(ask: AdAsk, changes: Changes) -> AdAsk:
    named = {
        name: value
        for name, value in vars(changes).items()
        if value is not None and name not in {"product_ids", "cameo", "creator", "publish", "compare"}
    }
    ask = replace(ask, **named)
    if changes.cameo is not None:
        ask = replace(ask, cameo=None if changes.cameo == NOBODY else changes.cameo)
    if changes.product_ids:
        own, *others = changes.product_ids
        # A variant belongs to the product it was chosen of.
        variant_id = changes.variant_id if own != ask.product else ask.variant_id
        ask = replace(ask, product=own, companions=tuple(others), variant_id=variant_id)
    return ask
