"""Starts the stand-in for Stripe and does what buyers, banks and payees do there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.stripe import StripePayments
from tests.servers import await_server, free_port

ROOT = Path(__file__).parents[1]
KEY, SECRET, CONNECT_SECRET = "sk_test_desk", "whsec_desk", "whsec_connected"
PREVIEW = {"Authorization": f"Bearer {KEY}", "Stripe-Version": "2026-09-30.preview"}
FAR_AWAY = 4_000_000_000  # in the year 2096
PUBLIC_URL = "https://shop.example"
# One for all calls: a new client reads every certificate authority there is.
WIRE = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))


@dataclass(frozen=True)
class Told:
    """One event as its receiver gets it."""

    type: str
    body: bytes
    signature: str


@dataclass(frozen=True)
class StripeDesk:
    """The stand-in at `url`."""

    url: str

    def payments(self, *, patience_s: float = 20.0, repeats: int = 0, **more: Any) -> StripePayments:
        """Our side of it; nothing is repeated unless asked for, so that a fault is seen."""
        given = {
            "key": KEY,
            "publishable_key": "pk_test_desk",
            "webhook_secrets": f"{SECRET} {CONNECT_SECRET}",
            "public_url": PUBLIC_URL,
            "api_base": self.url,
        } | more
        return StripePayments(patience_s=patience_s, repeats=repeats, **given)

    def grant(self, most: int, currency: str = "eur", *, card: str = "pm_card_visa", until: int = FAR_AWAY) -> str:
        """A shared payment token, as an agent would be given one."""
        asked = {
            "payment_method": card,
            "usage_limits[currency]": currency,
            "usage_limits[max_amount]": str(most),
            "usage_limits[expires_at]": str(until),
        }
        return str(self._call("/v1/test_helpers/shared_payment/granted_tokens", asked, PREVIEW)["id"])

    def revoke(self, token: str) -> None:
        self._call(f"/v1/test_helpers/shared_payment/granted_tokens/{token}/revoke", {}, PREVIEW)

    def pay_page(self, session_id: str, card: str = "pm_card_visa") -> None:
        self._call(f"/_test/pages/{session_id}/pay", {"card": card})

    def confirm(self, intent_id: str, card: str = "pm_card_visa") -> None:
        """What the player's form does with a client secret."""
        WIRE.post(f"{self.url}/_test/intents/{intent_id}/confirm", data={"card": card})

    def answer_challenge(self, intent_id: str, *, passed: bool = True) -> None:
        self._call(f"/_test/intents/{intent_id}/challenge", {"passed": "yes" if passed else "no"})

    def dispute(self, charge_id: str, amount: int, status: str = "needs_response") -> str:
        made = self._call(f"/_test/charges/{charge_id}/dispute", {"amount": str(amount), "status": status})
        return str(made["id"])

    def close_dispute(self, dispute_id: str, status: str) -> None:
        self._call(f"/_test/disputes/{dispute_id}/close", {"status": status})

    def fail_refund(self, refund_id: str, status: str = "failed") -> None:
        """The buyer's bank sends a refund back, or whoever made it at Stripe cancels it."""
        self._call(f"/_test/refunds/{refund_id}/fail", {"status": status})

    def onboard(self, payee: str) -> None:
        self._call(f"/_test/accounts/{payee}/onboard", {})

    def drain(self, payee: str) -> None:
        """The payee has spent all it had."""
        self._call(f"/_test/accounts/{payee}/drain", {})

    def break_next(self, kind: str, path: str = "", *, seconds: float = 0.0) -> None:
        self._call("/_test/faults", {"kind": kind, "path": path, "seconds": str(seconds)})

    def emit(self, type_: str, about: dict[str, Any], account: str | None = None) -> None:
        said = {"type": type_, "object": about, "account": account}
        WIRE.post(f"{self.url}/_test/events", json=said).raise_for_status()

    def events(self, type_: str = "", *, secret: str = SECRET, age_s: int = 0) -> list[Told]:
        asked = {"secret": secret, "age": str(age_s)}
        found = WIRE.get(f"{self.url}/_test/events", params=asked).raise_for_status().json()["data"]
        told = [Told(one["type"], one["body"].encode(), one["signature"]) for one in found]
        return [one for one in told if one.type.startswith(type_)]

    def objects(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = WIRE.get(f"{self.url}/_test/objects/{kind}").raise_for_status().json()["data"]
        return found

    def reset(self) -> None:
        self._call("/_test/reset", {})

    def _call(self, path: str, data: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = WIRE.post(f"{self.url}{path}", data=data, headers=headers).raise_for_status()
        said: dict[str, Any] = answer.json()
        return said


@contextmanager
def stripe_desk() -> Iterator[StripeDesk]:
    """The stand-in as a process of its own, for as long as the block runs."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-m", "tests.stripe_fake", str(port)], cwd=ROOT)
    try:
        await_server(url, process)
        yield StripeDesk(url)
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripeDesk]:
    with stripe_desk() as desk:
        yield desk


@pytest.fixture
def desk_at_stripe(stripe_process: StripeDesk) -> StripeDesk:
    """The stand-in, empty."""
    stripe_process.reset()
    return stripe_process
