"""The Universal Commerce Protocol over MCP: who calls, under which key, and the outlines of what is answered."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from mcp.server.mcpserver import Context
from pydantic import ConfigDict, Field, TypeAdapter, WithJsonSchema, with_config
from typing_extensions import TypedDict

from adengine.agents.desk import Desk
from adengine.services.acp.replies import Caller
from adengine.services.ucp.asks import OPEN, ContextAsk, TillContext
from adengine.services.ucp.envelope import need_profile

Id = Annotated[str, Field(max_length=60)]
KEY = "A UUID: new for each act, the same to repeat one."
PROFILE = "ucp-agent.profile, the address of yours"
# Bounds of every short text; an agent need not read each.
PLAIN_BOUND = 200


def brief(kind: Any) -> WithJsonSchema:
    """The schema of an ask as agents read it: in one piece, without what says nothing to them. All of it is checked."""
    schema = TypeAdapter(kind).json_schema()
    return WithJsonSchema(_inlined(schema, schema.get("$defs", {})))


def _inlined(schema: Any, defs: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(one, defs) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        named = _inlined(defs[schema["$ref"].removeprefix("#/$defs/")], defs)
        return named | {name: value for name, value in schema.items() if name != "$ref"}
    if "anyOf" in schema:  # or null, which is as good as leaving it out
        return _inlined(schema["anyOf"][0], defs)
    left_out = {"$defs"} | ({"maxLength"} if schema.get("maxLength") == PLAIN_BOUND else set())
    return {name: _inlined(value, defs) for name, value in schema.items() if name not in left_out}


@OPEN
class AgentAsk(TypedDict):
    profile: Annotated[str, Field(max_length=2000)]


Key = Annotated[str, Field(min_length=1, max_length=255)]
Meta = TypedDict("Meta", {"ucp-agent": NotRequired[AgentAsk], "idempotency-key": NotRequired[Key]})
KeyMeta = TypedDict("KeyMeta", {"ucp-agent": NotRequired[AgentAsk], "idempotency-key": Key})
for _kind in (Meta, KeyMeta):
    OPEN(_kind)
Look = Annotated[Meta, WithJsonSchema({"type": "object", "description": f"Optional: {PROFILE}."})]
Sent = Annotated[
    Meta, WithJsonSchema({"type": "object", "description": f"Optional: idempotency-key, to repeat safely; {PROFILE}."})
]
Keyed = Annotated[
    KeyMeta,
    WithJsonSchema(
        {
            "type": "object",
            "description": f"And, optional, {PROFILE}.",
            "properties": {"idempotency-key": {"type": "string", "description": KEY}},
            "required": ["idempotency-key"],
        }
    ),
]
NOTHING: Meta = {}


def _outlined(schema: dict[str, Any]) -> None:
    for one in (schema, *schema.get("properties", {}).values()):
        one.pop("title", None)
        one.pop("additionalProperties", None)


OUTLINE = with_config(ConfigDict(extra="allow", json_schema_extra=_outlined))
Messages = Annotated[list[object], Field(description="what is missing or went wrong: code, content, severity")]


@OUTLINE
class SearchPage(TypedDict, total=False):
    products: Annotated[list[object], Field(description="id, title, price_range, variants, media, ads, reasons")]
    pagination: Annotated[dict[str, object], Field(description="has_next_page, cursor")]
    messages: Messages


@OUTLINE
class ProductPage(TypedDict, total=False):
    product: Annotated[dict[str, object], Field(description="variants, options, selected, media, ads")]
    messages: Messages


@OUTLINE
class CartPage(TypedDict, total=False):
    id: str
    line_items: list[object]
    totals: list[object]
    messages: Messages


@OUTLINE
class CheckoutPage(TypedDict, total=False):
    id: str
    status: Annotated[
        str,
        Field(
            description="incomplete, requires_escalation, ready_for_complete, complete_in_progress, completed, canceled"
        ),
    ]
    totals: Annotated[list[object], Field(description="minor units; discounts negative")]
    continue_url: Annotated[str, Field(description="where the buyer pays")]
    order: Annotated[dict[str, object], Field(description="id, permalink_url")]
    messages: Messages


@OUTLINE
class OrderPage(TypedDict, total=False):
    id: str
    line_items: list[object]
    totals: list[object]
    adjustments: Annotated[list[object], Field(description="refunds, disputes")]
    attribution: Annotated[dict[str, object], Field(description="ad_id, second")]
    messages: Messages


def caller_at(
    desk: Desk, ctx: Context, store: str, meta: Meta | KeyMeta, context: ContextAsk | TillContext | None = None
) -> Caller:
    """Who calls, once its profile could be one."""
    need_profile(meta.get("ucp-agent", {}).get("profile", ""))
    language = (context or {}).get("language", "")
    return Caller(desk.engine, desk.actor(ctx, store), meta.get("idempotency-key", ""), (language,) if language else ())
