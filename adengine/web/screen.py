"""A published ad as the player's template takes it: addresses, hotspots and the lines that must be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from adengine.core.catalog import Product, Variant
from adengine.core.film import Film
from adengine.services.ads import AdCard
from adengine.services.merchants import Shop
from adengine.services.showings import Showing, Spot
from adengine.web import visitors

Json = str | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True)
class Screen:
    """`settings` is what player.js reads; `notes` stand beside the film; `chosen` is offered first."""

    card: AdCard
    film: Film
    product: Product
    chosen: Variant | None
    viewer: str
    notes: tuple[str, ...]
    transcript: str
    addresses: dict[str, str]
    settings: dict[str, Json]
    experiment_id: str | None


def of(shop: Shop, showing: Showing, viewer: str, experiment_id: str | None, *, placement: str = "page") -> Screen:
    """`placement` goes along in the files' addresses, since the licence is asked for each place by itself."""
    where = "" if placement == "page" else f"?in={placement}"
    card = showing.card
    assert card.film is not None  # noqa: S101  a Showing is only made of a finished ad
    return Screen(
        card=card,
        film=card.film,
        product=showing.product,
        chosen=next((s.variant for s in showing.spots if s.variant.is_available), showing.product.cheapest),
        viewer=viewer,
        notes=tuple(_notes(shop, showing)),
        transcript=showing.transcript,
        addresses={
            part: url_for("player.media", shop=shop.name, ad_id=card.id, part=f"{part}.{kind}") + where
            for part, kind in (("film", "mp4"), ("poster", "webp"), ("captions", "vtt"))
        },
        settings={
            "ad": card.id,
            "experiment": experiment_id,
            "viewer": viewer,
            "keep": not visitors.wants_no_cookie(),
            "events": url_for("player.events", shop=shop.name),
            "spots": [_spot(one) for one in showing.spots],
        },
        experiment_id=experiment_id,
    )


def _notes(shop: Shop, showing: Showing) -> list[str]:
    notes = [f"Paid for by {shop.title}."]
    if showing.appearance:
        notes.append(f"Licensed appearance: {showing.appearance}.")
    if showing.disclosure:
        notes.append(showing.disclosure.rstrip(".") + ".")
    return notes


def _spot(spot: Spot) -> dict[str, Json]:
    variant = spot.variant
    return {
        "from": spot.start_s,
        "to": spot.end_s,
        "box": [spot.x, spot.y, spot.w, spot.h],
        "variant": variant.id,
        "title": spot.product.title,
        "price": variant.price.display() if variant.is_available else "sold out",
    }
