"""Policies: what the shop promises."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field, with_config
from typing_extensions import TypedDict

from adengine.agents.answers import OUTLINE, answer
from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.services import policies
from adengine.services.policies import PolicyAsk

Topic = Literal["", "shipping", "returns", "refunds", "privacy", "terms", "tax", "licence", "disclosure", "data"]


@with_config(OUTLINE)
class PolicyPage(TypedDict, total=False):
    passages: Annotated[list[object], Field(description="topic, title, text, url, effective, by shop or house")]
    next_cursor: str
    topics: Annotated[list[str], Field(description="what this shop says something on")]
    advice: Annotated[str, Field(description="where else to ask when nothing is said on it")]


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Search policies", annotations=READ)
    @spoken
    def search_policies(
        ctx: Context,
        question: Annotated[str, Field(description="A question, e.g. 'can I send it back?'.", max_length=300)] = "",
        topic: Annotated[Topic, Field(description="Only this topic; enough without a question.")] = "",
        cursor: Annotated[str, Field(description="next_cursor of the page before.", max_length=10)] = "",
        store: Store = "",
    ) -> Annotated[CallToolResult, PolicyPage]:
        """Find what the shop promises on shipping, returns, refunds, taxes, licences, disclosure or data. Quotes
        passages with source and date; says so when nothing is said on it. Do not guess beyond them."""
        with desk.reading(ctx, store) as (unit, _):
            return answer(policies.search(unit, PolicyAsk(question, topic, cursor)))
