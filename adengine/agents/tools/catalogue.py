"""Products: found by a sentence, looked up, shown whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import Field

from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.core.money import Money
from adengine.services import ads, catalog, merchants, search
from adengine.services.views import (
    HitView,
    ProductView,
    hit_view,
    product_view,
)


@dataclass(frozen=True)
class Found:
    """Products that fit. An empty list means nothing here fits: `advice` says what to change."""

    hits: list[HitView]
    advice: str


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Search products", annotations=READ)
    @spoken
    def search_catalog(
        query: Annotated[
            str,
            Field(
                description="What the buyer wants, e.g. 'linen cushion under 40 EUR'. Empty lists products.",
                max_length=300,
            ),
        ],
        ctx: Context,
        max_price: Annotated[
            int | None, Field(description="Highest price in minor units of the shop's currency.", ge=1)
        ] = None,
        in_stock: Annotated[bool, Field(description="Only variants that can be bought now.")] = True,
        limit: Annotated[int, Field(description="Most hits to return.", ge=1, le=50)] = 10,
        store: Store = "",
    ) -> Found:
        """Find products of the shop by a sentence. Limits such as 'under 40 EUR' are exact.

        Returns short hits with the price, the reasons each was found, and ids of films that show it.
        Use get_product for all variants, get_ad to play a film."""
        with desk.reading(ctx, store) as (unit, links):
            currency = merchants.my_shop(unit).currency
            limit_price = Money(max_price, currency) if max_price else None
            wish = search.read_wish(query, currency, max_price=limit_price, in_stock=in_stock)
            live = ads.list_ads(unit, placement="mcp")
            hits = [
                hit_view(hit, links, [one.id for one in live if one.product_id == hit.product.id])
                for hit in search.search(unit, wish, limit=limit)
            ]
        return Found(hits, "" if hits else "Nothing here fits. Use fewer words, a higher price or in_stock=false.")

    @server.tool(title="Show a product", annotations=READ)
    @spoken
    def get_product(
        product: Annotated[str, Field(description="Product id or handle from search_catalog.", max_length=300)],
        ctx: Context,
        store: Store = "",
    ) -> ProductView:
        """Show one product with all variants, live prices, stock, pictures and the ids of its films."""
        with desk.reading(ctx, store) as (unit, links):
            found = catalog.get_product(unit, product)
            return product_view(
                found, links, [one.id for one in ads.list_ads(unit, product_id=found.id, placement="mcp")]
            )
