"""What the protocol asks of every request: version, token, key, content type, time and signature."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adengine.core.errors import Unavailable
from adengine.engine import SYSTEM
from adengine.models import Request
from adengine.ports import Charge
from adengine.services import agents, merchants
from adengine.services.acp.signatures import request_signature
from integrations.sandbox import SandboxPayments
from tests.acp.conftest import AgentClient, Market, basket, choose, payment
from tests.services.buying import nothing_leaks, orders_made, together


@pytest.mark.parametrize(
    ("version", "code"),
    [("", "missing_api_version"), ("2025-09-29", "unsupported_api_version"), ("latest", "unsupported_api_version")],
)
def test_a_version_that_is_not_spoken_is_refused_with_those_that_are(
    agent: AgentClient, market: Market, version: str, code: str
) -> None:
    before = market.rows()
    for answer in (
        agent.post("/checkout_sessions", basket(market.mug), API_Version=version),
        agent.get("/checkout_sessions/chk_x", API_Version=version),
        agent.get("/carts/cart_x", API_Version=version),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (400, code)
        assert answer.get_json()["supported_versions"] == ["2026-04-17"]
    assert market.rows() == before


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer adt_nothing", "Bearer \u00e9"])
def test_a_request_without_a_known_token_is_turned_away(agent: AgentClient, market: Market, header: str) -> None:
    answer = agent.post("/checkout_sessions", basket(market.mug), Authorization=header)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "adt_nothing" not in answer.text


def test_a_token_that_is_no_agents_or_was_withdrawn_is_turned_away(agent: AgentClient, market: Market) -> None:
    with market.engine.unit(SYSTEM) as unit:
        tokens = [merchants.make_token(unit, market.desk.shop, kind=kind) for kind in ("merchant", "agent")]
    for token in tokens:
        assert AgentClient(market.app, token).get("/checkout_sessions/chk_x").status_code == 403
    with market.engine.unit(market.desk.merchant) as unit:
        agents.withdraw_agent(unit, agents.find_agent(unit, "first").id)
    assert agent.get("/checkout_sessions/chk_x").status_code == 401


def test_a_token_is_for_its_own_shop_only(agent: AgentClient, market: Market, other_shop: Market) -> None:
    made = agent.create(market.mug)
    agent.base = "/shops/demo/acp"
    assert agent.session(made["id"])["id"] == made["id"]
    agent.base = "/shops/other/acp"
    assert agent.get(f"/checkout_sessions/{made['id']}").status_code == 403
    agent.base = "/shops/nowhere/acp"
    assert agent.get(f"/checkout_sessions/{made['id']}").status_code == 403
    assert other_shop.agent.get(f"/checkout_sessions/{made['id']}").status_code == 404
    bought = other_shop.agent.post("/checkout_sessions", basket(market.mug))
    assert (bought.status_code, bought.get_json()["code"]) == (400, "invalid_item_id")


def test_another_agents_session_is_not_there(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    other, _ = market.another_agent()
    before = market.rows()
    path = f"/checkout_sessions/{ready}"
    answers = [
        other.get(path),
        other.post(path, {"order_notes": "mine"}),
        other.post(f"{path}/complete", payment()),
        other.post(f"{path}/cancel", {}),
    ]
    assert [one.status_code for one in answers] == [404] * 4
    assert {one.get_json()["code"] for one in answers} == {"not_found"}
    assert market.rows() == before


def test_every_post_needs_a_key(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    before = market.rows()
    for path, body in (
        ("/checkout_sessions", basket(market.mug)),
        (f"/checkout_sessions/{ready}", choose("courier")),
        (f"/checkout_sessions/{ready}/complete", payment()),
        (f"/checkout_sessions/{ready}/cancel", None),
        ("/carts", {"line_items": [{"id": market.mug}]}),
    ):
        answer = agent.post(path, body, key=None)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency_key_required")
    long = agent.post("/checkout_sessions", basket(market.mug), key="k" * 256)
    assert (long.status_code, long.get_json()["code"]) == (400, "invalid_idempotency_key")
    assert market.rows() == before
    assert agent.post("/checkout_sessions", basket(market.mug), key="k" * 255).status_code == 201


def test_names_of_a_request_come_back_with_its_answer(agent: AgentClient, market: Market) -> None:
    made = agent.post("/checkout_sessions", basket(market.mug), key="a-key", Request_Id="r-1")
    assert (made.headers["Idempotency-Key"], made.headers["Request-Id"]) == ("a-key", "r-1")
    refused = agent.post("/checkout_sessions", {}, key="b-key", Request_Id="r-2")
    assert (refused.headers["Idempotency-Key"], refused.headers["Request-Id"]) == ("b-key", "r-2")
    seen = agent.get(f"/checkout_sessions/{made.get_json()['id']}", Request_Id="r-3")
    assert seen.headers["Request-Id"] == "r-3"
    assert seen.headers["Cache-Control"] == "no-store"
    assert "Idempotency-Key" not in seen.headers


def test_a_request_that_means_the_same_gets_the_first_answer_again(agent: AgentClient, market: Market) -> None:
    body = basket(market.mug, 2)
    first = agent.post("/checkout_sessions", body, key="once")
    assert "Idempotent-Replayed" not in first.headers
    before = market.rows()
    body["line_items"][0]["quantity"] = 2.0
    again = json.dumps(dict(reversed(body.items())), indent=3).encode()
    replay = agent.post("/checkout_sessions", again, key="once")
    assert (replay.status_code, replay.data) == (201, first.data)
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert market.rows() == before


@pytest.mark.parametrize("act", ["create", "update", "complete", "cancel", "cart"])
def test_each_post_is_done_once_however_often_it_is_sent(agent: AgentClient, market: Market, act: str) -> None:
    ready = agent.ready(market.mug)
    path, body = {
        "create": ("/checkout_sessions", basket(market.mug)),
        "update": (f"/checkout_sessions/{ready}", choose("courier")),
        "complete": (f"/checkout_sessions/{ready}/complete", payment()),
        "cancel": (f"/checkout_sessions/{ready}/cancel", {"intent_trace": {"reason_code": "comparison"}}),
        "cart": ("/carts", {"line_items": [{"id": market.mug}]}),
    }[act]
    first = agent.post(path, body, key="once")
    before = market.rows()
    market.engine.ports.clock.forward(minutes=40)  # type: ignore[attr-defined]
    replay = agent.post(path, body, key="once")
    assert (replay.status_code, replay.data) == (first.status_code, first.data)
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert market.rows() == before


def test_a_key_with_another_body_is_a_conflict(agent: AgentClient, market: Market) -> None:
    agent.post("/checkout_sessions", basket(market.mug), key="once")
    before = market.rows()
    for body in (basket(market.mug, 2), basket(market.mug, order_notes=""), {"line_items": None}):
        answer = agent.post("/checkout_sessions", body, key="once")
        assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_conflict")
    assert market.rows() == before


def test_a_refusal_is_kept_like_any_answer(agent: AgentClient, market: Market) -> None:
    body = basket("var_nothing")
    first = agent.post("/checkout_sessions", body, key="once")
    assert first.status_code == 400
    replay = agent.post("/checkout_sessions", body, key="once")
    assert (replay.status_code, replay.data) == (400, first.data)
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert agent.post("/checkout_sessions", basket(market.mug), key="once").status_code == 422


def test_keys_belong_to_their_agent_and_their_path(agent: AgentClient, market: Market) -> None:
    first = agent.post("/checkout_sessions", basket(market.mug), key="same").get_json()
    other, _ = market.another_agent()
    assert other.post("/checkout_sessions", basket(market.mug), key="same").get_json()["id"] != first["id"]
    assert agent.post("/carts", {"line_items": [{"id": market.mug}]}, key="same").status_code == 201
    agent.base = "/shops/demo/acp"
    assert agent.post("/checkout_sessions", basket(market.mug), key="same").get_json()["id"] == first["id"]


def test_a_request_that_is_being_worked_on_is_told_to_wait(agent: AgentClient, market: Market) -> None:
    body = basket(market.mug)
    first = agent.post("/checkout_sessions", body, key="once")
    with market.engine.unit(SYSTEM) as unit:
        row = unit.db.query(Request).filter_by(key="once").one()
        row.status, row.lease_until = "running", unit.now() + timedelta(seconds=9)
    waiting = agent.post("/checkout_sessions", body, key="once")
    assert (waiting.status_code, waiting.get_json()["code"]) == (409, "idempotency_in_flight")
    assert int(waiting.headers["Retry-After"]) >= 1
    assert first.status_code == 201


class Moody(SandboxPayments):
    """A provider that charges and loses the answer, or does not answer at all, until it is well again."""

    def __init__(self, mood: str) -> None:
        super().__init__(secret=b"moody", public_url="http://moody.invalid")
        self.mood = mood
        self.keys: list[str] = []

    def charge(self, token: str, *given: Any, key: str, **more: Any) -> Charge:
        if self.mood == "down":
            raise Unavailable("the provider does not answer")
        self.keys.append(key)
        if self.mood == "lost":
            raise Unavailable("the provider's answer was lost")
        if self.mood == "broken":
            raise RuntimeError("nobody expected this")
        return super().charge(token, *given, key=key, **more)


@pytest.mark.parametrize("mood", ["down", "lost", "broken"])
def test_a_failure_of_ours_is_never_kept_and_the_same_request_finishes(
    agent: AgentClient, market: Market, mood: str
) -> None:
    provider = Moody(mood)
    market.engine.ports = replace(market.engine.ports, payments=provider)
    ready = agent.ready(market.mug)
    failed = agent.post(f"/checkout_sessions/{ready}/complete", payment(), key="once")
    assert failed.status_code == (500 if mood == "broken" else 503)
    assert failed.get_json()["type"] == ("processing_error" if mood == "broken" else "service_unavailable")
    assert agent.session(ready)["status"] == "complete_in_progress"
    provider.mood = "well"
    with nothing_leaks(market.engine):
        done = agent.post(f"/checkout_sessions/{ready}/complete", payment(), key="once")
    assert done.get_json()["status"] == "completed"
    assert len(set(provider.keys)) == 1
    assert orders_made(market.engine) == 1


def test_a_second_payment_while_one_is_under_way_is_told_to_wait(agent: AgentClient, market: Market) -> None:
    provider = Moody("lost")
    market.engine.ports = replace(market.engine.ports, payments=provider)
    ready = agent.ready(market.mug)
    agent.post(f"/checkout_sessions/{ready}/complete", payment(), key="first")
    other = f"/checkout_sessions/{ready}/complete", payment("ok.9900.EUR")
    waiting = agent.post(*other, key="second")
    assert (waiting.status_code, waiting.get_json()["code"]) == (409, "idempotency_in_flight")
    assert int(waiting.headers["Retry-After"]) >= 1
    provider.mood = "well"
    done = agent.post(f"/checkout_sessions/{ready}/complete", payment(), key="first").get_json()
    assert agent.post(*other, key="second").get_json()["order"] == done["order"]
    assert len(set(provider.keys)) == 1


def test_many_completes_at_once_make_one_order(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    acts = [
        lambda key=key: agent.post(f"/checkout_sessions/{ready}/complete", payment(), key=key) for key in "aabbccdd"
    ]
    with nothing_leaks(market.engine):
        answers = [one.status_code for one in together(acts)]  # type: ignore[attr-defined]
    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert orders_made(market.engine) == 1


def test_many_creates_under_one_key_make_one_session(agent: AgentClient, market: Market) -> None:
    body = basket(market.mug)
    answers = together([lambda: agent.post("/checkout_sessions", body, key="once") for _ in range(8)])
    made = {one.get_json().get("id") for one in answers if one.status_code == 201}  # type: ignore[attr-defined]
    assert len(made) == 1
    assert {one.status_code for one in answers} <= {201, 409}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_a_body_that_is_not_called_json_is_refused(agent: AgentClient, market: Market, kind: str) -> None:
    answer = agent.post("/checkout_sessions", basket(market.mug), Content_Type=kind)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"line_items":NaN}', b'{"a":1,"a":2}', b"[" * 2000, b'{"a":"\\ud800"}', b"null\0"],
)
def test_a_body_that_is_no_json_is_refused(agent: AgentClient, market: Market, body: bytes) -> None:
    before = market.rows()
    answer = agent.post("/checkout_sessions", body)
    assert answer.status_code == 400
    assert answer.get_json()["code"] in {"invalid_json", "missing"}
    assert market.rows() == before


def test_a_body_of_five_megabytes_is_refused_and_not_read(agent: AgentClient, market: Market) -> None:
    answer = agent.post("/checkout_sessions", b'{"order_notes":"' + b"x" * 5_000_000 + b'"}')
    assert (answer.status_code, answer.get_json()["code"]) == (413, "request_too_large")


def test_addresses_that_name_nothing_answer_like_all_others(agent: AgentClient) -> None:
    for method, path in (
        ("GET", "/carts/cart_x/lines"),
        ("POST", "/checkout_sessions/chk_x/refund"),
        ("GET", "/checkout_sessions/chk%00x"),
        ("GET", "/checkout_sessions/" + "x" * 3000),
        ("GET", "/checkout_sessions/%ff%fe"),
        ("PATCH", "/wishes/wish_x"),
    ):
        answer = agent.send(method, path)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), path


NOW = "2026-11-21T12:00:00Z"


def test_a_signed_request_is_taken_and_a_forged_one_is_not(market: Market) -> None:
    signing, secret = market.another_agent("signing", "https://agent.example/hooks")
    body = json.dumps(basket(market.mug)).encode()
    signature = request_signature(NOW, body, secret)
    taken = signing.post("/checkout_sessions", body, Signature=signature, Timestamp=NOW)
    assert taken.status_code == 201
    spaced = json.dumps(basket(market.mug), indent=1).encode()
    assert signing.post("/checkout_sessions", spaced, Signature=signature, Timestamp=NOW).status_code == 201
    before = market.rows()
    for forged, sent_at, sent in (
        (signature[:-2] + "aa", NOW, body),
        (signature, "2026-11-21T12:00:01Z", body),
        (signature, NOW, json.dumps(basket(market.mug, 2)).encode()),
        ("\u00e9", NOW, body),
    ):
        answer = signing.post("/checkout_sessions", sent, Signature=forged, Timestamp=sent_at)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_signature")
    alone = signing.post("/checkout_sessions", body, Signature=signature)
    assert (alone.status_code, alone.get_json()["code"]) == (400, "invalid_timestamp")
    assert market.rows() == before


@pytest.mark.parametrize(
    ("timestamp", "status"),
    [
        ("2026-11-21T12:04:59Z", 404),
        ("2026-11-21T13:00:00+01:00", 404),
        ("2026-11-21T11:54:59Z", 401),
        ("2026-11-21T12:05:01Z", 401),
        ("2026-11-21T12:00:00", 400),
        ("yesterday", 400),
    ],
)
def test_a_clock_may_be_five_minutes_off_and_no_more(agent: AgentClient, timestamp: str, status: int) -> None:
    assert agent.get("/checkout_sessions/chk_x", Timestamp=timestamp).status_code == status
