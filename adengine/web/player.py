"""The film where people see it: an ad's own page, the embed, its files, and what viewers do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.services import experiments, prices, showings
from adengine.services.experiments import Deed
from adengine.services.merchants import Shop
from adengine.web import screen, visitors
from adengine.web.screen import Screen
from adengine.web.visitors import Visit, engine

pages = Blueprint("player", __name__)

LARGEST_BEACON = 64 * 1024
PLAYLIST = "application/vnd.apple.mpegurl"
KINDS = {
    "film.mp4": "video/mp4",
    "poster.webp": "image/webp",
    "poster.jpg": "image/jpeg",
    "preview.webp": "image/webp",
    "sprites.jpg": "image/jpeg",
    "sprites.vtt": "text/vtt",
    "captions.vtt": "text/vtt",
    "captions.srt": "application/x-subrip",
}
# Playlists name each other by file name, so a stream's place stands in its path and not in a query.
STREAM = {
    "hls.m3u8": PLAYLIST,
    "hls-video.m3u8": PLAYLIST,
    "hls-audio.m3u8": PLAYLIST,
    "hls-captions.m3u8": PLAYLIST,
    "hls-video.m4s": "video/mp4",
    "hls-audio.m4s": "audio/mp4",
    "captions.vtt": "text/vtt",
}
# Where a file may say it is shown; the licence is asked for the place it was linked from.
PLACES = ("page", "embed", "mcp", "api")
PART = f"<any({', '.join(map(repr, KINDS))}):part>"
PIECE = f"<any({', '.join(map(repr, STREAM))}):part>"


@pages.get("/shops/<shop>/ads/<ad_id>")
def ad(shop: str, ad_id: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    film = _screen(visit, ad_id, "page")
    return render_template("ad.html", shop=visit.shop, film=film, facts=_facts(visit.shop, film), was=_was(visit, film))


@pages.get("/shops/<shop>/ads/<ad_id>/embed")
def embed(shop: str, ad_id: str) -> ResponseReturnValue:
    """The player alone, made to stand in a frame of any page."""
    visit = visitors.visit(shop)
    film = _screen(visit, ad_id, "embed")
    return render_template("embed.html", shop=visit.shop, film=film, was=_was(visit, film))


@pages.get(f"/shops/<shop>/ads/<ad_id>/{PART}")
def media(shop: str, ad_id: str, part: str) -> ResponseReturnValue:
    """A file of the ad, in ranges; asked anew each time, so that a licence withdrawn holds at once."""
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        key = showings.file_of(unit, ad_id, part, placement=_placement())
    return film_file(key, part)


@pages.get(f"/shops/<shop>/ads/<ad_id>/stream/<any({', '.join(PLACES)}):place>/{PIECE}")
def stream(shop: str, ad_id: str, place: str, part: str) -> ResponseReturnValue:
    """A piece of the film's HLS stream, asked for anew each time as its other files are."""
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        key = showings.file_of(unit, ad_id, part, placement=place)
    return film_file(key, part)


@pages.post("/shops/<shop>/events")
def events(shop: str) -> ResponseReturnValue:
    """Count what a player reports; each event is answered by itself: counted, known or refused."""
    request.max_content_length = LARGEST_BEACON
    visit = visitors.visit(shop)
    batch = _batch(request.get_data())
    viewer = visitors.viewer_or(str(batch.get("viewer", "")))
    with engine().unit(visit.actor) as unit:
        offset = _clock_offset(batch.get("sent_at"), unit.now())
        deeds, refused = _deeds(batch.get("events"), viewer or "", offset)
        taken = experiments.record(unit, deeds)
    return {
        "counted": taken.counted,
        "known": taken.known,
        "refused": [{"id": event_id, "reason": reason} for event_id, reason in (*refused, *taken.refused)],
    }


def _placement() -> str:
    """Where the file is shown: addresses made for an embed or an agent say so, everything else is a page."""
    place = request.args.get("in", "")
    return place if place in PLACES else "page"


def film_file(key: object, part: str) -> Response:
    response = send_file(engine().ports.files.local(str(key)), mimetype={**KINDS, **STREAM}[part], conditional=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _screen(visit: Visit, ad_id: str, placement: str) -> Screen:
    viewer = visitors.viewer()
    with engine().reading(visit.actor) as unit:
        showing = showings.show(unit, ad_id, placement=placement)
        running = experiments.running_for(unit, showing.product.id)
        experiment_id = experiments.running_with(unit, running, ad_id)
    return screen.of(visit.shop, showing, viewer, experiment_id, placement=placement)


def _was(visit: Visit, film: Screen) -> dict[str, Money | None]:
    """The lawful 'was' price of every variant."""
    with engine().reading(visit.actor) as unit:
        return {one.id: prices.was_lowest(unit, one.id, one.price) for one in film.product.variants}


def _facts(shop: Shop, film: Screen) -> dict[str, object]:
    """The film for search engines (schema.org VideoObject)."""
    public = engine().settings.public_url.rstrip("/")
    return {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": f"{film.product.title}, {shop.title}",
        "description": film.transcript or film.product.description or film.product.title,
        "thumbnailUrl": public + film.addresses["poster"],
        "contentUrl": public + film.addresses["film"],
        "embedUrl": public + url_for("player.embed", shop=shop.name, ad_id=film.card.id),
        "duration": f"PT{film.film.duration_s:.0f}S",
    }


def _batch(body: bytes) -> Mapping[str, object]:
    # sendBeacon sends text/plain, so the content type says nothing.
    try:
        batch = json.loads(body)
    except ValueError:
        raise Invalid("events are sent as JSON: {viewer, sent_at, events: [...]}") from None
    if not isinstance(batch, dict) or not isinstance(batch.get("events"), list):
        raise Invalid("events are sent as JSON: {viewer, sent_at, events: [...]}")
    if len(batch["events"]) > experiments.MAX_BATCH:
        raise Invalid(f"send at most {experiments.MAX_BATCH} events at once")
    return batch


def _deeds(given: object, viewer: str, offset: timedelta) -> tuple[list[Deed], list[tuple[str, str]]]:
    deeds: list[Deed] = []
    refused: list[tuple[str, str]] = []
    for one in given if isinstance(given, list) else []:
        name = str(one.get("id", ""))[:64] if isinstance(one, dict) else ""
        try:
            deeds.append(_deed(one, viewer, offset))
        except (Invalid, KeyError, TypeError, ValueError, OverflowError, OSError):
            refused.append((name, "an event has id, type, ad and at (milliseconds since 1970)"))
    return deeds, refused


def _deed(one: object, viewer: str, offset: timedelta) -> Deed:
    if not isinstance(one, dict):
        raise Invalid("an event is an object")
    experiment, second = one.get("experiment"), one.get("second")
    return Deed(
        id=str(one["id"]),
        type=str(one["type"]),
        ad_id=str(one["ad"]),
        viewer=viewer,
        experiment_id=None if experiment is None else str(experiment),
        second=None if second is None else round(_number(second), 3),
        at=_instant(one["at"]) + offset,
    )


def _clock_offset(sent_at: object, now: datetime) -> timedelta:
    """How far the viewer's clock is behind ours; nothing where it was not told."""
    try:
        return now - _instant(sent_at)
    except (Invalid, OverflowError, OSError, ValueError):
        return timedelta(0)


def _instant(milliseconds: object) -> datetime:
    return datetime.fromtimestamp(_number(milliseconds) / 1000, UTC)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e14:
        raise Invalid("a number is missing")
    return float(value)
