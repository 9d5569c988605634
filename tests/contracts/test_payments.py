"""Both who take payments keep the same promises: the sandbox, and Stripe (against its stand-in)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from adengine.core.errors import Forbidden, Invalid
from adengine.core.money import Money
from adengine.ports import Charge, PaymentEvent, Payments, Purchase
from integrations.sandbox import SandboxPayments
from tests.stripe_desk import FAR_AWAY, StripeDesk

PRICE = Money(2400, "EUR")
MUG = Purchase("chk_1", "ord_1", "Mug")
REFUSES = (Invalid, Forbidden)
LONG_AGO = 1_000_000_000


@dataclass(frozen=True)
class Till:
    """A provider, and the hands of everybody else who touches a payment there."""

    payments: Payments
    token: Callable[[str], str]
    """A fresh token of a kind (ok, declined, 3ds, expired) good for the price and no more."""
    settle: Callable[[str, str], PaymentEvent]
    """Pay or decline an intent in the buyer's browser, and read the message that comes of it."""
    pay_page: Callable[[str], PaymentEvent]
    challenge: Callable[[Charge], None]
    dispute: Callable[[Charge, str], PaymentEvent]
    fail_refund: Callable[[Charge, str], PaymentEvent]
    """Have the buyer's bank send back the refund that went by a key, and read the message that comes of it."""
    onboard: Callable[[str], None]
    message: Callable[[], tuple[bytes, str]]


def sandbox_till() -> Till:
    payments = SandboxPayments(secret=b"till", public_url="http://127.0.0.1")

    def say(external_id: str, outcome: str) -> PaymentEvent:
        return payments.event(*payments.decide(external_id, outcome))

    page = payments.open(PRICE, Purchase("chk_0", "ord_0", "Mug"), key="pay_0")
    return Till(
        payments,
        token=lambda kind: f"spt_sandbox_{kind}.{PRICE.minor}.{PRICE.currency}",
        settle=say,
        pay_page=lambda external_id: say(external_id, "paid"),
        challenge=lambda charge: None,
        dispute=lambda charge, outcome: say(charge.external_id, outcome),
        fail_refund=lambda charge, key: payments.event(
            *payments.decide(charge.external_id, "refund_failed", refund=key)
        ),
        onboard=lambda payee: None,
        message=lambda: payments.decide(page.external_id, "paid"),
    )


def stripe_till(desk: StripeDesk) -> Till:
    payments = desk.payments()
    cards = {"declined": "pm_card_chargeDeclined", "3ds": "pm_card_threeDSecure2Required"}

    def heard(type_: str) -> PaymentEvent:
        told = desk.events(type_)[-1]
        return payments.event(told.body, told.signature)

    def token(kind: str) -> str:
        until = LONG_AGO if kind == "expired" else FAR_AWAY
        return desk.grant(PRICE.minor, card=cards.get(kind, "pm_card_visa"), until=until)

    def settle(external_id: str, outcome: str) -> PaymentEvent:
        desk.confirm(external_id, "pm_card_visa" if outcome == "paid" else "pm_card_chargeDeclined")
        return heard("payment_intent.succeeded" if outcome == "paid" else "payment_intent.payment_failed")

    def pay_page(external_id: str) -> PaymentEvent:
        desk.pay_page(external_id)
        return heard("checkout.session.completed")

    def dispute(charge: Charge, outcome: str) -> PaymentEvent:
        if outcome == "disputed":
            desk.dispute(charge.charge_id, PRICE.minor)
            return heard("charge.dispute.created")
        desk.close_dispute(desk.objects("dispute")[-1]["id"], outcome.removeprefix("dispute_"))
        return heard("charge.dispute.closed")

    def fail_refund(_: Charge, key: str) -> PaymentEvent:
        made = next(one for one in desk.objects("refund") if one["metadata"] == {"refund": key})
        desk.fail_refund(made["id"])
        return heard("refund.failed")

    def message() -> tuple[bytes, str]:
        page = payments.open(PRICE, Purchase("chk_0", "ord_0", "Mug"), key="pay_0")
        desk.pay_page(page.external_id)
        told = desk.events("payment_intent.succeeded")[-1]
        return told.body, told.signature

    return Till(
        payments,
        token=token,
        settle=settle,
        pay_page=pay_page,
        challenge=lambda charge: desk.answer_challenge(charge.external_id),
        dispute=dispute,
        fail_refund=fail_refund,
        onboard=desk.onboard,
        message=message,
    )


