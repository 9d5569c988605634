"""What the sandbox alone promises: its documented tokens, and messages for tests to send."""

from __future__ import annotations

import pytest

from adengine.core.errors import Forbidden, Invalid
from adengine.core.money import Money
from adengine.ports import Purchase
from integrations.sandbox import SandboxPayments

PRICE = Money(2400, "EUR")
MUG = Purchase("chk_1", "ord_1", "Mug")


@pytest.fixture
def sandbox() -> SandboxPayments:
    return SandboxPayments(secret=b"till", public_url="http://127.0.0.1:8400/")


@pytest.mark.parametrize(
    ("token", "outcome"),
    [("spt_sandbox_ok", "paid"), ("spt_sandbox_declined", "declined"), ("spt_sandbox_3ds", "needs_authentication")],
)
def test_documented_tokens_pay_any_amount_their_way(sandbox: SandboxPayments, token: str, outcome: str) -> None:
    limits = sandbox.limits(token)
    assert limits.most is None
    assert limits.is_usable
    for amount in (PRICE, Money(99, "JPY")):
        charge = sandbox.charge(token, amount, MUG, key="pay_1")
        assert charge.outcome == outcome


def test_a_token_may_name_what_it_is_good_for(sandbox: SandboxPayments) -> None:
    assert sandbox.limits("spt_sandbox_ok.2400.EUR").most == PRICE
    with pytest.raises(Invalid, match="allows"):
        sandbox.charge("spt_sandbox_ok.2399.EUR", PRICE, MUG, key="pay_1")


def test_the_expired_token_says_so(sandbox: SandboxPayments) -> None:
    assert sandbox.limits("spt_sandbox_expired").reason == "expired"
    with pytest.raises(Invalid, match="expired"):
        sandbox.charge("spt_sandbox_expired", PRICE, MUG, key="pay_1")


def test_another_sandbox_knows_nothing_of_this_one(sandbox: SandboxPayments) -> None:
    stranger = SandboxPayments(secret=b"another", public_url="http://127.0.0.1")
    page = sandbox.open(PRICE, MUG, key="pay_1")
    with pytest.raises(Forbidden):
        stranger.read(page.external_id)
    with pytest.raises(Forbidden):
        stranger.event(*sandbox.decide(page.external_id, "paid"))


def test_a_payment_can_only_be_decided_in_known_ways(sandbox: SandboxPayments) -> None:
    page = sandbox.open(PRICE, MUG, key="pay_1")
    with pytest.raises(Invalid, match="declined"):
        sandbox.decide(page.external_id, "payee")


def test_a_part_of_a_payment_can_be_disputed(sandbox: SandboxPayments) -> None:
    page = sandbox.open(PRICE, MUG, key="pay_1")
    said = sandbox.event(*sandbox.decide(page.external_id, "disputed", amount=Money(700, "EUR")))
    assert (said.outcome, said.amount, said.payment_id) == ("disputed", Money(700, "EUR"), "pay_1")
    assert said.subject.startswith("dp_")


def test_a_finished_onboarding_is_told_and_leads_back(sandbox: SandboxPayments) -> None:
    payee = sandbox.enrol_payee(email="payee@example.com", country="DE", key="pye_1")
    url = sandbox.onboarding_url(payee, return_url="http://127.0.0.1:8400/studio/payees")
    assert url.startswith("http://127.0.0.1:8400/sandbox/payees/")
    body, signature, back = sandbox.onboard(url.rsplit("/", 1)[-1])
    said = sandbox.event(body, signature)
    assert (said.outcome, said.subject, said.amount) == ("payee", payee, None)
    assert back == "http://127.0.0.1:8400/studio/payees"


def test_a_payees_name_holds_no_address(sandbox: SandboxPayments) -> None:
    names = {sandbox.enrol_payee(email=f"{who}@example.com", country="DE", key="pye_1") for who in ("lumi", "nix")}
    assert len(names) == 1


def test_without_a_secret_nothing_starts() -> None:
    with pytest.raises(Invalid, match="ADENGINE_SECRET_KEY"):
        SandboxPayments(secret=b"", public_url="http://127.0.0.1")
