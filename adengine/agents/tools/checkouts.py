"""Checkouts: opened and filled in by an agent, agreed to by a person, paid once."""

# Annotations are evaluated here, not later: Resolve needs functions that are made in `register`.

from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.types import CallToolResult
from mcp_types.version import is_version_at_least
from pydantic import BaseModel, Field

from adengine.agents.answers import answer
from adengine.agents.desk import GIVES_UP, PAYS, READ, WRITE, Desk, Store, spoken
from adengine.agents.ucp import NOTHING, CheckoutPage, Id, Keyed, KeyMeta, Look, Sent, brief, caller_at
from adengine.agents.ui import CHECKOUT, shown_in
from adengine.core.money import Money
from adengine.services.ucp import asks
from adengine.services.ucp import desk as ucp

# From this revision on a question travels in the answer, and needs no way back to the client.
CARRIES_QUESTIONS = "2026-07-28"
UNPAID: asks.CompleteAsk = {}


class Agreement(BaseModel):
    """What a buyer says to a total."""

    pay: bool = Field(title="Pay now", description="Yes, charge this total.")


@dataclass(frozen=True)
class Question:
    """The total that would be charged, and how its buyer is asked for it."""

    total: Money
    words: str


def register(server: MCPServer[Any], desk: Desk) -> None:
    @server.tool(title="Start a checkout", annotations=WRITE, meta=shown_in(CHECKOUT))
    @spoken
    def create_checkout(
        checkout: Annotated[
            asks.CheckoutAsk, brief(asks.CheckoutAsk), Field(description="Lines or a cart; the rest may come later.")
        ],
        ctx: Context,
        meta: Sent = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, CheckoutPage]:
        """Open a checkout at today's prices. Nothing is charged or reserved. Name the film that led here in
        attribution. Messages say what is missing: fill it in with update_checkout, or give the buyer continue_url."""
        return answer(ucp.create_checkout(caller_at(desk, ctx, store, meta, checkout.get("context")), checkout))

    @server.tool(title="Show a checkout", annotations=READ, meta=shown_in(CHECKOUT))
    @spoken
    def get_checkout(
        id: Annotated[Id, Field(description="Of the checkout, chk_...")],
        ctx: Context,
        meta: Look = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, CheckoutPage]:
        """Show a checkout: status, totals, what is missing, and its order once it is paid, wherever that happened."""
        return answer(ucp.get_checkout(caller_at(desk, ctx, store, meta), id))

    @server.tool(title="Change a checkout", annotations=WRITE, meta=shown_in(CHECKOUT))
    @spoken
    def update_checkout(
        id: Annotated[Id, Field(description="Of the checkout.")],
        checkout: Annotated[
            asks.CheckoutUpdateAsk,
            brief(asks.CheckoutUpdateAsk),
            Field(description="All of it: what is left out is cleared."),
        ],
        ctx: Context,
        meta: Sent = NOTHING,
        store: Store = "",
    ) -> Annotated[CallToolResult, CheckoutPage]:
        """Replace a checkout's lines, buyer, destination, option and codes, and price it anew. Repeat what shall stay;
        a destination that stays needs its id only, and a buyer you are not shown stays."""
        return answer(ucp.update_checkout(caller_at(desk, ctx, store, meta, checkout.get("context")), id, checkout))

    @spoken
    def question(ctx: Context, id: str, checkout: asks.CompleteAsk, meta: KeyMeta, store: str) -> Question | None:
        """What the buyer has to agree to; None where nothing would be charged."""
        found = ucp.to_confirm(caller_at(desk, ctx, store, meta), id, checkout)
        return Question(*found) if found else None

    def agreement(ctx: Context, asked: Annotated[Question | None, Resolve(question)]) -> Elicit[Agreement] | Agreement:
        if asked is None or not _can_ask(ctx):
            return Agreement(pay=False)
        return Elicit(asked.words, Agreement)

    @server.tool(title="Pay a checkout", annotations=PAYS, meta=shown_in(CHECKOUT))
    @spoken
    def complete_checkout(
        id: Annotated[Id, Field(description="Of the checkout.")],
        meta: Keyed,
        ctx: Context,
        asked: Annotated[Question | None, Resolve(question)],
        said: Annotated[ElicitationResult[Agreement], Resolve(agreement)],
        checkout: Annotated[asks.CompleteAsk, brief(asks.CompleteAsk), Field(description="How it is paid.")] = UNPAID,
        store: Store = "",
    ) -> Annotated[CallToolResult, CheckoutPage]:
        """Pay with the buyer's payment token and get the order. The buyer is asked to agree to the total first. Nothing
        is charged without a token, if they decline, or if the price changed: messages say so. Without a token give
        them continue_url instead. After a timeout repeat it with the same key: it never charges twice."""
        caller = caller_at(desk, ctx, store, meta)
        if asked is None:
            return answer(ucp.complete_checkout(caller, id, checkout))
        if not _can_ask(ctx):
            return answer(ucp.hand_over(caller, id))
        if isinstance(said, AcceptedElicitation) and said.data.pay:
            return answer(ucp.complete_checkout(caller, id, checkout, agreed=asked.total))
        return answer(ucp.decline_checkout(caller, id))

    @server.tool(title="Give a checkout up", annotations=GIVES_UP)
    @spoken
    def cancel_checkout(
        id: Annotated[Id, Field(description="Of the checkout.")],
        meta: Keyed,
        ctx: Context,
        store: Store = "",
    ) -> Annotated[CallToolResult, CheckoutPage]:
        """Give a checkout up that is not paid; what was reserved for it is free again."""
        return answer(ucp.cancel_checkout(caller_at(desk, ctx, store, meta), id))


def _can_ask(ctx: Context) -> bool:
    """Whether the client can put a form in front of its person, now."""
    able = ctx.client_capabilities
    form = able.elicitation if able is not None else None
    if form is None or (form.form is None and form.url is not None):
        return False
    version = ctx.protocol_version
    return (version is not None and is_version_at_least(version, CARRIES_QUESTIONS)) or ctx.session.can_send_request
