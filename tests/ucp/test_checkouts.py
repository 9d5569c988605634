"""Checkouts of this protocol: filled in, priced, paid once, handed over, given up; over REST and MCP alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adengine.models import Variant
from adengine.services import orders
from tests.fakes import Clock
from tests.services.buying import orders_made, together
from tests.ucp.conftest import BUYER, HOME, World, amounts, basket, codes, lines, new_key, paid_with, sent_home


@pytest.mark.parametrize("way", ["rest", "mcp"])
def test_an_agent_fills_a_checkout_in_and_pays_it(world: World, way: str) -> None:
    act = getattr(world.agent, way)
    more: dict[str, Any] = {"says": "yes"} if way == "mcp" else {}
    made = act("create_checkout", body={"line_items": lines(world.mug, 2)})
    assert (made["status"], amounts(made)["total"]) == ("incomplete", 4800)
    assert codes(made)[:2] == ["missing", "missing"]
    assert made["continue_url"].endswith(f"/shops/demo/checkout/{made['id']}")
    where = {"methods": [{"line_item_ids": [], "destinations": [HOME]}]}
    home = act("update_checkout", made["id"], basket(world.mug, 2, fulfillment=where))
    group = home["fulfillment"]["methods"][0]["groups"][0]
    assert {one["id"]: one["totals"][0]["amount"] for one in group["options"]} == {"post": 490, "courier": 990}
    assert (home["status"], group["selected_option_id"]) == ("incomplete", None)
    ready = act("update_checkout", made["id"], basket(world.mug, 2))
    assert (ready["status"], amounts(ready)) == (
        "ready_for_complete",
        {"subtotal": 4800, "fulfillment": 490, "total": 5290},
    )
    done = act("complete_checkout", made["id"], paid_with(), key=new_key(), **more)
    assert done["status"] == "completed"
    assert "continue_url" not in done
    order = act("get_order", done["order"]["id"])
    assert (order["checkout_id"], amounts(order)["total"]) == (made["id"], 5290)
    assert order["fulfillment"]["expectations"][0]["destination"]["street_address"] == "Lichtweg 1"
    assert act("get_checkout", made["id"])["order"] == done["order"]
    assert orders_made(world.engine) == 1


def test_a_discount_is_negative_in_totals_and_a_useless_code_is_told(world: World) -> None:
    body = basket(world.mug, 2, discounts={"codes": ["welcome10", "NOTHING"]})
    made = world.agent.rest("create_checkout", body=body)
    assert amounts(made) == {"subtotal": 4800, "items_discount": -480, "fulfillment": 490, "total": 4810}
    (applied,) = made["discounts"]["applied"]
    assert (applied["code"], applied["amount"]) == ("WELCOME10", 480)
    assert applied["allocations"] == [{"path": "$.line_items[0]", "amount": 480}]
    assert "discount_code_invalid" in codes(made)


def test_an_update_replaces_everything_but_a_destination_named_by_its_id(world: World) -> None:
    made = world.agent.ready(world.mug, 2, discounts={"codes": ["WELCOME10"]})
    stays = {"methods": [{"line_item_ids": [], "selected_destination_id": "destination",
                          "groups": [{"id": "parcel", "selected_option_id": "courier"}]}]}  # fmt: skip
    kept = world.agent.rest("update_checkout", made, basket(world.mug, fulfillment=stays))
    assert kept["fulfillment"]["methods"][0]["destinations"][0]["street_address"] == "Lichtweg 1"
    assert amounts(kept) == {"subtotal": 2400, "fulfillment": 990, "total": 3390}
    bare = world.agent.rest("update_checkout", made, {"line_items": lines(world.mug)})
    assert bare["fulfillment"]["methods"][0]["destinations"] == []
    assert "buyer" not in bare
    assert "discounts" not in bare


@pytest.mark.parametrize("way", ["rest", "mcp"])
def test_whoever_is_not_shown_the_buyer_changes_the_rest_without_clearing_them(world: World, way: str) -> None:
    act = getattr(world.anybody, way)
    made = act("create_checkout", body=basket(world.mug))["id"]
    courier = {"methods": [{"line_item_ids": [], "groups": [{"id": "parcel", "selected_option_id": "courier"}]}]}
    coded = {"line_items": lines(world.mug, 2), "discounts": {"codes": ["WELCOME10"]}, "fulfillment": courier}
    changed = act("update_checkout", made, coded)
    assert amounts(changed)["total"] == 4800 - 480 + 990
    assert "buyer" not in changed
    act("update_checkout", made, {"line_items": lines(world.mug)})
    seen = world.merchant().rest("get_checkout", made)
    assert seen["buyer"]["email"] == "lumi@example.com"
    assert seen["fulfillment"]["methods"][0]["destinations"][0]["street_address"] == "Lichtweg 1"
    assert "discounts" not in seen
    nowhere = {"methods": [{"line_item_ids": [], "destinations": []}]}
    act("update_checkout", made, {"line_items": lines(world.mug), "fulfillment": nowhere})
    assert world.merchant().rest("get_checkout", made)["fulfillment"]["methods"][0]["destinations"] == []


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"fulfillment": sent_home("balloon")}, "invalid", "$.fulfillment.methods[0].groups[0].selected_option_id"),
        ({"fulfillment": {"methods": [{"type": "pickup", "line_item_ids": []}]}}, "unsupported", None),
        ({"buyer": {"first_name": "Lumi"}}, "missing", "$.buyer.email"),
        ({"line_items": lines("var_nothing")}, "not_found", "$.line_items[0].item.id"),
        ({"fulfillment": {"methods": [{"line_item_ids": [], "destinations": [HOME | {"address_country": "Mars"}]}]}},
         "invalid", "$.fulfillment.methods[0].destinations"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_and_changes_nothing(
    world: World, change: dict[str, Any], code: str, path: str | None
) -> None:
    made = world.agent.ready(world.mug)
    before = world.rows()
    refused = world.agent.rest("update_checkout", made, basket(world.mug) | change, key=new_key())
    assert refused["ucp"]["status"] == "error"
    assert (refused["messages"][0]["code"], refused["messages"][0].get("path")) == (
        code,
        path or refused["messages"][0].get("path"),
    )
    assert world.rows() == before


def test_what_is_sold_out_is_told_and_cannot_be_paid(world: World) -> None:
    made = world.agent.rest("create_checkout", body=basket(world.oat))
    assert (made["status"], codes(made)[0]) == ("incomplete", "out_of_stock")
    refused = world.agent.rest("complete_checkout", made["id"], paid_with(), key=new_key())
    assert (refused["status"], "out_of_stock" in codes(refused)) == ("incomplete", True)
    assert orders_made(world.engine) == 0


def test_a_cart_becomes_a_checkout_with_its_lines_and_buyer(world: World) -> None:
    cart = world.agent.rest("create_cart", body={"line_items": lines(world.mug, 3), "buyer": BUYER})
    ignored = {"cart_id": cart["id"], "line_items": lines(world.lamp)}
    made = world.agent.rest("create_checkout", body=ignored)
    assert [(one["item"]["id"], one["quantity"]) for one in made["line_items"]] == [(world.mug, 3)]
    assert made["buyer"] == BUYER


@pytest.mark.parametrize("way", ["rest", "mcp"])
def test_completing_ten_times_with_one_key_makes_one_order_and_one_charge(world: World, way: str) -> None:
    made, key = world.agent.ready(world.mug), new_key()
    first = world.agent.rest("complete_checkout", made, paid_with(), key=key)
    before = world.rows()
    for _ in range(9):
        more: dict[str, Any] = {"says": "yes"} if way == "mcp" else {}
        assert getattr(world.agent, way)("complete_checkout", made, paid_with(), key=key, **more) == first
    assert orders_made(world.engine) == 1
    assert len(world.rows()["payment"]) == 1
    assert world.rows() == before
    assert world.asked == []


def test_another_key_for_a_paid_checkout_answers_its_order(world: World) -> None:
    made = world.agent.ready(world.mug)
    first = world.agent.rest("complete_checkout", made, paid_with(), key=new_key())
    again = world.agent.rest("complete_checkout", made, paid_with(), key=new_key())
    assert again["order"] == first["order"]
    assert len(world.rows()["payment"]) == 1


@pytest.mark.parametrize("act", ["create_checkout", "create_cart"])
def test_a_key_makes_one_thing_and_is_no_good_for_another(world: World, act: str) -> None:
    key = new_key()
    first = world.agent.rest(act, body={"line_items": lines(world.mug)}, key=key)
    assert world.agent.mcp(act, body={"line_items": lines(world.mug)}, key=key) == first
    answer = world.agent.send(
        "POST",
        "/carts" if act == "create_cart" else "/checkout-sessions",
        {"line_items": lines(world.lamp)},
        Idempotency_Key=key,
    )
    assert (answer.status_code, answer.get_json()["messages"][0]["code"]) == (409, "idempotency_conflict")


def test_a_declined_token_charges_nothing_and_the_next_one_pays(world: World) -> None:
    made, key = world.agent.ready(world.mug), new_key()
    declined = world.agent.rest("complete_checkout", made, paid_with("declined"), key=key)
    assert (declined["status"], codes(declined)[0]) == ("ready_for_complete", "payment_failed")
    assert world.agent.rest("complete_checkout", made, paid_with("declined"), key=key) == declined
    assert orders_made(world.engine) == 0
    paid = world.agent.rest("complete_checkout", made, paid_with(), key=new_key())
    assert paid["status"] == "completed"


def test_a_bank_that_asks_sends_the_buyer_to_the_page(world: World) -> None:
    made = world.agent.ready(world.mug)
    asked = world.agent.rest("complete_checkout", made, paid_with("3ds"), key=new_key())
    assert (asked["status"], codes(asked)[0]) == ("requires_escalation", "requires_3ds")
    assert asked["continue_url"].endswith(made)
    assert orders_made(world.engine) == 0


def test_without_a_token_the_buyer_pays_on_the_page(world: World) -> None:
    made = world.agent.ready(world.mug)
    before = world.rows()
    handed = world.agent.rest("complete_checkout", made, {"payment": {"instruments": []}}, key=new_key())
    assert (handed["status"], codes(handed)[0]) == ("requires_escalation", "buyer_pays_there")
    assert handed["continue_url"].endswith(f"/checkout/{made}")
    assert world.rows() == before


def test_another_handlers_token_is_refused(world: World) -> None:
    body = paid_with()
    body["payment"]["instruments"][0]["handler_id"] = "somebody"
    refused = world.agent.rest("complete_checkout", world.agent.ready(world.mug), body, key=new_key())
    assert codes(refused) == ["payment_handler_unknown"]


def test_a_price_that_rose_is_told_and_not_charged(world: World) -> None:
    made = world.agent.ready(world.mug)
    with world.engine.unit(world.desk.merchant) as unit:
        unit.get(Variant, world.mug, lock=True).price_minor = 3000
    key = new_key()
    told = world.agent.rest("complete_checkout", made, paid_with(), key=key)
    assert (codes(told)[0], amounts(told)["total"], told["status"]) == ("price_changed", 3490, "ready_for_complete")
    assert orders_made(world.engine) == 0
    assert amounts(world.agent.rest("complete_checkout", made, paid_with(), key=key))["total"] == 3490
    assert orders_made(world.engine) == 1


def test_a_price_is_held_for_its_time_only(world: World, clock: Clock) -> None:
    made = world.agent.ready(world.mug)
    clock.now += timedelta(hours=1)
    seen = world.agent.rest("get_checkout", made)
    assert (seen["status"], codes(seen)[0]) == ("incomplete", "expired")
    assert codes(world.agent.rest("complete_checkout", made, paid_with(), key=new_key())) == ["expired"]
    assert world.agent.rest("update_checkout", made, basket(world.mug))["status"] == "ready_for_complete"


@pytest.mark.parametrize("way", ["rest", "mcp"])
def test_a_checkout_is_given_up_once(world: World, way: str) -> None:
    act = getattr(world.agent, way)
    made, key = world.agent.ready(world.mug), new_key()
    gone = act("cancel_checkout", made, key=key)
    assert (gone["status"], codes(gone)[0]) == ("canceled", "canceled")
    assert act("cancel_checkout", made, key=key) == gone
    assert codes(act("cancel_checkout", made, key=new_key())) == ["conflict"]
    assert codes(act("complete_checkout", made, paid_with(), key=new_key())) == ["canceled"]
    assert codes(act("update_checkout", made, basket(world.mug))) == ["conflict"]
    assert orders_made(world.engine) == 0


@pytest.mark.parametrize("act", ["complete_checkout", "cancel_checkout", "cancel_cart"])
def test_what_must_not_happen_twice_needs_a_key(world: World, act: str) -> None:
    made = world.agent.ready(world.mug)
    path = f"/{'carts' if act == 'cancel_cart' else 'checkout-sessions'}/{made}/{act.split('_', maxsplit=1)[0]}"
    answer = world.agent.send("POST", path, {})
    assert (answer.status_code, answer.get_json()["messages"][0]["code"]) == (400, "idempotency_key_required")
    assert "meta" in world.agent.refusal(act, {"id": made})


def test_messages_speak_the_language_of_the_checkout(world: World) -> None:
    body = {"line_items": lines(world.mug), "context": {"language": "de-DE"}}
    assert world.agent.rest("create_checkout", body=body)["messages"][1]["content"] == "Es fehlt die Lieferadresse."


def test_completing_at_once_makes_one_order(world: World) -> None:
    made, key = world.agent.ready(world.mug), new_key()
    path = f"/checkout-sessions/{made}/complete"
    sent = [lambda: world.agent.send("POST", path, paid_with(), Idempotency_Key=key).status_code] * 4
    assert set(together(sent)) <= {200, 409}  # type: ignore[arg-type]
    assert world.agent.rest("complete_checkout", made, paid_with(), key=key)["status"] == "completed"
    assert orders_made(world.engine) == 1
    assert len(world.rows()["payment"]) == 1


def test_what_went_back_is_told_as_a_negative_adjustment(world: World) -> None:
    made = world.agent.ready(world.mug, 2)
    order_id = world.agent.rest("complete_checkout", made, paid_with(), key=new_key())["order"]["id"]
    one_back = ((world.mug, 1),)
    orders.refund(world.engine, world.desk.merchant, order_id, lines=one_back, request_key="one-goes-back")
    order = world.agent.rest("get_order", order_id)
    (adjustment,) = order["adjustments"]
    assert (adjustment["type"], adjustment["status"]) == ("refund", "completed")
    assert adjustment["totals"][0]["amount"] == -2400
    assert adjustment["line_items"] == [{"id": f"li_{world.mug}", "quantity": -1}]
    assert order["line_items"][0]["quantity"] == {"original": 2, "total": 1, "fulfilled": 0}
    assert amounts(order)["total"] == 5290
