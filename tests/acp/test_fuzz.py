"""Requests made from our own OpenAPI documents, right and wrong: nothing breaks, and every answer is as documented."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import jsonschema
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from adengine.engine import SYSTEM
from adengine.services import merchants
from adengine.web.acp.openapi import document as acp_document
from adengine.web.acp.routes import ROUTES as ACP_ROUTES
from adengine.web.api import ROUTES as API_ROUTES
from adengine.web.openapi import document as api_document
from tests.acp.conftest import VERSION, Market

DOCUMENTS = {"acp": acp_document(ACP_ROUTES), "api": api_document(API_ROUTES)}
REQUESTS = 250
JUNK = (
    *(None, True, 0, -1, 1.5, 2**31, 2**63, 10**30, 1e308, [], {}, [[]], {"a": 1}, [None, 1]),
    *("", " ", "\0", "\ud800", "𝕏" * 300, "null", "../../x", "2026-02-30", "9999-99-99T00:00:00Z", "%00", "{}"),
)
LETTERS = "abcABC019 .,-_@/äß\u202e\u0301界🎥\n'\"<>&"
NAMING = re.compile(r"(^|_)(id|ids|key|code|codes|variant|token|option_id)$")

USUAL = {
    "currency": ["eur", "EUR", "usd"],
    "country": ["DE", "de", "AT", "FR"],
    "email": ["lumi@example.com"],
    "postal_code": ["10115", "1010"],
    "handler_id": ["sandbox"],
    "type": ["shipping", "card", "spt"],
    "locale": ["de-DE", "en"],
}
# What the last name of an address, and a field of a body, is a name of.
PREFIXES = {
    "checkout_sessions": "chk",
    "checkouts": "chk",
    "carts": "cart",
    "orders": "ord",
    "ads": "ad",
    "agents": "agt",
}
KINDS = {
    "id": "var",
    "variant": "var",
    "variant_id": "var",
    "order_id": "ord",
    "codes": "WELCOME",
    "option_id": "courier",
}


@dataclass
class World:
    """An app, who asks it, and every id and name that its answers have shown so far."""

    app: Flask
    document: dict[str, Any]
    token: str
    known: list[str]
    seen: set[int] = field(default_factory=set)

    def learn(self, value: Any) -> None:
        for name, one in _leaves(value):
            if NAMING.search(name) and isinstance(one, str) and one not in self.known:
                self.known.append(one)

    def ask(self, method: str, path: str, body: bytes | None, media: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", "API-Version": VERSION}
        if method != "get":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if media:
            headers["Content-Type"] = media
        return self.app.test_client().open(path, method=method.upper(), data=body, headers=headers)


@pytest.fixture
def world(market: Market, request: pytest.FixtureRequest) -> World:
    known = [market.mug, market.lamp, "mug", "WELCOME10", "FIVER", "post", "courier", "sandbox", "EUR"]
    if request.param == "acp":
        known += [market.agent.ready(market.mug), market.agent.create(market.lamp)["id"]]
        return World(market.app, DOCUMENTS["acp"], market.agent.token, known)
    known.append(market.agent.complete(market.agent.ready(market.mug)).get_json()["order"]["id"])
    with market.engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, market.desk.shop, kind="merchant")
    return World(market.app, DOCUMENTS["api"], token, known)


@pytest.mark.parametrize("world", ["acp", "api"], indirect=True)
def test_no_request_breaks_the_server_and_every_answer_is_as_documented(world: World) -> None:
    for number in range(REQUESTS):
        chance = Random(number)
        path, method = chance.choice(_operations(world.document))
        media, body = _body(chance, world, world.document["paths"][path][method])
        answer = world.ask(method, _filled(chance, world, path), body, media)
        world.seen.add(answer.status_code)
        assert answer.status_code < 500, f"{number}: {method} {path} {body!r} answered {answer.text}"
        if answer.is_json or answer.status_code not in {308, 404, 405}:  # an address can be no route of ours at all
            _as_documented(world, method, path, answer)
            world.learn(answer.get_json())
    assert {200, 400, 404} <= world.seen, "requests that are right, wrong and about nothing were all among them"


def _operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    """What changes something is asked three times as often as what only shows."""
    every = [(path, method) for path, ways in document["paths"].items() for method in ways]
    return every + [one for one in every if one[1] != "get"] * 2


def _filled(chance: Random, world: World, path: str) -> str:
    kind = next((prefix for words, prefix in PREFIXES.items() if f"/{words}/" in path), "")

    def known(_: re.Match[str]) -> str:
        if chance.randint(0, 7) == 0:
            return chance.choice(["x", "%00", "%ED%A0%80", "..%2f", "%F0%9F%8E%A5", "y" * 300, "-1"])
        return _known(chance, world, kind)

    return re.sub(r"\{\w+\}", known, path)


def _known(chance: Random, world: World, kind: str = "") -> str:
    """A name that something there goes by, mostly of the kind that is asked for, mostly of something new."""
    fitting = [one for one in world.known if one.startswith(kind)] if chance.randint(0, 7) else []
    names = fitting or world.known
    return names[-1 - chance.randint(0, 7) % len(names)]


def _body(chance: Random, world: World, operation: dict[str, Any]) -> tuple[str, bytes | None]:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return "", None
    media = next(iter(content))
    if media != "application/json":
        return media.replace("*", "wav"), chance.randbytes(chance.randint(0, 200))
    way = chance.randint(0, 9)
    if way == 0:
        return media, chance.choice([b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 5000])
    value = _like(chance, world, content[media]["schema"])
    if way < 4:
        value = _spoilt(chance, value)
    return media, json.dumps(value).encode()


def _like(chance: Random, world: World, schema: dict[str, Any], name: str = "") -> Any:
    """A value that the schema allows, with names of things that are there, mostly."""
    if "$ref" in schema:
        return _like(chance, world, world.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], name)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return _like(chance, world, chance.choice(choices), name)
    if "const" in schema or "enum" in schema:
        return chance.choice(schema.get("enum") or [schema.get("const")])
    kind = schema.get("type", "string")
    made = {
        "object": lambda: _object_like(chance, world, schema),
        "array": lambda: _list_like(chance, world, schema, name),
        "integer": lambda: chance.randint(schema.get("minimum", 0), min(schema.get("maximum", 2000), 2000)),
        "number": lambda: chance.uniform(0, 60),
        "boolean": lambda: chance.random() < 0.5,
        "null": lambda: None,
        "string": lambda: _text_like(chance, world, schema, name),
    }
    return made[chance.choice(kind) if isinstance(kind, list) else kind]()


def _object_like(chance: Random, world: World, schema: dict[str, Any]) -> dict[str, Any]:
    required, fullness = set(schema.get("required", ())), chance.choice((0.1, 0.5, 0.9))
    made = {
        name: _like(chance, world, one, name)
        for name, one in schema.get("properties", {}).items()
        if name in required or chance.random() < fullness
    }
    further = schema.get("additionalProperties")
    if isinstance(further, dict) and chance.random() < 0.5:
        made[_noise(chance, 1, 5)] = _like(chance, world, further)
    return made


def _list_like(chance: Random, world: World, schema: dict[str, Any], name: str) -> list[Any]:
    if "prefixItems" in schema:
        return [_like(chance, world, one, name) for one in schema["prefixItems"]]
    fewest = schema.get("minItems", 0)
    count = chance.randint(fewest, fewest + 2)
    return [_like(chance, world, schema.get("items", {}), name) for _ in range(count)]


def _text_like(chance: Random, world: World, schema: dict[str, Any], name: str) -> str:
    if name == "token":
        kind = chance.choice(["ok", "ok", "declined", "3ds", "expired"])
        return f"spt_sandbox_{kind}"
    if NAMING.search(name) and chance.randint(0, 5):
        return _known(chance, world, KINDS.get(name, ""))
    if name in USUAL and chance.randint(0, 5):
        return chance.choice(USUAL[name])
    if schema.get("format") == "date-time":
        return chance.choice(["2026-12-01T00:00:00Z", "2027-01-01T10:00:00+02:00"])
    return _noise(chance, schema.get("minLength", 0), min(schema.get("maxLength", 20), 20))


def _noise(chance: Random, fewest: int, most: int) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randint(fewest, most)))


def _spoilt(chance: Random, value: Any) -> Any:
    """The value with one part replaced by junk, left out or added."""
    if isinstance(value, dict) and value and chance.randint(0, 4):
        key = chance.choice(sorted(value))
        way = chance.randint(0, 5)
        if way == 0:
            return {name: one for name, one in value.items() if name != key}
        if way == 1:
            return value | {"unheard_of": 1}
        return value | {key: _spoilt(chance, value[key])}
    if isinstance(value, list) and value and chance.random() < 0.5:
        return [_spoilt(chance, value[0]), *value[1:]]
    return chance.choice(JUNK)


def _as_documented(world: World, method: str, path: str, answer: TestResponse) -> None:
    responses = world.document["paths"][path][method]["responses"]
    said = responses.get(str(answer.status_code), responses["default"])
    schema = said["content"]["application/json"]["schema"]
    whole = {**schema, "components": world.document["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer.get_json())


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, name)
    else:
        yield name, value
