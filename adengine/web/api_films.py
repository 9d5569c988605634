"""The JSON API of films: found, played, remixed, and how far they are; the same answers as the tools of agents."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.errors import Invalid
from adengine.core.storyboard import FORMATS
from adengine.services import ads, films, remixes
from adengine.services.films import FilmAsk
from adengine.services.remixes import Changes
from adengine.services.views import (
    FilmDetailView,
    FilmHitsView,
    RenderView,
    film_detail_view,
    film_hits_view,
    render_view,
)
from adengine.web.api_call import Call
from adengine.web.openapi import Query, Route

LONGEST_FILM = 600
MOST_FILMS = 50
FILTERS = (
    *map(Query, ("q", "product", "cameo", "locale", "cursor")),
    Query("format", choices=tuple(FORMATS)),
    Query("max_seconds", most=LONGEST_FILM),
    Query("limit", most=MOST_FILMS),
)


@dataclass(frozen=True)
class RemixAsk:
    """What shall be different; `changes` leaves out what stays."""

    changes: Changes


def _films(call: Call) -> FilmHitsView:
    film_format = call.asked("format")
    if film_format and film_format not in FORMATS:
        raise Invalid(f"format is one of {', '.join(FORMATS)}")
    longest = call.number("max_seconds", LONGEST_FILM, most=LONGEST_FILM) if call.asked("max_seconds") else None
    ask = FilmAsk(
        query=call.asked("q"),
        product=call.asked("product"),
        cameo=call.asked("cameo"),
        locale=call.asked("locale"),
        format=film_format,
        max_seconds=longest,
        limit=call.number("limit", 10, most=MOST_FILMS),
        cursor=call.asked("cursor"),
    )
    with call.unit() as unit:
        return film_hits_view(films.find(unit, ask, placement="api"), call.links)


def _film(call: Call) -> FilmDetailView:
    with call.unit() as unit:
        watched = films.watch(unit, call.path["ad_id"], placement="api")
        return film_detail_view(watched, films.provenance(unit, watched), call.links)


def _render(call: Call) -> RenderView:
    with call.unit() as unit:
        return render_view(ads.get_render(unit, call.path["ad_id"]), call.links, now=unit.now())


def _remix(call: Call) -> RenderView:
    ask: RemixAsk = call.body
    with call.unit() as unit:
        made = remixes.remix(unit, call.path["ad_id"], ask.changes, request_key=call.request_key)
        return render_view(made, call.links, now=unit.now())


ROUTES = (
    Route("GET", "/films", "Search films on show", _films, FilmHitsView, query=FILTERS, is_public=True),
    Route("GET", "/films/{ad_id}", "Play a film: files, hotspots, licences", _film, FilmDetailView, is_public=True),
    Route("GET", "/ads/{ad_id}/render", "Show how far a film is", _render, RenderView),
    Route(
        "POST", "/ads/{ad_id}/remix", "Make a film after another", _remix, RenderView,
        body=RemixAsk, status=201, needs_key=True,
    ),
)  # fmt: skip
