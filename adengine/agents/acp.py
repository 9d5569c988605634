"""The Agentic Commerce Protocol over MCP, at /acp/mcp: its five calls, doing exactly what its HTTP calls do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import ToolAnnotations
from pydantic import Field

from adengine.core.errors import AdEngineError, SignInNeeded
from adengine.engine import SYSTEM, AdEngine
from adengine.services import merchants
from adengine.services.acp import desk, replies, ways
from adengine.services.acp.refusals import Refused, refusal_of
from adengine.services.acp.replies import Caller, Reply

# The protocol's MCP binding: its flat error travels as the data of a JSON-RPC error of this code.
REFUSED = -32000
INSTRUCTIONS = """Checkout sessions of the Agentic Commerce Protocol, for agents that pay with a delegated token.
Order of calls: create_checkout_session -> update_checkout_session until its status is ready_for_payment ->
complete_checkout_session with the buyer's payment token. Find products with the server at /mcp.
Every call needs the token of an agent that the shop let in. Amounts are integers in minor units."""

Object = dict[str, Any]
Meta = Annotated[
    Object,
    Field(
        description=f"api_version (required: '{ways.VERSION}'), idempotency_key (required for all that changes "
        "something: new for each act, the same when you repeat one), accept_language, request_id."
    ),
]
SessionId = Annotated[str, Field(description="Id of the checkout session.", max_length=100)]
READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
PAYS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)


def register(server: MCPServer[Any], engine: AdEngine) -> None:
    """Add the protocol's tools to the server; they need the token of an agent that the shop let in."""

    @server.tool(title="Create a checkout session", annotations=WRITE)
    def create_checkout_session(
        meta: Meta,
        payload: Annotated[
            Object,
            Field(
                description="line_items [{id, quantity}] (ids of variants), currency, capabilities ({} will do), and "
                "if known buyer, fulfillment_details, discounts {codes}, locale, affiliate_attribution."
            ),
        ],
        ctx: Context,
    ) -> Object:
        """Open a checkout that you complete yourself with a payment token (ACP). Nothing is charged or reserved.

        The answer's status and messages say what is still missing. Without a payment token use
        create_checkout of the server at /mcp."""
        return _spoken(engine, ctx, meta, lambda caller: desk.create_session(caller, _body(payload)))

    @server.tool(title="Show a checkout session", annotations=READ)
    def get_checkout_session(meta: Meta, id: SessionId, ctx: Context) -> Object:
        """Show a checkout session that you created, with its order once it is completed."""
        return _spoken(engine, ctx, meta, lambda caller: desk.get_session(caller, id), needs_key=False)

    @server.tool(title="Change a checkout session", annotations=WRITE)
    def update_checkout_session(
        meta: Meta,
        id: SessionId,
        payload: Annotated[
            Object,
            Field(
                description="What is to be different: line_items (replaces all), buyer, fulfillment_details, "
                "selected_fulfillment_options [{type, option_id, item_ids}], discounts, order_notes. null clears."
            ),
        ],
        ctx: Context,
    ) -> Object:
        """Change a checkout session and price it anew; what you leave out stays as it is."""
        return _spoken(engine, ctx, meta, lambda caller: desk.update_session(caller, id, _body(payload)))

    @server.tool(title="Pay a checkout session", annotations=PAYS)
    def complete_checkout_session(
        meta: Meta,
        id: SessionId,
        payload: Annotated[
            Object,
            Field(
                description="payment_data {handler_id, instrument {type, credential {type: 'spt', token}}} for a "
                "handler of the session's capabilities; buyer, authentication_result, marketing_consents."
            ),
        ],
        ctx: Context,
    ) -> Object:
        """Charge the buyer's payment token and get the order. Only when your buyer agreed to the session's total.

        After a timeout send the same request with the same idempotency_key: it never charges twice."""
        return _spoken(engine, ctx, meta, lambda caller: desk.complete_session(caller, id, _body(payload)))

    @server.tool(title="Cancel a checkout session", annotations=WRITE)
    def cancel_checkout_session(
        meta: Meta,
        id: SessionId,
        ctx: Context,
        payload: Annotated[
            Object | None, Field(description="intent_trace {reason_code, trace_summary}: why the buyer gave up.")
        ] = None,
    ) -> Object:
        """Give up a checkout session that is not completed."""
        return _spoken(engine, ctx, meta, lambda caller: desk.cancel_session(caller, id, _body(payload or {})))


def _spoken(
    engine: AdEngine, ctx: Context, meta: Object, act: Callable[[Caller], Reply], *, needs_key: bool = True
) -> Object:
    """The reply's document; a refusal becomes a JSON-RPC error with the protocol's own in its data."""
    try:
        reply = act(_caller(engine, ctx, meta, needs_key=needs_key))
    except AdEngineError as error:
        refusal = refusal_of(error)
        raise MCPError(REFUSED, refusal.document["message"], refusal.document) from error
    document: Object = json.loads(reply.body)
    if reply.status >= 400:
        raise MCPError(REFUSED, str(document["message"]), document)
    return document


def _caller(engine: AdEngine, ctx: Context, meta: Object, *, needs_key: bool) -> Caller:
    ways.need_version(_text(meta, "api_version"))
    scheme, _, token = (ctx.headers or {}).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise SignInNeeded("connect with the header Authorization: Bearer TOKEN; the shop hands tokens out")
    with engine.reading(SYSTEM) as unit:
        actor = merchants.actor_of(unit, token.strip())
    replies.need_agent(actor)
    key = replies.checked_key(_text(meta, "idempotency_key"), is_needed=needs_key)
    language = _text(meta, "accept_language").split(",")[0].split(";")[0].strip()
    return Caller(engine, actor, key, (language,) if language else ())


def _text(meta: Object, name: str) -> str:
    value = meta.get(name) or ""
    if not isinstance(value, str):
        raise Refused("invalid", f"{name} is a text", param=f"$.meta.{name}")
    return value


def _body(payload: Object) -> bytes:
    return json.dumps(payload).encode()
