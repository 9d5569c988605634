"""Discounts, attribution, intent traces and marketing consent: what each of them must and must never do."""

from __future__ import annotations

from typing import Any

import pytest

from adengine.engine import SYSTEM
from adengine.models import Checkout, Order
from tests.acp.conftest import LINKS, AgentClient, Market, amounts, codes, payment
from tests.leaks import among, heard


def checkout_row(market: Market, session_id: str) -> Checkout:
    with market.engine.unit(SYSTEM) as unit:
        return unit.get(Checkout, session_id)


def order_row(market: Market, order_id: str) -> Order:
    with market.engine.unit(SYSTEM) as unit:
        return unit.get(Order, order_id)


def test_a_code_takes_off_positive_amounts_told_line_by_line(agent: AgentClient, market: Market) -> None:
    items = [{"id": market.mug, "quantity": 3}, {"id": market.lamp}]
    made = agent.create(market.mug, line_items=items, discounts={"codes": ["welcome10"]})
    assert made["discounts"]["codes"] == ["welcome10"]
    (applied,) = made["discounts"]["applied"]
    assert applied["coupon"] == {"id": "WELCOME10", "name": "Welcome", "percent_off": 10.0}
    assert (applied["amount"], applied["automatic"]) == (1610, False)
    assert applied["allocations"] == [
        {"path": "$.line_items[0]", "amount": 720},
        {"path": "$.line_items[1]", "amount": 890},
    ]
    assert amounts(made)["items_discount"] == 1610
    assert amounts(made)["subtotal"] == 16100 - 1610
    assert [one["discount_details"][0]["amount"] for one in made["line_items"]] == [720, 890]
    assert made["capabilities"]["extensions"][0]["name"] == "discount"


def test_an_amount_off_is_told_in_its_currency(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.lamp, discounts={"codes": ["FIVER"]})
    assert made["discounts"]["applied"][0]["coupon"] == {
        "id": "FIVER", "name": "Five euros off", "amount_off": 500, "currency": "eur",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["NOTHING"], "discount_code_invalid"),
        (["FIVER"], "discount_code_minimum_not_met"),
        (["WELCOME10", "welcome10"], "discount_code_already_applied"),
        (["WELCOME10", "FIVER"], "discount_code_minimum_not_met"),
    ],
)
def test_a_code_that_does_nothing_says_why_and_blocks_nothing(
    agent: AgentClient, market: Market, given: list[str], reason: str
) -> None:
    made = agent.create(market.mug, discounts={"codes": given})
    assert [one["reason"] for one in made["discounts"]["rejected"]] == [reason]
    assert reason in codes(made)
    warning = next(one for one in made["messages"] if one.get("code") == reason)
    assert (warning["type"], warning["param"]) == ("warning", "$.discounts.codes")


def test_codes_that_do_not_combine_are_told(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.lamp, discounts={"codes": ["WELCOME10", "FIVER"]})
    assert [one["code"] for one in made["discounts"]["applied"]] == ["WELCOME10"]
    assert made["discounts"]["rejected"][0]["reason"] == "discount_code_combination_disallowed"


def test_codes_replace_those_before_and_coupons_are_their_older_name(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.lamp, coupons=["WELCOME10"])
    assert made["discounts"]["applied"][0]["amount"] == 890
    path = f"/checkout_sessions/{made['id']}"
    replaced = agent.post(path, {"discounts": {"codes": ["FIVER"]}}).get_json()
    assert [one["code"] for one in replaced["discounts"]["applied"]] == ["FIVER"]
    assert agent.post(path, {"order_notes": "ring"}).get_json()["discounts"]["codes"] == ["FIVER"]
    assert agent.post(path, {"discounts": {"codes": []}}).get_json()["discounts"]["applied"] == []


def test_an_extension_is_told_only_where_the_agent_knows_it(agent: AgentClient, market: Market) -> None:
    unknown = agent.create(market.mug, capabilities={"extensions": ["loyalty", "com.example.magic@2026-01-01"]})
    assert "extensions" not in unknown["capabilities"]
    assert "discounts" not in unknown
    dated = agent.create(market.mug, capabilities={"extensions": ["discount@2026-01-27", "loyalty"]})
    assert [one["name"] for one in dated["capabilities"]["extensions"]] == ["discount"]


FIRST = {
    "provider": "network.example",
    "token": "atp_first_secret",
    "publisher_id": "pub_1",
    "campaign_id": "camp_1",
    "creative_id": "ad_nothing",
    "source": {"type": "url", "url": "https://blog.example/mugs"},
    "issued_at": "2026-11-20T10:00:00Z",
    "metadata": {"rate": 0.15, "verified": True, "kind": "review"},
    "touchpoint": "first",
    "invented_later": "ignored",
}
LAST = {"provider": "network.example", "token": "atp_last_secret", "touchpoint": "last"}


