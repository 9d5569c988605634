"""What people are shown: a published ad with live hotspots, and its files, each licensed where it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adengine.core import catalog as values
from adengine.core.errors import NotFound
from adengine.core.film import FILES, Film
from adengine.engine import Unit
from adengine.models import Ad
from adengine.services import ads, planning
from adengine.services.ads import AdCard
from adengine.services.stocked import products_of


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
    # Read quickly where it can be; a product out of the catalogue still has its film.
    product = products_of(unit, (ad.product_id,)).get(ad.product_id) or planning.product_of(unit, ad.product_id)
    ads.authorize(unit, ad, "serve", product, placement)
    part = ad.brief.cameo
    return Showing(
        card=ads.public_card(ad),
        product=product,
        spots=tuple(_spots(unit, ad, product)),
        transcript=" ".join(one.text for one in ad.timeline.captions),
        disclosure=part.disclosure if part else "",
        appearance=part.name if part else "",
    )


def shown_products(ad: Ad) -> frozenset[str]:
    """The ids of all products that somebody can buy in the ad's film: its own, and those shown beside it."""
    return frozenset((ad.product_id, *(one.product_id for one in ad.timeline.hotspots)))


def file_of(unit: Unit, ad_id: str, part: str, *, placement: str = "page") -> str:
    """The key of a file of the ad's film; asked at each serving, so a revocation holds at once."""
    ad = unit.get(Ad, ad_id)
    if ad.film is None:
        raise NotFound("this ad has no film yet")
    if not unit.actor.sees_costs and ad.status != "published":
        raise ads.taken_down(ad)
    ads.authorize(unit, ad, "serve", planning.product_of(unit, ad.product_id), placement)
    keys = {Path(key).name: key for key in _keys(ad.film)}
    if part not in keys:
        raise NotFound(f"this film has {', '.join(sorted(keys))}, no {part[:40]}")
    return keys[part]


def _keys(film: Film) -> Iterator[str]:
    yield from (key for field in FILES if (key := getattr(film, field)))
    yield from film.hls_files


def _spots(unit: Unit, ad: Ad, product: values.Product) -> list[Spot]:
    """The hotspots with what they sell now; of another product than the ad's only while it can be shown."""
    others = {one.id: one for one in planning.companion_products(unit, ad.brief) if one.status == "active"}
    spots = []
    for one in ad.timeline.hotspots:
        sold = product if one.product_id in (product.id, product.handle) else others.get(one.product_id)
        if sold is None:
            continue
        variants = {variant.id: variant for variant in sold.variants}
        variant = variants.get(one.variant_id, sold.cheapest or sold.variants[0])
        start_s, end_s = one.start_frame / ad.timeline.fps, one.end_frame / ad.timeline.fps
        spots.append(Spot(start_s, end_s, one.x, one.y, one.w, one.h, sold, variant))
    return spots
