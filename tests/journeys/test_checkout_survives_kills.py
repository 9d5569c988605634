"""kill -9 at every step between a payment token coming in and the answer going out: one charge, one order, one message.

The steps are counted first, on a server that nobody kills.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.faults import DROPPED, Answered, Ready, Server, Store, check_books

pytestmark = pytest.mark.slow

LAST = "after sending http.response.body"


def steps_of_a_purchase(shop: Store) -> tuple[list[str], Ready]:
    """Every step of one undisturbed purchase."""
    session = shop.ready()
    server = shop.serve(path=session.path)
    assert shop.complete(server, session).status == 200
    await_last(server)
    shop.stop()
    return server.steps(), session


def await_last(server: Server) -> None:
    """The server may notice only after its agent does that the answer is out."""
    for _ in range(200):
        if server.steps()[-1] == LAST:
            return
        time.sleep(0.02)
    raise AssertionError(f"the server stopped at {server.steps()[-1]}")


def killed_at(shop: Store, number: int) -> tuple[Ready, list[str], Answered]:
    """A session whose server was killed at that step, the steps until then, and what its agent got."""
    session = shop.ready()
    server = shop.serve(path=session.path, kill_at=number)
    heard = shop.complete(server, session)
    assert shop.await_end(server) == -signal.SIGKILL
    return session, server.steps(), heard


# The sandbox on its usual database only: what differs between the databases, Stripe's runs have seen.
@pytest.mark.parametrize(
    ("database_url", "shop"), [("sqlite", "stripe"), ("postgres", "stripe"), ("sqlite", "sandbox")], indirect=True
)
def test_killed_at_any_step_an_agent_that_asks_again_pays_once_and_gets_one_order(
    shop: Store, tell: Callable[[str], None]
) -> None:
    warm = shop.warm_up()
    steps, undisturbed = steps_of_a_purchase(shop)
    assert steps[0] == "request came in"
    assert {"before commit", "after commit", "before charge", "after charge"} <= set(steps)
    tell(f"killed at each of {len(steps)} steps: {', '.join(steps)}")
    sold, waiting = {warm.id, undisturbed.id}, []
    for number in range(1, len(steps) + 1):
        session, reached, heard = killed_at(shop, number)
        assert reached == steps[:number]
        # The answer is out with its last byte, whatever is killed between that and our knowing of it.
        assert heard.status == DROPPED or "http.response.body" in reached[-1]
        waiting.append(session)
        sold.add(session.id)
    server = shop.serve()
    for session in waiting:
        *_, answer = shop.complete_patiently(server, session)
        assert answer.status == 200
        again = shop.complete(server, session)
        assert (again.text, again.is_replay) == (answer.text, True)
    check_books(shop, sorted(sold))


def test_killed_after_the_charge_and_never_asked_again_every_charge_becomes_an_order_by_its_message(
    stripe_shop: Store,
) -> None:
    warm = stripe_shop.warm_up()
    steps, undisturbed = steps_of_a_purchase(stripe_shop)
    charged, lost = {warm.id, undisturbed.id}, set()
    for number in range(steps.index("before limits") + 1, steps.index("before message to a worker") + 1):
        session, reached, _ = killed_at(stripe_shop, number)
        (charged if "after charge" in reached else lost).add(session.id)
    assert len(charged) == 5
    assert len(lost) == 3
    server = stripe_shop.serve()
    for told in stripe_shop.desk_at_stripe.events() * 2:
        assert stripe_shop.deliver(server, told.body, told.signature) == 200
    check_books(stripe_shop, sorted(charged))
    stripe_shop.clock.forward(days=1)
    stripe_shop.catch_up()
    check_books(stripe_shop, sorted(charged))
