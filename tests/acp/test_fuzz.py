"""Requests made from our own OpenAPI documents, right and wrong: nothing breaks, and every answer is as documented."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adengine.engine import SYSTEM
from adengine.services import ads, merchants
from adengine.services.planning import AdWish
from adengine.web.acp.routes import ROUTES as ACP_ROUTES
from adengine.web.api import ROUTES as API_ROUTES
from tests.acp.conftest import VERSION, Market
from tests.apps.conftest import serving
from tests.servers import free_port

HOOKS = Path(__file__).with_name("hooks.py")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "use_after_free",
)
NO_JSON = (b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 5000, b'"\\ud800"', b"1e999")


@dataclass(frozen=True)
class Door:
    """A document of ours, the token to ask with, and names of what is there by the places that take them.

    `ids` are those of an address, for addresses where any other would do no more. `examples` are made for each
    operation; of these operations (`taken`) at least one request has to succeed.
    """

    document: str
    token: str
    examples: int
    named: dict[str, list[str]]
    ids: dict[str, list[str]]
    taken: set[str]


def acp_door(market: Market) -> Door:
    agent = market.agent
    ready = [agent.ready(market.mug) for _ in range(4)]
    carts = [agent.post("/carts", {"line_items": [{"id": market.lamp}]}).get_json()["id"] for _ in range(2)]
    session, cart = "/acp/checkout_sessions/{id}", "/acp/carts/{id}"
    paid = "body.payment_data"
    return Door(
        "/acp/openapi.json",
        agent.token,
        examples=24,
        named={
            "body.line_items.[*].id": [market.mug, market.lamp],
            "body.currency": ["eur", "EUR", "usd"],
            "body.buyer.email": ["lumi@example.com"],
            "body.discounts.codes.[*]": ["WELCOME10", "FIVER"],
            "body.fulfillment_details.address.country": ["DE", "FR"],
            f"{paid}.billing_address.country": ["DE"],
            f"{paid}.handler_id": ["sandbox"],
            f"{paid}.instrument.type": ["card"],
            f"{paid}.instrument.credential.type": ["spt"],
            f"{paid}.instrument.credential.token": ["spt_sandbox_ok", "spt_sandbox_3ds", "spt_sandbox_declined"],
        },
        # What is cancelled or paid is good for nothing else.
        ids={
            session: ready[:2],
            f"{session}/cancel": ready[2:3],
            f"{session}/complete": ready[3:],
            cart: carts[:1],
            f"{cart}/cancel": carts[1:],
        },
        taken={
            "POST /acp/checkout_sessions",
            f"GET {session}",
            f"POST {session}",
            f"POST {session}/cancel",
            f"POST {session}/complete",
            "POST /acp/carts",
            f"GET {cart}",
            f"PUT {cart}",
            f"POST {cart}/cancel",
        },
    )


def api_door(market: Market) -> Door:
    agent = market.agent
    order = agent.complete(agent.ready(market.mug, 3)).get_json()["order"]["id"]
    with market.engine.unit(market.desk.merchant) as unit:
        films = [ads.create_ad(unit, AdWish("mug", seconds=6)).id for _ in range(3)]
    products, variants = ["mug", "lamp"], [market.mug, market.lamp]
    return Door(
        "/api/openapi.json",
        merchant_token(market),
        examples=9,
        named={
            "path.product": products,
            "path.ad_id": films,
            "path.order_id": [order],
            "path.code": ["WELCOME10", "FIVER"],
            "body.product": products,
            "body.variant_id": variants,
            "body.lines.[*].variant_id": variants,
            "body.token": ["spt_sandbox_ok", "spt_sandbox_3ds"],
            "body.name": ["Concierge", "Scout"],
            "body.code": ["SPRING", "AUTUMN"],
            "query.store": ["demo"],
            "query.currency": ["EUR"],
        },
        ids={},
        taken={
            "GET /api/v1/products/{product}",
            "GET /api/v1/orders/{order_id}",
            "GET /api/v1/orders/{order_id}/explained",
            "GET /api/v1/ads/{ad_id}",
            "GET /api/v1/films",
            "POST /api/v1/orders/{order_id}/place",
        },
    )


def merchant_token(market: Market) -> str:
    with market.engine.unit(SYSTEM) as unit:
        return merchants.make_token(unit, market.desk.shop, kind="merchant")


@pytest.mark.slow
@pytest.mark.parametrize("door_of", [acp_door, api_door])
def test_no_request_breaks_the_server_and_every_answer_is_as_documented(
    door_of: Callable[[Market], Door], market: Market, tmp_path: Path
) -> None:
    door, port, config, report = door_of(market), free_port(), tmp_path / "fuzz.toml", tmp_path / "report.json"
    config.write_text(settings(door, report))
    with serving(market.engine, port):
        address = f"http://127.0.0.1:{port}{door.document}"
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", address]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = json.loads(report.read_text())
    assert said["operations"]["tested"] == said["operations"]["total"] == said["operations"]["selected"]
    assert said["test_cases"]["without_checks"] == 0
    rates = said["valid_rates"].items()
    taken = {operation for operation, phases in rates if any(phase["accepted"] for phase in phases.values())}
    assert door.taken <= taken


def settings(door: Door, report: Path) -> str:
    """Tell schemathesis to ask the same each time, under the door's token, and mostly about what is there."""
    lines: list[tuple[str, Any]] = [
        ("hooks", str(HOOKS)),
        ("color", False),
        ("generation.deterministic", True),
        ("generation.database", "none"),
        ("generation.max-examples", door.examples),
        # Every boundary of every field is thousands of requests, more than each run of the tests can bear.
        ("phases.coverage.enabled", False),
        ("checks.enabled", False),
        *((f"checks.{check}.enabled", True) for check in CHECKS),
        ("reports.json.path", str(report)),
        ("headers.Authorization", f"Bearer {door.token}"),
    ]
    for place, names in (door.named | door.ids).items():
        lines.append((f"dictionaries.{json.dumps(place)}.values", names))
    for place in door.named:
        lines += drawn(json.dumps(place), place)
    text = written(lines)
    for path in door.ids:
        text += "\n[[operations]]\n" + written([("include-path", path), *drawn('"path.id"', path)])
    return text


def drawn(place: str, dictionary: str) -> list[tuple[str, Any]]:
    """Mostly take what stands at the place from a dictionary."""
    return [(f"parameters.{place}.dictionary", dictionary), (f"parameters.{place}.probability", 0.9)]


def written(lines: list[tuple[str, Any]]) -> str:
    """TOML, of which strings, numbers and lists of strings look as in JSON."""
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in lines)


def test_a_body_that_is_no_json_object_breaks_no_route(market: Market) -> None:
    asked = [(f"/acp{route.path}", route.method, market.agent.token) for route in ACP_ROUTES if route.body]
    token = merchant_token(market)
    asked += [(f"/api/v1{route.path}", route.method, token) for route in API_ROUTES if route.body not in {None, bytes}]
    client = market.app.test_client()
    for number, body in enumerate(NO_JSON):
        for path, method, token in asked:
            headers = {
                "Authorization": f"Bearer {token}",
                "API-Version": VERSION,
                "Content-Type": "application/json",
                "Idempotency-Key": f"no-json-{number}",
            }
            answer = client.open(path, method=method, data=body, headers=headers)
            assert answer.status_code in {400, 404}, (path, body, answer.text)
