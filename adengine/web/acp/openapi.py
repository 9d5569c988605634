"""The OpenAPI 3.1 document of the protocol's routes, made of the types they read and answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from adengine import __version__
from adengine.services.acp import ways
from adengine.services.acp.refusals import ErrorDocument

if TYPE_CHECKING:
    from adengine.web.acp.routes import Route

JSON = "application/json"
VERSION_HEADER = {"type": "string", "enum": list(ways.SUPPORTED_VERSIONS)}
KEY_HEADER = {"type": "string", "minLength": 1, "maxLength": 255}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """What the routes take and answer; errors are one flat object everywhere."""
    kinds = [kind for route in routes for kind in (route.answer, route.body) if kind is not None]
    adapters: list[tuple[Any, Any, TypeAdapter[Any]]] = [
        (kind, "validation", TypeAdapter(kind)) for kind in dict.fromkeys([*kinds, ErrorDocument])
    ]
    refs, schemas = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/acp{route.path}", {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "adengine: Agentic Commerce Protocol",
            "version": __version__,
            "description": f"Version {ways.VERSION} of the protocol. Amounts are integers of minor units.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    parameters = [_parameter("API-Version", "header", VERSION_HEADER)]
    if "{id}" in route.path:
        parameters.append(_parameter("id", "path", {"type": "string"}))
    if route.needs_key:
        parameters.append(_parameter("Idempotency-Key", "header", KEY_HEADER))
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            str(route.status): {"description": "done", "content": _json(refs[(route.answer, "validation")])},
            "default": {"description": "refused", "content": _json(refs[(ErrorDocument, "validation")])},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.path.endswith("/cancel"),
            "content": _json(refs[(route.body, "validation")]),
        }
    return operation


def _name(route: Route) -> str:
    words = route.path.replace("{id}", "").strip("/").split("/")
    return "_".join([route.method.lower(), *(one for one in words if one)]) + ("_one" if "{id}" in route.path else "")


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": schema}


def _json(schema: Any) -> dict[str, Any]:
    return {JSON: {"schema": schema}}