@pytest.fixture(params=["sandbox", "stripe"])
def till(request: pytest.FixtureRequest) -> Till:
    return sandbox_till() if request.param == "sandbox" else stripe_till(request.getfixturevalue("desk_at_stripe"))


def charged(till: Till, kind: str = "ok", *, key: str = "pay_1") -> Charge:
    return till.payments.charge(till.token(kind), PRICE, MUG, key=key)


def ready_payee(till: Till) -> str:
    payee = till.payments.enrol_payee(email="payee@example.com", country="DE", key="pye_1")
    till.onboard(payee)
    return payee


def transfer(till: Till, charge: Charge, amount: Money, *, key: str = "trf_1") -> str:
    return till.payments.transfer(ready_payee(till), amount, order_id="ord_1", charge_id=charge.charge_id, key=key)


def test_a_page_opened_again_with_the_same_key_is_the_same_page(till: Till) -> None:
    pages = {till.payments.open(PRICE, MUG, key="pay_1") for _ in range(2)}
    assert len(pages) == 1
    assert pages.pop().url.startswith("http")
    assert till.payments.open(PRICE, MUG, key="pay_2") not in pages


def test_a_paid_page_is_told_with_our_own_id_and_the_amount(till: Till) -> None:
    page = till.payments.open(PRICE, MUG, key="pay_1")
    said = till.pay_page(page.external_id)
    assert (said.provider, said.outcome, said.payment_id) == (till.payments.name, "paid", "pay_1")
    assert (said.external_id, said.amount) == (page.external_id, PRICE)
    assert said.charge_id


def test_an_undecided_page_is_pending(till: Till) -> None:
    page = till.payments.open(PRICE, MUG, key="pay_1")
    assert till.payments.find(page.external_id).outcome == "pending"


def test_the_player_gets_the_same_secret_for_the_same_key(till: Till) -> None:
    made = {till.payments.intent(PRICE, MUG, key="pay_1") for _ in range(2)}
    assert len(made) == 1
    intent = made.pop()
    assert intent.client_secret
    assert intent.publishable_key.startswith("pk_")


@pytest.mark.parametrize("outcome", ["paid", "declined"])
def test_what_the_buyer_did_in_the_player_is_told(till: Till, outcome: str) -> None:
    intent = till.payments.intent(PRICE, MUG, key="pay_1")
    said = till.settle(intent.external_id, outcome)
    assert (said.outcome, said.payment_id, said.external_id) == (outcome, "pay_1", intent.external_id)
    assert bool(said.reason) == (outcome == "declined")


def test_a_token_says_what_it_is_good_for(till: Till) -> None:
    limits = till.payments.limits(till.token("ok"))
    assert limits.most == PRICE
    assert limits.is_usable
    expired = till.payments.limits(till.token("expired"))
    assert not expired.is_usable
    assert expired.reason == "expired"
    assert expired.expires_at is not None


def test_a_token_charged_again_with_the_same_key_is_charged_once(till: Till) -> None:
    token = till.token("ok")
    charges = {till.payments.charge(token, PRICE, MUG, key="pay_1") for _ in range(3)}
    assert len(charges) == 1
    charge = charges.pop()
    assert charge.outcome == "paid"
    assert charge.charge_id
    assert till.payments.find(charge.external_id) == charge


