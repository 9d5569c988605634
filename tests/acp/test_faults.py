"""Every field wrong, missing, huge or of the wrong type: a flat error that names it, and nothing changed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adengine.services.acp import asks
from adengine.services.acp.refusals import Refused
from tests.acp.conftest import BUYER, HOME, AgentClient, Market, basket, choose, payment

ATTRIBUTION = {"provider": "network.example", "publisher_id": "p1"}
MISSING = object()


def broken(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with one field set, or taken out."""
    made = copy.deepcopy(body)
    *way, last = [int(one) if one.isdigit() else one for one in path.split("/")]
    at: Any = made
    for step in way:
        at = at[step]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return made


def jsonpath(path: str) -> str:
    return "$" + "".join(f"[{one}]" if one.isdigit() else f".{one}" for one in path.split("/"))


TEXTS = [7, True, [], {}, "x" * 6000, "nul\0"]
CREATE_FAULTS: list[tuple[str, list[Any]]] = [
    ("line_items", [MISSING, None, [], {}, "mug", [{"id": "a"}] * 101]),
    ("line_items/0", [None, "mug", 7, []]),
    ("line_items/0/id", [MISSING, None, "", *TEXTS]),
    ("line_items/0/quantity", [None, 0, -1, 1.5, "2", True, 100, 10**30, []]),
    ("line_items/0/name", TEXTS),
    ("line_items/0/unit_amount", ["2400", 1.5, 10**20, []]),
    ("line_items/0/note", ["unknown"]),
    ("currency", [MISSING, None, "", "euro", "e1r", 978, [], "usd"]),
    ("capabilities", [MISSING, None, [], "all", {"payment_methods": []}]),
    ("capabilities/interventions", [[], "3ds", {"supported": "3ds"}, {"supported": [7]}, {"max_redirects": -1}]),
    ("capabilities/extensions", ["discount", [7], {}]),
    ("capabilities/payment", [{}, {"handlers": {}}, []]),
    ("buyer", [[], "lumi", {}, {"first_name": "Lumi"}]),
    ("buyer/email", [MISSING, None, "", "lumi", "lumi@example", "a b@example.com", "x" * 250 + "@example.com", *TEXTS]),
    ("buyer/first_name", TEXTS),
    ("buyer/phone_number", TEXTS),
    ("buyer/account_type", ["king", 7]),
    ("buyer/company", [{}, "Lumi Ltd"]),
    ("buyer/tax_exemption", [{}, {"certificate_id": "1", "certificate_type": "magic"}]),
    ("buyer/nickname", ["unknown"]),
    ("fulfillment_details", [[], "home", {"street": "unknown"}]),
    ("fulfillment_details/email", ["nobody", 7]),
    ("fulfillment_details/address", [[], "home", {}]),
    ("fulfillment_details/address/name", [MISSING, None, *TEXTS]),
    ("fulfillment_details/address/line_one", [MISSING, None, "", *TEXTS]),
    ("fulfillment_details/address/city", [MISSING, None, "", *TEXTS]),
    ("fulfillment_details/address/state", [MISSING, None, *TEXTS]),
    ("fulfillment_details/address/country", [MISSING, None, "", "DEU", "Germany", "D1", 49, "nul\0"]),
    ("fulfillment_details/address/postal_code", [MISSING, None, "", *TEXTS]),
    ("discounts", [[], "WELCOME10", {"code": "unknown"}]),
    ("discounts/codes", ["WELCOME10", [7], ["x" * 101], ["x"] * 11, ["nul\0"]]),
    ("coupons", ["WELCOME10", [7]]),
    ("order_notes", [7, [], "x" * 5001, "nul\0"]),
    ("locale", ["", "x" * 40, "de de", 7]),
    ("metadata", [[], "x"]),
    ("fulfillment_groups", [[{"id": "g", "item_ids": [], "destination_type": "pickup"}], [{}], {}]),
    ("affiliate_attribution/provider", [MISSING, None, "", *TEXTS]),
    ("affiliate_attribution/publisher_id", [MISSING, *TEXTS]),
    ("affiliate_attribution/token", [7, "x" * 5000, "nul\0"]),
    ("affiliate_attribution/issued_at", ["yesterday", 7]),
    ("affiliate_attribution/source", ["web", {}, {"type": "dream"}]),
    ("affiliate_attribution/metadata", [[], {"a": []}, {"a": {}}, {"a": None}]),
    ("affiliate_attribution/touchpoint", ["middle"]),
    ("surprise", [1]),
]


def test_every_fault_of_a_new_session_is_named_and_changes_nothing(agent: AgentClient, market: Market) -> None:
    whole = basket(
        market.mug, discounts={"codes": []}, coupons=[], affiliate_attribution=ATTRIBUTION, order_notes="", metadata={}
    )
    assert agent.post("/checkout_sessions", whole).status_code == 201
    before = market.rows()
    for path, values in CREATE_FAULTS:
        for value in values:
            answer = agent.post("/checkout_sessions", broken(whole, path, value))
            said = (path, str(value)[:40], answer.text[:300])
            assert answer.status_code == 400, said
            param = answer.get_json().get("param", "")
            assert param.startswith(jsonpath(path)), said
    assert market.rows() == before


