"""The protocol's own JSON Schemas, which every answer and every request in these tests is held to."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

FOLDER = Path(__file__).parents[3] / "shared" / "specs" / "ucp" / "v2026-04-08"
BASE = "https://ucp.example/"
SHOPPING = "schemas/shopping"
RESPONSE = ""
CHECKOUTS = (
    f"{SHOPPING}/fulfillment.json#/$defs/dev.ucp.shopping.checkout",
    f"{SHOPPING}/discount.json#/$defs/dev.ucp.shopping.checkout",
)
KINDS = {
    "checkout": CHECKOUTS,
    "cart": (f"{SHOPPING}/cart.json",),
    "order": (f"{SHOPPING}/order.json",),
    "search": (f"{SHOPPING}/catalog_search.json#/$defs/search_response",),
    "lookup": (f"{SHOPPING}/catalog_lookup.json#/$defs/lookup_response",),
    "product": (f"{SHOPPING}/catalog_lookup.json#/$defs/get_product_response",),
    "error": (f"{SHOPPING}/types/error_response.json",),
    "profile": ("discovery/profile_schema.json#/$defs/business_profile",),
}
REQUESTS = {
    "search": (f"{SHOPPING}/catalog_search.json#/$defs/search_request",),
    "lookup": (f"{SHOPPING}/catalog_lookup.json#/$defs/lookup_request",),
    "product": (f"{SHOPPING}/catalog_lookup.json#/$defs/get_product_request",),
    "cart": (f"{SHOPPING}/cart.json",),
    "checkout": (*CHECKOUTS, f"{SHOPPING}/cart.json#/$defs/checkout"),
}
FORMATS = FormatChecker()

needs_schemas = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the protocol's schemas are not here: {FOLDER.name} beside the project"
)


@FORMATS.checks("uri")
def _is_uri(text: object) -> bool:
    return not isinstance(text, str) or bool(urlsplit(text).scheme and (urlsplit(text).netloc or urlsplit(text).path))


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def check(document: Any, kind: str) -> None:
    """Fail unless the schemas of that kind allow the document as an answer."""
    _check(document, KINDS[kind], RESPONSE)


def check_request(body: Any, kind: str, act: str) -> None:
    """Fail unless a platform may send this body; `act` is create, update or complete."""
    _check(body, REQUESTS[kind], act)


def _check(document: Any, names: tuple[str, ...], act: str) -> None:
    if not FOLDER.is_dir():
        return
    for name in names:
        faults = sorted(_validator(name, act).iter_errors(document), key=lambda one: str(list(one.path)))
        assert not faults, f"{name}: " + "; ".join(f"{list(one.path)} {one.message[:300]}" for one in faults[:5])


@cache
def _validator(name: str, act: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": BASE + name}, registry=_registry(act), format_checker=FORMATS)


@cache
def _registry(act: str) -> Registry[Any]:
    """Every schema under its path, which is what they refer to each other by."""
    files = sorted(FOLDER.glob("schemas/**/*.json")) + sorted(FOLDER.glob("discovery/*.json"))
    found = []
    for path in files:
        schema = json.loads(path.read_text())
        del schema["$id"]
        schema.setdefault("$schema", "https://json-schema.org/draft/2020-12/schema")
        found.append(
            (
                BASE + path.relative_to(FOLDER).as_posix(),
                Resource.from_contents(_sendable(schema, act) if act else schema),
            )
        )
    registry: Registry[Any] = Registry().with_resources(found)
    return registry


def _sendable(schema: Any, act: str) -> Any:
    """The schema of what is sent: `ucp_request` says of each field if it is left out, needed or neither."""
    if isinstance(schema, list):
        return [_sendable(one, act) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _sendable(value, act) for name, value in schema.items()}
    if isinstance(made.get("properties"), dict):
        said = {name: _said(one, act) for name, one in made["properties"].items()}
        made["properties"] = {name: one for name, one in made["properties"].items() if said[name] != "omit"}
        needed = [name for name in made.get("required", []) if (said.get(name) or "required") == "required"]
        made["required"] = sorted({*needed, *(name for name, word in said.items() if word == "required")})
    return made


def _said(field: Any, act: str) -> str | None:
    word = field.get("ucp_request") if isinstance(field, dict) else None
    return word.get(act) if isinstance(word, dict) else word
