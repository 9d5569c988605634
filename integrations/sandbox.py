"""A payment provider that moves no money: for the demo, for tests, and for trying a shop out.

It keeps no state: the name of a payment, a payee or a transfer is its signed content, so a crash anywhere loses nothing
and a repeated call answers the same. What only a memory could refuse (a token used twice, refunds that add up to more
than was paid) our own database refuses. Its page lets a person approve, decline, or pass a bank's challenge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from adengine.core.errors import Forbidden, Invalid
from adengine.core.money import Money
from adengine.ports import Charge, PayeeState, PaymentEvent, PaymentIntent, PaymentPage, Purchase, TokenLimits

PUBLISHABLE_KEY = "pk_sandbox"
# A kind, and how much it is good for: spt_sandbox_ok.2400.EUR pays 24.00 euros and no cent more.
TOKEN = re.compile(r"spt_sandbox_(ok|declined|3ds|expired)(?:\.([0-9]{1,12})\.([A-Z]{3}))?")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
DECLINED = "card_declined"

Outcome = Literal["paid", "declined", "disputed", "dispute_won", "dispute_lost", "refund_failed", "payee"]
OUTCOMES = frozenset({"paid", "declined", "disputed", "dispute_won", "dispute_lost", "refund_failed"})


@dataclass(frozen=True)
class SandboxPayment:
    """What a payment's name says. `verdict` is what its token makes of it; a page or an intent has none yet."""

    amount: Money
    reference: str
    description: str
    key: str
    verdict: str = ""