def test_a_declined_token_says_why_however_often(till: Till) -> None:
    token = till.token("declined")
    charges = {till.payments.charge(token, PRICE, MUG, key="pay_1") for _ in range(2)}
    assert len(charges) == 1
    charge = charges.pop()
    assert charge.outcome == "declined"
    assert charge.reason
    assert not charge.charge_id


def test_a_challenge_passed_lets_the_same_payment_go_on(till: Till) -> None:
    token = till.token("3ds")

    def charge(*, authenticated: bool) -> Charge:
        return till.payments.charge(token, PRICE, MUG, key="pay_1", authenticated=authenticated)

    asked = charge(authenticated=False)
    assert asked.outcome == "needs_authentication"
    assert till.payments.find(asked.external_id).outcome == "needs_authentication"
    till.challenge(asked)
    paid = charge(authenticated=True)
    assert paid.outcome == "paid"
    assert paid.charge_id
    assert till.payments.find(paid.external_id) == paid


def test_a_token_pays_no_cent_more_than_it_allows(till: Till) -> None:
    with pytest.raises(Invalid):
        till.payments.charge(till.token("ok"), PRICE + Money(1, "EUR"), MUG, key="pay_1")
    with pytest.raises(Invalid):
        till.payments.charge(till.token("ok"), Money(100, "USD"), MUG, key="pay_2")


def test_an_expired_token_is_refused(till: Till) -> None:
    with pytest.raises(Invalid):
        charged(till, "expired")


@pytest.mark.parametrize("token", ["", "tok_visa", "spt_nobody_knows", "spt_x/../../accounts", "spt_sandbox_ok.1"])
def test_what_is_no_token_is_refused(till: Till, token: str) -> None:
    with pytest.raises(Invalid):
        till.payments.limits(token)
    with pytest.raises(Invalid):
        till.payments.charge(token, PRICE, MUG, key="pay_1")


def test_a_refund_beyond_the_payment_is_refused(till: Till) -> None:
    charge = charged(till)
    with pytest.raises(Invalid):
        till.payments.refund(charge.external_id, PRICE + Money(1, "EUR"), key="ref_1")
    till.payments.refund(charge.external_id, Money(2400, "EUR"), key="ref_2")
    till.payments.refund(charge.external_id, Money(2400, "EUR"), key="ref_2")


def test_a_paid_page_is_refunded_by_its_own_name(till: Till) -> None:
    page = till.payments.open(PRICE, MUG, key="pay_1")
    till.pay_page(page.external_id)
    till.payments.refund(page.external_id, Money(100, "EUR"), key="ref_1")


def test_a_refund_that_fails_later_is_told_with_our_own_ids(till: Till) -> None:
    charge = charged(till)
    for key in ("ref_1", "ref_2"):
        till.payments.refund(charge.external_id, Money(1000, "EUR"), key=key)
    said, other = till.fail_refund(charge, "ref_1"), till.fail_refund(charge, "ref_2")
    assert (said.outcome, said.payment_id, said.subject) == ("refund_failed", "pay_1", "ref_1")
    assert (said.external_id, said.charge_id) == (charge.external_id, charge.charge_id)
    assert (other.outcome, other.subject) == ("refund_failed", "ref_2")
    assert said.event_id != other.event_id


def test_a_closed_payment_may_be_closed_again(till: Till) -> None:
    page = till.payments.open(PRICE, MUG, key="pay_1")
    intent = till.payments.intent(PRICE, Purchase("chk_2", "ord_2", "Mug"), key="pay_2")
    for name in (page.external_id, intent.external_id) * 2:
        till.payments.close(name)


def test_closing_a_paid_payment_takes_nothing_back(till: Till) -> None:
    charge = charged(till)
    till.payments.close(charge.external_id)
    assert till.payments.find(charge.external_id) == charge


