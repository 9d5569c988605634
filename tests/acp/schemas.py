"""The protocol's own JSON Schemas, which every answer in these tests is held to."""

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

FOLDER = Path(__file__).parents[3] / "shared" / "specs" / "acp" / "spec" / "2026-04-17" / "json-schema"
CHECKOUT, CART, FEED = "schema.agentic_checkout.json", "schema.cart.json", "schema.feed.json"
MISSING = f"the protocol's schemas are not here: {FOLDER.name} beside the project"

FORMATS = FormatChecker()

needs_schemas = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


@FORMATS.checks("uri")
def _is_uri(text: object) -> bool:
    return not isinstance(text, str) or bool(urlsplit(text).scheme and (urlsplit(text).netloc or urlsplit(text).path))


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def check(document: Any, kind: str, file: str = CHECKOUT) -> None:
    """Fail unless the document is exactly what the schema of that kind allows."""
    faults = sorted(_validator(kind, file).iter_errors(document), key=lambda one: list(one.path))
    assert not faults, f"{kind}: " + "; ".join(f"{list(one.path)} {one.message[:300]}" for one in faults[:5])


@cache
def _validator(kind: str, file: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{_home(file)}#/$defs/{kind}"}, registry=_registry(), format_checker=FORMATS)


@cache
def _registry() -> Registry[Any]:
    """Every schema under its own name, and under its file's name beside each other that refers to it so."""
    found = [(path.name, Resource.from_contents(json.loads(path.read_text()))) for path in FOLDER.glob("*.json")]
    ids = [(str(resource.contents["$id"]), resource) for _, resource in found]
    beside = [(f"{id_.rsplit('/', 1)[0]}/{name}", resource) for id_, _ in ids for name, resource in found]
    registry: Registry[Any] = Registry().with_resources([*ids, *beside])
    return registry


def _home(file: str) -> str:
    return str(json.loads((FOLDER / file).read_text())["$id"])
