"""An agent's token, a payment token, a buyer's mail and address: in no log, no error text, no one else's answers.

Everything is heard at DEBUG, on both databases, while an order is bought, goes wrong in every way we know, and is told
to the agent and the shop.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from adengine.core.buyer import Buyer
from adengine.core.errors import Unavailable
from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Checkout
from adengine.ports import Charge, PlacedOrder, Purchase
from adengine.services import agents, orders
from integrations.post import WebPost
from integrations.queue import SEVERAL
from integrations.sandbox import SandboxPayments
from tests import leaks
from tests.acp.conftest import AgentClient, Market, basket, choose
from tests.fakes import Clock, Outbox
from tests.receivers import receiving
from tests.stripe_desk import StripeDesk, desk_at_stripe, stripe_process
from workers import tasks

__all__ = ["desk_at_stripe", "stripe_process"]

MAIL, STREET, FAMILY, PHONE = "lumi.private@example.com", "Geheimweg 77b", "Laternenlicht", "+4915199887766"
AFFILIATE, SPT, CARD = "aff_3f9d1c77e2b04a", "spt_made_up_8842", "4242424242424242"
BUYER = {"email": MAIL, "first_name": "Lumi", "last_name": FAMILY, "phone_number": PHONE}
HOME = {"name": f"Lumi {FAMILY}", "line_one": STREET, "city": "Berlin"}
HOME |= {"state": "BE", "country": "DE", "postal_code": "10115"}
PRIVATE = (MAIL, STREET, FAMILY, PHONE, AFFILIATE, SPT, CARD)


def wanted(variant_id: str, **more: Any) -> dict[str, Any]:
    touch = {"provider": "partner.example", "token": AFFILIATE, "touchpoint": "first"}
    return basket(variant_id, buyer=BUYER, fulfillment_details={"address": HOME}, affiliate_attribution=touch, **more)


def pay_with(token: str) -> dict[str, Any]:
    return {
        "payment_data": {
            "handler_id": "sandbox",
            "instrument": {"type": "card", "credential": {"type": "spt", "token": token}},
        }
    }


def ready(agent: AgentClient, variant_id: str) -> str:
    made = agent.post("/checkout_sessions", wanted(variant_id))
    assert made.status_code == 201, made.text
    session_id = str(made.get_json()["id"])
    chosen = agent.post(f"/checkout_sessions/{session_id}", choose())
    assert chosen.get_json()["status"] == "ready_for_payment"
    return session_id


class Broken(SandboxPayments):
    """The sandbox, whose line breaks or which breaks itself when money is asked for."""

    failure: Exception = Unavailable("the payment provider does not answer")

    def charge(self, token: str, amount: Money, what: Purchase, *, key: str, authenticated: bool = False) -> Charge:
        raise self.failure


def test_a_purchase_with_everything_that_goes_wrong_leaves_no_private_word_in_any_log(
    market: Market, outbox: Outbox, clock: Clock
) -> None:
    engine = market.engine
    engine.settings = replace(engine.settings, private_webhooks="1")
    with receiving() as receiver, leaks.heard() as said:
        receiver.now = clock.now.timestamp()
        agent, secret = market.another_agent("listening", f"{receiver.url}/events")
        receiver.secret = secret
        engine.ports = replace(engine.ports, post=WebPost(allow_private=True, patience_s=5))
        asked_wrongly(agent, market)
        refused_and_broken(agent, market)
        order_id = bought(agent, market)
        broken_work(engine, order_id)
        receiver.statuses = [500]
        work(engine, outbox, clock)
        orders.refund(engine, market.desk.merchant, order_id, request_key="r1")
        for _ in range(3):
            receiver.now = clock.now.timestamp()
            work(engine, outbox, clock)
        broken_rows(engine, market, order_id)
        assert [one.is_genuine for one in receiver.taken].count(True) >= 2
    assert any("failed" in text for text in said), "nothing was heard at all"
    assert leaks.among(said, agent.token, secret, *PRIVATE) == []


def asked_wrongly(agent: AgentClient, market: Market) -> None:
    """Requests that are refused; the refusals hold no token, no secret and nothing of the buyer."""
    bodies: list[Any] = [
        wanted(market.mug, currency="xx"),
        wanted(market.mug, surprise={"card": CARD}),
        wanted("var_unknown"),
        wanted(market.mug) | {"buyer": {**BUYER, "email": f"{MAIL} twice@"}},
        wanted(market.mug) | {"fulfillment_details": {"address": {**HOME, "country": f"{STREET}"}}},
        wanted(market.mug) | {"affiliate_attribution": {"provider": "p", "token": AFFILIATE, "metadata": {"e": MAIL}}},
        json.dumps(wanted(market.mug)).encode()[:-3],
        f'{{"a": "{MAIL}", "a": "{STREET}"}}'.encode(),
        b'{"token": "' + SPT.encode() + b'\xff"}',
    ]
    refusals = [agent.post("/checkout_sessions", body) for body in bodies]
    refusals.append(agent.post("/checkout_sessions", wanted(market.mug), Authorization="Bearer adt_nobody"))
    refusals.append(agent.post("/checkout_sessions/chk_nobody/complete", pay_with(SPT)))
    refusals.append(agent.post("/checkout_sessions", wanted(market.mug), key="k" * 256))
    assert {answer.status_code for answer in refusals} <= {400, 401, 404, 422}
    assert leaks.among([answer.text for answer in refusals], agent.token, *PRIVATE) == []


def refused_and_broken(agent: AgentClient, market: Market) -> None:
    """A decline, a provider that is away, and one that breaks: each answer keeps what it was given to itself."""
    session_id = ready(agent, market.mug)
    path = f"/checkout_sessions/{session_id}/complete"
    declined = agent.post(path, pay_with(SPT))
    engine, honest = market.engine, market.engine.ports.payments
    broken = Broken(secret=engine.settings.secret(), public_url=engine.settings.public_url)
    engine.ports = replace(engine.ports, payments=broken)
    away = agent.post(path, pay_with("spt_sandbox_ok"))
    broken.failure = RuntimeError("a defect")
    defect = agent.post(path, pay_with("spt_sandbox_ok"))
    engine.ports = replace(engine.ports, payments=honest)
    assert (away.status_code, defect.status_code) == (503, 500)
    assert leaks.among([away.text, defect.text], agent.token, *PRIVATE) == []
    assert leaks.among([declined.text], agent.token, AFFILIATE, SPT) == []


def bought(agent: AgentClient, market: Market) -> str:
    session_id = ready(agent, market.lamp)
    done = agent.post(f"/checkout_sessions/{session_id}/complete", pay_with("spt_sandbox_ok"))
    assert done.get_json()["status"] == "completed"
    assert leaks.among([done.text], agent.token, AFFILIATE) == []
    return str(done.get_json()["order"]["id"])


def broken_work(engine: AdEngine, order_id: str) -> None:
    """A defect in the middle of a job, run as the worker runs it."""
    honest = engine.ports.orders

    class Defect:
        def place(self, order: PlacedOrder) -> str:
            raise RuntimeError("a defect")

        def refunded(self, ref: str, amount: Money, *, key: str) -> None:
            raise RuntimeError("a defect")

        refund_failed = refunded

    engine.ports = replace(engine.ports, orders=Defect())
    done = tasks.make_app(engine).tasks[SEVERAL].apply(args=[[("place", order_id)]])
    assert done.state == "SUCCESS"  # what failed is logged, and the sweep's
    engine.ports = replace(engine.ports, orders=honest)


def work(engine: AdEngine, outbox: Outbox, clock: Clock) -> None:
    app = tasks.make_app(engine)
    clock.forward(minutes=3)
    tasks.sweep(engine)
    while outbox.jobs:
        job, row_id = outbox.jobs.pop(0)
        if job in {"place", "notice"}:
            app.tasks[SEVERAL].apply(args=[[(job, row_id)]])


def broken_rows(engine: AdEngine, market: Market, order_id: str) -> None:
    """What the database says of a row it refuses would be what was written and the whole row, the buyer in both."""
    with engine.unit(market.desk.merchant) as unit:
        checkout_id = orders.get_order(unit, order_id).checkout_id

    def spoil() -> None:
        with engine.unit(market.desk.merchant) as unit:
            row = unit.get(Checkout, checkout_id)
            row.buyer = Buyer(MAIL, last_name=FAMILY)
            row.status = None  # type: ignore[assignment]

    try:
        spoil()
    except IntegrityError:
        logging.getLogger("adengine.test").exception("failed as it was meant to")


def test_what_one_agent_bought_is_in_nobody_elses_answers(market: Market, other_shop: Market) -> None:
    agent = market.agent
    session_id = ready(agent, market.mug)
    agent.post(f"/checkout_sessions/{session_id}/complete", pay_with("spt_sandbox_ok"))
    order_id = agent.session(session_id)["order"]["id"]
    strangers = [market.another_agent()[0], other_shop.agent]
    answers = []
    for stranger in strangers:
        answers += [
            stranger.get(f"/checkout_sessions/{session_id}"),
            stranger.post(f"/checkout_sessions/{session_id}", choose("courier")),
            stranger.post(f"/checkout_sessions/{session_id}/complete", pay_with("spt_sandbox_ok")),
            stranger.post(f"/checkout_sessions/{session_id}/cancel"),
        ]
    assert {one.status_code for one in answers} == {404}
    api = market.app.test_client()
    for stranger in strangers:
        headers = {"Authorization": f"Bearer {stranger.token}"}
        for path in (f"checkouts/{session_id}", f"orders/{order_id}", "orders", "notices", "agents"):
            answers.append(api.get(f"/api/v1/{path}", headers=headers))
            assert answers[-1].status_code in {403, 404}
    assert leaks.among([one.text for one in answers], agent.token, *PRIVATE) == []


def test_the_same_key_of_another_caller_replays_nothing(market: Market, other_shop: Market) -> None:
    mine = market.agent.post("/checkout_sessions", wanted(market.mug), key="one-key")
    other, _ = market.another_agent()
    theirs = other.post("/checkout_sessions", basket(market.mug), key="one-key")
    elsewhere = other_shop.agent.post("/checkout_sessions", basket(other_shop.mug), key="one-key")
    assert len({one.get_json()["id"] for one in (mine, theirs, elsewhere)}) == 3
    assert leaks.among([theirs.text, elsewhere.text], MAIL, STREET, FAMILY) == []


def test_a_charge_at_stripe_is_logged_without_its_token_or_key(
    market: Market, desk_at_stripe: StripeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    payments = desk_at_stripe.payments()
    amount, token = Money(5980, "EUR"), desk_at_stripe.grant(5980)
    with leaks.heard() as said:
        payments.charge(token, amount, Purchase("chk_1", "ord_1", "Mug"), key="pay_1")
        with pytest.raises(Exception) as refused:  # noqa: PT011  whatever it is, its words are looked at
            payments.limits("spt_never_granted_0042")
        said.append(f"{refused.value!r} {refused.value}")
    assert leaks.among(said, token, "spt_never_granted_0042", "sk_test_desk") == []


def test_the_tool_hears_what_is_said(market: Market) -> None:
    with leaks.heard() as said:
        logging.getLogger("adengine.anything").debug("for %s", MAIL)
        try:
            raise RuntimeError(STREET)
        except RuntimeError:
            logging.getLogger("celery.anything").exception("failed")
    assert len(leaks.among(said, MAIL.upper(), STREET)) == 2


def test_without_the_tool_nothing_is_changed(market: Market) -> None:
    before = logging.getLogger("httpx").level, logging.getLogger().level
    with leaks.heard():
        pass
    assert (logging.getLogger("httpx").level, logging.getLogger().level) == before


def test_an_agents_secret_is_in_no_card(market: Market) -> None:
    _, secret = market.another_agent("listening", "https://agent.example/")
    with market.engine.unit(market.desk.merchant) as unit:
        assert leaks.among([repr(agents.list_agents(unit))], secret, market.agent.token) == []
