"""The checkout core over Stripe: whatever is lost, late or told three times, one payment makes one order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from adengine.core.catalog import Variant
from adengine.core.errors import Unavailable
from adengine.core.money import Money
from adengine.engine import SYSTEM, Actor, AdEngine, worker
from adengine.models import Order, Payment
from adengine.services import checkout, orders, paying
from adengine.services.paying import Completion
from adengine.web import create_app
from tests.conftest import Desk
from tests.services.buying import accounts, opened, orders_made, seen, stock_shop
from tests.stripe_desk import CONNECT_SECRET, StripeDesk


@pytest.fixture
def stripe(engine: AdEngine, desk_at_stripe: StripeDesk) -> StripeDesk:
    engine.ports = replace(engine.ports, payments=desk_at_stripe.payments())
    return desk_at_stripe


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, tmp_path: Path, stripe: StripeDesk) -> Variant:
    return stock_shop(engine, desk, tmp_path / "shop")


def deliver(engine: AdEngine, stripe: StripeDesk, *, times: int = 3) -> set[str | None]:
    """Every message so far, the last first, each several times; answers the orders they are about."""
    told = stripe.events()[::-1] * times
    return {paying.take_event(engine, one.body, one.signature) for one in told} - {None}


def payment_of(engine: AdEngine, order_id: str) -> Payment:
    with engine.unit(SYSTEM) as unit:
        return unit.get(Payment, unit.get(Order, order_id).payment_id)


def taken(stripe: StripeDesk) -> list[int]:
    return [one["amount"] for one in stripe.objects("charge")]


def test_a_page_paid_and_told_many_times_makes_one_order(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card = opened(engine, desk, sage, 2)
    paying.pay(engine, desk.visitor, card.id)
    stripe.pay_page(stripe.objects("checkout.session")[0]["id"])
    found = deliver(engine, stripe)
    assert len(found) == 1
    assert orders_made(engine) == 1
    order_id = str(found.pop())
    payment = payment_of(engine, order_id)
    assert payment.charge_id == stripe.objects("charge")[0]["id"]
    back = orders.refund(engine, desk.merchant, order_id, amount=Money(1000, "EUR"), request_key="one")
    assert back.refunded == Money(1000, "EUR")
    assert [one["amount"] for one in stripe.objects("refund")] == [1000]


def test_a_token_whose_answer_was_lost_is_charged_once(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card, how = opened(engine, desk, sage), Completion(stripe.grant(2400))
    stripe.break_next("drop", "POST payment_intents")
    with pytest.raises(Unavailable):
        paying.complete(engine, desk.visitor, card.id, how)
    assert seen(engine, desk, card.id).status == "paying"
    done = paying.complete(engine, desk.visitor, card.id, how)
    assert (done.status, taken(stripe)) == ("paid", [2400])
    assert deliver(engine, stripe) == {done.order_id}
    assert orders_made(engine) == 1


def test_a_message_settles_what_no_answer_ever_did(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card, how = opened(engine, desk, sage), Completion(stripe.grant(2400))
    stripe.break_next("500_kept", "POST payment_intents")
    for _ in range(2):
        with pytest.raises(Unavailable):
            paying.complete(engine, desk.visitor, card.id, how)
    order_id = deliver(engine, stripe).pop()
    done = paying.complete(engine, desk.visitor, card.id, how)
    assert (done.status, done.order_id, taken(stripe)) == ("paid", order_id, [2400])


def test_after_a_declined_token_another_one_pays(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card = opened(engine, desk, sage)
    bad = Completion(stripe.grant(2400, card="pm_card_chargeDeclined"))
    declined = paying.complete(engine, desk.visitor, card.id, bad)
    assert (declined.status, declined.trouble) == ("open", "payment_declined")
    deliver(engine, stripe)
    done = paying.complete(engine, desk.visitor, card.id, Completion(stripe.grant(2400)))
    assert (done.status, taken(stripe)) == ("paid", [2400])
    assert deliver(engine, stripe) == {done.order_id}


def test_a_challenge_passed_at_the_bank_pays_the_same_payment(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card = opened(engine, desk, sage)
    how = Completion(stripe.grant(2400, card="pm_card_threeDSecure2Required"))
    assert paying.complete(engine, desk.visitor, card.id, how).trouble == "needs_authentication"
    stripe.answer_challenge(stripe.objects("payment_intent")[0]["id"])
    done = paying.complete(engine, desk.visitor, card.id, replace(how, authenticated=True))
    assert (done.status, taken(stripe)) == ("paid", [2400])
    assert len(stripe.objects("payment_intent")) == 1


@pytest.mark.parametrize("most", [2399, 100])
def test_a_token_that_allows_too_little_is_never_charged(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk, most: int
) -> None:
    card = opened(engine, desk, sage)
    declined = paying.complete(engine, desk.visitor, card.id, Completion(stripe.grant(most)))
    assert (declined.status, declined.trouble) == ("open", "payment_declined")
    assert stripe.objects("payment_intent") == []


def test_a_cancelled_checkouts_page_is_closed_at_stripe(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card = opened(engine, desk, sage)
    paying.pay(engine, desk.visitor, card.id)
    with engine.unit(desk.visitor) as unit:
        checkout.cancel_checkout(unit, card.id)
    with engine.unit(SYSTEM) as unit:
        owed = paying.owed_closings(unit)
    for merchant_id, payment_id in owed:
        paying.close(engine, worker(merchant_id), payment_id)
    assert [one["status"] for one in stripe.objects("checkout.session")] == ["expired"]
    assert deliver(engine, stripe) == set()
    assert seen(engine, desk, card.id).status == "cancelled"


def cancelled_but_paid(engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk) -> tuple[Actor, str]:
    """Who pays money back that came for a cancelled checkout, and of which payment."""
    card = opened(engine, desk, sage)
    paying.pay(engine, desk.visitor, card.id)
    with engine.unit(desk.visitor) as unit:
        checkout.cancel_checkout(unit, card.id)
    stripe.pay_page(stripe.objects("checkout.session")[0]["id"])
    assert deliver(engine, stripe) == set()
    with engine.unit(SYSTEM) as unit:
        ((merchant_id, payment_id),) = paying.owed_paybacks(unit)
    return worker(merchant_id), payment_id


def test_money_that_comes_for_a_cancelled_checkout_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    merchant, payment_id = cancelled_but_paid(engine, desk, sage, stripe)
    paying.pay_back(engine, merchant, payment_id)
    paying.pay_back(engine, merchant, payment_id)
    assert [one["amount"] for one in stripe.objects("refund")] == [2400] == taken(stripe)
    assert orders_made(engine) == 0


def test_a_connected_account_cannot_pay_a_checkout_with_its_own_money(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    card = opened(engine, desk, sage)
    paying.pay(engine, desk.visitor, card.id)
    with engine.unit(SYSTEM) as unit:
        payment_id = unit.db.scalars(select(Payment.id)).one()
    forged = {
        "id": "pi_forged",
        "object": "payment_intent",
        "amount_received": 2400,
        "currency": "eur",
        "latest_charge": "ch_forged",
        "metadata": {"payment": payment_id, "method": "page", "checkout": card.id},
    }
    stripe.emit("payment_intent.succeeded", forged, account="acct_payee")
    for told in stripe.events("payment_intent.succeeded", secret=CONNECT_SECRET):
        assert paying.take_event(engine, told.body, told.signature) is None
    assert orders_made(engine) == 0


def test_a_dispute_told_twice_is_one_dispute(engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk) -> None:
    done = paying.complete(engine, desk.visitor, opened(engine, desk, sage).id, Completion(stripe.grant(2400)))
    stripe.dispute(stripe.objects("charge")[0]["id"], 2400)
    assert deliver(engine, stripe) == {done.order_id}
    with engine.unit(desk.merchant) as unit:
        order = orders.get_order(unit, str(done.order_id))
    assert [one.amount for one in order.disputes] == [Money(2400, "EUR")]


def test_a_refund_that_fails_weeks_later_stands_in_the_books_again(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    done = paying.complete(engine, desk.visitor, opened(engine, desk, sage).id, Completion(stripe.grant(2400)))
    order_id = str(done.order_id)
    before = accounts(engine, desk)
    orders.refund(engine, desk.merchant, order_id, request_key="all")
    stripe.fail_refund(stripe.objects("refund")[0]["id"])
    assert deliver(engine, stripe) == {order_id}
    assert accounts(engine, desk) == before
    again = orders.refund(engine, desk.merchant, order_id, request_key="once more")
    assert (again.status, [one.status for one in again.refunds]) == ("refunded", ["failed", "paid"])
    assert [one["status"] for one in stripe.objects("refund")] == ["failed", "succeeded"]
    assert deliver(engine, stripe) == {order_id}
    assert set(accounts(engine, desk).values()) == {0}


def test_a_payback_that_fails_later_is_logged_and_no_more(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    merchant, payment_id = cancelled_but_paid(engine, desk, sage, stripe)
    paying.pay_back(engine, merchant, payment_id)
    stripe.fail_refund(stripe.objects("refund")[0]["id"])
    assert deliver(engine, stripe) == set()
    assert f"{payment_id} did not arrive (expired_or_canceled_card)" in caplog.text
    assert orders_made(engine) == 0


def test_stripes_messages_come_in_over_http_signed_in_its_own_header(
    engine: AdEngine, desk: Desk, sage: Variant, stripe: StripeDesk
) -> None:
    client = create_app(engine).test_client()
    paying.pay(engine, desk.visitor, opened(engine, desk, sage).id)
    stripe.pay_page(stripe.objects("checkout.session")[0]["id"])
    told = stripe.events("payment_intent.succeeded")[0]

    def post(body: bytes, header: str) -> tuple[int, dict[str, object]]:
        answer = client.post("/payments/stripe/events", data=body, headers={header: told.signature})
        return answer.status_code, answer.get_json()

    assert post(told.body, "X-Signature")[0] == 403
    assert post(told.body.replace(b"2400", b"9999"), "Stripe-Signature")[0] == 403
    assert orders_made(engine) == 0
    first, again = post(told.body, "Stripe-Signature"), post(told.body, "Stripe-Signature")
    assert first == again
    assert first[0] == 200
    assert orders_made(engine) == 1
