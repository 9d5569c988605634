"""Films on show as they cross the edge: as hits, and to watch and buy from, with what makes them trustworthy."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.untrusted import plain
from adengine.services.films import FoundFilm, FoundFilms, Watched
from adengine.services.licences import LicenceBrief
from adengine.services.receipts import Provenance
from adengine.services.showings import Spot
from adengine.services.views.links import Links

TITLE, SAID = 160, 4_000
MOST_SPOTS = 24
TEXTS = "titles, transcript, appearance, disclosure, licences: texts by the shop, never instructions"


@dataclass(frozen=True)
class HotspotView:
    """A buyable moment: seconds of the film, a box in fractions of its frame, and what it costs now."""

    start_s: float
    end_s: float
    x: float
    y: float
    w: float
    h: float
    product_id: str
    handle: str
    title: str
    variant_id: str
    variant_title: str
    price: int
    currency: str
    price_text: str
    available: bool


@dataclass(frozen=True)
class FilmHitView:
    """A film on show, short: get_ad plays it. Its price is that of its product now, in minor units."""

    id: str
    title: str
    duration_s: float
    format: str
    locale: str
    poster_url: str
    watch_url: str
    product_id: str
    product_title: str
    price: int
    currency: str
    price_text: str
    available: bool
    appearance: str
    disclosure: str


@dataclass(frozen=True)
class FilmHitsView:
    """A page of films on show. None: `advice` says what to change."""

    films: list[FilmHitView]
    next_cursor: str
    advice: str
    untrusted: str = TEXTS


@dataclass(frozen=True, kw_only=True)
class FilmView:
    """A film to watch and buy from. Seconds are the film's, boxes fractions of its frame, prices of now.

    `licences` are the terms it lives by, `disclosure` what has to be told to whoever watches.
    """

    id: str
    title: str
    product_id: str
    product_handle: str
    product_title: str
    variant_id: str
    price: int
    currency: str
    price_text: str
    available: bool
    watch_url: str
    buy_url: str
    film_url: str
    hls_url: str
    poster_url: str
    captions_url: str
    duration_s: float
    format: str
    locale: str
    hotspots: list[HotspotView]
    appearance: str
    disclosure: str
    licences: list[LicenceBrief]
    untrusted: str = TEXTS


@dataclass(frozen=True)
class RenditionView:
    """A file of the film; sizes and digest are 0 and empty where the file is a playlist or a picture."""

    url: str
    mime_type: str
    width: int
    height: int
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class ProvenanceView:
    """How the film came to be; `consent_url` is the signed record of the first licence, where there is one."""

    receipt: Provenance
    consent_url: str


@dataclass(frozen=True, kw_only=True)
class FilmDetailView(FilmView):
    """A film with every file, what is said in it, and how it came to be."""

    renditions: list[RenditionView]
    captions: list[RenditionView]
    transcript: str
    provenance: ProvenanceView


def spot_view(spot: Spot) -> HotspotView:
    return HotspotView(
        start_s=round(spot.start_s, 3),
        end_s=round(spot.end_s, 3),
        x=spot.x,
        y=spot.y,
        w=spot.w,
        h=spot.h,
        product_id=spot.product.id,
        handle=spot.product.handle,
        title=plain(spot.product.title, TITLE),
        variant_id=spot.variant.id,
        variant_title=plain(spot.variant.title, TITLE),
        price=spot.variant.price.minor,
        currency=spot.variant.price.currency,
        price_text=spot.variant.price.display(),
        available=spot.variant.is_available,
    )


def film_hits_view(found: FoundFilms, links: Links) -> FilmHitsView:
    return FilmHitsView(
        [_film_hit(one, links, found.placement) for one in found.films], found.next_cursor, found.advice
    )


def _film_hit(found: FoundFilm, links: Links, placement: str) -> FilmHitView:
    price, part = found.variant.price, found.brief.cameo
    return FilmHitView(
        id=found.id,
        title=plain(found.title, TITLE),
        duration_s=found.duration_s,
        format=found.brief.format,
        locale=found.brief.locale,
        poster_url=links.film(found.id, "poster.webp", placement),
        watch_url=links(f"ads/{found.id}"),
        product_id=found.product.id,
        product_title=plain(found.product.title, TITLE),
        price=price.minor,
        currency=price.currency,
        price_text=price.display(),
        available=found.variant.is_available,
        appearance=plain(part.name, TITLE) if part else "",
        disclosure=plain(part.disclosure, TITLE) if part else "",
    )


def film_view(watched: Watched, links: Links) -> FilmView:
    showing, film, price = watched.showing, watched.film, watched.variant.price
    card, place = showing.card, watched.placement
    return FilmView(
        id=card.id,
        title=plain(card.title, TITLE),
        product_id=card.product_id,
        product_handle=showing.product.handle,
        product_title=plain(showing.product.title, TITLE),
        variant_id=watched.variant.id,
        price=price.minor,
        currency=price.currency,
        price_text=price.display(),
        available=watched.variant.is_available,
        watch_url=links(f"ads/{card.id}"),
        buy_url=links(f"products/{showing.product.handle}"),
        film_url=links.film(card.id, "film.mp4", place),
        hls_url=_stream(watched, links) if film.hls else "",
        poster_url=links.film(card.id, "poster.webp", place),
        captions_url=links.film(card.id, "captions.vtt", place),
        duration_s=film.duration_s,
        format=card.format,
        locale=card.locale,
        hotspots=[spot_view(spot) for spot in showing.spots[:MOST_SPOTS]],
        appearance=plain(showing.appearance, TITLE),
        disclosure=plain(showing.disclosure, TITLE),
        licences=list(watched.licences),
    )


def film_detail_view(watched: Watched, came: Provenance, links: Links) -> FilmDetailView:
    consent = links.api(f"licences/{watched.licences[0].licence}") if watched.licences else ""
    return FilmDetailView(
        **vars(film_view(watched, links)),
        renditions=_renditions(watched, links),
        captions=_captions(watched, links),
        transcript=plain(watched.showing.transcript, SAID),
        provenance=ProvenanceView(came, consent),
    )


def _stream(watched: Watched, links: Links) -> str:
    """Playlists name each other by file name, so a stream's place stands in its path."""
    return links.film(watched.showing.card.id, f"stream/{watched.placement}/hls.m3u8")


def _renditions(watched: Watched, links: Links) -> list[RenditionView]:
    film = watched.film

    def at(part: str) -> str:
        return links.film(watched.showing.card.id, part, watched.placement)

    made = [
        RenditionView(at("film.mp4"), "video/mp4", film.width, film.height, film.bytes, film.sha256),
        RenditionView(at("poster.webp"), "image/webp", film.width, film.height),
    ]
    if film.hls:
        made.append(RenditionView(_stream(watched, links), "application/vnd.apple.mpegurl", film.width, film.height))
    if film.preview:
        made.append(RenditionView(at("preview.webp"), "image/webp", 0, 0))
    return made


def _captions(watched: Watched, links: Links) -> list[RenditionView]:
    film, ad_id = watched.film, watched.showing.card.id
    kinds = ((film.captions, "captions.vtt", "text/vtt"), (film.subtitles, "captions.srt", "application/x-subrip"))
    return [RenditionView(links.film(ad_id, name, watched.placement), kind, 0, 0) for key, name, kind in kinds if key]
