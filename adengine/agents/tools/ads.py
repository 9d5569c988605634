"""Films: found, played, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import Field

from adengine.agents.desk import READ, Desk, Store, spoken
from adengine.core.creative import FORMATS
from adengine.services import ads, catalog, lints, showings
from adengine.services.views import (
    AdView,
    LintView,
    ShowingView,
    ad_view,
    lint_view,
    showing_view,
)


@dataclass(frozen=True)
class FoundAds:
    """Films on show, newest first. An empty list means there is none: `advice` says what to do."""

    ads: list[AdView]
    advice: str


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Search shoppable films", annotations=READ)
    @spoken
    def search_ads(
        ctx: Context,
        product: Annotated[str, Field(description="Only films of this product id or handle.", max_length=300)] = "",
        format: Annotated[
            str,
            Field(description=f"Only this format: {', '.join(FORMATS)}.", pattern=f"^(|{'|'.join(FORMATS)})$"),
        ] = "",
        max_seconds: Annotated[int | None, Field(description="Only films up to this length.", ge=1)] = None,
        limit: Annotated[int, Field(description="Most films to return.", ge=1, le=50)] = 10,
        store: Store = "",
    ) -> FoundAds:
        """List the films on show, newest first. Use get_ad to play one with its buyable hotspots."""
        with desk.reading(ctx, store) as (unit, links):
            product_id = catalog.get_product(unit, product).id if product else None
            found = [
                ad_view(one, links)
                for one in ads.list_ads(unit, product_id=product_id, placement="mcp")
                if format in {"", one.format} and (max_seconds is None or one.seconds <= max_seconds)
            ]
        return FoundAds(found[:limit], "" if found else "No film fits. Leave out a filter or see search_catalog.")

    @server.tool(title="Play a shoppable film", annotations=READ)
    @spoken
    def get_ad(
        ad_id: Annotated[str, Field(description="Id of an ad, beginning with ad_.", max_length=60)],
        ctx: Context,
        store: Store = "",
    ) -> ShowingView:
        """Get a published film to play: address, poster, captions, transcript, disclosure, and hotspots with the
        second they appear, live price and stock. Refused when its licence no longer allows showing it."""
        with desk.reading(ctx, store) as (unit, links):
            return showing_view(showings.show(unit, ad_id, placement="mcp"), links)

    @server.tool(title="Check a film", annotations=READ)
    @spoken
    def check_ad(
        ad_id: Annotated[str, Field(description="Id of an ad of the token's shop, published or not.", max_length=60)],
        ctx: Context,
        store: Store = "",
    ) -> LintView:
        """For merchants, with their token: a film's mark of 100, what to put right and why, worst first, and the second
        of the film each finding is about."""
        with desk.reading(ctx, store) as (unit, _):
            return lint_view(lints.report_of(unit, ad_id))
