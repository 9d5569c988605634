"""The sandbox's pages: approve, decline, a bank that asks first, leaving, and a payee's onboarding."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adengine.engine import shopper
from adengine.models import Order, Payee
from adengine.services import paying
from tests.web.worlds import World, fields, open_checkout


@pytest.fixture
def checkout(client: FlaskClient, world: World) -> str:
    return open_checkout(client, world)


@pytest.fixture
def payment(world: World, checkout: str) -> str:
    url = paying.pay(world.engine, shopper(world.shop.id), checkout.rsplit("/", 1)[-1])
    return url.removeprefix(world.engine.settings.public_url)


def orders(world: World) -> int:
    with world.engine.unit(world.merchant) as unit:
        return unit.db.scalar(select(func.count()).select_from(Order)) or 0


def press(client: FlaskClient, page: str, outcome: str, *, to: str = ""):
    return client.post(to or page, data=fields(client.get(page).text) | {"outcome": outcome})


@pytest.mark.parametrize(("answer", "made"), [("paid", 1), ("declined", 0)])
def test_a_bank_that_asks_first_is_answered_on_its_own_page(
    client: FlaskClient, world: World, payment: str, checkout: str, answer: str, made: int
) -> None:
    bank = press(client, payment, "challenge").location
    assert orders(world) == 0
    assert "Is it you who pays €24.00?" in client.get(bank).text
    after = press(client, bank, answer, to=payment).location
    assert orders(world) == made
    assert ("/orders/" in after) == bool(made)
    assert made or after.startswith(checkout)


def test_leaving_decides_nothing_and_the_payment_can_still_be_made(
    client: FlaskClient, world: World, payment: str, checkout: str
) -> None:
    assert f'href="{checkout}"' in client.get(payment).text
    assert client.get(checkout).status_code == 200
    assert orders(world) == 0
    assert "/orders/" in press(client, payment, "paid").location


def test_a_script_is_told_where_to_go(client: FlaskClient, world: World, payment: str) -> None:
    form = fields(client.get(payment).text) | {"outcome": "paid"}
    said = client.post(payment, data=form, headers={"Accept": "application/json"})
    assert said.status_code == 200
    assert said.json["status"] == "paid"
    assert "Thank you" in client.get(said.json["location"]).text
    assert orders(world) == 1


@pytest.mark.parametrize("outcome", ["", "disputed", "dispute_won", "payee"])
def test_the_page_takes_no_other_decision(client: FlaskClient, world: World, payment: str, outcome: str) -> None:
    assert press(client, payment, outcome).status_code == 400
    assert orders(world) == 0


def test_names_that_nobody_sealed_open_no_page(client: FlaskClient, payment: str) -> None:
    for path in ("/sandbox/pay/made-up.00", "/sandbox/bank/ü.ä", "/sandbox/payees/made-up", payment[:-1] + "_"):
        assert client.get(path).status_code == 403


def test_a_provider_that_knows_no_shop_still_leads_back(client: FlaskClient, checkout: str, payment: str) -> None:
    name = checkout.rsplit("/", 1)[-1]
    assert client.get(f"/checkouts/{name}").location == checkout
    assert client.get(f"/checkouts/{name}?outcome=paid").location == f"{checkout}?outcome=paid"
    assert client.get(f"/checkouts/{name}?outcome=%3Cb%3E").location == checkout
    assert client.get("/checkouts/chk_unknown").status_code == 404
    order = press(client, payment, "paid").location
    assert client.get(client.get(f"/checkouts/{name}?outcome=paid").location).location == order


def test_an_onboarded_payee_is_ready_and_led_back(client: FlaskClient, world: World) -> None:
    payments = world.engine.ports.payments
    external_id = payments.enrol_payee(email="payee@example.com", country="DE", key="pye_1")
    with world.engine.unit(world.merchant) as unit:
        row = unit.own(
            Payee,
            account="merchant:lumen",
            provider=payments.name,
            external_id=external_id,
            status="invited",
            created_at=unit.now(),
        )
        unit.db.flush()
        payee_id = row.id
    url = payments.onboarding_url(external_id, return_url="http://localhost/studio/")
    path = url.removeprefix("http://localhost")
    page = client.get(path).text
    assert "No money moves" in page
    assert client.post(path, data=fields(page)).location == "http://localhost/studio/"
    with world.engine.unit(world.merchant) as unit:
        assert unit.get(Payee, payee_id).status == "ready"
