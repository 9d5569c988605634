"""Routes of the JSON API as data, and the OpenAPI document made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from adengine import __version__


@dataclass(frozen=True)
class Route:
    """`path` has its parameters in braces; `body` and `answer` are the types of the JSON in and out.

    A body of bytes is of the type `media`. `is_public`: without a token it answers what anybody may see of the shop
    that the query parameter `store` names (none: the default shop).
    """

    method: str
    path: str
    summary: str
    act: Callable[[Any], Any]
    answer: Any
    body: Any = None
    status: int = 200
    needs_key: bool = False
    query: tuple[str, ...] = ()
    media: str = "text/csv"
    is_public: bool = False


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Reads and writes values of that type as JSON."""
    return TypeAdapter(kind)


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a table of routes."""
    kinds = [kind for route in routes for kind in (route.answer, route.body) if kind not in (None, bytes)]
    out: Literal["serialization"] = "serialization"
    adapters = [(kind, out, adapter(kind)) for kind in kinds]
    refs, schemas = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault("/api/v1" + route.path, {})[route.method.lower()] = _operation(route, refs)
    refusal = {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                "required": ["code", "message"],
            }
        },
        "required": ["error"],
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "adengine",
            "version": __version__,
            "description": "Money is an integer of minor units beside its currency.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas["$defs"], "Refusal": refusal},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [_parameter(name, "path", required=True) for name in names]
    parameters += [_parameter(name, "query", required=False) for name in route.query]
    if route.is_public:
        parameters.append(_parameter("store", "query", required=False))
    if route.needs_key:
        parameters.append(_parameter("Idempotency-Key", "header", required=True))
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{route.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            str(route.status): {
                "description": "done",
                "content": _json(refs[(route.answer, "serialization")]),
            },
            "default": {"description": "refused", "content": _json({"$ref": "#/components/schemas/Refusal"})},
        },
    }
    if route.is_public:
        operation["security"] = [{}, {"token": []}]
    if route.body is bytes:
        operation["requestBody"] = {"content": {route.media: {"schema": {"type": "string"}}}, "required": True}
    elif route.body is not None:
        operation["requestBody"] = {"content": _json(refs[(route.body, "serialization")]), "required": True}
    return operation


def _parameter(name: str, place: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