@pytest.mark.parametrize("name", ["made-up", "pi_made_up", "cs_made_up", "ü.0", "made-up.0000"])
def test_names_that_nobody_gave_are_refused(till: Till, name: str) -> None:
    with pytest.raises(REFUSES):
        till.payments.find(name)
    with pytest.raises(REFUSES):
        till.payments.refund(name, PRICE, key="ref_1")
    with pytest.raises(REFUSES):
        till.payments.close(name)
    with pytest.raises(REFUSES):
        till.payments.payee(name)
    with pytest.raises(REFUSES):
        till.payments.reverse(name, PRICE, key="rev_1")


def test_a_message_that_was_changed_is_refused(till: Till) -> None:
    body, signature = till.message()
    assert till.payments.event(body, signature).outcome == "paid"
    for changed, signed in (
        (body.replace(b"2400", b"2401"), signature),
        (body, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        (body, ""),
        (body, "t=1,v1=ü"),
        (b"\xff" + body, signature),
        (b"{}", signature),
    ):
        with pytest.raises(Forbidden):
            till.payments.event(changed, signed)


def test_the_same_message_is_known_again(till: Till) -> None:
    body, signature = till.message()
    assert till.payments.event(body, signature) == till.payments.event(body, signature)


def test_a_dispute_names_the_payment_and_keeps_its_own_name_to_the_end(till: Till) -> None:
    charge = charged(till)
    opened = till.dispute(charge, "disputed")
    won = till.dispute(charge, "dispute_won")
    assert (opened.outcome, opened.payment_id, opened.amount) == ("disputed", "pay_1", PRICE)
    assert opened.charge_id == charge.charge_id
    assert won.outcome == "dispute_won"
    assert opened.subject == won.subject != ""
    assert opened.event_id != won.event_id


def test_a_payee_enrolled_twice_with_the_same_key_is_one_payee(till: Till) -> None:
    payees = {till.payments.enrol_payee(email="p@example.com", country="DE", key="pye_1") for _ in range(2)}
    assert len(payees) == 1
    payee = payees.pop()
    assert till.payments.onboarding_url(payee, return_url="https://shop.example/done").startswith("http")
    till.onboard(payee)
    assert till.payments.payee(payee).is_ready


def test_a_transfer_made_again_with_the_same_key_is_made_once(till: Till) -> None:
    charge = charged(till)
    made = {transfer(till, charge, Money(1500, "EUR")) for _ in range(3)}
    assert len(made) == 1


def test_a_transfer_beyond_the_charge_is_refused(till: Till) -> None:
    with pytest.raises(Invalid):
        transfer(till, charged(till), PRICE + Money(1, "EUR"))


@pytest.mark.parametrize("amount", [Money(100, "USD"), Money(0, "EUR"), Money(-5, "EUR")])
def test_a_transfer_in_another_currency_or_of_nothing_is_refused(till: Till, amount: Money) -> None:
    with pytest.raises(Invalid):
        transfer(till, charged(till), amount)


def test_a_transfer_is_taken_back_up_to_its_amount(till: Till) -> None:
    made = transfer(till, charged(till), Money(1000, "EUR"))
    with pytest.raises(Invalid):
        till.payments.reverse(made, Money(1001, "EUR"), key="rev_1")
    till.payments.reverse(made, Money(1000, "EUR"), key="rev_2")
    till.payments.reverse(made, Money(1000, "EUR"), key="rev_2")


def test_a_name_of_one_thing_is_none_of_another(till: Till) -> None:
    charge = charged(till)
    made = transfer(till, charge, Money(1000, "EUR"))
    with pytest.raises(REFUSES):
        till.payments.refund(made, Money(100, "EUR"), key="ref_1")
    with pytest.raises(REFUSES):
        till.payments.reverse(charge.charge_id, Money(100, "EUR"), key="rev_1")
    with pytest.raises(REFUSES):
        till.payments.transfer(
            charge.external_id, Money(100, "EUR"), order_id="ord_1", charge_id=charge.charge_id, key="trf_2"
        )
