"""What can be learnt without a token: the discovery document, and the OpenAPI document of our own types."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from tests.acp import schemas
from tests.acp.conftest import AgentClient, Market, basket, choose, payment


def test_an_agent_discovers_the_shop_without_a_token(market: Market, other_shop: Market) -> None:
    web = market.app.test_client()
    found = web.get("/.well-known/acp.json")
    assert (found.status_code, found.headers["Cache-Control"]) == (200, "public, max-age=3600")
    document = found.get_json()
    if schemas.FOLDER.is_dir():
        schemas.check(document, "DiscoveryResponse")
    assert document["api_base_url"] == "http://127.0.0.1:8400/acp"
    assert document["protocol"]["supported_versions"] == ["2026-04-17"]
    assert document["capabilities"]["services"] == ["checkout", "orders", "carts"]
    assert document["capabilities"]["intervention_types"] == ["3ds"]
    other = web.get("/shops/other/acp/.well-known/acp.json").get_json()
    assert other["api_base_url"] == "http://127.0.0.1:8400/shops/other/acp"
    assert web.get("/shops/nowhere/acp/.well-known/acp.json").status_code == 404


def test_the_discovered_address_takes_the_calls(market: Market) -> None:
    base = market.app.test_client().get("/shops/demo/acp/.well-known/acp.json").get_json()["api_base_url"]
    agent = AgentClient(market.app, market.agent.token, base=base.removeprefix("http://127.0.0.1:8400"))
    assert agent.create(market.mug)["currency"] == "eur"


def test_another_method_at_a_calls_address_is_told_which_there_are(agent: AgentClient) -> None:
    for method, path, allowed in (
        ("PUT", "/carts", {"POST", "OPTIONS"}),
        ("GET", "/checkout_sessions", {"POST", "OPTIONS"}),
        ("DELETE", "/checkout_sessions/chk_x", {"GET", "HEAD", "POST", "OPTIONS"}),
    ):
        answer = agent.send(method, path, {} if method == "PUT" else None)
        assert (answer.status_code, answer.get_json()["code"], set(answer.allow)) == (405, "invalid", allowed)
    assert set(agent.app.test_client().options("/acp/carts").allow) == {"POST", "OPTIONS"}
    assert agent.send("PUT", "/nowhere", {}).status_code == 404


def document_of(market: Market) -> dict[str, Any]:
    return market.app.test_client().get("/acp/openapi.json").get_json()  # type: ignore[no-any-return]


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def test_the_openapi_document_lists_every_call_with_its_types(market: Market) -> None:
    document = document_of(market)
    calls = {(method, path) for path, operations in document["paths"].items() for method in operations}
    assert calls == {
        ("post", "/acp/checkout_sessions"),
        ("get", "/acp/checkout_sessions/{id}"),
        ("post", "/acp/checkout_sessions/{id}"),
        ("post", "/acp/checkout_sessions/{id}/complete"),
        ("post", "/acp/checkout_sessions/{id}/cancel"),
        ("post", "/acp/carts"),
        ("get", "/acp/carts/{id}"),
        ("put", "/acp/carts/{id}"),
        ("post", "/acp/carts/{id}/cancel"),
    }
    names = [one["operationId"] for operations in document["paths"].values() for one in operations.values()]
    assert len(set(names)) == len(names)
    for operations in document["paths"].values():
        for method, operation in operations.items():
            keys = [one["name"] for one in operation["parameters"]]
            assert ("Idempotency-Key" in keys) == (method == "post")
            assert "API-Version" in keys
    Draft202012Validator.check_schema({"$defs": document["components"]["schemas"]})


def test_what_is_sent_and_answered_fits_our_own_document(agent: AgentClient, market: Market) -> None:
    document = document_of(market)

    def fits(path: str, sent: Any, answer: Any) -> None:
        operation = document["paths"][f"/acp{path}"]["post"]
        content = operation["requestBody"]["content"]["application/json"]["schema"]
        said = answer.get_json()
        validator(document, content).validate(sent)
        reply = operation["responses"].get(str(answer.status_code), operation["responses"]["default"])
        validator(document, reply["content"]["application/json"]["schema"]).validate(said)

    body = basket(market.mug, discounts={"codes": ["WELCOME10"]})
    made = agent.post("/checkout_sessions", body)
    fits("/checkout_sessions", body, made)
    path = f"/checkout_sessions/{made.get_json()['id']}"
    fits("/checkout_sessions/{id}", choose(), agent.post(path, choose()))
    fits("/checkout_sessions/{id}/complete", payment(), agent.post(f"{path}/complete", payment()))
    fits("/checkout_sessions/{id}/cancel", {}, agent.post(f"{path}/cancel", {}))
