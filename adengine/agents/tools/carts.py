"""Carts: baskets kept before there is a checkout."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from adengine.agents.answers import answer
from adengine.agents.desk import GIVES_UP, READ, WRITE, Desk, Store, spoken
from adengine.agents.ucp import NOTHING, CartPage, Id, Keyed, Look, Sent, brief, caller_at
from adengine.services.ucp import asks
from adengine.services.ucp import desk as ucp


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Create a cart", annotations=WRITE)
    @spoken
    def create_cart(
        cart: Annotated[asks.CartAsk, brief(asks.CartAsk), Field(description="What is in it.")],
        ctx: Context,
        meta: Sent = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, CartPage]:
        """Keep a basket while the buyer still decides: today's prices, nothing reserved. To buy right away use
        create_checkout."""
        return answer(ucp.create_cart(caller_at(desk, ctx, store, meta, cart.get("context")), cart))

    @server.tool(title="Show a cart", annotations=READ)
    @spoken
    def get_cart(
        id: Annotated[Id, Field(description="Of the cart, cart_...")],
        ctx: Context,
        meta: Look = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, CartPage]:
        """Show a cart at today's prices."""
        return answer(ucp.get_cart(caller_at(desk, ctx, store, meta), id))

    @server.tool(title="Change a cart", annotations=WRITE)
    @spoken
    def update_cart(
        id: Annotated[Id, Field(description="Of the cart.")],
        cart: Annotated[
            asks.CartUpdateAsk, brief(asks.CartUpdateAsk), Field(description="All lines, or patches of some.")
        ],
        ctx: Context,
        meta: Sent = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, CartPage]:
        """Change a cart. Prefer line_patches: they add, change or remove single lines and keep the rest."""
        return answer(ucp.update_cart(caller_at(desk, ctx, store, meta, cart.get("context")), id, cart))

    @server.tool(title="Give a cart up", annotations=GIVES_UP)
    @spoken
    def cancel_cart(
        id: Annotated[Id, Field(description="Of the cart.")],
        meta: Keyed,
        ctx: Context,
        store: Store = "",
    ) -> Annotated[CallToolResult, CartPage]:
        """Give a cart up; it is shown once more, then gone."""
        return answer(ucp.cancel_cart(caller_at(desk, ctx, store, meta), id))
