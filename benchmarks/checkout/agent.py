"""An agent that buys one mug again and again over one connection, and times each answer."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from http.client import HTTPConnection

VERSION = "2026-04-17"
HOME = {
    "name": "Lumi Nix",
    "line_one": "Lichtweg 1",
    "city": "Berlin",
    "state": "BE",
    "country": "DE",
    "postal_code": "10115",
}
BUYER = {"email": "lumi@example.com", "first_name": "Lumi", "last_name": "Nix"}
PAYMENT = {
    "payment_data": {
        "handler_id": "sandbox",
        "instrument": {"type": "card", "credential": {"type": "spt", "token": "spt_sandbox_ok"}},
    }
}


@dataclass
class Agent:
    """`walls_s` holds, by the name of what was asked, how long each answer took."""

    port: int
    token: str
    variant_id: str
    walls_s: dict[str, list[float]] = field(default_factory=dict)
    line: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.line = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def create(self) -> str:
        body = {
            "line_items": [{"id": self.variant_id, "quantity": 2}],
            "currency": "eur",
            "capabilities": {"interventions": {"supported": ["3ds"]}, "extensions": ["discount"]},
            "buyer": BUYER,
            "fulfillment_details": {"address": HOME},
        }
        return str(self._post("create", "/acp/checkout_sessions", body)["id"])

    def update(self, session_id: str) -> None:
        courier = {"type": "shipping", "option_id": "courier", "item_ids": [self.variant_id]}
        choice = {"selected_fulfillment_options": [courier], "discounts": {"codes": ["WELCOME10"]}}
        answer = self._post("update", f"/acp/checkout_sessions/{session_id}", choice)
        _need(answer["status"] == "ready_for_payment", answer)

    def complete(self, session_id: str) -> None:
        answer = self._post("complete", f"/acp/checkout_sessions/{session_id}/complete", PAYMENT)
        _need(answer["status"] == "completed", answer)

    def note(self) -> None:
        """Ask the bare server to keep as much as a session's creation sends."""
        self._post("bare", "/notes", {"line_items": [{"id": self.variant_id}], "buyer": BUYER, "address": HOME})

    def _post(self, name: str, path: str, body: dict[str, object]) -> dict[str, object]:
        headers = {
            "API-Version": VERSION,
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": uuid.uuid4().hex,
            "Content-Type": "application/json",
        }
        sent = json.dumps(body)
        begun = time.perf_counter()
        self.line.request("POST", path, sent, headers)
        answer = self.line.getresponse()
        text = answer.read()
        self.walls_s.setdefault(name, []).append(time.perf_counter() - begun)
        _need(answer.status in {200, 201}, text)
        return json.loads(text)  # type: ignore[no-any-return]


def _need(is_so: bool, answer: object) -> None:
    if not is_so:
        raise RuntimeError(f"the server answered {answer!r}")
