"""Signatures of messages, and the pauses between tries."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adengine.core.delivery import FIRST_PAUSE_S, LONGEST_PAUSE_S, pause, signature

NOON = datetime(2026, 11, 21, 12, 0, 0, 900_000, tzinfo=UTC)


def test_a_signature_is_the_hmac_of_time_dot_body() -> None:
    body = '{"type":"order_create","data":{"title":"Käse"}}'.encode()
    mac = hmac.new(b"whs_secret", b"1795262400." + body, hashlib.sha256).hexdigest()
    assert signature("whs_secret", body, NOON) == f"t=1795262400,v1={mac}"


@given(st.integers(1, 200), st.text(max_size=30))
def test_a_pause_doubles_up_to_its_longest_with_a_quarter_of_jitter(tries: int, seed: str) -> None:
    waited = pause(tries, seed=seed).total_seconds()
    doubled = min(FIRST_PAUSE_S * 2 ** (tries - 1), LONGEST_PAUSE_S)
    assert doubled <= waited <= 1.25 * doubled
    assert pause(tries, seed=seed).total_seconds() == waited


def test_rows_that_failed_together_return_apart() -> None:
    assert len({pause(5, seed=f"ntc_{number}") for number in range(100)}) > 90
