"""The checkout's form: what is typed is kept, what is wrong is said beside its field, and no unseen total is paid."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from adengine.core.selling import Discount
from adengine.models import Order, Payment
from adengine.services import orders, selling
from tests.services.buying import GERMAN
from tests.web.worlds import World, decide, fields, open_checkout, to_payment, wish

LUMI = {
    "email": "lumi@example.com",
    "first_name": "Lumi",
    "last_name": "Nix",
    "country": "DE",
    "line1": "Lichtweg 1",
    "line2": "",
    "postal_code": "10115",
    "city": "Berlin",
}


def sell(world: World, *codes: Discount) -> None:
    with world.engine.unit(world.merchant) as unit:
        selling.set_selling(unit, GERMAN)
        for one in codes:
            selling.add_code(unit, one)


def send(client: FlaskClient, checkout: str, act: str = "pay", **typed: str) -> TestResponse:
    """Send the checkout's form as it stands, with what was typed into it."""
    return client.post(f"{checkout}/{act}", data=fields(client.get(checkout).text, "/pay") | typed)


def made(world: World, kind: type) -> int:
    with world.engine.unit(world.merchant) as unit:
        return unit.db.scalar(select(func.count()).select_from(kind)) or 0


def quantity(world: World, title: str = "Sage") -> str:
    return f"quantity:{world.variant(title)}"


def test_a_shop_without_rates_asks_for_nothing_and_stays_two_clicks(client: FlaskClient, world: World) -> None:
    page = client.get(open_checkout(client, world)).text
    assert 'name="email"' not in page
    assert 'name="code"' not in page
    assert "Pay €24.00" in page


def test_fields_appear_where_the_shop_needs_them_and_lead_to_a_total(client: FlaskClient, world: World) -> None:
    sell(world)
    checkout = open_checkout(client, world)
    page = client.get(checkout).text
    assert re.findall(r'<option value="(..)"', page) == ["AT", "DE"]
    assert "Continue" in page
    asked = send(client, checkout, **LUMI)
    assert asked.location == f"{checkout}?outcome=option"
    page = client.get(asked.location).text
    assert "Choose how it is sent" in page
    assert "€4.90" in page
    assert "arrives Sun 22 Nov" in page
    shown = send(client, checkout, **LUMI, option="courier")
    assert shown.location == f"{checkout}?outcome=total"
    assert made(world, Payment) == 0
    page = client.get(shown.location).text
    assert "Pay €33.90" in page
    assert "of it €5.41 MwSt (19%)" in page
    assert "/sandbox/pay/" in send(client, checkout, **LUMI, option="courier").location


def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(client: FlaskClient, world: World) -> None:
    sell(world)
    checkout = open_checkout(client, world)
    refused = send(client, checkout, **(LUMI | {"email": "lumi", "city": ""}))
    assert refused.status_code == 422
    for field, words in (("email", "This is no e-mail address"), ("city", "Enter the town")):
        assert f'<a href="#{field}">{words}' in refused.text
        assert re.search(rf'id="{field}-problem">{words}', refused.text)
    for typed in ('value="lumi"', 'value="Lichtweg 1"', '<option value="DE" selected>'):
        assert typed in refused.text
    assert 'aria-invalid="true" aria-describedby="city-problem"' in refused.text


def test_half_a_form_survives_a_code_and_is_no_mistake_yet(client: FlaskClient, world: World) -> None:
    sell(world, Discount("WELCOME10", "Welcome", bps=1000))
    checkout = open_checkout(client, world)
    typed = LUMI | {"line1": "", "city": "", "code": "welcome10"}
    answer = send(client, checkout, "change", **typed)
    assert answer.status_code == 200
    assert "Enter the" not in answer.text
    assert 'value="lumi@example.com"' in answer.text
    assert 'value="10115"' in answer.text
    assert "−€2.40" in answer.text


def test_a_code_that_does_not_count_says_why_and_holds_nobody_up(client: FlaskClient, world: World) -> None:
    with world.engine.unit(world.merchant) as unit:
        selling.add_code(unit, Discount("LATER", "Later", bps=1000, starts=world.clock().replace(year=2030)))
    checkout = open_checkout(client, world)
    refused = send(client, checkout, "change", code="nonsense")
    assert 'id="code-problem">NONSENSE' in refused.text
    assert 'value="nonsense"' in refused.text
    paid = client.post(f"{checkout}/pay", data=fields(refused.text, "/pay") | {"code": "nonsense"})
    assert "/sandbox/pay/" in paid.location


def test_a_code_is_taken_out_again(client: FlaskClient, world: World) -> None:
    sell(world, Discount("WELCOME10", "Welcome", bps=1000))
    checkout = open_checkout(client, world)
    send(client, checkout, "change", code="welcome10")
    assert "−€2.40" in client.get(checkout).text
    send(client, checkout, "change", drop_code="WELCOME10")
    assert "−€2.40" not in client.get(checkout).text


