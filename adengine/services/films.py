"""Films on show: found by words and filters, and shown whole with all that makes them trustworthy."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from adengine.core import catalog as values
from adengine.core.creative import Brief
from adengine.core.errors import NotFound
from adengine.core.film import Film
from adengine.core.timeline import Timeline
from adengine.core.wording import stems
from adengine.engine import Unit
from adengine.models import Ad, Cameo, Product
from adengine.services import ads, catalog, licences, planning, receipts, showings
from adengine.services.licences import LicenceBrief
from adengine.services.paging import after
from adengine.services.receipts import Provenance
from adengine.services.showings import Showing
from adengine.services.stocked import products_of

# Words of a title weigh more than words that are only said.
WEIGHTS = (3, 2, 1)
NOTHING = "No film on show fits. Leave out a filter, use other words, or look for the product with search_catalog."


@dataclass(frozen=True)
class FilmAsk:
    """Which films: words of title, product or what is said; `product` is an id or handle, `cameo` a licensed
    appearance by name or id, `locale` covers its regions (`de` finds de-AT). `cursor` is a `FoundFilms.next_cursor`."""

    query: str = ""
    product: str = ""
    cameo: str = ""
    locale: str = ""
    format: str = ""
    max_seconds: int | None = None
    limit: int = 10
    cursor: str = ""


@dataclass(frozen=True)
class FoundFilm:
    """A film on show with its product and the variant it is about, at the price of now."""

    id: str
    title: str
    brief: Brief
    duration_s: float
    product: values.Product
    variant: values.Variant


@dataclass(frozen=True)
class FoundFilms:
    """A page of films on show in `placement`, best first, then newest. None: `advice` says what to change."""

    films: tuple[FoundFilm, ...]
    next_cursor: str
    advice: str
    placement: str = "mcp"


@dataclass(frozen=True)
class Watched:
    """A film being shown in `placement`, with the licences it lives by."""

    showing: Showing
    film: Film
    variant: values.Variant
    licences: tuple[LicenceBrief, ...]
    placement: str = "mcp"


@dataclass(frozen=True)
class _Row:
    """What of a film is looked through; `timeline` only where words are looked for."""

    id: str
    title: str
    product_id: str
    product: str
    brief: Brief
    film: Film
    licence_id: str | None
    parent_id: str | None
    timeline: Timeline | None = None


def find(unit: Unit, ask: FilmAsk, *, placement: str = "mcp") -> FoundFilms:
    """Films on show that fit and whose licences allow showing them here and now; raises NotFound for no product."""
    unit.require("catalog:read")
    ranked = _ranked(_looked_through(unit, ask), ask.query)
    page: list[_Row] = []
    for row in after(ranked, lambda one: one.id, ask.cursor):
        if not _may_serve(unit, row, placement):
            continue
        if len(page) == ask.limit:
            return FoundFilms(_found(unit, page), page[-1].id, "", placement)
        page.append(row)
    return FoundFilms(_found(unit, page), "", "" if page else NOTHING, placement)


def watch(unit: Unit, ad_id: str, *, placement: str = "mcp") -> Watched:
    """A published film with its hotspots and licences; raises LicenceRefused, naming the clause, Gone and
    NotFound."""
    showing = showings.show(unit, ad_id, placement=placement)
    ad = unit.get(Ad, ad_id)
    if ad.film is None:
        raise NotFound("this ad has no film yet")
    return Watched(
        showing=showing,
        film=ad.film,
        variant=_variant(ad.brief, showing.product),
        licences=licences.briefs(unit, ad),
        placement=placement,
    )


def provenance(unit: Unit, watched: Watched) -> Provenance:
    """How a film that is shown came to be."""
    return receipts.provenance(unit.get(Ad, watched.showing.card.id), watched.film)


def _looked_through(unit: Unit, ask: FilmAsk) -> list[_Row]:
    """Published films that every filter lets through, newest first."""
    shown = (Ad.id, Ad.title, Ad.product_id, Product.title, Ad.brief, Ad.film, Ad.licence_id, Ad.parent_id)
    query = (
        select(*shown, *((Ad.timeline,) if ask.query else ()))
        .join(Product, Product.id == Ad.product_id)
        .where(Ad.status == "published", Ad.film.is_not(None))
        .order_by(Ad.created_at.desc(), Ad.id)
    )
    if ask.product:
        query = query.where(Ad.product_id == catalog.get_product(unit, ask.product).id)
    rows = [_Row(*row) for row in unit.db.execute(query)]
    cameo_ids = _cameo_ids(unit, ask.cameo)
    return [row for row in rows if _fits(row.brief, ask, cameo_ids)]


def _fits(brief: Brief, ask: FilmAsk, cameo_ids: frozenset[str]) -> bool:
    return (
        (not ask.format or brief.format == ask.format)
        and (ask.max_seconds is None or brief.seconds <= ask.max_seconds)
        and (not ask.locale or f"{brief.locale}-".casefold().startswith(f"{ask.locale}-".casefold()))
        and (not ask.cameo or (brief.cameo is not None and brief.cameo.cameo_id in cameo_ids))
    )


def _cameo_ids(unit: Unit, name: str) -> frozenset[str]:
    if not name:
        return frozenset()
    key = unicodedata.normalize("NFKC", name).casefold()
    named = (Cameo.id == name) | (func.lower(Cameo.name) == key) | (func.lower(Cameo.title) == key)
    return frozenset(unit.db.scalars(select(Cameo.id).where(named)))


def _ranked(rows: list[_Row], query: str) -> list[_Row]:
    """The rows that hold at least half of the words, those with most of them first; all rows without words."""
    sought = stems(query)
    if not sought:
        return rows
    scored = [(_score(row, sought), row) for row in rows]
    fitting = [(score, row) for score, row in scored if 2 * score[0] >= len(sought)]
    return [row for _, row in sorted(fitting, key=lambda one: one[0], reverse=True)]  # stable: newest first


def _score(row: _Row, sought: frozenset[str]) -> tuple[int, int]:
    """How many of the words a film holds, and how weightily."""
    said = " ".join(one.text for one in row.timeline.captions) if row.timeline else ""
    held = [stems(text) & sought for text in (row.title, row.product, said)]
    weight = sum(weight * len(words) for weight, words in zip(WEIGHTS, held, strict=True))
    return len(frozenset().union(*held)), weight


def _may_serve(unit: Unit, row: _Row, placement: str) -> bool:
    is_free = row.licence_id is None and row.parent_id is None
    return is_free or ads.may_serve(unit, unit.get(Ad, row.id), placement)


def _found(unit: Unit, page: Sequence[_Row]) -> tuple[FoundFilm, ...]:
    ids = tuple(dict.fromkeys(row.product_id for row in page))
    active = products_of(unit, ids)
    known = {one: active.get(one) or planning.product_of(unit, one) for one in ids}
    return tuple(
        FoundFilm(
            id=row.id,
            title=row.title,
            brief=row.brief,
            duration_s=row.film.duration_s,
            product=known[row.product_id],
            variant=_variant(row.brief, known[row.product_id]),
        )
        for row in page
    )


def _variant(brief: Brief, product: values.Product) -> values.Variant:
    """The variant a film is about: the chosen one, else the cheapest that can be bought."""
    chosen = next((one for one in product.variants if one.id == brief.variant_id), None)
    return chosen or product.cheapest or product.variants[0]
