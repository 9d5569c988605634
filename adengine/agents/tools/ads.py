"""Films: found, played, made, made anew, and what their viewers do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ResourceLink
from pydantic import Field, with_config
from typing_extensions import TypedDict

from adengine.agents.answers import OUTLINE, answer, large_answer
from adengine.agents.desk import READ, WRITE, Desk, Key, Store, spoken
from adengine.agents.ui import APP_ONLY, PLAYER, shown_in
from adengine.core.errors import Invalid
from adengine.services import ads, experiments, films, remixes
from adengine.services.experiments import Deed
from adengine.services.films import FilmAsk
from adengine.services.planning import AdWish
from adengine.services.remixes import Changes
from adengine.services.views import FilmView, RenderView, film_detail_view, film_hits_view, film_view, render_view

LOOKS_EVERY_S = 0.5
Format = Literal["9x16", "4x5", "1x1", "2x3", "16x9"]
AnyFormat = Literal["", "9x16", "4x5", "1x1", "2x3", "16x9"]
# What a browser may report (core.experiment.EVENT_TYPES); payments are counted from payments.
EventType = Literal[
    "impression", "start", "view_2s", "view_3s", "view_6s", "view_15s", "quartile_25", "quartile_50", "quartile_75",
    "complete", "replay", "unmute", "hotspot_open", "variant_pick", "add_to_cart", "checkout_start", "share", "report",
]  # fmt: skip
AdId = Annotated[str, Field(description="Id of a film (ad_...).", max_length=60)]


@with_config(OUTLINE)
class FilmPage(TypedDict, total=False):
    films: Annotated[list[object], Field(description="id, title, duration, poster, product, price now, disclosure")]
    next_cursor: Annotated[str, Field(description="pass as cursor for more; empty at the end")]
    advice: Annotated[str, Field(description="what to change when nothing fits")]


@with_config(OUTLINE)
class FilmAnswer(TypedDict, total=False):
    id: str
    title: str
    price_text: Annotated[str, Field(description="price now; price: minor units of currency")]
    available: bool
    watch_url: str
    buy_url: str
    film_url: str
    hotspots: Annotated[list[object], Field(description="start_s, end_s, box x y w h, variant, price now")]
    disclosure: Annotated[str, Field(description="tell viewers")]
    licences: Annotated[list[object], Field(description="terms in words, state, ends")]


@with_config(OUTLINE)
class RenderAnswer(TypedDict, total=False):
    ad_id: str
    state: Annotated[str, Field(description="queued, rendering, ready, published, failed, refused, retired, ...")]
    percent: int
    eta_s: int | None
    reason: str
    advice: Annotated[str, Field(description="what to do next")]
    film_url: str | None
    score: Annotated[int | None, Field(description="mark of 100")]
    findings: Annotated[list[object], Field(description="what to put right")]


@with_config(OUTLINE)
class Begun(TypedDict, total=False):
    ad_id: str
    state: Annotated[str, Field(description="as in get_render, with all it answers")]
    advice: str


@with_config(OUTLINE)
class Recorded(TypedDict, total=False):
    event_id: str
    outcome: Annotated[str, Field(description="counted, or known when it was counted before")]


@with_config(OUTLINE)
@dataclass(frozen=True)
class Change:
    """What is empty or 0 stays as it was."""

    product_ids: Annotated[tuple[str, ...], Field(description="Another product first.", max_length=8)] = ()
    headline: Annotated[str, Field(description="Another hook.", max_length=200)] = ""
    cameo: Annotated[str, Field(description="Another appearance; 'none' leaves it out.", max_length=80)] = ""
    locale: Annotated[str, Field(description="Another language.", max_length=20)] = ""
    seconds: Annotated[int, Field(description="Another length, 6 to 60.", ge=0, le=60)] = 0
    format: Annotated[AnyFormat, Field(description="Another shape.")] = ""
    template: Annotated[str, Field(description="Told otherwise.", max_length=60)] = ""
    style: Annotated[str, Field(description="Another look.", max_length=60)] = ""
    publish: Annotated[bool, Field(description="Put it on show once made.")] = False
    compare: Annotated[bool, Field(description="And then test it against the old film.")] = False


@dataclass(frozen=True)
class Ack:
    event_id: str
    outcome: Literal["counted", "known"]


def register(server: MCPServer[Any], desk: Desk) -> None:
    _register_looking(server, desk)
    _register_making(server, desk)
    _register_app(server, desk)


def _register_looking(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Search shoppable films", annotations=READ, meta=shown_in(PLAYER))
    @spoken
    def search_ads(
        ctx: Context,
        query: Annotated[str, Field(description="Words of title, product or what is said.", max_length=300)] = "",
        product: Annotated[str, Field(description="Only of this product: id or handle.", max_length=300)] = "",
        cameo: Annotated[str, Field(description="Only with this licensed appearance: name or id.", max_length=80)] = "",
        locale: Annotated[str, Field(description="Only in this language, e.g. en or de-AT.", max_length=20)] = "",
        format: Annotated[AnyFormat, Field(description="Only of this shape.")] = "",
        max_seconds: Annotated[int | None, Field(description="Only up to this length.", ge=1, le=600)] = None,
        limit: Annotated[int, Field(description="Most films.", ge=1, le=50)] = 10,
        cursor: Annotated[str, Field(description="next_cursor of the page before.", max_length=60)] = "",
        store: Store = "",
    ) -> Annotated[CallToolResult, FilmPage]:
        """Find films on show by words and filters, newest first without words. Short entries with the price now:
        play one with get_ad. For products without films use search_catalog."""
        ask = FilmAsk(query, product, cameo, locale, format, max_seconds, limit, cursor)
        with desk.reading(ctx, store) as (unit, links):
            return large_answer(film_hits_view(films.find(unit, ask, placement="mcp"), links))

    @server.tool(title="Play a shoppable film", annotations=READ, meta=shown_in(PLAYER))
    @spoken
    def get_ad(
        ad_id: AdId,
        ctx: Context,
        response_format: Annotated[
            Literal["concise", "detailed"],
            Field(description="detailed adds renditions with digests, captions, transcript, provenance."),
        ] = "concise",
        store: Store = "",
    ) -> Annotated[CallToolResult, FilmAnswer]:
        """Get a published film to play and buy from: links, hotspots with live price and stock, licence, disclosure.
        Refused, naming the clause, when its licence no longer allows showing it. For films in the making: get_render.
        """
        with desk.reading(ctx, store) as (unit, links):
            watched = films.watch(unit, ad_id, placement="mcp")
            if response_format == "concise":
                shown = film_view(watched, links)
            else:
                shown = film_detail_view(watched, films.provenance(unit, watched), links)
        return large_answer(shown, *_files(shown))


def _files(film: FilmView) -> tuple[ResourceLink, ResourceLink]:
    """The film and its captions for hosts that fetch what an answer links to."""
    return (
        ResourceLink(type="resource_link", uri=film.film_url, name="film.mp4", mime_type="video/mp4"),
        ResourceLink(type="resource_link", uri=film.captions_url, name="captions.vtt", mime_type="text/vtt"),
    )


def _register_making(server: MCPServer[Any], desk: Desk) -> None:
    @spoken
    def look(ad_id: str, ctx: Context, store: str) -> tuple[RenderView, bool]:
        with desk.reading(ctx, store) as (unit, links):
            card = ads.get_render(unit, ad_id)
            return render_view(card, links, now=unit.now()), card.is_settled

    @server.tool(title="Look at a film in the making", annotations=READ)
    async def get_render(
        ad_id: AdId,
        ctx: Context,
        wait_s: Annotated[
            int, Field(description="Wait up to so many seconds for it to be done, telling how far it is.", ge=0, le=60)
        ] = 0,
        store: Store = "",
    ) -> Annotated[CallToolResult, RenderAnswer]:
        """For merchants: how far a film is, why it stopped, its links, and once made the mark and findings of its
        check. Wait, or ask again every few seconds, while it is queued or rendering."""
        until = anyio.current_time() + wait_s
        while True:
            view, is_settled = await anyio.to_thread.run_sync(look, ad_id, ctx, store)
            if is_settled or anyio.current_time() >= until:
                return answer(view)
            await ctx.report_progress(view.percent, 100, view.state)
            await anyio.sleep(LOOKS_EVERY_S)

    @server.tool(title="Make a film", annotations=WRITE)
    @spoken
    def create_ad(
        product_ids: Annotated[
            list[Annotated[str, Field(max_length=300)]],
            Field(
                description="Ids or handles: the film's product, then those shown beside it.",
                min_length=1,
                max_length=8,
            ),
        ],
        idempotency_key: Key,
        ctx: Context,
        template: Annotated[str, Field(description="How it is told, e.g. hero; empty: as fits.", max_length=60)] = "",
        style: Annotated[str, Field(description="How it looks; empty: the brand's.", max_length=60)] = "",
        seconds: Annotated[int, Field(description="Length.", ge=6, le=60)] = 15,
        format: Annotated[Format, Field(description="Shape.")] = "9x16",
        headline: Annotated[str, Field(description="Its hook; empty: from the product.", max_length=200)] = "",
        call_to_action: Annotated[str, Field(description="Closing line.", max_length=80)] = "",
        locale: Annotated[str, Field(description="Language, e.g. en or pt-BR.", max_length=20)] = "en",
        cameo: Annotated[str, Field(description="A licensed appearance from list_cameos.", max_length=80)] = "",
        seed: Annotated[int, Field(description="Same seed, same generated shots.", ge=0, le=2**31 - 1)] = 0,
        publish: Annotated[bool, Field(description="Put it on show once made.")] = False,
        store: Store = "",
    ) -> Annotated[CallToolResult, Begun]:
        """For merchants: start making a film of a product. Answers at once with its state; follow with get_render.
        Refused, naming the clause, where a licence forbids it: ask check_licence first."""
        own, *others = product_ids
        wish = AdWish(
            own, template or None, format, seconds, headline or None, call_to_action or None,
            cameo=cameo or None, style=style, locale=locale, seed=seed, publish=publish,
            companions=tuple(others), request_key=f"mcp:{idempotency_key}",
        )  # fmt: skip
        with desk.writing(ctx, store) as (unit, links):
            return answer(render_view(ads.create_ad(unit, wish), links, now=unit.now()))

    @server.tool(title="Make a film after another", annotations=WRITE)
    @spoken
    def remix_ad(
        ad_id: AdId,
        changes: Annotated[Change, Field(description="What shall be different; at least one.")],
        idempotency_key: Key,
        ctx: Context,
        store: Store = "",
    ) -> Annotated[CallToolResult, Begun]:
        """For merchants: make a new film like another one with another product, hook, language, length or appearance;
        the old one stays. Every licence of the old film is asked again; a refusal names the clause."""
        given = Changes(**{name: value for name, value in vars(changes).items() if value})
        with desk.writing(ctx, store) as (unit, links):
            made = remixes.remix(unit, ad_id, given, request_key=f"mcp:{idempotency_key}")
            return answer(render_view(made, links, now=unit.now()))


def _register_app(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Report what a viewer did", annotations=WRITE, meta=APP_ONLY)
    @spoken
    def record_event(
        ad_id: AdId,
        type: Annotated[EventType, Field(description="What happened.")],
        event_id: Annotated[str, Field(description="New for each event; a repeated one counts once.", max_length=64)],
        viewer: Annotated[str, Field(description="A random key of the viewer's, naming nobody.", max_length=64)],
        ctx: Context,
        second: Annotated[float | None, Field(description="Second of the film.", ge=0, le=600)] = None,
        experiment_id: Annotated[str, Field(description="The experiment that chose the film.", max_length=60)] = "",
        store: Store = "",
    ) -> Annotated[CallToolResult, Recorded]:
        """For the player app only: count what a viewer did in a film."""
        deed = Deed(event_id, type, ad_id, viewer, experiment_id or None, second)
        with desk.writing(ctx, store) as (unit, _):
            taken = experiments.record(unit, [deed])
        if taken.refused:
            raise Invalid(taken.refused[0][1])
        return answer(Ack(event_id, "counted" if taken.counted else "known"))
