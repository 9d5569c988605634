"""What people are shown: a published ad with live hotspots, and its files, each licensed where it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core import catalog as values
from adengine.core.errors import NotFound
from adengine.core.timeline import Timeline
from adengine.engine import Unit
from adengine.models import Ad
from adengine.services import ads
from adengine.services.ads import AdCard


@dataclass(frozen=True)
class Spot:
    """A hotspot with what it sells now: seconds of the film, a box in fractions of the frame, live price."""

    start_s: float
    end_s: float
    x: float
    y: float
    w: float
    h: float
    product: values.Product
    variant: values.Variant


@dataclass(frozen=True)
class Showing:
    """A published ad ready to be played: its card, product, live hotspots, captions text, disclosure."""

    card: AdCard
    product: values.Product
    spots: tuple[Spot, ...]
    transcript: str
    disclosure: str
    appearance: str


def show(unit: Unit, ad_id: str, *, placement: str) -> Showing:
    """What a player needs, if the ad is published and its licence permits serving it here and now."""
    unit.require("catalog:read")
    ad = unit.get(Ad, ad_id)
    if ad.status != "published" or ad.film is None:
        raise ads.taken_down(ad)
    product = ads.product_of(unit, ad.product_id)
    ads.authorize(unit, ad, "serve", product, placement)
    part = ad.brief.cameo
    return Showing(
        card=ads.card(ad),
        product=product,
        spots=tuple(_spots(ad.timeline, product)),
        transcript=" ".join(one.text for one in ad.timeline.captions),
        disclosure=part.disclosure if part else "",
        appearance=part.name if part else "",
    )


def file_of(unit: Unit, ad_id: str, part: str, *, placement: str = "page") -> str:
    """The file key of an ad's film, poster or captions; asked at each serving, so a revocation holds at once."""
    ad = unit.get(Ad, ad_id)
    if ad.film is None:
        raise NotFound("this ad has no film yet")
    if not unit.actor.sees_costs and ad.status != "published":
        raise ads.taken_down(ad)
    ads.authorize(unit, ad, "serve", ads.product_of(unit, ad.product_id), placement)
    keys = {
        "film.mp4": ad.film.film,
        "poster.webp": ad.film.poster,
        "poster.jpg": ad.film.poster_jpeg,
        "captions.vtt": ad.film.captions,
    }
    if part not in keys:
        raise NotFound(f"an ad has {', '.join(keys)}, no {part[:40]}")
    return keys[part]


def _spots(timeline: Timeline, product: values.Product) -> list[Spot]:
    variants = {one.id: one for one in product.variants}
    fallback = product.cheapest or product.variants[0]
    return [
        Spot(
            start_s=one.start_frame / timeline.fps,
            end_s=one.end_frame / timeline.fps,
            x=one.x,
            y=one.y,
            w=one.w,
            h=one.h,
            product=product,
            variant=variants.get(one.variant_id, fallback),
        )
        for one in timeline.hotspots
    ]
