"""A payment provider that takes no money: for the demo, for tests, and for trying a shop out.

It keeps no state: the name of a payment is its signed content, so a crash anywhere loses nothing and a
repeated call answers the same. Its page lets a person approve or decline.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from adengine.core.errors import Forbidden, Invalid
from adengine.core.money import Money
from adengine.ports import PaymentEvent, PaymentPage


@dataclass(frozen=True)
class SandboxPayment:
    """What a sandbox payment page shows."""

    amount: Money
    reference: str
    description: str
    key: str


class SandboxPayments:
    name = "sandbox"

    def __init__(self, *, secret: bytes, public_url: str) -> None:
        if not secret:
            raise Invalid("sandbox payments need a secret; set ADENGINE_SECRET_KEY")
        self.secret = secret
        self.public_url = public_url.rstrip("/")

    def open(self, amount: Money, *, reference: str, description: str, key: str) -> PaymentPage:
        external_id = self._seal([amount.minor, amount.currency, reference, description[:80], key])
        return PaymentPage(external_id, f"{self.public_url}/sandbox/pay/{external_id}")

    def refund(self, external_id: str, amount: Money, *, key: str) -> None:
        paid = self.read(external_id).amount
        if not 0 < amount.minor <= paid.minor or amount.currency != paid.currency:
            raise Invalid(f"a refund of {amount.display()} does not fit a payment of {paid.display()}")

    def read(self, external_id: str) -> SandboxPayment:
        """Open a payment's name; raises Forbidden when it was not sealed here."""
        minor, currency, reference, description, key = self._unseal(external_id)
        return SandboxPayment(Money(int(minor), str(currency)), str(reference), str(description), str(key))

    def decide(self, external_id: str, outcome: str) -> tuple[bytes, str]:
        """The signed message that approving or declining on the page sends: (body, signature)."""
        if outcome not in {"paid", "declined"}:
            raise Invalid("a sandbox payment can be 'paid' or 'declined'")
        self.read(external_id)
        body = json.dumps({"external_id": external_id, "outcome": outcome}).encode()
        return body, self._sign(body)

    def event(self, body: bytes, signature: str) -> PaymentEvent:
        if not hmac.compare_digest(self._sign(body), signature):
            raise Forbidden("the message is not signed by the sandbox")
        message = json.loads(body)
        external_id, outcome = str(message["external_id"]), str(message["outcome"])
        event_id = hashlib.sha256(f"{outcome} {external_id}".encode()).hexdigest()
        return PaymentEvent(self.name, event_id, external_id, outcome, self.read(external_id).amount)

    def _seal(self, content: list[str | int]) -> str:
        packed = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()
        packed = packed.rstrip("=")
        return f"{packed}.{self._sign(packed.encode())[:32]}"

    def _unseal(self, external_id: str) -> list[str | int]:
        packed, _, signature = external_id.partition(".")
        if not hmac.compare_digest(self._sign(packed.encode())[:32], signature):
            raise Forbidden("this is no payment of the sandbox")
        content: list[str | int] = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        return content

    def _sign(self, body: bytes) -> str:
        return hmac.new(self.secret, b"sandbox:" + body, hashlib.sha256).hexdigest()
