"""Which tools a caller is shown and in which order, and how long lists may be kept: by its scopes alone."""

from __future__ import annotations

from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp_types.methods import CacheableMethod

from adengine.agents.oauth import caller_of

# Merchants' tools: not in the list of a caller without the scope, and refused by scope where they are called.
TOOL_SCOPES = {
    "list_cameos": "cameos:read",
    "check_licence": "cameos:read",
    "get_render": "ads:write",
    "get_experiment": "experiments:read",
    "create_ad": "ads:write",
    "remix_ad": "ads:write",
}
# What only looks comes first: checkers and cautious clients try the first tool. Clients keep prompts by this order.
ORDER = (
    "search_catalog",
    "lookup_catalog",
    "get_product",
    "search_ads",
    "get_ad",
    "get_cameo_licence",
    "search_policies",
    "get_cart",
    "get_checkout",
    "get_order",
    "create_cart",
    "update_cart",
    "cancel_cart",
    "create_checkout",
    "update_checkout",
    "complete_checkout",
    "cancel_checkout",
    "record_event",
    *TOOL_SCOPES,
)
PLACES = {name: place for place, name in enumerate(ORDER)}
MINUTE_MS = 60_000
HINTS: dict[CacheableMethod, CacheHint] = {
    "server/discover": CacheHint(60 * MINUTE_MS, "public"),
    "tools/list": CacheHint(5 * MINUTE_MS, "public"),
    "prompts/list": CacheHint(5 * MINUTE_MS, "public"),
    "resources/list": CacheHint(5 * MINUTE_MS, "public"),
    "resources/templates/list": CacheHint(5 * MINUTE_MS, "public"),
    "resources/read": CacheHint(5_000, "private"),  # prices and stock; may be somebody's own
}
APPS = "ui://"
SCHEMAS = frozenset({"inputSchema", "outputSchema"})
NAMED = frozenset({"properties", "$defs", "patternProperties"})
DATA = frozenset({"default", "enum", "const", "examples"})


async def listed(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: tools in their order, those that the caller may use; a list of more than everybody's is private."""
    result = await call_next(ctx)
    if not isinstance(result, dict):
        return result
    if ctx.method == "tools/list":
        return _shown(result, _scopes(ctx))
    if ctx.method == "resources/read" and str((ctx.params or {}).get("uri", "")).startswith(APPS):
        return _kept(result, 60 * MINUTE_MS, "public")
    return result


def _shown(result: dict[str, Any], scopes: frozenset[str]) -> dict[str, Any]:
    tools = [_untitled(one) for one in result["tools"] if TOOL_SCOPES.get(one["name"], "") in {"", *scopes}]
    tools.sort(key=lambda one: PLACES.get(one["name"], len(PLACES)))
    shown = {**result, "tools": tools}
    return _kept(shown, None, "private") if scopes.intersection(TOOL_SCOPES.values()) else shown


def _untitled(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool without the titles that its schemas' fields are given by their names: agents pay for every word."""
    return {key: without_titles(value) if key in SCHEMAS else value for key, value in tool.items()}


def without_titles(schema: Any) -> Any:
    """A JSON Schema without titles; fields of that name stay, and so does data (defaults, choices)."""
    if isinstance(schema, list):
        return [without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled_part(key, value) for key, value in schema.items() if key != "title"}


def _untitled_part(key: str, value: Any) -> Any:
    if key in NAMED:
        return {name: without_titles(one) for name, one in value.items()}
    return value if key in DATA else without_titles(value)


def _kept(result: dict[str, Any], ttl_ms: int | None, scope: str) -> dict[str, Any]:
    if "cacheScope" not in result:  # before revision 2026-07-28 nothing is said of keeping
        return result
    return {**result, "cacheScope": scope, "ttlMs": result["ttlMs"] if ttl_ms is None else ttl_ms}


def _scopes(ctx: ServerRequestContext[Any, Any]) -> frozenset[str]:
    caller = caller_of(ctx)
    return caller.scopes if caller else frozenset()
