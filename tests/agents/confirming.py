"""Tools of one's own for tests, loaded by ADENGINE_AGENT_TOOLS: one that asks its user, one that reports progress."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Elicit, Resolve
from pydantic import BaseModel

from adengine.engine import AdEngine


class Consent(BaseModel):
    """What the user is asked."""

    agreed: bool


async def ask() -> Elicit[Consent]:
    return Elicit("Really?", Consent)


def register(server: MCPServer[Any], engine: AdEngine) -> None:
    @server.tool(description="Does it when the user agrees.")
    def confirm(what: str, consent: Annotated[Consent, Resolve(ask)]) -> str:
        return f"{what}: {'done' if consent.agreed else 'left alone'}"

    @server.tool(description="Reports progress.")
    async def count(to: int, ctx: Context) -> int:
        for number in range(to):
            await ctx.report_progress(number + 1, to)
        return to
