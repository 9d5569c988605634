"""Buying: one intent makes one order, the price is checked again, and other sites cannot send our forms."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adengine.models import Checkout, Order, Payment, Posting, Variant
from adengine.services import catalog, experiments
from integrations.sandbox import SandboxPayments
from tests.shops import MUG, write_shop
from tests.web.worlds import World, bought, decide, fields, open_checkout, to_payment, wish


def rows(world: World, kind: type) -> int:
    with world.engine.unit(world.merchant) as unit:
        return unit.db.scalar(select(func.count()).select_from(kind)) or 0


def test_order_page_names_the_film_and_the_second_that_led_to_it(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    order = client.get(bought(client, world, page=f"/shops/lumen/ads/{ad_id}", second="2.4")).text
    assert "Thank you" in order
    assert "at second 2.4" in order
    assert f"/shops/lumen/ads/{ad_id}" in order
    assert "€24.00" in order


def test_buy_form_sent_twice_opens_one_checkout(client: FlaskClient, world: World) -> None:
    form = wish(client, world)
    answers = [client.post("/shops/lumen/checkout", data=form) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert rows(world, Checkout) == 1


def test_another_choice_on_the_same_page_is_another_checkout(client: FlaskClient, world: World) -> None:
    form = wish(client, world)
    first = client.post("/shops/lumen/checkout", data=form).location
    second = client.post("/shops/lumen/checkout", data=form | {"variant": world.variant("Oat")}).location
    assert first != second
    assert "Oat" in client.get(second).text


def test_pay_pressed_twice_makes_one_payment_and_one_order(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    pages = {to_payment(client, world, checkout) for _ in range(2)}
    assert len(pages) == 1
    payment = pages.pop()
    orders = {decide(client, payment).location for _ in range(2)}
    assert len(orders) == 1
    assert rows(world, Order) == 1
    assert rows(world, Posting) == 1


def test_second_payment_event_changes_nothing(client: FlaskClient, world: World) -> None:
    payment = to_payment(client, world, open_checkout(client, world)).rsplit("/", 1)[-1]
    sandbox = world.engine.ports.payments
    assert isinstance(sandbox, SandboxPayments)
    body, signature = sandbox.decide(payment, "paid")
    send = {"data": body, "headers": {"X-Signature": signature}}
    answers = [client.post("/payments/sandbox/events", **send) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert len({one.json["order"] for one in answers}) == 1
    assert rows(world, Order) == 1
    with world.engine.unit(world.merchant) as unit:
        assert unit.get(Variant, world.variant("Sage")).stock == 4


def test_payment_event_with_a_wrong_signature_is_refused(client: FlaskClient, world: World) -> None:
    answer = client.post("/payments/sandbox/events", data=b"{}", headers={"X-Signature": "0" * 64})
    assert answer.status_code == 403
    assert answer.json["error"]["code"] == "forbidden"
    assert client.post("/payments/other/events", data=b"{}").status_code == 404


def test_declined_payment_leads_back_and_can_be_tried_again(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    declined = decide(client, to_payment(client, world, checkout), "declined")
    assert declined.location.startswith(checkout)
    assert "no money was taken" in client.get(declined.location).text
    assert rows(world, Order) == 0
    assert "/orders/" in decide(client, to_payment(client, world, checkout)).location


def test_sandbox_page_says_that_no_money_moves(client: FlaskClient, world: World) -> None:
    page = client.get(to_payment(client, world, open_checkout(client, world))).text
    assert "No money moves" in page
    assert client.get("/sandbox/pay/made-up.0000").status_code == 403


def test_changed_price_is_shown_and_confirmed_before_payment(client: FlaskClient, world: World, tmp_path) -> None:
    checkout = open_checkout(client, world)
    form = fields(client.get(checkout).text, "/pay")
    dearer = write_shop(tmp_path / "dearer", [{**MUG, "Variant Price": "27.00"}])
    catalog.import_feed(world.engine, world.merchant, str(dearer))
    refused = client.post(f"{checkout}/pay", data=form)
    assert refused.status_code == 409
    assert "€27.00" in refused.text
    assert "Pay €27.00" in refused.text
    again = client.post(f"{checkout}/pay", data=fields(refused.text, "/pay"))
    assert "/sandbox/pay/" in again.location


def test_offer_that_ran_out_asks_for_todays_price(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    world.clock.forward(hours=2)
    page = client.get(checkout).text
    assert "today's price" in page
    assert "/pay" not in page
    assert client.post(f"{checkout}/change", data=fields(page, "/change")).location == checkout
    assert "Pay €24.00" in client.get(checkout).text


def test_more_than_there_is_is_said_beside_the_line_and_cannot_be_paid(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world, quantity="7")
    page = client.get(checkout).text
    assert "Only 5 left" in page
    refused = client.post(f"{checkout}/pay", data=fields(page, "/pay"))
    assert refused.status_code == 409
    assert "only 5 of Stoneware Mug, Sage left" in refused.text
    assert rows(world, Payment) == 0


def test_paid_checkout_leads_to_its_order(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    order = decide(client, to_payment(client, world, checkout)).location
    assert client.get(checkout).location == order


def test_checkouts_and_orders_of_another_shop_are_not_found(client: FlaskClient, world: World) -> None:
    checkout = open_checkout(client, world)
    order = decide(client, to_payment(client, world, checkout)).location
    assert client.get(checkout.replace("/lumen/", "/rival/")).status_code == 404
    assert client.get(order.replace("/lumen/", "/rival/")).status_code == 404


def test_form_without_its_token_is_refused_and_does_nothing(client: FlaskClient, world: World) -> None:
    form = wish(client, world)
    assert client.post("/shops/lumen/checkout", data=form | {"form_token": "made up"}).status_code == 403
    del form["form_token"]
    assert client.post("/shops/lumen/checkout", data=form).status_code == 403
    assert rows(world, Checkout) == 0


def test_form_sent_from_another_site_is_refused(client: FlaskClient, world: World) -> None:
    form = wish(client, world)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/shops/lumen/checkout", data=form, headers=headers).status_code == 403
    assert rows(world, Checkout) == 0
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/shops/lumen/checkout", data=form, headers=ours).status_code == 303


def test_purchase_counts_for_the_experiment_of_the_viewer(app: Flask, world: World) -> None:
    first, second = world.ad(), world.ad(template="three_reasons")
    experiment_id = world.experiment(first, second)
    bought(app.test_client(), world, second="1")
    with world.engine.unit(world.merchant) as unit:
        assert sum(arm.revenue.minor for arm in experiments.results(unit, experiment_id).arms) == 2400