def test_a_changed_quantity_is_shown_before_it_is_paid(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    assert send(client, checkout, **{quantity(world): "3"}).location == f"{checkout}?outcome=total"
    assert made(world, Payment) == 0
    assert "Pay €72.00" in client.get(checkout).text
    for wrong in ("-1", "many", "100"):
        assert "Enter a whole number" in send(client, checkout, **{quantity(world): wrong}).text
    assert "Something has to stay" in send(client, checkout, "change", **{quantity(world): "0"}).text
    assert "Pay €72.00" in client.get(checkout).text


def test_the_player_is_given_a_payment_only_where_nothing_has_to_be_asked_first(
    client: FlaskClient, world: World
) -> None:
    asks_json = {"Accept": "application/json"}
    form = wish(client, world)
    opened = client.post("/shops/lumen/checkout", data=form, headers=asks_json).json
    assert (opened["title"], opened["total"]) == ("Stoneware Mug, Sage", "€24.00")
    decided = {"form_token": form["form_token"], "outcome": "paid"}
    answer = client.post(opened["pay"], data=decided, headers=asks_json).json
    assert answer["status"] == "paid"
    assert "/orders/" in answer["location"]
    sell(world)
    asked = client.post("/shops/lumen/checkout", data=wish(client, world), headers=asks_json).json
    assert list(asked) == ["page"]
    assert made(world, Payment) == 1


def test_pay_pressed_twice_with_the_same_form_opens_one_payment(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    form = fields(client.get(checkout).text, "/pay") | {quantity(world): "1"}
    assert len({client.post(f"{checkout}/pay", data=form).location for _ in range(3)}) == 1
    assert made(world, Payment) == 1


def test_back_from_the_payment_page_goes_on_or_changes_something(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    payment = to_payment(client, world, checkout)
    page = client.get(checkout).text
    assert "Go on to pay €24.00" in page
    assert to_payment(client, world, checkout) == payment
    assert client.post(f"{checkout}/reopen", data=fields(page, "/reopen")).location == checkout
    assert "Pay €24.00" in client.get(checkout).text


def test_a_form_from_before_paying_that_is_changed_and_sent_leaves_the_old_page(
    client: FlaskClient, world: World
) -> None:
    checkout = open_checkout(client, world)
    form = fields(client.get(checkout).text, "/pay")
    old = client.post(f"{checkout}/pay", data=form).location.removeprefix("http://localhost")
    assert client.post(f"{checkout}/pay", data=form | {quantity(world): "2"}).location == f"{checkout}?outcome=total"
    new = to_payment(client, world, checkout)
    assert "/orders/" in decide(client, new).location
    decide(client, old)  # paid as well, for another basket: no second order comes of it
    assert made(world, Order) == 1


def test_a_basket_that_costs_nothing_is_ordered_at_once(client: FlaskClient, world: World) -> None:
    sell_free = Discount("GIFT", "A gift", bps=10_000)
    with world.engine.unit(world.merchant) as unit:
        selling.add_code(unit, sell_free)
    checkout = open_checkout(client, world)
    send(client, checkout, "change", code="gift")
    assert "Order for nothing" in client.get(checkout).text
    assert "/orders/" in send(client, checkout).location


def test_the_order_page_and_the_studio_show_who_it_is_for(
    client: FlaskClient, studio: FlaskClient, world: World
) -> None:
    sell(world)
    checkout = open_checkout(client, world)
    send(client, checkout, **LUMI)
    send(client, checkout, **LUMI, option="post")
    order = decide(client, to_payment(client, world, checkout)).location
    page = client.get(order).text
    assert "Thank you, Lumi" in page
    assert "10115 Berlin<br>Germany" in page
    desk = f"/studio/orders/{order.rsplit('/', 1)[-1]}"
    shown = studio.get(desk).text
    for words in ("lumi@example.com", "10115 Berlin<br>Germany", "Post, promised for", "Does not have it yet"):
        assert words in shown


def test_pieces_are_refunded_and_not_beside_an_amount(client: FlaskClient, studio: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world, quantity="2")
    order_id = decide(client, to_payment(client, world, checkout)).location.rsplit("/", 1)[-1]
    page, piece = f"/studio/orders/{order_id}", f"pieces:{world.variant('Sage')}"
    form = fields(studio.get(page).text, "/refund")
    both = studio.post(f"{page}/refund", data=form | {piece: "1", "amount": "3"})
    assert both.status_code == 400
    assert "not both" in both.text
    assert studio.post(f"{page}/refund", data=form | {piece: "1"}).status_code == 303
    with world.engine.unit(world.merchant) as unit:
        card = orders.get_order(unit, order_id)
    assert (card.refunded.minor, orders.returned(card)) == (2400, {world.variant("Sage"): 1})
