"""Licensed appearances: the record of consent, who may appear, and whether a planned use is allowed."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field, with_config
from typing_extensions import TypedDict

from adengine.agents.answers import OUTLINE, answer
from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.agents.tools.ads import Format
from adengine.core.selling import day_of
from adengine.services import licences
from adengine.services.licences import AppearanceAsk, UseAsk
from adengine.services.views import consent_view

Where = Annotated[str, Field(description="Place: page, embed, mcp, api or feed.", max_length=40)]
Territory = Annotated[str, Field(description="Country (ISO 3166), e.g. DE or US-NY.", max_length=10)]


@with_config(OUTLINE)
class ConsentAnswer(TypedDict, total=False):
    words: Annotated[str, Field(description="the terms in a sentence or two")]
    record: Annotated[
        dict[str, object], Field(description="state, uses, kinds, places, times, forbidden, revoked_at, disclosure")
    ]
    receipt: Annotated[dict[str, object], Field(description="Ed25519 signature of record")]
    verify_url: Annotated[str, Field(description="POST record and receipt to have them checked")]


@with_config(OUTLINE)
class AppearancePage(TypedDict, total=False):
    appearances: Annotated[list[object], Field(description="name, kind, licence, state, terms in words, films made")]
    next_cursor: str
    advice: str


@with_config(OUTLINE)
class VerdictAnswer(TypedDict, total=False):
    allowed: bool
    clause: Annotated[str, Field(description="the term that decided")]
    moment: Annotated[str, Field(description="plan, publish or serve: when it would be refused")]
    reason: str
    fix: Annotated[str, Field(description="what to change")]


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Read a licence of an appearance", annotations=READ)
    @spoken
    def get_cameo_licence(
        licence: Annotated[
            str, Field(description="Licence id (lic_...), name or id of an appearance, or id of a film.", max_length=80)
        ],
        ctx: Context,
        store: Store = "",
    ) -> Annotated[CallToolResult, ConsentAnswer]:
        """Get the signed consent record behind a film: who appears, what is allowed, where, until when, whether it was
        revoked. Anybody may read those of films that are or were on show; merchants read all of theirs."""
        with desk.reading(ctx, store) as (unit, links):
            return answer(consent_view(licences.consent(unit, licence), links))

    @server.tool(title="List licensed appearances", annotations=READ)
    @spoken
    def list_cameos(
        ctx: Context,
        query: Annotated[str, Field(description="Words of name or kind.", max_length=100)] = "",
        placement: Where = "",
        territory: Territory = "",
        cursor: Annotated[str, Field(description="next_cursor of the page before.", max_length=60)] = "",
        store: Store = "",
    ) -> Annotated[CallToolResult, AppearancePage]:
        """For merchants: the appearances licensed to the shop with their terms in short, usable ones first. Ask
        check_licence before making a film with one."""
        with desk.reading(ctx, store) as (unit, _):
            return answer(licences.appearances(unit, AppearanceAsk(query, placement, territory, cursor=cursor)))

    @server.tool(title="Check a planned use", annotations=READ)
    @spoken
    def check_licence(
        cameo: Annotated[str, Field(description="Name or id of an appearance.", max_length=80)],
        product_ids: Annotated[
            list[Annotated[str, Field(max_length=300)]],
            Field(description="As for create_ad.", min_length=1, max_length=8),
        ],
        ctx: Context,
        template: Annotated[str, Field(description="As for create_ad.", max_length=60)] = "",
        format: Annotated[Format, Field(description="Shape.")] = "9x16",
        placement: Where = "page",
        territory: Territory = "",
        text: Annotated[str, Field(description="Words that will be said or shown besides.", max_length=2000)] = "",
        language: Annotated[str, Field(description="Language, e.g. en.", max_length=20)] = "en",
        publish_at: Annotated[
            str, Field(description="Day it goes on show, e.g. 2027-01-31; empty: now.", max_length=10)
        ] = "",
        store: Store = "",
    ) -> Annotated[CallToolResult, VerdictAnswer]:
        """For merchants: whether a licence allows a film before it costs render time, decided as rendering decides;
        else the clause and what to change. Makes nothing."""
        at = day_of(publish_at) if publish_at else None
        ask = UseAsk(cameo, tuple(product_ids), template, format, placement, territory, text, language, at)
        with desk.reading(ctx, store) as (unit, _):
            return answer(licences.check(unit, ask))
