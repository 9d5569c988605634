"""Routes of the JSON API as data, and the OpenAPI document made from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from adengine import __version__

REFERENCE = "#/components/schemas/"
LONGEST_TEXT = 300
KEY_LENGTHS = range(8, 121)


@dataclass(frozen=True)
class Query:
    """A parameter of the query: one of `choices`, a whole number from 1 to `most`, or else a text."""

    name: str
    most: int = 0
    choices: tuple[str, ...] = ()


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
    query: tuple[Query, ...] = ()
    media: str = "text/csv"
    is_public: bool = False


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Reads and writes values of that type as JSON."""
    return TypeAdapter(kind)


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a table of routes."""
    refs, schemas = _schemas(routes)
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
            "schemas": {**schemas, "Refusal": refusal},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(routes: tuple[Route, ...]) -> tuple[Any, dict[str, Any]]:
    """A reference for each type, and the schemas they name; what bodies are made of takes no unknown field."""
    bodies = [route.body for route in routes if route.body not in (None, bytes)]
    out: Literal["serialization"] = "serialization"
    adapters = [(kind, out, adapter(kind)) for kind in [*bodies, *(route.answer for route in routes)]]
    refs, made = TypeAdapter.json_schemas(adapters, ref_template=REFERENCE + "{model}")
    schemas: dict[str, Any] = made["$defs"]
    for name in _named_by([refs[(kind, out)] for kind in bodies], schemas):
        schemas[name] |= {"additionalProperties": False}
    return refs, schemas


def _named_by(found: Any, schemas: dict[str, Any], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The schemas that `found` names, directly or through others."""
    for name in set(re.findall(rf'"{REFERENCE}(\w+)"', json.dumps(found))) - seen:
        seen = _named_by(schemas[name], schemas, seen | {name})
    return seen


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [_parameter(name, "path", {"type": "string"}) for name in names]
    parameters += [_parameter(one.name, "query", _query(one)) for one in route.query]
    if route.is_public:
        parameters.append(_parameter("store", "query", {"type": "string"}))
    if route.needs_key:
        lengths = {"minLength": KEY_LENGTHS[0], "maxLength": KEY_LENGTHS[-1]}
        parameters.append(_parameter("Idempotency-Key", "header", {"type": "string"} | lengths))
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


def _query(asked: Query) -> dict[str, Any]:
    if asked.most:
        return {"type": "integer", "minimum": 1, "maximum": asked.most}
    if asked.choices:
        return {"type": "string", "enum": list(asked.choices)}
    return {"type": "string", "maxLength": LONGEST_TEXT}


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place != "query", "schema": schema}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
