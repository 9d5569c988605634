"""Who sees which ad, which events count, and what is measured: the same in Python and in the player."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import Literal

from adengine.core.errors import Invalid
from adengine.core.money import LARGEST_MINOR

BUCKETS = 10_000
FNV_OFFSET = 0x811C9DC5
FNV_PRIME = 0x01000193
LATEST = timedelta(hours=72)
CLOCK_AHEAD = timedelta(minutes=5)

# Viewability as MRC counts video: 50 % of the pixels for 2 s of play in a row is view_2s.
EVENT_TYPES = (
    "impression",
    "start",
    "view_2s",
    "view_3s",
    "view_6s",
    "view_15s",
    "quartile_25",
    "quartile_50",
    "quartile_75",
    "complete",
    "replay",
    "unmute",
    "hotspot_open",
    "variant_pick",
    "add_to_cart",
    "checkout_start",
    "share",
    "report",
    "purchase",
    "refund",
)
# Money is counted from payments we saw, never from what a browser says.
SERVER_TYPES = frozenset({"purchase", "refund"})


@dataclass(frozen=True)
class Metric:
    """What a results page compares: `numerator` over `denominator`, both event types.

    `share`: viewers who did the one among viewers who did the other, each counted once (0 to 1).
    `money`: minor units of the numerator's value, less refunds, for each viewer of the denominator.
    """

    label: str
    numerator: str
    denominator: str
    unit: Literal["share", "money"] = "share"


METRICS = {
    "hook_rate": Metric("3-second view rate", "view_3s", "impression"),
    "hold_rate": Metric("15-second hold rate", "view_15s", "view_3s"),
    "completion_rate": Metric("completion rate", "complete", "impression"),
    "click_rate": Metric("click rate", "hotspot_open", "impression"),
    "pick_rate": Metric("variant pick rate", "variant_pick", "impression"),
    "checkout_rate": Metric("checkout rate", "checkout_start", "impression"),
    "purchase_rate": Metric("purchase rate", "purchase", "impression"),
    "revenue_per_viewer": Metric("revenue per viewer", "purchase", "impression", "money"),
}


def bucket(seed: str, viewer: str) -> float:
    """The viewer's place in [0, 1), in steps of 1/10000, that never changes for a seed.

    FNV-1a (32 bits) twice over UTF-16 code units: GrowthBook's hash version 2, which JavaScript repeats with
    `charCodeAt`.
    """
    return _bucket(seed, viewer) / BUCKETS


def assign(seed: str, weights: Sequence[float], viewer: str, *, coverage: float = 1.0) -> int | None:
    """The index of the arm this viewer sees; None for who stands outside the `coverage` (0 to 1).

    Every arm starts at its cumulative weight, so that raising the coverage moves nobody. New weights need
    a new seed.
    """
    if not 0 <= coverage <= 1:
        raise Invalid("coverage is a share from 0 to 1")
    place = _bucket(seed, viewer)
    edges = _edges(weights)
    for arm, (start, end) in enumerate(pairwise(edges)):
        if start <= place < start + math.ceil((end - start) * coverage):
            return arm
    return None


def valid_event(
    kind: str,
    *,
    event_id: str,
    viewer: str,
    at: datetime,
    now: datetime,
    source: Literal["browser", "server"],
    value_minor: int | None = None,
) -> None:
    """Return for an event that may be counted; raise Invalid, saying why, for any other.

    `at` is when it happened, `now` when it arrived: 72 hours late and 5 minutes early are taken.
    `value_minor` is for a purchase or refund, which only the server may report.
    """
    if kind not in EVENT_TYPES:
        raise Invalid(f"'{kind[:40]}' is no event type; use one of {', '.join(EVENT_TYPES)}")
    if source == "browser" and kind in SERVER_TYPES:
        raise Invalid(f"a {kind} is counted from the payment; do not send it")
    for name, value in (("event_id", event_id), ("viewer", viewer)):
        if not re.fullmatch(r"[\x21-\x7e]{1,64}", value):
            raise Invalid(f"{name} must be 1 to 64 visible ASCII characters")
    if at.utcoffset() is None or now.utcoffset() is None:
        raise Invalid("times need a time zone; write them in UTC")
    if not now - LATEST <= at <= now + CLOCK_AHEAD:
        raise Invalid("the event lies more than 72 hours back or in the future; check the clock")
    if (value_minor is not None) != (kind in SERVER_TYPES):
        raise Invalid("a purchase or refund has a value, and no other event has one")
    if value_minor is not None and not 0 <= value_minor <= LARGEST_MINOR:
        raise Invalid(f"a value is 0 to {LARGEST_MINOR} minor units")


def _bucket(seed: str, viewer: str) -> int:
    return _fnv1a(str(_fnv1a(seed + viewer))) % BUCKETS


def _fnv1a(text: str) -> int:
    units = text.encode("utf-16-le", "surrogatepass")
    hashed = FNV_OFFSET
    for i in range(0, len(units), 2):
        hashed = (hashed ^ int.from_bytes(units[i : i + 2], "little")) * FNV_PRIME & 0xFFFFFFFF
    return hashed


def _edges(weights: Sequence[float]) -> list[int]:
    """Where each arm starts, in buckets, and where the last one ends."""
    # Added one after the other, as JavaScript does; sum() and fsum() round differently.
    sums = [0.0, *accumulate(weights)]
    whole = sums[-1]
    if not weights or min(weights) < 0 or not 0 < whole < math.inf:
        raise Invalid("weights are 0 or more, and one of them is more than 0")
    return [math.floor(part / whole * BUCKETS + 0.5) for part in sums]