class SandboxPayments:
    name = "sandbox"
    signature_header = "X-Signature"

    def __init__(self, *, secret: bytes, public_url: str) -> None:
        if not secret:
            raise Invalid("sandbox payments need a secret; set ADENGINE_SECRET_KEY")
        self.secret = secret
        self.public_url = public_url.rstrip("/")

    def open(self, amount: Money, what: Purchase, *, key: str) -> PaymentPage:
        external_id = self._name_payment(_payment(amount, what, key))
        return PaymentPage(external_id, f"{self.public_url}/sandbox/pay/{external_id}")

    def intent(self, amount: Money, what: Purchase, *, key: str) -> PaymentIntent:
        """A payment whose secret is its name: `/sandbox/pay/<secret>` takes the decision from the player, too."""
        external_id = self._name_payment(_payment(amount, what, key))
        return PaymentIntent(external_id, external_id, PUBLISHABLE_KEY)

    def limits(self, token: str) -> TokenLimits:
        kind, most = _read_token(token)
        if kind == "expired":
            return TokenLimits(most, LONG_AGO, is_usable=False, reason="expired")
        return TokenLimits(most, None, is_usable=True)

    def charge(self, token: str, amount: Money, what: Purchase, *, key: str, authenticated: bool = False) -> Charge:
        kind, most = _read_token(token)
        if kind == "expired":
            raise Invalid("this payment token has expired; ask the buyer's agent for a new one")
        if most is not None and most < amount:
            raise Invalid(f"this payment token allows {most.display()}, and {amount.display()} is more")
        payment = _payment(amount, what, key, "passed" if kind == "3ds" and authenticated else kind)
        return self._charged(self._name_payment(payment), payment)

    def find(self, external_id: str) -> Charge:
        """What a token's name says; what was decided on a page is told by a message alone, and pending here."""
        return self._charged(external_id, self.read(external_id))

    def _charged(self, external_id: str, payment: SandboxPayment) -> Charge:
        match payment.verdict:
            case "ok" | "passed":
                return Charge(external_id, "paid", charge_id=self._name_charge(payment))
            case "declined":
                return Charge(external_id, "declined", DECLINED)
            case "3ds":
                return Charge(external_id, "needs_authentication")
        return Charge(external_id, "pending", "nothing was decided that the sandbox could remember")

    def close(self, external_id: str) -> None:
        """Check the name and no more: a payment that comes all the same is sent back by the checkout."""
        self.read(external_id)

    def refund(self, external_id: str, amount: Money, *, key: str) -> None:
        _need_part(amount, self.read(external_id).amount, "refund", "payment")

    def read(self, external_id: str) -> SandboxPayment:
        """Open a payment's name; raises Forbidden when it was not sealed here."""
        minor, currency, reference, description, key, verdict = self._unseal("payment", external_id)
        return SandboxPayment(
            Money(int(minor), str(currency)), str(reference), str(description), str(key), str(verdict)
        )

    def decide(
        self, external_id: str, outcome: str, *, amount: Money | None = None, refund: str = ""
    ) -> tuple[bytes, str]:
        """The signed message that a decision sends, as (body, signature).

        `paid` and `declined` come from the payment page. Tests send `disputed`, `dispute_won` and `dispute_lost`,
        of the whole payment unless an `amount` is given, and `refund_failed` of the `refund` that went by that key.
        """
        if outcome not in OUTCOMES:
            raise Invalid(f"a sandbox payment can be {', '.join(sorted(OUTCOMES))}")
        about = amount or self.read(external_id).amount
        return self._message(
            subject=external_id, outcome=outcome, minor=about.minor, currency=about.currency, refund=refund
        )

    def event(self, body: bytes, signature: str) -> PaymentEvent:
        if not _same(self._sign(body), signature):
            raise Forbidden("the message is not signed by the sandbox")
        said = json.loads(body)
        subject, outcome = str(said["subject"]), cast("Outcome", said["outcome"])
        refund = str(said.get("refund", ""))
        event_id = _digest(f"{outcome} {subject} {refund}".rstrip())
        if outcome == "payee":
            return PaymentEvent(self.name, event_id, "", outcome, subject=subject)
        payment, amount = self.read(subject), Money(int(said["minor"]), str(said["currency"]))
        is_about_dispute = outcome in {"disputed", "dispute_won", "dispute_lost"}
        return PaymentEvent(
            provider=self.name,
            event_id=event_id,
            external_id=subject,
            outcome=outcome,
            amount=amount,
            payment_id=payment.key,
            charge_id="" if outcome == "declined" else self._name_charge(payment),
            subject=f"dp_{_digest(subject)[:24]}" if is_about_dispute else refund,
            reason=DECLINED if outcome == "declined" else "",
        )

    def enrol_payee(self, *, email: str, country: str, key: str) -> str:
        # The address stays out of the name: names are logged.
        return self._seal("payee", country, key)

    def onboarding_url(self, payee: str, *, return_url: str) -> str:
        self._unseal("payee", payee)
        return f"{self.public_url}/sandbox/payees/{self._seal('onboarding', payee, return_url)}"

    def onboard(self, visit: str) -> tuple[bytes, str, str]:
        """The signed message that a finished onboarding sends, and where the payee goes: (body, signature, url)."""
        payee, return_url = (str(part) for part in self._unseal("onboarding", visit))
        return *self._message(subject=payee, outcome="payee"), return_url

    def payee(self, payee: str) -> PayeeState:
        """Ready from the start: nobody is asked who they are where no money moves."""
        self._unseal("payee", payee)
        return PayeeState(payee, is_ready=True)

    def transfer(self, payee: str, amount: Money, *, order_id: str, charge_id: str, key: str) -> str:
        self._unseal("payee", payee)
        minor, currency, _ = self._unseal("charge", charge_id)
        _need_part(amount, Money(int(minor), str(currency)), "transfer", "payment")
        return self._seal("transfer", amount.minor, amount.currency, order_id, key)

    def reverse(self, transfer_id: str, amount: Money, *, key: str) -> None:
        minor, currency, _, _ = self._unseal("transfer", transfer_id)
        _need_part(amount, Money(int(minor), str(currency)), "reversal", "transfer")

    def _name_payment(self, one: SandboxPayment) -> str:
        amount = one.amount
        return self._seal(
            "payment", amount.minor, amount.currency, one.reference, one.description, one.key, one.verdict
        )

    def _name_charge(self, payment: SandboxPayment) -> str:
        return self._seal("charge", payment.amount.minor, payment.amount.currency, payment.key)

    def _message(self, **content: str | int) -> tuple[bytes, str]:
        body = json.dumps(content).encode()
        return body, self._sign(body)

    def _seal(self, kind: str, *content: str | int) -> str:
        packed = base64.urlsafe_b64encode(json.dumps([kind, *content], separators=(",", ":")).encode()).decode()
        packed = packed.rstrip("=")
        return f"{packed}.{self._sign(packed.encode())[:32]}"

    def _unseal(self, kind: str, name: str) -> list[str | int]:
        packed, _, signature = name.partition(".")
        if not _same(self._sign(packed.encode())[:32], signature):
            raise Forbidden(f"this is no {kind} of the sandbox")
        content: list[str | int] = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        if content[0] != kind:
            raise Forbidden(f"this is no {kind} of the sandbox")
        return content[1:]

    def _sign(self, body: bytes) -> str:
        return hmac.digest(self.secret, b"sandbox:" + body, "sha256").hex()


def _payment(amount: Money, what: Purchase, key: str, verdict: str = "") -> SandboxPayment:
    return SandboxPayment(amount, what.checkout_id, what.title[:80], key, verdict)


def _read_token(token: str) -> tuple[str, Money | None]:
    """The kind of a token and what it is good for (None: any amount)."""
    read = TOKEN.fullmatch(token)
    if read is None:
        raise Invalid("this is no payment token of the sandbox; docs/checkout.md lists them")
    kind, minor, currency = read.groups()
    return kind, Money(int(minor), currency) if minor else None


def _need_part(amount: Money, whole: Money, part_word: str, whole_word: str) -> None:
    if amount.currency != whole.currency or not 0 < amount.minor <= whole.minor:
        raise Invalid(f"a {part_word} of {amount.display()} does not fit a {whole_word} of {whole.display()}")


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode(errors="replace"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
