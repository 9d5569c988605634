"""Orders: what was bought, what went back, and what earned it."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from adengine.agents.answers import answer
from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.agents.ucp import NOTHING, Id, Look, OrderPage, caller_at
from adengine.services.ucp import desk as ucp


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Show an order", annotations=READ)
    @spoken
    def get_order(
        id: Annotated[Id, Field(description="Of the order, ord_..., from a completed checkout's order.id.")],
        ctx: Context,
        meta: Look = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, OrderPage]:
        """Show a paid order: lines, totals, delivery, refunds, and the film and second that earned it. Before it is
        paid use get_checkout."""
        return answer(ucp.get_order(caller_at(desk, ctx, store, meta), id))
