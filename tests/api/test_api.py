"""The JSON API over a real app: every route as documented, every refusal in one shape."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adengine.asgi import create_asgi
from adengine.core.cameo import Terms
from adengine.core.errors import AdEngineError, LicenceRefused, StillRunning
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Ad, Cameo, Order
from adengine.services import ads, cameos, catalog, merchants
from adengine.services.planning import AdWish
from adengine.web import create_app
from adengine.web.api import ROUTES
from adengine.web.openapi import document
from tests.agents.test_refusals import every_error
from tests.conftest import Desk, open_desk
from tests.fakes import Outbox
from tests.services.buying import decide
from tests.shops import write_shop


@dataclass
class Api:
    client: FlaskClient
    token: str

    def __call__(self, method: str, path: str, *, key: str | None = "a-key-of-mine", **given: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **given)


def api_of(engine: AdEngine, desk: Desk, *, kind: str = "merchant", scopes: tuple[str, ...] = ()) -> Api:
    with engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, desk.shop, kind=kind, scopes=scopes)
    return Api(create_app(engine).test_client(), token)


def license_nix(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        unit.own(
            Cameo, id="cam_nix", name="nix", kind="character", title="Nix", clip="", still="", created_at=unit.now()
        )
        unit.db.flush()
        terms = Terms(
            subject="Nix", purposes=("advertising",), placements=("*",), territories=("*",), starts=unit.now(),
            merchant_ids=(desk.shop.id,), needs_approval=False,
        )  # fmt: skip
        cameos.license_cameo(unit, "cam_nix", terms)


@pytest.fixture
def api(engine: AdEngine, desk: Desk, tmp_path: Path) -> Api:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    return api_of(engine, desk)


def test_the_document_is_valid_and_holds_every_route(engine: AdEngine) -> None:
    answer = create_app(engine).test_client().get("/api/openapi.json").get_json()
    assert answer["openapi"] == "3.1.0"
    listed = {(method.upper(), path) for path, ways in answer["paths"].items() for method in ways}
    assert listed == {(route.method, "/api/v1" + route.path) for route in ROUTES}
    for schema in answer["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    refs = set(re.findall(r"#/components/schemas/(\w+)", str(answer)))
    assert refs <= set(answer["components"]["schemas"])


def as_documented(method: str, path: str, answer: TestResponse) -> Any:
    """The JSON of an answer, after checking it against the document."""
    made = document(ROUTES)
    operation = made["paths"]["/api/v1" + path][method.lower()]
    schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    whole = {**schema, "components": made["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer.get_json())
    return answer.get_json()


def test_every_route_answers_as_documented(engine: AdEngine, desk: Desk, api: Api, outbox: Outbox) -> None:
    def ask(method: str, pattern: str, path: str | None = None, **given: Any) -> Any:
        answer = api(method, path or pattern, **given)
        assert answer.status_code < 300, answer.text
        called.add((method, pattern))
        return as_documented(method, pattern, answer)

    called: set[tuple[str, str]] = set()
    assert len(ask("GET", "/products")) == 2
    mug = ask("GET", "/products/{product}", "/products/mug")
    assert ask("GET", "/search", "/search?q=mug")[0]["handle"] == "mug"
    csv = b"Handle,Title,Variant Price\ncup,Cup,9.00\n"
    assert ask("POST", "/imports", data=csv)["created"] == 1
    listed = ask("GET", "/choices")
    assert {"hero", "collection"} <= {one["name"] for one in listed["templates"]}
    voice = ask("POST", "/recordings", data=b"fLaC" + bytes(40))
    assert voice["recording"].endswith(".flac")
    first = ask("POST", "/ads", json={"product": "mug", "seconds": 6})
    second = ask("POST", "/ads", json={"product": "mug", "seconds": 6}, key="another-key")
    assert ask("GET", "/ads/{ad_id}/receipt", f"/ads/{first['id']}/receipt") is None
    outbox.run(engine)
    for one in (first, second):
        assert ask("POST", "/ads/{ad_id}/publish", f"/ads/{one['id']}/publish")["status"] == "published"
    assert {one["id"] for one in ask("GET", "/ads")} == {first["id"], second["id"]}
    assert ask("GET", "/ads/{ad_id}", f"/ads/{first['id']}")["percent"] == 100
    assert ask("GET", "/ads/{ad_id}/receipt", f"/ads/{first['id']}/receipt")["frames"] == 180
    checked = ask("GET", "/ads/{ad_id}/lint", f"/ads/{first['id']}/lint")
    assert checked["score"] == ask("GET", "/ads/{ad_id}", f"/ads/{first['id']}")["score"]
    assert "similarity" in {one["rule"] for one in checked["findings"]}
    spot = ask("GET", "/films/{ad_id}", f"/films/{first['id']}")["hotspots"][0]
    arms = {"name": "hooks", "ad_ids": [first["id"], second["id"]]}
    started = ask("POST", "/experiments", json=arms)
    assert ask("GET", "/experiments/{experiment_id}", f"/experiments/{started['id']}")["viewers"] == 0
    assert len(ask("GET", "/experiments")) == 1
    opened = ask("POST", "/checkouts", json={"variant_id": spot["variant_id"], "ad_id": first["id"], "second": 1.5})
    one = f"/checkouts/{opened['id']}"
    assert ask("GET", "/checkouts/{checkout_id}", one)["total"] == mug["variants"][0]["price"]
    buyer = {"email": "lumi@example.com", "first_name": "Lumi"}
    assert ask("PATCH", "/checkouts/{checkout_id}", one, json={"buyer": buyer})["buyer"]["first_name"] == "Lumi"
    two = ask(
        "POST", "/checkouts", json={"lines": [{"variant_id": spot["variant_id"], "quantity": 2}]}, key="a-third-key"
    )
    assert ask("POST", "/checkouts/{checkout_id}/cancel", f"/checkouts/{two['id']}/cancel")["status"] == "cancelled"
    three = ask("POST", "/checkouts", json={"variant_id": spot["variant_id"]}, key="a-fourth-key")["id"]
    tried = {"token": "spt_sandbox_declined"}
    done = ask("POST", "/checkouts/{checkout_id}/complete", f"/checkouts/{three}/complete", json=tried)
    assert (done["status"], done["trouble"]) == ("open", "payment_declined")
    assert "/sandbox/pay/" in ask("POST", "/checkouts/{checkout_id}/pay", f"{one}/pay")["url"]
    order_id = decide(engine, desk, opened["id"])
    assert ask("GET", "/orders/{order_id}", f"/orders/{order_id}")["ad_id"] == first["id"]
    assert len(ask("GET", "/orders")) == 1
    back = ask("POST", "/orders/{order_id}/refunds", f"/orders/{order_id}/refunds", json={"amount": 400})
    assert back["refunded"] == 400
    assert sum(one["amount"]["minor"] for one in ask("GET", "/ledger")) == 0
    month = ask("GET", "/statement")
    assert [line["kind"] for line in month["lines"]] == ["sale", "refund"]
    explained = ask("GET", "/orders/{order_id}/explained", f"/orders/{order_id}/explained")
    assert sum(part["left"]["minor"] for part in explained["parts"]) == 0
    (due,) = ask("GET", "/payouts")
    assert (due["owed"], due["payee"]) == (month["closing"], None)
    assert ask("POST", "/payouts", json={"run": "2026-11"})["transfers"] == []
    found = ask("GET", "/films", "/films?q=mug&limit=1")
    assert ask("GET", "/films/{ad_id}", f"/films/{found['films'][0]['id']}")["price"] == 2400
    assert ask("GET", "/ads/{ad_id}/render", f"/ads/{first['id']}/render")["state"] == "published"
    changes = {"changes": {"headline": "Anew"}}
    remixed = ask("POST", "/ads/{ad_id}/remix", f"/ads/{first['id']}/remix", json=changes, key="a-remix-key")
    assert remixed["parent_id"] == first["id"]
    evidence = f"/experiments/{first['id']}/evidence"
    assert ask("GET", "/experiments/{experiment}/evidence", evidence)["experiment_id"] == started["id"]
    assert ask("GET", "/policies", "/policies?topic=tax")["passages"][0]["text"] == "No tax is added to the prices."
    assert ask("GET", "/appearances")["appearances"] == []
    license_nix(engine, desk)
    consent = ask("GET", "/licences/{licence}", "/licences/nix")
    asked = {"record": consent["record"], "receipt": consent["receipt"]}
    assert ask("POST", "/licences/verify", json=asked)["valid"]
    assert ask("GET", "/licence-keys")["keys"][0]["kid"] == consent["receipt"]["key_id"]
    assert ask("POST", "/licences/check", json={"cameo": "nix", "products": ["mug"], "template": "hero"})["allowed"]
    ways = [{"id": "post", "title": "Post", "price": {"minor": 490, "currency": "EUR"}, "countries": ["EU"]}]
    taxes = {"rates": [{"country": "de", "bps": 1900}], "included": True}
    assert ask("PUT", "/selling", json={"shipping": ways, "taxes": taxes}) == ask("GET", "/selling")
    spring = {"code": "spring", "title": "Spring", "bps": 1500, "product_ids": ["mug"], "ends": "2027-02-01T00:00:00Z"}
    assert ask("POST", "/codes", json=spring)["products"] == ["mug"]
    assert [one["discount"]["code"] for one in ask("GET", "/codes")] == ["SPRING"]
    assert ask("POST", "/codes/{code}/withdraw", "/codes/spring/withdraw")[0]["is_withdrawn"]
    listening = {"name": "Concierge", "webhook_url": "https://agent.example/events"}
    let_in = ask("POST", "/agents", json=listening)["agent"]
    assert ask("GET", "/agents") == [let_in]
    assert ask("GET", "/notices") == []
    with engine.unit(desk.merchant) as unit:
        unit.get(Order, order_id or "").agent_id = let_in["id"]
    (told,) = ask("POST", "/orders/{order_id}/notices", f"/orders/{order_id}/notices")
    assert (told["kind"], told["status"]) == ("order_create", "waiting")
    assert ask("POST", "/orders/{order_id}/place", f"/orders/{order_id}/place")["id"] == order_id
    address = f"/agents/{let_in['id']}"
    moved = ask("POST", "/agents/{agent_id}/webhook", f"{address}/webhook", json={"webhook_url": ""})
    assert (moved["agent"]["webhook_url"], moved["webhook_secret"]) == ("", "")
    assert ask("POST", "/agents/{agent_id}/withdraw", f"{address}/withdraw")["is_withdrawn"]
    with engine.unit(desk.merchant) as unit:
        unit.get(Ad, second["id"]).status = "failed"
    assert ask("POST", "/ads/{ad_id}/retry", f"/ads/{second['id']}/retry")["status"] == "queued"
    assert ask("POST", "/ads/{ad_id}/cancel", f"/ads/{first['id']}/cancel")["status"] == "published"
    stopped = ask("POST", "/ads/{ad_id}/cancel", f"/ads/{remixed['ad_id']}/cancel")
    assert (stopped["status"], stopped["reason"]) == ("retired", "cancelled by the merchant")
    assert ask("POST", "/ads/{ad_id}/retire", f"/ads/{second['id']}/retire")["status"] == "retired"
    untried = {(one.method, one.path) for one in ROUTES} - called
    assert untried == {("POST", "/licences/{licence_id}/revoke")}  # the journey test revokes


def test_a_request_sent_twice_does_its_work_once(engine: AdEngine, desk: Desk, api: Api, outbox: Outbox) -> None:
    made = [api("POST", "/ads", json={"product": "mug", "seconds": 6}).get_json()["id"] for _ in range(3)]
    assert len(set(made)) == 1
    assert len(outbox.jobs) == 1


def test_every_choice_of_a_film_is_taken_as_json(engine: AdEngine, desk: Desk, api: Api) -> None:
    asked = {
        "product": "mug", "template": "collection", "format": "2x3", "seconds": 10, "style": "soft", "mood": "playful",
        "locale": "de", "captions": "box", "placements": ["pinterest"], "companions": ["lamp"], "offer_code": "MUG10",
    }  # fmt: skip
    made = api("POST", "/ads", json=asked).get_json()
    assert (made["style"], made["format"], made["locale"]) == ("soft", "2x3", "de")
    with engine.reading(desk.merchant) as unit:
        brief = unit.get(Ad, made["id"]).brief
    assert (brief.mood, brief.captions, brief.placements, brief.offer_code) == (
        "playful",
        "box",
        ("pinterest",),
        "MUG10",
    )
    assert [one.title for one in brief.companions] == ["Table Lamp"]


def test_a_request_without_a_key_is_told_to_send_one(api: Api) -> None:
    answer = api("POST", "/ads", json={"product": "mug"}, key=None)
    assert (answer.status_code, "Idempotency-Key" in answer.get_json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic abc", "Bearer "])
def test_without_a_valid_token_nothing_is_answered(engine: AdEngine, api: Api, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    for route in ROUTES:
        if route.is_public and header is None:
            continue
        path = re.sub(r"\{\w+\}", "x", route.path)
        answer = api.client.open(f"/api/v1{path}", method=route.method, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "sign_in_needed")


def test_public_routes_answer_anybody_with_what_the_named_shop_shows(engine: AdEngine, desk: Desk, api: Api) -> None:
    open_desk(engine, "other")
    public = {route.path for route in ROUTES if route.is_public}
    assert public == {
        "/films", "/films/{ad_id}", "/licences/{licence}", "/licences/verify", "/licence-keys", "/policies",
    }  # fmt: skip
    for query, status in (("", 200), ("?store=other", 200), ("?store=nowhere", 404)):
        assert api.client.get(f"/api/v1/films{query}").status_code == status
    assert api.client.get("/api/v1/films/ad_nothing").get_json()["error"]["code"] == "not_found"
    operations = document(ROUTES)["paths"]
    assert operations["/api/v1/films"]["get"]["security"] == [{}, {"token": []}]
    assert "security" not in operations["/api/v1/ads"]["get"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=51", "max_seconds=-1", "format=3x2", "q=" + "x" * 301])
def test_a_query_that_does_not_fit_is_refused_in_words(api: Api, query: str) -> None:
    answer = api("GET", f"/films?{query}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid")


def test_an_agents_token_cannot_do_what_only_merchants_may(engine: AdEngine, desk: Desk, api: Api) -> None:
    agent = api_of(engine, desk, kind="agent")
    assert agent("GET", "/products").status_code == 200
    assert "777" not in agent("GET", "/products/mug").text
    for method, path in (("POST", "/ads"), ("GET", "/orders"), ("GET", "/ledger"), ("GET", "/appearances")):
        given = {"json": {"product": "mug"}} if method == "POST" else {}
        answer = agent(method, path, **given)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"product": 7}', b'{"product": "mug", "price": 1}', b'{"product": "mug", "seconds": "x"}', b"\xff"],
)
def test_a_body_that_does_not_fit_is_refused_with_its_place(api: Api, body: bytes) -> None:
    answer = api("POST", "/ads", data=body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid")
    assert "Traceback" not in answer.text


def test_a_missing_body_is_refused_and_resets_nothing(api: Api) -> None:
    ways = [{"id": "post", "title": "Post", "price": {"minor": 490, "currency": "EUR"}, "countries": ["EU"]}]
    kept = api("PUT", "/selling", json={"shipping": ways}).get_json()
    assert api("PUT", "/selling").status_code == 400
    assert api("GET", "/selling").get_json() == kept


def test_the_document_says_what_a_request_may_hold(engine: AdEngine) -> None:
    made = document(ROUTES)
    films = {one["name"]: one["schema"] for one in made["paths"]["/api/v1/films"]["get"]["parameters"]}
    assert films["limit"] == {"type": "integer", "minimum": 1, "maximum": 50}
    assert "9x16" in films["format"]["enum"]
    (key,) = made["paths"]["/api/v1/ads"]["post"]["parameters"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", True)
    assert key["schema"] == {"type": "string", "minLength": 8, "maxLength": 120}
    schemas = made["components"]["schemas"]
    assert [schemas[name].get("additionalProperties") for name in ("CheckoutAsk", "Address", "OrderView")] == [
        False,
        False,
        None,
    ]


def test_an_unknown_generator_is_the_askers_fault(api: Api) -> None:
    answer = api("POST", "/ads", json={"product": "mug", "generator": "dalle"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid")


def test_a_method_that_is_not_taken_is_told_those_that_are(api: Api) -> None:
    answer = api("DELETE", "/ads")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_an_address_with_a_line_break_is_answered_like_any_other(engine: AdEngine) -> None:
    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(create_asgi(engine))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    for path, status in (("/api/v1/ads/a%0Ab", 401), ("/acp/carts/a%0Ab", 400)):
        answer = asyncio.run(ask(path))
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")


def test_another_shops_rows_are_not_there(engine: AdEngine, desk: Desk, api: Api) -> None:
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish("mug", seconds=6)).id
    other = api_of(engine, open_desk(engine, "other"))
    for path in ("/products/mug", f"/ads/{ad_id}", f"/ads/{ad_id}/receipt", f"/ads/{ad_id}/lint"):
        assert other("GET", path).status_code == 404
    assert other("POST", f"/ads/{ad_id}/retire").status_code == 404
    assert other("POST", f"/ads/{ad_id}/cancel").status_code == 404


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_every_error_has_a_status_and_one_shape(engine: AdEngine, kind: type[AdEngineError]) -> None:
    app: Flask = create_app(engine)
    more: dict[type[AdEngineError], dict[str, Any]] = {
        LicenceRefused: {"clause": "ends"},
        StillRunning: {"retry_after_s": 2},
    }

    def broken() -> None:
        raise kind("no", **more.get(kind, {}))

    app.add_url_rule("/api/broken", view_func=broken)
    answer = app.test_client().get("/api/broken")
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (kind.status, kind.code, "no")
    assert ("clause" in error) == (kind is LicenceRefused)
    assert answer.headers.get("Retry-After") == ("2" if kind is StillRunning else None)


def test_a_name_that_no_database_can_hold_is_refused_in_words(engine: AdEngine, desk: Desk, api: Api) -> None:
    for path in ("/products/a%00b", "/ads/a%00", "/orders/%00"):
        assert api("GET", path).status_code in {400, 404}
    assert api.client.get("/shops/de%00mo/").status_code in {400, 404}
    body = {"product": "mug\0", "template": "hero"}
    assert api("POST", "/ads", json=body).status_code in {400, 404}
    batch = {
        "events": [{"id": "e-1", "type": "impression", "ad": "ad\0", "at": engine.ports.clock().timestamp() * 1000}]
    }
    answer = api.client.post("/shops/demo/events", json={"viewer": "a-viewer", **batch})
    assert (answer.status_code, len(answer.get_json()["refused"])) == (200, 1)
