"""The tools agents call: each opens a unit, calls a use case, and answers a view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from sqlalchemy.exc import DataError

from adengine.core.creative import FORMATS
from adengine.core.errors import AdEngineError
from adengine.core.money import Money
from adengine.engine import SYSTEM, Actor, AdEngine, Unit
from adengine.services import ads, catalog, checkout, lints, merchants, orders, search, showings
from adengine.services.checkout import CheckoutWish
from adengine.services.views import (
    AdView,
    CheckoutView,
    HitView,
    Links,
    LintView,
    OrderView,
    ProductView,
    ShowingView,
    ad_view,
    checkout_view,
    hit_view,
    lint_view,
    order_view,
    product_view,
    showing_view,
)

P = ParamSpec("P")
R = TypeVar("R")

Store = Annotated[str, Field(description="Short name of the shop; leave empty for the default shop.", max_length=40)]
READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


@dataclass(frozen=True)
class Line:
    """One variant and how many of it."""

    variant_id: Annotated[str, Field(description="Id of the variant, beginning with var_.", max_length=60)]
    quantity: Annotated[int, Field(description="How many.", ge=1, le=99)] = 1


@dataclass(frozen=True)
class Found:
    """Products that fit. An empty list means nothing here fits: `advice` says what to change."""

    hits: list[HitView]
    advice: str


@dataclass(frozen=True)
class FoundAds:
    """Films on show, newest first. An empty list means there is none: `advice` says what to do."""

    ads: list[AdView]
    advice: str


def register(server: MCPServer[Any], engine: AdEngine) -> None:
    """Add every tool to the server."""
    shop = ShopDesk(engine)

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
        with shop.unit(ctx, store) as (unit, links):
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
        with shop.unit(ctx, store) as (unit, links):
            found = catalog.get_product(unit, product)
            return product_view(
                found, links, [one.id for one in ads.list_ads(unit, product_id=found.id, placement="mcp")]
            )

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
        with shop.unit(ctx, store) as (unit, links):
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
        with shop.unit(ctx, store) as (unit, links):
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
        with shop.unit(ctx, store) as (unit, _):
            return lint_view(lints.report_of(unit, ad_id))

    @server.tool(title="Start a checkout", annotations=WRITE)
    @spoken
    def create_checkout(
        idempotency_key: Annotated[
            str,
            Field(
                description="A random key of yours, such as a UUID: the same key never makes a second checkout.",
                min_length=16,
                max_length=80,
            ),
        ],
        ctx: Context,
        variant_id: Annotated[
            str, Field(description="Id of the variant to buy, beginning with var_; or give lines.", max_length=60)
        ] = "",
        quantity: Annotated[int, Field(description="How many.", ge=1, le=99)] = 1,
        lines: Annotated[
            list[Line] | None,
            Field(description="Several variants to buy in one checkout.", min_length=1, max_length=50),
        ] = None,
        codes: Annotated[
            list[str] | None, Field(description="Discount codes to try; the answer says what each does.", max_length=10)
        ] = None,
        ad_id: Annotated[
            str | None, Field(description="The film that led to this, so that it is credited.", max_length=60)
        ] = None,
        second: Annotated[float | None, Field(description="The film's second that led to this.", ge=0, le=600)] = None,
        store: Store = "",
    ) -> CheckoutView:
        """Open a checkout at today's price. Give the returned url to the buyer: they see the total and pay there.

        Nothing is charged or reserved by this call. The price holds until expires_at. What `needs` names (an address,
        a way to ship) the buyer fills in on that page."""
        with shop.unit(ctx, store, writes=True) as (unit, links):
            wish = CheckoutWish(
                lines=tuple((one.variant_id, one.quantity) for one in lines) if lines else ((variant_id, quantity),),
                channel="mcp",
                ad_id=ad_id,
                second=second,
                codes=tuple(codes or ()),
                request_key=f"mcp:{idempotency_key}",
            )
            return checkout_view(checkout.open_in_stock(unit, wish), links)

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
        with shop.unit(ctx, store) as (unit, links):
            if order_id.startswith("chk_"):
                order_id = _paid_order(unit, order_id)
            return order_view(orders.get_order(unit, order_id), links)


class ShopDesk:
    """Opens units for agents: the token's merchant if one is sent, else a visitor of the named shop."""

    def __init__(self, engine: AdEngine) -> None:
        self.engine = engine

    @contextmanager
    def unit(self, ctx: Context, store: str, *, writes: bool = False) -> Iterator[tuple[Unit, Links]]:
        actor = self._actor(ctx, store)
        with self.engine.unit(actor) if writes else self.engine.reading(actor) as unit:
            yield unit, Links(self.engine.settings.public_url, merchants.my_shop(unit).name)

    def _actor(self, ctx: Context, store: str) -> Actor:
        header = (ctx.headers or {}).get("authorization", "")
        with self.engine.reading(SYSTEM) as unit:
            if header.lower().startswith("bearer "):
                return merchants.actor_of(unit, header[7:].strip())
            return merchants.visitor(unit, store or self.engine.settings.shop)


def spoken(tool: Callable[P, R]) -> Callable[P, R]:
    """Turn our refusals into tool errors: the only exceptions whose words reach the agent."""

    @wraps(tool)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except AdEngineError as error:
            raise ToolError(f"{error.message} [{error.code}]") from error
        except DataError as error:
            raise ToolError("an argument holds characters that cannot be kept; send plain text [invalid]") from error

    return call


def _paid_order(unit: Unit, checkout_id: str) -> str:
    found = checkout.get_checkout(unit, checkout_id)
    if found.order_id is None:
        raise ToolError(f"this checkout is {found.status}: the buyer has not paid yet; give them its url again")
    return found.order_id
