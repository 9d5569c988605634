"""Checkouts: opened by an agent, confirmed and paid by a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import Field

from adengine.agents.desk import WRITE, Desk, Store, spoken
from adengine.services import checkout
from adengine.services.checkout import CheckoutWish
from adengine.services.views import (
    CheckoutView,
    checkout_view,
)


@dataclass(frozen=True)
class Line:
    """One variant and how many of it."""

    variant_id: Annotated[str, Field(description="Id of the variant, beginning with var_.", max_length=60)]
    quantity: Annotated[int, Field(description="How many.", ge=1, le=99)] = 1


def register(server: MCPServer[Any], desk: Desk) -> None:
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
        with desk.writing(ctx, store) as (unit, links):
            wish = CheckoutWish(
                lines=tuple((one.variant_id, one.quantity) for one in lines) if lines else ((variant_id, quantity),),
                channel="mcp",
                ad_id=ad_id,
                second=second,
                codes=tuple(codes or ()),
                request_key=f"mcp:{idempotency_key}",
            )
            return checkout_view(checkout.open_in_stock(unit, wish), links)
