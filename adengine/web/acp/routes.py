"""The protocol's routes as a table, and how each answer and each refusal leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from adengine.core.errors import AdEngineError
from adengine.engine import SYSTEM, AdEngine
from adengine.services import merchants
from adengine.services.acp import asks, desk, discovery, ways
from adengine.services.acp.refusals import Refused, refusal_of
from adengine.services.acp.replies import Caller, Reply
from adengine.services.acp.shapes import Cart, CheckoutSession
from adengine.web import wire
from adengine.web.acp import manners
from adengine.web.acp.openapi import document

PREFIXES = ("/acp", "/shops/<shop>/acp")
WELL_KNOWN = "/.well-known/acp.json"


@dataclass(frozen=True)
class Route:
    """One call: `act` gets the caller, the id of the path ("" where it has none) and the body."""

    method: str
    path: str
    summary: str
    act: Callable[[Caller, str, bytes], Reply]
    answer: Any
    body: Any = None
    status: int = 200

    @property
    def needs_key(self) -> bool:
        return self.method == "POST"


ROUTES = (
    Route(
        "POST", "/checkout_sessions", "Create a checkout session",
        lambda caller, _, body: desk.create_session(caller, body), CheckoutSession, asks.CreateAsk, 201,
    ),
    Route(
        "GET", "/checkout_sessions/{id}", "Show a checkout session",
        lambda caller, row_id, _: desk.get_session(caller, row_id), CheckoutSession,
    ),
    Route(
        "POST", "/checkout_sessions/{id}", "Change a checkout session",
        desk.update_session, CheckoutSession, asks.UpdateAsk,
    ),
    Route(
        "POST", "/checkout_sessions/{id}/complete", "Pay, and get the order",
        desk.complete_session, CheckoutSession, asks.CompleteAsk,
    ),
    Route(
        "POST", "/checkout_sessions/{id}/cancel", "Cancel a checkout session",
        desk.cancel_session, CheckoutSession, asks.CancelAsk,
    ),
    Route(
        "POST", "/carts", "Create a cart",
        lambda caller, _, body: desk.create_cart(caller, body), Cart, asks.CartCreateAsk, 201,
    ),
    Route("GET", "/carts/{id}", "Show a cart", lambda caller, row_id, _: desk.get_cart(caller, row_id), Cart),
    Route("PUT", "/carts/{id}", "Replace a cart", desk.replace_cart, Cart, asks.CartUpdateAsk),
    Route("POST", "/carts/{id}/cancel", "Cancel a cart", desk.cancel_cart, Cart, asks.CancelAsk),
)  # fmt: skip


def blueprint(engine: AdEngine) -> Blueprint:
    """Everything the protocol wants of a shop's server."""
    pages = Blueprint("acp", __name__)
    for prefix in PREFIXES:
        for route in ROUTES:
            name = f"{prefix.count('<')} {route.method} {route.path}".replace(".", " ")
            rule = prefix + route.path.replace("{id}", "<row_id>")
            pages.add_url_rule(rule, name, _view(engine, route), methods=[route.method])
    pages.add_url_rule("/acp/openapi.json", "openapi", lambda: jsonify(document(ROUTES)))
    pages.add_url_rule(WELL_KNOWN, "discovery", lambda: _discovery(engine, "acp"))
    pages.add_url_rule(f"/shops/<shop>/acp{WELL_KNOWN}", "discovery of a shop", _discovery_of_shop(engine))
    wire.speak(
        pages,
        PREFIXES,
        refuse=_refused,
        fail=lambda code, words, status: _refused(Refused(code, words, status=status)),
        nothing="there is nothing at this address; /acp/openapi.json lists what there is",
    )
    return pages


def _view(engine: AdEngine, route: Route) -> Callable[..., Response]:
    def view(shop: str = "", row_id: str = "") -> Response:
        body = b"" if route.method == "GET" else request.get_data()
        caller = manners.caller(engine, shop, body, needs_key=route.needs_key)
        reply = route.act(caller, row_id, body)
        headers = {"Idempotent-Replayed": "true"} if reply.is_replay else {}
        return Response(reply.body, reply.status, headers, mimetype="application/json")

    return view


def _discovery_of_shop(engine: AdEngine) -> Callable[[str], Response]:
    return lambda shop: _discovery(engine, f"shops/{shop}/acp", shop)


def _discovery(engine: AdEngine, path: str, shop_name: str = "") -> Response:
    """The discovery document of a shop whose calls are under `path`."""
    with engine.reading(SYSTEM) as unit:
        shop = merchants.find_shop(unit, shop_name or engine.settings.shop)
    base = engine.settings.public_url.rstrip("/")
    found = discovery.discovery_document(
        api_base_url=f"{base}/{path}",
        documentation_url=f"{base}/acp/openapi.json",
        currency=shop.currency,
        way=ways.WAYS[engine.ports.payments.name],
    )
    answer = jsonify(found)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _refused(error: AdEngineError) -> Response:
    refusal = refusal_of(error)
    answer = jsonify(refusal.document)
    answer.status_code = refusal.status
    answer.headers.update(refusal.headers)
    return answer
