"""Shops on either database whose servers may be killed, with Stripe's stand-in or the sandbox behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import Nursery, Store, nursery, store
from tests.receivers import receiving
from tests.stripe_desk import StripeDesk, desk_at_stripe, stripe_process

__all__ = ["desk_at_stripe", "nursery", "stripe_process"]


@pytest.fixture
def stripe_shop(nursery: Nursery, database_url: str, tmp_path: Path, desk_at_stripe: StripeDesk) -> Iterator[Store]:
    with receiving() as receiver, store(nursery, receiver, database_url, tmp_path, desk_at_stripe) as made:
        yield made


@pytest.fixture(params=["stripe", "sandbox"])
def shop(
    request: pytest.FixtureRequest, nursery: Nursery, database_url: str, tmp_path: Path, desk_at_stripe: StripeDesk
) -> Iterator[Store]:
    """A shop paid through Stripe, and one paid in the sandbox."""
    stripe = desk_at_stripe if request.param == "stripe" else None
    with receiving() as receiver, store(nursery, receiver, database_url, tmp_path, stripe) as made:
        yield made


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line that is seen although the test passes."""

    def said(words: str) -> None:
        with capsys.disabled():
            print(f"\n{words}")  # noqa: T201

    return said
