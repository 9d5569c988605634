"""What every request over REST meets: profiles, tokens, shops, bodies, and refusals in the protocol's shape."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.ucp import schemas
from tests.ucp.conftest import World, basket, lines, new_key


def refused(answer: TestResponse) -> tuple[int, str]:
    document = answer.get_json()
    schemas.check(document, "error")
    return answer.status_code, document["messages"][0]["code"]


@pytest.mark.parametrize("path", ["/.well-known/ucp", "/shops/demo/.well-known/ucp"])
def test_the_profile_says_where_and_in_which_words(world: World, path: str) -> None:
    answer = world.app.test_client().get(path)
    profile = answer.get_json()
    schemas.check(profile, "profile")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    found = {one["transport"]: one["endpoint"] for one in profile["ucp"]["services"]["dev.ucp.shopping"]}
    assert found["rest"].endswith("/shops/demo/ucp/v1")
    assert found["mcp"].endswith("/mcp")
    assert "dev.ucp.shopping.catalog.search" in profile["ucp"]["capabilities"]
    assert profile["ucp"]["payment_handlers"]["dev.adengine.payment_token"][0]["id"] == "sandbox"
    assert world.app.test_client().get("/shops/nowhere/.well-known/ucp").status_code == 404


PROFILES = [
    ("https://agent.example/.well-known/ucp", True),
    ("http://127.0.0.1:9/profile", True),
    ("http://agent.example/ucp", False),
    ("https://user@agent.example/ucp", False),
    ("file:///etc/passwd", False),
    ("https://", False),
    ("https://[::1", False),
    ("nonsense", False),
]


def test_a_profile_is_no_must_but_has_to_be_one(world: World) -> None:
    for profile, is_fine in PROFILES:
        answer = world.anybody.send("POST", "/catalog/search", {"query": "mug"}, UCP_Agent=f'profile="{profile}"')
        arguments: dict[str, Any] = {"catalog": {"query": "mug"}, "meta": {"ucp-agent": {"profile": profile}}}
        if is_fine:
            assert answer.status_code == 200
            assert world.anybody.call("search_catalog", arguments).is_error is False
        else:
            assert refused(answer) == (400, "invalid_profile_url")
            assert "[invalid_profile_url]" in world.anybody.refusal("search_catalog", arguments)


def test_a_token_counts_in_its_own_shop_only(world: World, other_shop: World) -> None:
    def asked(shop: str, token: str) -> TestResponse:
        headers = {"Authorization": token}
        return world.app.test_client().get(f"/shops/{shop}/ucp/v1/carts/cart_x", headers=headers)

    assert refused(asked("demo", f"Bearer {other_shop.agent.token}")) == (403, "forbidden")
    assert refused(asked("demo", "Bearer adt_nothing")) == (401, "unauthorized")
    assert refused(asked("demo", "Basic abc")) == (401, "unauthorized")
    assert refused(asked("nowhere", f"Bearer {world.agent.token}")) == (404, "not_found")


BODIES = [
    (b"{", 400, "JSON"),
    (b"[" * 100_000, 400, "JSON"),
    (b"\xff", 400, "JSON"),
    (b"[]", 400, "$"),
    (b'{"line_items": []}', 400, "$.line_items"),
    (b'{"line_items": [{"item": {"id": 7}, "quantity": 1}]}', 400, "$.line_items[0].item.id"),
    (b'{"line_items": [{"item": {"id": "x"}, "quantity": "1"}]}', 400, "$.line_items[0].quantity"),
    (b'{"line_items": [{"item": {"id": "x"}, "quantity": 0}]}', 400, "$.line_items[0].quantity"),
    (b'{"line_items": [{"item": {"id": "x"}, "quantity": 1e400}]}', 400, "$.line_items[0].quantity"),
    (b'{"line_items": 7, "x": ' + b'{"x":' * 50 + b"1" + b"}" * 51, 400, "$.line_items"),
    (b" " * 1_000_001, 413, "1000 kB"),
]


def test_a_body_that_cannot_be_read_is_refused_in_words(world: World) -> None:
    before = world.rows()
    for body, status, words in BODIES:
        answer = world.agent.send("POST", "/carts", body, Idempotency_Key=new_key())
        assert refused(answer)[0] == status, body[:80]
        assert words in answer.get_json()["messages"][0]["content"]
    assert world.rows() == before


def test_other_addresses_methods_and_types_are_refused_in_the_same_shape(world: World) -> None:
    assert refused(world.agent.send("GET", "/nothing")) == (404, "not_found")
    taken = world.agent.send("DELETE", "/carts/x")
    assert refused(taken)[0] == 405
    assert set(taken.allow) >= {"GET", "PUT"}
    assert "DELETE" not in taken.allow
    plain = world.app.test_client().post("/shops/demo/ucp/v1/carts", data=b"{}", headers={"Content-Type": "text/plain"})
    assert refused(plain)[0] == 400


def test_names_that_no_database_keeps_name_nothing(world: World) -> None:
    for row_id in ("%00", "chk_%ED%A0%80", "x" * 5000):
        assert world.agent.send("GET", f"/checkout-sessions/{row_id}").status_code in {200, 404}
    odd = world.agent.send("POST", "/catalog/lookup", {"ids": ["\ud800", "a\0b"]})
    assert odd.status_code in {200, 400, 404}


def test_a_request_gets_its_names_back(world: World) -> None:
    key = new_key()
    answer = world.agent.send("POST", "/carts", {"line_items": lines(world.mug)}, Idempotency_Key=key, Request_Id="r1")
    assert (answer.headers["Request-Id"], answer.headers["Idempotency-Key"]) == ("r1", key)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_document_is_the_same_bytes_each_time(world: World) -> None:
    made = world.agent.rest("create_checkout", body=basket(world.mug))["id"]
    path = f"/checkout-sessions/{made}"
    assert world.agent.send("GET", path).data == world.agent.send("GET", path).data
