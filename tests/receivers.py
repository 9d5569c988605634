"""An agent's server on loopback: takes order events in, checks their signature as docs/partners.md says, keeps them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SKEW_S = 300


@dataclass(frozen=True)
class Taken:
    """One delivery, whatever it was answered."""

    path: str
    headers: Message
    body: bytes
    is_genuine: bool

    @property
    def event(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers `statuses` one after the other, then 200 for ever; holds its answers while `hold` is set.

    `now` is the receiver's clock in Unix seconds, by which it refuses what is older than five minutes.
    """

    url: str
    secret: str = ""
    now: float = 0.0
    statuses: list[int] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    hold: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: Message, body: bytes) -> int:
        is_genuine = verified(self.secret, headers.get("Merchant-Signature", ""), body, now=self.now)
        self.taken.append(Taken(path, headers, body, is_genuine))
        if self.hold:
            self.go_on.wait(30)
        return self.statuses.pop(0) if self.statuses else 200 if is_genuine else 401


def verified(secret: str, header: str, body: bytes, *, now: float) -> bool:
    """Whether the shop that shares the secret signed the body within the last five minutes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    time, mac = parts.get("t", ""), parts.get("v1", "")
    if not time.isdigit() or abs(now - int(time)) > SKEW_S:
        return False
    expected = hmac.new(secret.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, mac)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for the length of the block, on a free port."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = receiver.answer(self.path, self.headers, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "17")
            self.end_headers()
            self.wfile.write(b'{"received":true}')

        def log_message(self, *_: object) -> None:
            """Nothing: what it takes is kept, not printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
