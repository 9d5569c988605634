"""Receipts: how a film came to be, word by word."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.film import Film
from adengine.engine import Unit
from adengine.models import Ad

MOST_FIELDS = 20


@dataclass(frozen=True)
class Receipt:
    """How a film came to be: enough to check every word in it, and to make it again."""

    ad_id: str
    product_id: str
    template: str
    style: str
    format: str
    seconds: int
    timeline_digest: str
    film_sha256: str
    film_bytes: int
    frames: int
    words_from: tuple[tuple[str, str], ...]
    licence_id: str | None
    disclosure: str
    voice: str
    generated: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """The part of a receipt that every viewer may see: `fields` of the shop's data that the words were read from."""

    film_sha256: str
    timeline_digest: str
    template: str
    style: str
    voice: str
    fields: tuple[str, ...]
    generated: tuple[tuple[str, str], ...]


def provenance(ad: Ad, film: Film) -> Provenance:
    """How a film came to be, without what is between its merchant and us."""
    return Provenance(
        film_sha256=film.sha256,
        timeline_digest=ad.timeline.digest(),
        template=ad.brief.template,
        style=ad.storyboard.style.name,
        voice=ad.brief.voice,
        fields=tuple(sorted({_field(source) for _, source in ad.storyboard.sources if source}))[:MOST_FIELDS],
        generated=tuple(pair for shot in ad.shots for pair in shot.provenance)[:MOST_FIELDS],
    )


def _field(source: str) -> str:
    """A source without the id of the variant it was read from: `variant.price`."""
    name, _, part = source.partition(":")
    return f"{name}.{part.partition('.')[2]}" if part else source


def receipt(unit: Unit, ad_id: str) -> Receipt | None:
    """The receipt of a finished film; None while there is none."""
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id)
    if ad.film is None:
        return None
    part = ad.brief.cameo
    return Receipt(
        ad_id=ad.id,
        product_id=ad.product_id,
        template=ad.brief.template,
        style=ad.storyboard.style.name,
        format=ad.brief.format,
        seconds=ad.brief.seconds,
        timeline_digest=ad.timeline.digest(),
        film_sha256=ad.film.sha256,
        film_bytes=ad.film.bytes,
        frames=ad.film.frames,
        words_from=ad.storyboard.sources,
        licence_id=ad.licence_id,
        disclosure=part.disclosure if part else "",
        voice=ad.brief.voice,
        generated=tuple(pair for shot in ad.shots for pair in shot.provenance),
        notes=ad.film.notes,
    )