COMPLETE_FAULTS: list[tuple[str, list[Any]]] = [
    ("payment_data", [MISSING, None, [], {}, "spt_sandbox_ok", {"purchase_order_number": "PO-1"}]),
    ("payment_data/handler_id", [MISSING, None, 7, "", "stripe", "card_tokenized"]),
    ("payment_data/instrument", [MISSING, None, {}, "card"]),
    ("payment_data/instrument/credential", [MISSING, None, {}, "spt"]),
    ("payment_data/instrument/credential/type", [MISSING, None, "card", "pan", 7]),
    ("payment_data/instrument/credential/token", [MISSING, None, "", 7, "x" * 600, "nul\0"]),
    ("payment_data/billing_address", ["home", {}]),
    ("payment_data/card_number", ["unknown"]),
    ("buyer", [{}, "lumi", {"email": "nobody"}]),
    ("authentication_result", [{}, {"outcome": "maybe"}, "yes"]),
    ("risk_signals", [{"ip": "unknown"}, "none"]),
    ("marketing_consents", [{}, ["email"], [{"channel": "email"}], [{"channel": "email", "opted_in": "yes"}]]),
    ("order_notes", ["x" * 5001, 7]),
    ("affiliate_attribution", ["network", {}, {"provider": "network.example"}]),
    ("line_items", [[]]),
]


def test_every_fault_of_a_payment_is_named_and_nothing_is_charged(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    before = market.rows()
    for path, values in COMPLETE_FAULTS:
        for value in values:
            body = broken(payment(), path, value)
            answer = agent.post(f"/checkout_sessions/{ready}/complete", body)
            said = (path, str(value)[:40], answer.text[:300])
            assert answer.status_code == 400, said
            assert answer.get_json().get("param", "").startswith(jsonpath(path)), said
    assert market.rows() == before
    assert agent.session(ready)["status"] == "ready_for_payment"


def test_every_fault_of_an_update_is_named_and_changes_nothing(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    before = market.rows()
    faults: list[tuple[dict[str, Any], str]] = [
        ({"line_items": []}, "$.line_items"),
        ({"line_items": None}, "$.line_items"),
        ({"line_items": [{"id": "var_nothing"}]}, "$.line_items[0].id"),
        ({"line_items": [{"id": market.mug}, {"id": "var_nothing"}]}, "$.line_items[1].id"),
        ({"line_items": [{"id": market.mug, "quantity": 60}] * 2}, "$.line_items[1].quantity"),
        ({"buyer": {**BUYER, "email": "nobody"}}, "$.buyer.email"),
        ({"fulfillment_details": {"address": {**HOME, "country": "DEU"}}}, "$.fulfillment_details.address.country"),
        ({"fulfillment_details": {"address": {**HOME, "city": "  "}}}, "$.fulfillment_details.address"),
        ({"selected_fulfillment_options": [{}]}, "$.selected_fulfillment_options[0].type"),
        ({"selected_fulfillment_options": {"type": "shipping"}}, "$.selected_fulfillment_options"),
        (choose("balloon"), "$.selected_fulfillment_options[0].option_id"),
        ({"currency": "eur"}, "$.currency"),
        ({"fulfillment_groups": [{"id": "g", "item_ids": [], "destination_type": "digital"}]}, "$.fulfillment_groups"),
        ({"order_notes": "x" * 5001}, "$.order_notes"),
    ]
    for body, param in faults:
        answer = agent.post(f"/checkout_sessions/{ready}", body)
        assert (answer.status_code, answer.get_json().get("param")) == (400, param), answer.text
    assert market.rows() == before


def test_an_unknown_item_is_named_by_its_place(agent: AgentClient, market: Market, other_shop: Market) -> None:
    before = market.rows()
    for unknown in ("var_nothing", other_shop.mug, "x", "'; drop table variant; --", "☃"):
        body = basket(market.mug, line_items=[{"id": market.lamp}, {"id": unknown}])
        answer = agent.post("/checkout_sessions", body)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_item_id")
        assert answer.get_json()["param"] == "$.line_items[1].id"
    assert market.rows() == before


def test_a_session_that_is_not_there_is_not_found_by_any_call(agent: AgentClient, market: Market) -> None:
    before = market.rows()
    for session_id in ("chk_nothing", market.mug, "%00", "..", "%2e%2e"):
        path = f"/checkout_sessions/{session_id}"
        for answer in (
            agent.get(path),
            agent.post(path, {}),
            agent.post(f"{path}/complete", payment()),
            agent.post(f"{path}/cancel", {}),
        ):
            assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), (path, answer.text)
    assert market.rows() == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([path for path, _ in CREATE_FAULTS if "/" not in path or path.startswith("line_items/0")])


@settings(max_examples=300, deadline=None)
@given(path=FIELDS, value=JSON)
def test_whatever_a_field_holds_it_is_read_or_refused_by_its_path(path: str, value: Any) -> None:
    whole = basket("var_x", discounts={"codes": []}, affiliate_attribution=ATTRIBUTION)
    refused: list[Refused] = []
    try:
        asks.read(asks.CreateAsk, json.dumps(broken(whole, path, value)).encode())
    except Refused as refusal:
        refused.append(refusal)
    assert [(one.status, one.param[:1]) for one in refused] in ([], [(400, "$")])


@pytest.mark.parametrize("path", ["/checkout_sessions", "/carts"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON, field=FIELDS, value=JSON)
def test_no_body_ends_in_a_failure_of_ours(
    agent: AgentClient, market: Market, path: str, body: Any, field: str, value: Any
) -> None:
    whole = basket(market.mug, discounts={"codes": []}, affiliate_attribution=ATTRIBUTION)
    for sent in (body, broken(whole, field, value)):
        assert agent.post(path, sent).status_code < 500