def test_attribution_is_written_and_never_shown_or_logged(agent: AgentClient, market: Market) -> None:
    with heard() as said:
        ready = agent.ready(market.mug, affiliate_attribution=FIRST)
        done = agent.complete(ready, affiliate_attribution=LAST)
        shown = [agent.get(f"/checkout_sessions/{ready}").text, done.text]
    order = order_row(market, done.get_json()["order"]["id"])
    assert order.first_touch is not None
    assert (order.first_touch.token, order.first_touch.campaign_id) == ("atp_first_secret", "camp_1")
    assert order.first_touch.source == "https://blog.example/mugs"
    assert order.first_touch.metadata == (("rate", "0.15"), ("verified", "true"), ("kind", "review"))
    assert order.last_touch is not None
    assert order.last_touch.token == "atp_last_secret"
    assert among([*said, *shown], "atp_first_secret", "atp_last_secret", "network.example", "camp_1") == []
    assert among(said, "lumi@example.com", "Lichtweg", agent.token) == []


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"metadata": {"customer": "lumi@example.com"}}, "$.affiliate_attribution.metadata.customer"),
        ({"metadata": {"call me": "+49 151 12345678"}}, "$.affiliate_attribution.metadata['call me']"),
        ({"sub_id": "lumi@example.com"}, "$.affiliate_attribution.sub_id"),
        ({"campaign_id": "(030) 555-0199"}, "$.affiliate_attribution.campaign_id"),
    ],
)
def test_attribution_that_names_a_person_is_refused_without_repeating_it(
    agent: AgentClient, market: Market, change: dict[str, Any], param: str
) -> None:
    ready = agent.ready(market.mug)
    before = market.rows()
    answer = agent.complete(ready, affiliate_attribution=FIRST | change)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "pii_not_allowed")
    assert answer.get_json()["param"] == param
    assert "lumi@example" not in answer.text
    assert market.rows() == before


def test_attribution_that_expired_or_names_nothing_of_ours_blocks_nothing(agent: AgentClient, market: Market) -> None:
    old = FIRST | {"expires_at": "2020-01-01T00:00:00Z", "creative_id": "ad_nothing"}
    ready = agent.ready(market.mug, affiliate_attribution=old)
    assert agent.complete(ready).get_json()["status"] == "completed"


TRACE = {"reason_code": "shipping_cost", "trace_summary": "4.90 was too much", "metadata": {"target": 0}}


@pytest.mark.parametrize(("code", "kept"), [("shipping_cost", "shipping_cost"), ("whim", "other")])
def test_why_a_buyer_gave_up_is_kept_and_never_shown(agent: AgentClient, market: Market, code: str, kept: str) -> None:
    ready = agent.ready(market.mug)
    gone = agent.post(f"/checkout_sessions/{ready}/cancel", {"intent_trace": TRACE | {"reason_code": code}})
    assert gone.get_json()["status"] == "canceled"
    trace = checkout_row(market, ready).trace
    assert trace is not None
    assert (trace.reason, trace.summary, trace.metadata) == (kept, "4.90 was too much", (("target", "0"),))
    assert "too much" not in gone.text + agent.get(f"/checkout_sessions/{ready}").text


@pytest.mark.parametrize(
    "trace",
    [{}, {"reason_code": 7}, {"reason_code": "other", "trace_summary": "x" * 501}, TRACE | {"metadata": {"a": []}}],
)
def test_a_trace_that_cannot_be_read_cancels_nothing(agent: AgentClient, market: Market, trace: dict[str, Any]) -> None:
    ready = agent.ready(market.mug)
    refused = agent.post(f"/checkout_sessions/{ready}/cancel", {"intent_trace": trace})
    assert refused.status_code == 400
    assert refused.get_json()["param"].startswith("$.intent_trace")
    assert agent.session(ready)["status"] == "ready_for_payment"


def test_consent_is_offered_and_decided_when_paying(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    (option,) = agent.session(ready)["marketing_consent_options"]
    assert (option["channel"], option["privacy_policy_url"]) == ("email", LINKS["privacy_url"])
    consents = [{"channel": "email", "opted_in": True}, {"channel": "sms", "opted_in": True}]
    done = agent.complete(ready, marketing_consents=consents).get_json()
    assert "marketing_consent_options" not in done
    order = order_row(market, done["order"]["id"])
    assert [(one.channel, one.opted_in) for one in order.consents] == [("email", True)]


def test_consent_that_was_not_asked_decides_nothing(agent: AgentClient, market: Market, other_shop: Market) -> None:
    done = agent.complete(agent.ready(market.mug)).get_json()
    assert order_row(market, done["order"]["id"]).consents == ()
    made = other_shop.agent.create(other_shop.mug)
    assert "marketing_consent_options" not in made
    body = payment() | {"marketing_consents": [{"channel": "email", "opted_in": True}]}
    paid = other_shop.agent.post(f"/checkout_sessions/{made['id']}/complete", body).get_json()
    assert order_row(other_shop, paid["order"]["id"]).consents == ()


def test_links_of_the_shop_stand_under_every_session(agent: AgentClient, market: Market) -> None:
    links = {one["type"]: one["url"] for one in agent.create(market.mug)["links"]}
    assert links == {
        "terms_of_use": LINKS["terms_url"],
        "privacy_policy": LINKS["privacy_url"],
        "return_policy": LINKS["returns_url"],
        "contact_us": "mailto:help@shop.example",
    }


def test_a_tax_exemption_is_said_to_do_nothing(agent: AgentClient, market: Market) -> None:
    exempt = {"email": "lumi@example.com", "tax_exemption": {"certificate_id": "1", "certificate_type": "resale"}}
    made = agent.create(market.mug, buyer=exempt)
    assert made["messages"][0]["content"] == "Tax exemptions are not taken here: tax is charged."
