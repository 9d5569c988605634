"""Messages to other systems: how they are signed, and when one that did not arrive is sent again."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

FIRST_PAUSE_S = 10
LONGEST_PAUSE_S = 6 * 3600
JITTER_PARTS = 4


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The Merchant-Signature header of ACP: HMAC-SHA256 of the Unix time, a dot and the body as sent."""
    seconds = int(at.timestamp())
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={mac}"


def pause(tries: int, *, seed: str, longest_s: int = LONGEST_PAUSE_S) -> timedelta:
    """How long to wait after so many tries: twice as long every time, and up to a quarter more by `seed`.

    The same row waits the same time wherever this is asked; many rows that failed together do not return together.
    """
    doubled = min(FIRST_PAUSE_S * 2 ** min(max(tries, 1) - 1, 30), longest_s)
    part = int.from_bytes(hashlib.sha256(f"{seed}:{tries}".encode()).digest()[:4]) / 2**32
    return timedelta(seconds=round(doubled * (1 + part / JITTER_PARTS), 3))
