"""The protocol's routes as a table, who calls them, and how each answer and each refusal leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Response, request
from werkzeug.http import parse_dict_header

from adengine.core.errors import (
    AdEngineError,
    Forbidden,
    Invalid,
    KeyReused,
    SignInNeeded,
    StillRunning,
)
from adengine.engine import SYSTEM, Actor, AdEngine
from adengine.services import merchants
from adengine.services.acp.ways import WAYS
from adengine.services.ucp import asks, desk, envelope
from adengine.services.ucp.desk import Caller
from adengine.services.ucp.messages import error
from adengine.services.ucp.shapes import Severity
from adengine.web import wire

PREFIX = "/shops/<shop>/ucp/v1"
# Names and statuses that the protocol has for what we call otherwise.
CODES = {
    KeyReused.code: ("idempotency_conflict", 409),
    StillRunning.code: ("idempotency_in_flight", 409),
    SignInNeeded.code: ("unauthorized", 401),
}


@dataclass(frozen=True)
class Route:
    """One call: `act` gets the caller, the id of the path ("" where it has none) and the body. `makes`: 201."""

    method: str
    path: str
    act: Callable[[Caller, str, bytes], object]
    makes: bool = False


ROUTES = (
    Route("POST", "/catalog/search", lambda who, _, body: desk.search_catalog(who, asks.read(asks.SearchAsk, body))),
    Route("POST", "/catalog/lookup", lambda who, _, body: desk.lookup_catalog(who, asks.read(asks.LookupAsk, body))),
    Route("POST", "/catalog/product", lambda who, _, body: desk.get_product(who, asks.read(asks.ProductAsk, body))),
    Route("POST", "/carts", lambda who, _, body: desk.create_cart(who, asks.read(asks.CartAsk, body)), makes=True),
    Route("GET", "/carts/{id}", lambda who, row_id, _: desk.get_cart(who, row_id)),
    Route(
        "PUT",
        "/carts/{id}",
        lambda who, row_id, body: desk.update_cart(who, row_id, asks.read(asks.CartUpdateAsk, body)),
    ),
    Route("POST", "/carts/{id}/cancel", lambda who, row_id, _: desk.cancel_cart(who, row_id)),
    Route(
        "POST",
        "/checkout-sessions",
        lambda who, _, body: desk.create_checkout(who, asks.read(asks.CheckoutAsk, body)),
        makes=True,
    ),
    Route("GET", "/checkout-sessions/{id}", lambda who, row_id, _: desk.get_checkout(who, row_id)),
    Route(
        "PUT",
        "/checkout-sessions/{id}",
        lambda who, row_id, body: desk.update_checkout(who, row_id, asks.read(asks.CheckoutUpdateAsk, body)),
    ),
    Route(
        "POST",
        "/checkout-sessions/{id}/complete",
        lambda who, row_id, body: desk.complete_checkout(who, row_id, asks.read(asks.CompleteAsk, body)),
    ),
    Route("POST", "/checkout-sessions/{id}/cancel", lambda who, row_id, _: desk.cancel_checkout(who, row_id)),
    Route("GET", "/orders/{id}", lambda who, row_id, _: desk.get_order(who, row_id)),
)


def blueprint(engine: AdEngine) -> Blueprint:
    """The protocol's calls for every shop, and the profile of each; the default shop's stands at the root."""
    pages = Blueprint("ucp", __name__)
    for route in ROUTES:
        name = f"{route.method} {route.path}"
        rule = PREFIX + route.path.replace("{id}", "<row_id>")
        pages.add_url_rule(rule, name, _view(engine, route), methods=[route.method])
    pages.add_url_rule("/.well-known/ucp", "profile", lambda: _profile(engine, engine.settings.shop))
    pages.add_url_rule("/shops/<shop>/.well-known/ucp", "profile of a shop", lambda shop: _profile(engine, shop))
    wire.speak(
        pages,
        [PREFIX],
        refuse=_refused,
        fail=lambda code, words, status: _sent(envelope.nothing([error(code, words)]), status),
        nothing="there is nothing at this address; /.well-known/ucp says what there is",
    )
    return pages


def _view(engine: AdEngine, route: Route) -> Callable[..., Response]:
    def view(shop: str, row_id: str = "") -> Response:
        body = b"" if route.method == "GET" else request.get_data()
        if body and request.mimetype != "application/json":
            raise Invalid("send Content-Type: application/json")
        document = cast("Mapping[str, Any]", route.act(_caller(engine, shop), row_id, body))
        is_made = route.makes and "status" not in document["ucp"]
        return _sent(document, 201 if is_made else 200)

    return view


def _caller(engine: AdEngine, shop: str) -> Caller:
    """Who sent this request; without a token anybody, of whom no more is known."""
    envelope.need_profile(str(parse_dict_header(request.headers.get("UCP-Agent", "")).get("profile") or ""))
    actor = _actor(engine, shop)
    return Caller(engine, actor, request.headers.get("Idempotency-Key", ""), tuple(request.accept_languages.values()))


def _actor(engine: AdEngine, shop: str) -> Actor:
    header = request.headers.get("Authorization", "")
    with engine.reading(SYSTEM) as unit:
        if not header:
            return merchants.visitor(unit, shop)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise SignInNeeded("send Authorization: Bearer TOKEN, or none at all; the shop hands tokens out")
        actor = merchants.actor_of(unit, token.strip())
        if merchants.find_shop(unit, shop).id != actor.merchant_id:
            raise Forbidden("this token is for another shop")
        return actor


def _profile(engine: AdEngine, name: str) -> Response:
    with engine.reading(SYSTEM) as unit:
        shop = merchants.find_shop(unit, name)
    way = WAYS[engine.ports.payments.name]
    merchant_id = engine.settings.acp_merchant_id or shop.name
    answer = _sent(envelope.profile(engine.settings.public_url, shop.name, way, merchant_id))
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _sent(document: Mapping[str, Any], status: int = 200) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, mimetype="application/json")


def _refused(fault: AdEngineError) -> Response:
    """What is no answer of the business: the request is at fault, or we are."""
    code, status = CODES.get(fault.code, (fault.code, fault.status))
    severity: Severity = "unrecoverable" if status in {403, 404} else "recoverable"
    answer = _sent(envelope.nothing([error(code, fault.message, severity=severity)]), status)
    if isinstance(fault, StillRunning) or status == 503:
        answer.headers["Retry-After"] = str(fault.retry_after_s if isinstance(fault, StillRunning) else 1)
    return answer
