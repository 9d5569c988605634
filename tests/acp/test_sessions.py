"""A checkout session from its creation to the order, as the protocol tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adengine.core.selling import TaxRate, TaxTable
from adengine.engine import SYSTEM
from adengine.models import Variant
from integrations.sandbox import SandboxPayments
from tests.acp.conftest import BUYER, HOME, LINKS, AgentClient, Market, amounts, basket, choose, codes, payment
from tests.services.buying import GERMAN, accounts, nothing_leaks, orders_made, sell_by


def set_row(market: Market, variant_id: str, **values: int) -> None:
    with market.engine.unit(SYSTEM) as unit:
        for name, value in values.items():
            setattr(unit.get(Variant, variant_id), name, value)


def test_a_session_is_bought_step_by_step(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.mug, 2, buyer=None, fulfillment_details=None)
    assert (made["status"], codes(made)) == ("not_ready_for_payment", ["missing"])
    assert made["messages"][0]["param"] == "$.fulfillment_details.address"
    path = f"/checkout_sessions/{made['id']}"
    addressed = agent.post(path, {"fulfillment_details": {"address": HOME}, "buyer": BUYER}).get_json()
    assert [one["id"] for one in addressed["fulfillment_options"]] == ["post", "courier"]
    assert (addressed["status"], codes(addressed)) == ("not_ready_for_payment", ["missing", "info"])
    ready = agent.post(path, choose("courier", market.mug)).get_json()
    assert ready["status"] == "ready_for_payment"
    assert amounts(ready) == {"items_base_amount": 4800, "subtotal": 4800, "fulfillment": 990, "total": 5790}
    with nothing_leaks(market.engine):
        done = agent.complete(made["id"])
    assert (done.status_code, done.get_json()["status"]) == (200, "completed")
    order = done.get_json()["order"]
    assert order["checkout_session_id"] == made["id"]
    assert order["permalink_url"].endswith(f"/shops/demo/orders/{order['id']}")
    assert {one["type"]: one["amount"] for one in order["totals"]} == amounts(ready)
    assert agent.session(made["id"])["order"] == order
    assert accounts(market.engine, market.desk)["clearing"] == -5790


def test_a_session_needs_no_more_than_its_shop_does(agent: AgentClient, other_shop: Market) -> None:
    made = other_shop.agent.create(other_shop.mug, fulfillment_details=None)
    assert (made["status"], made["fulfillment_options"], made["messages"]) == ("ready_for_payment", [], [])
    assert other_shop.agent.complete(made["id"]).get_json()["status"] == "completed"


def test_an_address_outside_the_shops_reach_is_told(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.mug, fulfillment_details={"address": {**HOME, "country": "US", "state": "CA"}})
    assert (made["status"], codes(made)) == ("not_ready_for_payment", ["region_restricted"])
    assert made["messages"][0]["param"] == "$.fulfillment_details.address.country"
    assert agent.complete(made["id"]).get_json()["code"] == "not_ready_for_payment"


def test_tax_on_top_is_a_total_and_tax_inside_is_only_told(agent: AgentClient, market: Market) -> None:
    inside = agent.session(agent.ready(market.mug, 2))
    assert "tax" not in amounts(inside)
    assert inside["messages"][-1]["content"] == "The prices include MwSt 19 %: €8.45."
    on_top = TaxTable((TaxRate("DE", 1900, "MwSt"),), included=False)
    sell_by(market.engine, market.desk, replace(GERMAN, taxes=on_top, **LINKS))  # type: ignore[arg-type]
    added = agent.session(agent.ready(market.mug, 2))
    assert amounts(added) == {
        "items_base_amount": 4800, "subtotal": 4800, "fulfillment": 490, "tax": 1005, "total": 6295,
    }  # fmt: skip
    tax = next(one for one in added["totals"] if one["type"] == "tax")
    assert tax["breakdown"] == [{"jurisdiction": "MwSt DE", "rate": 0.19, "amount": 1005}]
    assert codes(added) == []
    assert agent.complete(added["id"]).get_json()["order"]["totals"][-1]["amount"] == 6295


def test_an_item_may_be_asked_for_by_quantity_or_by_naming_it_twice(agent: AgentClient, market: Market) -> None:
    items = [{"id": market.mug}, {"id": market.lamp, "quantity": 1.0}, {"id": market.mug, "quantity": 2}]
    made = agent.create(market.mug, line_items=items)
    assert [(one["item"]["id"], one["quantity"]) for one in made["line_items"]] == [(market.mug, 3), (market.lamp, 1)]


def test_what_is_sold_out_is_told_in_a_session_that_cannot_be_paid(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.mug, 6)
    assert (made["status"], codes(made)[:2]) == ("not_ready_for_payment", ["missing", "out_of_stock"])
    fault = next(one for one in made["messages"] if one.get("code") == "out_of_stock")
    assert fault["param"] == "$.line_items[0].item.id"
    assert fault["content"] == "Only 5 of Stoneware Mug, Sage left. Ask for 5 or fewer."
    assert made["line_items"][0]["available_quantity"] == 5
    chosen = agent.post(f"/checkout_sessions/{made['id']}", choose()).get_json()
    assert (chosen["status"], codes(chosen)) == ("not_ready_for_payment", ["out_of_stock", "info"])
    refused = agent.complete(made["id"])
    assert (refused.status_code, refused.get_json()["status"]) == (200, "not_ready_for_payment")
    assert orders_made(market.engine) == 0


def test_what_sold_out_meanwhile_is_told_at_complete_and_nothing_is_charged(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug, 3)
    set_row(market, market.mug, stock=2)
    answer = agent.complete(ready)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "not_ready_for_payment")
    assert "out_of_stock" in codes(answer.get_json())
    assert orders_made(market.engine) == 0


def test_a_price_that_changed_is_told_at_complete_and_completes_when_confirmed(
    agent: AgentClient, market: Market
) -> None:
    ready = agent.ready(market.mug)
    set_row(market, market.mug, price_minor=2500)
    told = agent.complete(ready).get_json()
    assert (told["status"], codes(told)) == ("ready_for_payment", ["price_change", "info"])
    assert "€29.90" in told["messages"][0]["content"]
    assert orders_made(market.engine) == 0
    assert amounts(agent.complete(ready).get_json()["order"])["total"] == 2990


def test_a_declined_payment_leaves_the_session_ready_for_another(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    declined = agent.complete(ready, "declined")
    assert (declined.status_code, declined.get_json()["status"]) == (200, "ready_for_payment")
    assert codes(declined.get_json()) == ["payment_declined", "info"]
    assert "order" not in declined.get_json()
    assert agent.complete(ready, "expired").get_json()["status"] == "ready_for_payment"
    assert agent.complete(ready).get_json()["status"] == "completed"
    assert orders_made(market.engine) == 1


RESULT = {
    "outcome": "authenticated",
    "outcome_details": {
        "three_ds_cryptogram": "ABCDEFGHIJKLMNOPQRSTUVWXYZA=",
        "electronic_commerce_indicator": "05",
        "transaction_id": "ds-1",
        "version": "2.2.0",
    },
}


def test_a_bank_that_asks_is_answered_with_an_authentication_result(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    asked = agent.complete(ready, "3ds").get_json()
    assert (asked["status"], codes(asked)) == ("authentication_required", ["requires_3ds", "info"])
    assert asked["authentication_metadata"]["directory_server"] == "visa"
    without = agent.complete(ready, "3ds")
    assert (without.status_code, without.get_json()["code"]) == (400, "requires_3ds")
    assert without.get_json()["param"] == "$.authentication_result"
    unproven = agent.complete(ready, "3ds", authentication_result={"outcome": "authenticated"})
    assert unproven.get_json()["param"] == "$.authentication_result.outcome_details.three_ds_cryptogram"
    assert orders_made(market.engine) == 0
    assert agent.complete(ready, "3ds", authentication_result=RESULT).get_json()["status"] == "completed"


def test_a_bank_that_says_no_leaves_the_session_ready_for_another_payment(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    agent.complete(ready, "3ds")
    denied = agent.complete(ready, "3ds", authentication_result={"outcome": "denied"}).get_json()
    assert (denied["status"], codes(denied)) == ("ready_for_payment", ["payment_declined", "info"])
    assert orders_made(market.engine) == 0
    assert agent.complete(ready).get_json()["status"] == "completed"


def test_a_result_that_nobody_asked_for_confirms_nothing(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    assert agent.complete(ready, "3ds", authentication_result=RESULT).get_json()["status"] == "authentication_required"
    assert orders_made(market.engine) == 0


def test_an_agent_without_3ds_hands_its_buyer_over_to_the_shops_page(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug, capabilities={})
    asked = agent.complete(ready, "3ds").get_json()
    assert asked["status"] == "requires_escalation"
    assert asked["continue_url"].endswith(f"/shops/demo/checkout/{ready}")
    assert asked["capabilities"]["interventions"]["supported"] == []


def test_interventions_are_what_both_sides_can_do_in_every_answer(agent: AgentClient, market: Market) -> None:
    made = agent.create(market.mug)
    assert made["capabilities"]["interventions"]["supported"] == ["3ds"]
    assert agent.session(made["id"])["capabilities"] == made["capabilities"]
    handlers = made["capabilities"]["payment"]["handlers"]
    assert [(one["id"], one["psp"]) for one in handlers] == [("sandbox", "sandbox")]


def test_a_canceled_session_is_canceled_for_good(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    path = f"/checkout_sessions/{ready}"
    gone = agent.post(f"{path}/cancel")
    assert (gone.status_code, gone.get_json()["status"]) == (200, "canceled")
    again = agent.post(f"{path}/cancel", {})
    assert (again.status_code, again.get_json()["code"]) == (405, "not_cancelable")
    assert agent.post(path, {"order_notes": "ring"}).status_code == 409
    refused = agent.complete(ready)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "session_canceled")
    assert orders_made(market.engine) == 0


def test_a_completed_session_changes_no_more_and_orders_no_second_time(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    order = agent.complete(ready).get_json()["order"]
    assert agent.post(f"/checkout_sessions/{ready}/cancel", {}).status_code == 405
    assert agent.post(f"/checkout_sessions/{ready}", {"order_notes": "ring"}).status_code == 409
    assert agent.complete(ready).get_json()["order"] == order
    assert orders_made(market.engine) == 1


def test_an_expired_session_is_priced_anew_by_an_update(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    market.engine.ports.clock.forward(minutes=31)  # type: ignore[attr-defined]
    expired = agent.session(ready)
    assert (expired["status"], codes(expired)) == ("expired", ["expired"])
    refused = agent.complete(ready)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "session_expired")
    assert agent.post(f"/checkout_sessions/{ready}", {}).get_json()["status"] == "ready_for_payment"
    assert agent.complete(ready).get_json()["status"] == "completed"


def test_an_update_changes_what_it_names_keeps_the_rest_and_clears_what_is_null(
    agent: AgentClient, market: Market
) -> None:
    made = agent.create(market.mug, discounts={"codes": ["WELCOME10"]})
    path = f"/checkout_sessions/{made['id']}"
    items = agent.post(path, {"line_items": [{"id": market.lamp}]}).get_json()
    assert [one["item"]["id"] for one in items["line_items"]] == [market.lamp]
    assert items["buyer"] == made["buyer"]
    assert items["discounts"]["codes"] == ["WELCOME10"]
    assert items["fulfillment_details"]["address"] == {**HOME, "state": "BE"}
    chosen = agent.post(path, choose("courier", market.lamp)).get_json()
    assert chosen["selected_fulfillment_options"][0]["option_id"] == "courier"
    emptied = agent.post(path, {"buyer": None, "discounts": {"codes": []}, **dict.fromkeys(choose())}).get_json()
    assert "buyer" not in emptied
    assert "selected_fulfillment_options" not in emptied
    assert emptied["discounts"]["codes"] == []
    homeless = agent.post(path, {"fulfillment_details": None}).get_json()
    assert "fulfillment_details" not in homeless
    assert homeless["fulfillment_options"] == []


def test_a_way_to_ship_that_is_none_of_the_sessions_changes_nothing(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug)
    before = market.rows()
    for change, where in (
        (choose("balloon", market.mug), "[0].option_id"),
        (choose("courier", "li_nothing"), "[0].item_ids[0]"),
        ({"selected_fulfillment_options": [{"type": "pickup", "option_id": "post", "item_ids": []}]}, "[0].type"),
    ):
        refused = agent.post(f"/checkout_sessions/{ready}", change)
        assert refused.status_code == 400
        assert refused.get_json()["param"] == f"$.selected_fulfillment_options{where}"
    assert market.rows() == before


def test_the_contact_of_a_delivery_buys_where_nobody_else_does(agent: AgentClient, market: Market) -> None:
    contact = {"name": "Nix Nebel", "email": "nix@example.com", "address": HOME}
    made = agent.create(market.mug, buyer=None, fulfillment_details=contact)
    assert made["buyer"] == {"email": "nix@example.com", "full_name": "Nix Nebel"}
    path = f"/checkout_sessions/{made['id']}"
    named = agent.post(path, {"buyer": BUYER, "fulfillment_details": contact}).get_json()
    assert named["buyer"]["email"] == "lumi@example.com"
    assert agent.post(path, {"fulfillment_details": contact}).get_json()["buyer"]["email"] == "lumi@example.com"


def test_the_buyer_may_be_named_when_paying_and_has_to_be_by_then(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug, buyer=None)
    refused = agent.complete(ready)
    assert (refused.status_code, refused.get_json()["param"]) == (400, "$.buyer")
    assert orders_made(market.engine) == 0
    assert agent.complete(ready, buyer=BUYER).get_json()["buyer"]["full_name"] == "Lumi Nix"


def test_notes_come_with_the_order(agent: AgentClient, market: Market) -> None:
    ready = agent.ready(market.mug, order_notes="Leave it with the neighbour.")
    order = agent.complete(ready).get_json()["order"]
    assert order["confirmation"]["order_notes"] == "Leave it with the neighbour."


@pytest.mark.parametrize(
    ("header", "locale", "words"),
    [
        ("", None, "Choose one of the ways to ship."),
        ("de-AT, en;q=0.5", None, "Bitte eine Versandart wählen."),
        ("fr, de;q=0.5", None, "Bitte eine Versandart wählen."),
        ("", "de-DE", "Bitte eine Versandart wählen."),
        ("en", "de-DE", "Choose one of the ways to ship."),
    ],
)
def test_messages_speak_the_language_asked_for(
    agent: AgentClient, market: Market, header: str, locale: str | None, words: str
) -> None:
    agent.headers["Accept-Language"] = header
    made = agent.create(market.mug, locale=locale)
    assert made["messages"][0]["content"] == words
    assert agent.session(made["id"])["messages"][0]["content"] == words


def test_every_word_is_there_in_every_language_and_holds_no_markup() -> None:
    from adengine.services.acp.words import LANGUAGES, WORDS

    assert [key for key, by in WORDS.items() if set(by) != set(LANGUAGES)] == []
    assert [text for by in WORDS.values() for text in by.values() if "<" in text or "&" in text] == []


def test_titles_of_goods_are_plain_text_whatever_they_hold(agent: AgentClient, market: Market) -> None:
    from adengine.models import Product

    with market.engine.unit(SYSTEM) as unit:
        product_id = unit.get(Variant, market.mug).product_id
        unit.get(Product, product_id).title = "<b>Mug</b> & co"
    made = agent.create(market.mug, 6)
    fault = next(one for one in made["messages"] if one.get("code") == "out_of_stock")
    assert fault["content_type"] == "plain"
    assert "<b>Mug</b> & co" in fault["content"]
    assert {one["content_type"] for one in made["messages"]} == {"plain"}


def test_a_payment_under_way_is_told_and_not_disturbed(agent: AgentClient, market: Market) -> None:
    from adengine.models import Checkout

    ready = agent.ready(market.mug)
    with market.engine.unit(SYSTEM) as unit:
        unit.get(Checkout, ready).status = "paying"
    assert (agent.session(ready)["status"], codes(agent.session(ready))) == ("complete_in_progress", ["info"])
    assert agent.post(f"/checkout_sessions/{ready}", {"order_notes": "ring"}).status_code == 409


def test_a_free_basket_needs_no_charge(agent: AgentClient, market: Market) -> None:
    from adengine.core.selling import Discount
    from adengine.services import selling

    with market.engine.unit(market.desk.merchant) as unit:
        selling.add_code(unit, Discount("GIFT", "A gift", bps=10_000))
    sell_by(market.engine, market.desk, replace(GERMAN, shipping=()))
    made = agent.post("/checkout_sessions", basket(market.mug, discounts={"codes": ["gift"]})).get_json()
    assert (made["status"], amounts(made)["total"]) == ("ready_for_payment", 0)
    done = agent.post(f"/checkout_sessions/{made['id']}/complete", payment()).get_json()
    assert done["status"] == "completed"


class Elsewhere(SandboxPayments):
    """The sandbox under another provider's name, whose 3D Secure no agent can show."""

    name = "stripe"


def test_another_provider_is_another_handler_and_asks_its_buyers_itself(agent: AgentClient, market: Market) -> None:
    provider = Elsewhere(secret=b"elsewhere", public_url="http://elsewhere.invalid")
    market.engine.ports = replace(market.engine.ports, payments=provider)
    ready = agent.ready(market.mug)
    (handler,) = agent.session(ready)["capabilities"]["payment"]["handlers"]
    assert (handler["id"], handler["psp"], handler["requires_delegate_payment"]) == ("card_tokenized", "stripe", True)
    assert agent.session(ready)["capabilities"]["interventions"]["supported"] == []
    assert agent.complete(ready).get_json()["param"] == "$.payment_data.handler_id"
    body = payment("3ds")
    body["payment_data"]["handler_id"] = "card_tokenized"
    asked = agent.post(f"/checkout_sessions/{ready}/complete", body).get_json()
    assert (asked["status"], "authentication_metadata" in asked) == ("requires_escalation", False)
