"""Orders: what was bought, and what earned it."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.engine import Unit
from adengine.services import checkout, orders
from adengine.services.views import (
    OrderView,
    order_view,
)


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Look up an order", annotations=READ)
    @spoken
    def get_order(
        order_id: Annotated[
            str, Field(description="Id of an order (ord_...) or of the checkout (chk_...) it came from.", max_length=60)
        ],
        ctx: Context,
        store: Store = "",
    ) -> OrderView:
        """Show a paid order: lines, total, refunds, and which film and second earned it."""
        with desk.reading(ctx, store) as (unit, links):
            if order_id.startswith("chk_"):
                order_id = _paid_order(unit, order_id)
            return order_view(orders.get_order(unit, order_id), links)


def _paid_order(unit: Unit, checkout_id: str) -> str:
    found = checkout.get_checkout(unit, checkout_id)
    if found.order_id is None:
        raise ToolError(f"this checkout is {found.status}: the buyer has not paid yet; give them its url again")
    return found.order_id
