"""Products: found by a sentence, looked up by their names, one narrowed to a variant."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from adengine.agents.answers import large_answer
from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.agents.ucp import NOTHING, Look, ProductPage, SearchPage, brief, caller_at
from adengine.agents.ui import CAROUSEL, shown_in
from adengine.services.ucp import asks
from adengine.services.ucp import desk as ucp


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Search products", annotations=READ, meta=shown_in(CAROUSEL))
    @spoken
    def search_catalog(
        catalog: Annotated[asks.SearchAsk, brief(asks.SearchAsk), Field(description="A query, filters or both.")],
        ctx: Context,
        meta: Look = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, SearchPage]:
        """Find products by a sentence; limits in it ("under 40 EUR", "size 42") are exact, like filters.

        Short hits, best first: fitting variant, price, why it was found, a film to play with get_ad. No hits: nothing
        suits, and a message says what to change. Known ids: lookup_catalog. All of one product: get_product."""
        return large_answer(ucp.search_catalog(caller_at(desk, ctx, store, meta, catalog.get("context")), catalog))

    @server.tool(title="Look products up", annotations=READ)
    @spoken
    def lookup_catalog(
        catalog: Annotated[asks.LookupAsk, brief(asks.LookupAsk), Field(description="What to look up.")],
        ctx: Context,
        meta: Look = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, SearchPage]:
        """Get products by ids, handles or SKUs, all at once: price and stock now. A message names each that is not
        there. To find products use search_catalog."""
        return large_answer(ucp.lookup_catalog(caller_at(desk, ctx, store, meta, catalog.get("context")), catalog))

    @server.tool(title="Show a product", annotations=READ)
    @spoken
    def get_product(
        catalog: Annotated[
            asks.ProductAsk, brief(asks.ProductAsk), Field(description="Which product, and the options chosen so far.")
        ],
        ctx: Context,
        meta: Look = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, ProductPage]:
        """Show one product whole: description, variants (the best fitting first), which options can still be had,
        pictures, films. Use it before buying when there are variants to choose from."""
        return large_answer(ucp.get_product(caller_at(desk, ctx, store, meta, catalog.get("context")), catalog))
