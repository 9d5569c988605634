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

FILE_PARTS = {
    "film": "film.mp4",
    "poster": "poster.webp",
    "preview": "preview.webp",
    "sprites": "sprites.jpg",
    "sprites_vtt": "sprites.vtt",
    "captions": "captions.vtt",
    "subtitles": "captions.srt",
}
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
    card = showing.card
    assert card.film is not None  # noqa: S101  a Showing is only made of a finished ad
    return Screen(
        card=card,
        film=card.film,
        product=showing.product,
        chosen=next((s.variant for s in _own(showing) if s.variant.is_available), showing.product.cheapest),
        viewer=viewer,
        notes=tuple(_notes(shop, showing)),
        transcript=showing.transcript,
        addresses=_addresses(shop, card, placement),
        settings={
            "ad": card.id,
            "experiment": experiment_id,
            "viewer": viewer,
            "keep": not visitors.wants_no_cookie(),
            "events": url_for("player.events", shop=shop.name),
            "spots": [_spot(shop, one, showing.product) for one in showing.spots],
            "sprites": _addresses(shop, card, placement).get("sprites_vtt"),
        },
        experiment_id=experiment_id,
    )


def _own(showing: Showing) -> list[Spot]:
    return [spot for spot in showing.spots if spot.product.id == showing.product.id]


def _notes(shop: Shop, showing: Showing) -> list[str]:
    notes = [f"Paid for by {shop.title}."]
    if showing.appearance:
        notes.append(f"Licensed appearance: {showing.appearance}.")
    if showing.disclosure:
        notes.append(showing.disclosure.rstrip(".") + ".")
    return notes


def _addresses(shop: Shop, card: AdCard, placement: str) -> dict[str, str]:
    """Where the film's files are, by their names in `Film`; what was not made has no address."""
    where = "" if placement == "page" else f"?in={placement}"
    found = {
        field: url_for("player.media", shop=shop.name, ad_id=card.id, part=part) + where
        for field, part in FILE_PARTS.items()
        if getattr(card.film, field)
    }
    if card.film and card.film.hls:
        found["hls"] = url_for("player.stream", shop=shop.name, ad_id=card.id, place=placement, part="hls.m3u8")
    return found


def _spot(shop: Shop, spot: Spot, product: Product) -> dict[str, Json]:
    variant = spot.variant
    other = spot.product.id != product.id
    return {
        # What the film's own buy form cannot sell is bought on its own page.
        "page": url_for("shop.product", shop=shop.name, handle=spot.product.handle) if other else None,
        "from": spot.start_s,
        "to": spot.end_s,
        "box": [spot.x, spot.y, spot.w, spot.h],
        "variant": variant.id,
        "title": spot.product.title,
        "price": variant.price.display() if variant.is_available else "sold out",
    }
