"""What is Stripe's alone: what is sent, what its messages mean, and what happens when it breaks half-way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine import doctor
from adengine.app import build
from adengine.core.errors import Conflict, Forbidden, Invalid, Unavailable
from adengine.core.money import Money
from adengine.ports import Charge, PaymentEvent, Purchase
from adengine.settings import Settings
from integrations.stripe import StripePayments
from integrations.stripe.amounts import from_stripe, to_stripe
from integrations.stripe.events import READERS
from tests.stripe_desk import CONNECT_SECRET, KEY, PREVIEW, PUBLIC_URL, SECRET, StripeDesk, Told

PRICE = Money(2400, "EUR")
MUG = Purchase("chk_1", "ord_1", "Mug")


@pytest.fixture
def desk(desk_at_stripe: StripeDesk) -> StripeDesk:
    return desk_at_stripe


@pytest.fixture
def payments(desk: StripeDesk) -> Iterator[StripePayments]:
    made = desk.payments()
    yield made
    made.http.close()


def charge(payments: StripePayments, token: str, amount: Money = PRICE, *, key: str = "pay_1") -> Charge:
    return payments.charge(token, amount, MUG, key=key)


def heard(payments: StripePayments, told: Told) -> PaymentEvent:
    return payments.event(told.body, told.signature)


def taken(desk: StripeDesk) -> list[int]:
    """Every amount that was taken from a card."""
    return [one["amount"] for one in desk.objects("charge")]


# What breaks


def test_a_charge_whose_answer_was_lost_is_repeated_and_made_once(desk: StripeDesk, payments: StripePayments) -> None:
    token = desk.grant(2400)
    desk.break_next("drop", "POST payment_intents")
    with pytest.raises(Unavailable):
        charge(payments, token)
    assert taken(desk) == [2400]
    assert not payments.limits(token).is_usable
    assert charge(payments, token).outcome == "paid"
    assert taken(desk) == [2400]


def test_a_lost_answer_is_asked_for_again_by_itself(desk: StripeDesk) -> None:
    desk.break_next("drop", "POST payment_intents")
    assert charge(desk.payments(repeats=1), desk.grant(2400)).outcome == "paid"
    assert taken(desk) == [2400]


def test_a_charge_that_never_got_there_is_made_once_when_repeated(desk: StripeDesk) -> None:
    hasty, token = desk.payments(patience_s=0.3), desk.grant(2400)
    desk.break_next("hang", "POST payment_intents", seconds=1.0)
    with pytest.raises(Unavailable):
        charge(hasty, token)
    assert taken(desk) == []
    assert charge(hasty, token).outcome == "paid"
    assert taken(desk) == [2400]


@pytest.mark.parametrize("fault", ["500", "429"])
def test_a_refusal_for_now_is_unavailable_and_leaves_nothing(
    desk: StripeDesk, payments: StripePayments, fault: str
) -> None:
    token = desk.grant(2400)
    desk.break_next(fault, "POST payment_intents")
    with pytest.raises(Unavailable):
        charge(payments, token)
    assert taken(desk) == []
    assert charge(payments, token).outcome == "paid"


def test_an_error_that_stripe_remembers_is_settled_by_its_message(desk: StripeDesk, payments: StripePayments) -> None:
    token = desk.grant(2400)
    desk.break_next("500_kept", "POST payment_intents")
    for _ in range(2):
        with pytest.raises(Unavailable):
            charge(payments, token)
    said = heard(payments, desk.events("payment_intent.succeeded")[0])
    assert (said.outcome, said.payment_id, said.amount) == ("paid", "pay_1", PRICE)
    assert taken(desk) == [2400]


def test_refunds_and_transfers_whose_answers_were_lost_are_made_once(
    desk: StripeDesk, payments: StripePayments
) -> None:
    paid, payee = charge(payments, desk.grant(2400)), ready_payee(desk, payments)

    def send() -> str:
        return payments.transfer(payee, Money(900, "EUR"), order_id="ord_1", charge_id=paid.charge_id, key="trf_1")

    desk.break_next("drop", "POST refunds")
    desk.break_next("drop", "POST transfers")
    with pytest.raises(Unavailable):
        payments.refund(paid.external_id, Money(500, "EUR"), key="ref_1")
    with pytest.raises(Unavailable):
        send()
    payments.refund(paid.external_id, Money(500, "EUR"), key="ref_1")
    transfer = send()
    desk.break_next("drop", "POST transfers/<name>/reversals")
    with pytest.raises(Unavailable):
        payments.reverse(transfer, Money(300, "EUR"), key="rev_1")
    payments.reverse(transfer, Money(300, "EUR"), key="rev_1")
    amounts = {kind: [one["amount"] for one in desk.objects(kind)] for kind in ("refund", "transfer")}
    assert amounts == {"refund": [500], "transfer": [900]}
    assert [one["amount_reversed"] for one in desk.objects("transfer")] == [300]


def test_a_key_comes_back_with_the_same_values_only(desk: StripeDesk, payments: StripePayments) -> None:
    charge(payments, desk.grant(2400))
    with pytest.raises(Conflict):
        charge(payments, desk.grant(2400), Money(2300, "EUR"))
    assert taken(desk) == [2400]


def test_a_payment_and_its_payback_may_go_by_one_key(desk: StripeDesk, payments: StripePayments) -> None:
    paid = charge(payments, desk.grant(2400), key="pay_1")
    payments.refund(paid.external_id, PRICE, key="pay_1")
    assert [one["amount"] for one in desk.objects("refund")] == [2400]


# What is sent


def test_the_page_asks_for_the_confirmed_price_and_leads_back(desk: StripeDesk, payments: StripePayments) -> None:
    page = payments.open(PRICE, MUG, key="pay_1")
    desk.pay_page(page.external_id)
    session, intent = desk.objects("checkout.session")[0], desk.objects("payment_intent")[0]
    assert page.url == f"https://checkout.stripe.com/c/pay/{page.external_id}"
    assert (session["amount_total"], session["currency"]) == (2400, "eur")
    assert session["client_reference_id"] == "chk_1"
    assert session["success_url"] == f"{PUBLIC_URL}/checkouts/chk_1?outcome=paid"
    assert session["cancel_url"] == f"{PUBLIC_URL}/checkouts/chk_1"
    assert session["metadata"] == {"payment": "pay_1", "method": "page", "checkout": "chk_1"} == intent["metadata"]
    assert intent["transfer_group"] == "ord_1"


def test_a_transfer_joins_the_group_of_its_charge_and_names_the_order(
    desk: StripeDesk, payments: StripePayments
) -> None:
    paid, payee = charge(payments, desk.grant(2400)), ready_payee(desk, payments)
    payments.transfer(payee, Money(900, "EUR"), order_id="ord_1", charge_id=paid.charge_id, key="trf_1")
    made = desk.objects("transfer")[0]
    assert (made["destination"], made["source_transaction"]) == (payee, paid.charge_id)
    assert made["transfer_group"] == "ord_1"
    assert made["metadata"] == {"order": "ord_1", "transfer": "trf_1"}


@pytest.mark.parametrize(("country", "agreement"), [("de", "full"), ("BR", "recipient")])
def test_payees_abroad_get_the_recipient_agreement(desk: StripeDesk, country: str, agreement: str) -> None:
    payments = desk.payments(recipient_countries="BR IN")
    payments.enrol_payee(email="payee@example.com", country=country, key="pye_1")
    account = desk.objects("account")[0]
    assert account["tos_acceptance"] == {"service_agreement": agreement}
    assert account["country"] == country.upper()


def test_a_payee_is_told_what_is_still_asked_of_them(desk: StripeDesk, payments: StripePayments) -> None:
    payee = payments.enrol_payee(email="payee@example.com", country="DE", key="pye_1")
    state = payments.payee(payee)
    assert not state.is_ready
    assert state.reason == "external_account, individual.dob.day"


def test_every_invitation_is_a_new_one(desk: StripeDesk, payments: StripePayments) -> None:
    payee = payments.enrol_payee(email="payee@example.com", country="DE", key="pye_1")
    links = {payments.onboarding_url(payee, return_url=f"{PUBLIC_URL}/done") for _ in range(2)}
    assert len(links) == 2


# Ceilings over several calls


def test_refunds_never_add_up_to_more_than_was_paid(desk: StripeDesk, payments: StripePayments) -> None:
    paid = charge(payments, desk.grant(2400))
    payments.refund(paid.external_id, Money(1500, "EUR"), key="ref_1")
    with pytest.raises(Invalid):
        payments.refund(paid.external_id, Money(901, "EUR"), key="ref_2")
    payments.refund(paid.external_id, Money(900, "EUR"), key="ref_3")
    with pytest.raises(Invalid, match="charge_already_refunded"):
        payments.refund(paid.external_id, Money(1, "EUR"), key="ref_4")


def test_transfers_never_add_up_to_more_than_the_charge(desk: StripeDesk, payments: StripePayments) -> None:
    paid, payee = charge(payments, desk.grant(2400)), ready_payee(desk, payments)

    def send(minor: int, key: str) -> None:
        payments.transfer(payee, Money(minor, "EUR"), order_id="ord_1", charge_id=paid.charge_id, key=key)

    send(1500, "trf_1")
    with pytest.raises(Invalid):
        send(901, "trf_2")
    send(900, "trf_3")


def test_what_may_work_another_day_is_a_conflict(desk: StripeDesk, payments: StripePayments) -> None:
    paid, payee = charge(payments, desk.grant(2400)), ready_payee(desk, payments)
    stranger = payments.enrol_payee(email="other@example.com", country="DE", key="pye_2")
    with pytest.raises(Conflict, match="insufficient_capabilities_for_transfer"):
        payments.transfer(stranger, Money(900, "EUR"), order_id="ord_1", charge_id=paid.charge_id, key="trf_1")
    made = payments.transfer(payee, Money(900, "EUR"), order_id="ord_1", charge_id=paid.charge_id, key="trf_2")
    desk.drain(payee)
    with pytest.raises(Conflict, match="balance_insufficient"):
        payments.reverse(made, Money(900, "EUR"), key="rev_1")


def test_a_token_pays_once_and_says_why_it_no_longer_does(desk: StripeDesk, payments: StripePayments) -> None:
    used, revoked = desk.grant(2400), desk.grant(2400)
    charge(payments, used)
    desk.revoke(revoked)
    assert payments.limits(used).reason == "consumed"
    assert payments.limits(revoked).reason == "revoked"
    for key, token in (("pay_2", used), ("pay_3", revoked)):
        with pytest.raises(Invalid):
            charge(payments, token, key=key)
    assert taken(desk) == [2400]


def test_a_decline_says_what_the_bank_said(desk: StripeDesk, payments: StripePayments) -> None:
    declined = charge(payments, desk.grant(2400, card="pm_card_chargeDeclinedInsufficientFunds"))
    assert (declined.outcome, declined.reason) == ("declined", "insufficient_funds")
    assert payments.find(declined.external_id) == declined


def test_a_challenge_failed_declines_the_payment(desk: StripeDesk, payments: StripePayments) -> None:
    token = desk.grant(2400, card="pm_card_threeDSecure2Required")
    asked = charge(payments, token)
    desk.answer_challenge(asked.external_id, passed=False)
    again = payments.charge(token, PRICE, MUG, key="pay_1", authenticated=True)
    assert (again.outcome, again.reason) == ("declined", "payment_intent_authentication_failure")
    assert taken(desk) == []


def test_a_closed_page_can_no_longer_be_paid(desk: StripeDesk, payments: StripePayments) -> None:
    page = payments.open(PRICE, MUG, key="pay_1")
    payments.close(page.external_id)
    assert payments.find(page.external_id).outcome == "declined"
    with pytest.raises(httpx.HTTPStatusError):
        desk.pay_page(page.external_id)
    intent = payments.intent(PRICE, MUG, key="pay_2")
    payments.close(intent.external_id)
    assert payments.find(intent.external_id).outcome == "declined"


# What messages mean


def test_page_and_payment_tell_one_piece_of_news(desk: StripeDesk, payments: StripePayments) -> None:
    page = payments.open(PRICE, MUG, key="pay_1")
    desk.pay_page(page.external_id)
    of_page = heard(payments, desk.events("checkout.session.completed")[0])
    of_payment = heard(payments, desk.events("payment_intent.succeeded")[0])
    assert of_page.event_id == of_payment.event_id
    assert of_page.external_id == page.external_id
    assert of_payment.external_id == desk.objects("payment_intent")[0]["id"]
    assert of_page.charge_id == of_payment.charge_id == desk.objects("charge")[0]["id"]
    assert {of_page.payment_id, of_payment.payment_id} == {"pay_1"}


def test_a_card_refused_on_the_page_ends_nothing(desk: StripeDesk, payments: StripePayments) -> None:
    page = payments.open(PRICE, MUG, key="pay_1")
    desk.pay_page(page.external_id, "pm_card_chargeDeclined")
    assert heard(payments, desk.events("payment_intent.payment_failed")[0]).outcome == "other"
    assert payments.find(page.external_id).outcome == "pending"
    desk.pay_page(page.external_id)
    assert payments.find(page.external_id).outcome == "paid"


def test_a_page_that_ran_out_is_declined(desk: StripeDesk, payments: StripePayments) -> None:
    page = payments.open(PRICE, MUG, key="pay_1")
    payments.close(page.external_id)
    said = heard(payments, desk.events("checkout.session.expired")[0])
    assert (said.outcome, said.payment_id, said.reason) == ("declined", "pay_1", "expired")


def test_a_bank_transfer_on_its_way_is_no_payment_yet(desk: StripeDesk, payments: StripePayments) -> None:
    session = {"id": "cs_1", "object": "checkout.session", "payment_status": "unpaid", "metadata": {"payment": "pay_1"}}
    desk.emit("checkout.session.completed", session)
    assert heard(payments, desk.events("checkout.session.completed")[0]).outcome == "other"


def intent_of(metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "id": "pi_forged",
        "object": "payment_intent",
        "amount_received": 2400,
        "currency": "eur",
        "latest_charge": "ch_forged",
        "metadata": metadata,
    }


def test_a_payment_of_a_connected_account_pays_nothing_of_ours(desk: StripeDesk, payments: StripePayments) -> None:
    desk.emit("payment_intent.succeeded", intent_of({"payment": "pay_1"}), account="acct_payee")
    said = heard(payments, desk.events("payment_intent.succeeded", secret=CONNECT_SECRET)[0])
    assert (said.outcome, said.payment_id, said.amount) == ("other", "", None)


def test_a_payment_that_somebody_else_opened_is_none_of_ours(desk: StripeDesk, payments: StripePayments) -> None:
    desk.emit("payment_intent.succeeded", intent_of({}))
    desk.emit("invoice.paid", {"id": "in_1", "object": "invoice"})
    assert {heard(payments, told).outcome for told in desk.events()} == {"other"}


def test_an_inquiry_takes_no_money_and_a_dispute_is_told_once(desk: StripeDesk, payments: StripePayments) -> None:
    paid = charge(payments, desk.grant(2400))
    desk.dispute(paid.charge_id, 2400, "warning_needs_response")
    assert heard(payments, desk.events("charge.dispute.created")[0]).outcome == "other"
    name = desk.dispute(paid.charge_id, 700)
    created = heard(payments, desk.events("charge.dispute.created")[1])
    withdrawn = heard(payments, desk.events("charge.dispute.funds_withdrawn")[0])
    assert created == withdrawn
    assert (created.subject, created.amount, created.payment_id) == (name, Money(700, "EUR"), "pay_1")


@pytest.mark.parametrize(
    ("status", "outcome"), [("won", "dispute_won"), ("lost", "dispute_lost"), ("warning_closed", "other")]
)
def test_a_dispute_ends_as_the_bank_says(desk: StripeDesk, payments: StripePayments, status: str, outcome: str) -> None:
    paid = charge(payments, desk.grant(2400))
    desk.close_dispute(desk.dispute(paid.charge_id, 2400), status)
    assert heard(payments, desk.events("charge.dispute.closed")[0]).outcome == outcome


@pytest.mark.parametrize(("status", "reason"), [("failed", "expired_or_canceled_card"), ("canceled", "canceled")])
def test_a_refund_that_fails_later_is_one_piece_of_news(
    desk: StripeDesk, payments: StripePayments, status: str, reason: str
) -> None:
    paid = charge(payments, desk.grant(2400))
    payments.refund(paid.external_id, Money(1000, "EUR"), key="ref_1")
    desk.fail_refund(desk.objects("refund")[0]["id"], status)
    said = {heard(payments, told) for kind in ("refund", "charge.refund.") for told in desk.events(kind)}
    assert len(said) == 1
    one = said.pop()
    assert (one.outcome, one.subject, one.payment_id) == ("refund_failed", "ref_1", "pay_1")
    assert (one.amount, one.charge_id, one.reason) == (Money(1000, "EUR"), paid.charge_id, reason)


def test_a_refund_under_way_or_made_by_hand_is_no_failed_one(desk: StripeDesk, payments: StripePayments) -> None:
    paid = charge(payments, desk.grant(2400))
    payments.refund(paid.external_id, Money(1000, "EUR"), key="ref_1")
    made = desk.objects("refund")[0]
    desk.emit("refund.updated", made | {"status": "pending"})
    desk.emit("refund.failed", made | {"status": "failed", "metadata": {}})
    desk.emit("refund.failed", made | {"status": "failed", "payment_intent": None})
    assert {heard(payments, told).outcome for told in desk.events("refund.")} == {"other"}


def test_a_payees_account_is_told_by_the_other_endpoint(desk: StripeDesk, payments: StripePayments) -> None:
    payee = ready_payee(desk, payments)
    told = desk.events("account.updated", secret=CONNECT_SECRET)[0]
    said = heard(payments, told)
    assert (said.outcome, said.subject) == ("payee", payee)
    only_own = desk.payments(webhook_secrets=SECRET)
    with pytest.raises(Forbidden):
        heard(only_own, told)


def test_an_old_message_is_refused(desk: StripeDesk, payments: StripePayments) -> None:
    charge(payments, desk.grant(2400))
    with pytest.raises(Forbidden):
        heard(payments, desk.events("payment_intent.succeeded", age_s=400)[0])
    assert heard(payments, desk.events("payment_intent.succeeded", age_s=200)[0]).outcome == "paid"


def test_the_document_names_every_message_that_means_something() -> None:
    text = (Path(__file__).parents[2] / "docs" / "stripe.md").read_text()
    assert [name for name in READERS if f"`{name}`" not in text] == []


# What nobody may read


def test_no_token_and_no_key_reaches_a_log_or_an_error(
    desk: StripeDesk, payments: StripePayments, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "stripe", "urllib3", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, name)
    tokens = [desk.grant(2400), desk.grant(2400, card="pm_card_chargeDeclined"), desk.grant(100)]
    words: list[str] = []
    for number, token in enumerate([*tokens, "spt_unknown_here", "spt_with spaces"]):
        for act in (lambda: payments.limits(token), lambda: charge(payments, token, key=f"pay_{number}")):  # noqa: B023
            try:
                words.append(repr(act()))
            except (Invalid, Unavailable) as refusal:
                words.append(f"{refusal} {refusal.__cause__} {refusal.__suppress_context__}")
    stranger = desk.payments(key="sk_live_wrong")
    with pytest.raises(Unavailable, match="ADENGINE_STRIPE_KEY") as refused:
        charge(stranger, tokens[0])
    heard_of = "\n".join([*words, str(refused.value), caplog.text])
    assert "POST /v1/payment_intents" in caplog.text  # the log was listened to
    for secret in (*tokens, "spt_unknown_here", "spt_with spaces", KEY, "sk_live_wrong", SECRET):
        assert secret not in heard_of


# Starting


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "ADENGINE_STRIPE_KEY"),
        ({"stripe_key": "pk_test_x", "stripe_webhook_secret": "whsec_x"}, "ADENGINE_STRIPE_KEY"),
        ({"stripe_key": "sk_test_x"}, "ADENGINE_STRIPE_WEBHOOK_SECRET"),
        ({"stripe_key": "sk_test_x", "stripe_webhook_secret": "  "}, "ADENGINE_STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_stripe_without_its_secrets_does_not_start(tmp_path: Path, given: dict[str, str], named: str) -> None:
    with pytest.raises(Invalid, match=named):
        build(Settings(home=str(tmp_path), payments="stripe", **given))


def test_paying_in_the_player_needs_the_publishable_key(desk: StripeDesk) -> None:
    with pytest.raises(Invalid, match="ADENGINE_STRIPE_PUBLISHABLE_KEY"):
        desk.payments(publishable_key="").intent(PRICE, MUG, key="pay_1")
    assert desk.objects("payment_intent") == []


def test_doctor_says_whose_key_it_is(desk: StripeDesk, tmp_path: Path) -> None:
    settings = Settings(
        home=str(tmp_path),
        payments="stripe",
        stripe_key=KEY,
        stripe_webhook_secret=SECRET,
        stripe_api_base=desk.url,
    )
    finding = doctor.PARTS["Stripe"](settings)
    assert (finding.state, finding.words) == (
        "ok",
        "test mode, an account in DE that takes payments; API 2026-10-28.endive",
    )


def test_an_api_version_that_stripe_does_not_know_is_refused(desk: StripeDesk) -> None:
    with pytest.raises(Invalid):
        desk.payments(api_version="1999-01-01").open(PRICE, MUG, key="pay_1")


# Money as Stripe counts it


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(2400, "EUR"), 2400),
        (Money(500, "JPY"), 500),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(300, "MGA"), 3),
        (Money(5120, "KWD"), 5120),
    ],
)
def test_amounts_are_written_the_way_stripe_counts(money: Money, amount: int) -> None:
    assert to_stripe(money) == amount
    assert from_stripe(amount, money.currency.lower()) == money


@pytest.mark.parametrize("money", [Money(5124, "KWD"), Money(150, "MGA")])
def test_an_amount_that_stripe_cannot_move_is_refused(money: Money) -> None:
    with pytest.raises(Invalid, match="steps"):
        to_stripe(money)


@given(minor=st.integers(0, 10**9), currency=st.sampled_from(["EUR", "JPY", "ISK", "UGX", "MGA", "KWD", "TND"]))
def test_what_stripe_can_move_comes_back_as_it_went(minor: int, currency: str) -> None:
    money = Money(minor * 100, currency)
    assert from_stripe(to_stripe(money), currency.lower()) == money


# The stand-in itself


def test_the_stand_in_is_as_strict_as_stripe(desk: StripeDesk) -> None:
    def post(path: str, **more: str) -> httpx.Response:
        headers = PREVIEW | {"Idempotency-Key": more.pop("key", "k")}
        return httpx.post(f"{desk.url}/v1/{path}", data=more, headers=headers)

    assert post("payment_intents", amount="100", currency="eur", wish="x").json()["error"]["code"] == (
        "parameter_unknown"
    )
    assert post("payment_intents", amount="100").json()["error"]["code"] == "parameter_missing"
    assert post("payment_intents", amount="ten", currency="eur").json()["error"]["code"] == (
        "parameter_invalid_integer"
    )
    first, again = (post("payment_intents", amount="100", currency="eur") for _ in range(2))
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert post("payment_intents", amount="101", currency="eur").json()["error"]["type"] == "idempotency_error"
    released = PREVIEW | {"Stripe-Version": "2026-10-28.endive"}
    assert httpx.get(f"{desk.url}/v1/shared_payment/granted_tokens/x", headers=released).status_code == 404


def ready_payee(desk: StripeDesk, payments: StripePayments) -> str:
    payee = payments.enrol_payee(email="payee@example.com", country="DE", key="pye_1")
    desk.onboard(payee)
    return payee
