"""Two servers of one shop, agents that ask until they are answered, and the books to be checked afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from adengine.engine import SYSTEM, AdEngine
from adengine.models import Checkout, Entry, Inbox, Notice, Order, Payment, Posting, Request, Variant
from adengine.services import agents, catalog
from adengine.settings import Settings
from adengine.web import create_app
from tests.acp.conftest import VERSION, AgentClient
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox, build_test_engine
from tests.receivers import Receiver
from tests.services.buying import GERMAN, sell_by, stocked
from tests.shops import MUG, write_shop
from tests.stripe_desk import ROOT, StripeDesk

STOCK = 1000
MOST_TRIES = 60
# How long Stripe may take, how often its library asks again by itself, how long a request is its server's alone.
USUAL = {"patience_s": 20.0, "repeats": 0, "lease_s": 1}
DROPPED = 0  # the status of a request that got no answer at all


@dataclass(frozen=True)
class Server:
    """A running server, and the steps that it has told of so far."""

    pid: int
    url: str
    told: Path

    def steps(self) -> list[str]:
        return self.told.read_text().splitlines()


@dataclass(frozen=True)
class Nursery:
    """The process that forks servers."""

    process: subprocess.Popen[str]

    def start(self, **ask: Any) -> Server:
        told = Path(ask["home"]) / f"steps-{uuid.uuid4().hex}"
        answer = self._tell("start", steps=str(told), **ask)
        return Server(answer["pid"], answer["url"], told)

    def warm(self, **ask: Any) -> int:
        """Have a request answered before any server starts, which makes all of them quick; answers its status."""
        return int(self._tell("warm", **ask)["status"])

    def await_end(self, server: Server) -> int | None:
        """How the server ended: minus the number of the signal that killed it; None: it would not."""
        ended: int | None = self._tell("wait", pid=server.pid)["ended"]
        return ended

    def kill(self, server: Server) -> None:
        self._tell("kill", pid=server.pid)

    def _tell(self, command: str, **ask: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"command": command, **ask}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process that forks servers ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    words = [sys.executable, "-m", "tests.faulty_server"]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=20)


@dataclass(frozen=True)
class Ready:
    """A session that only has to be paid, and what its agent sends for that."""

    id: str
    total: int
    body: bytes
    key: str

    @property
    def path(self) -> str:
        return f"/acp/checkout_sessions/{self.id}/complete"


@dataclass(frozen=True)
class Answered:
    """What a request came back with; status 0: the connection ended without an answer."""

    status: int
    text: str = ""
    code: str = ""
    wait_s: str = ""
    is_replay: bool = False

    @property
    def order_id(self) -> str:
        return str(json.loads(self.text)["order"]["id"])


@dataclass
class Store:
    """A shop with a thousand mugs, an agent with its webhook, servers beside it, and an engine to look behind them."""

    engine: AdEngine
    desk: Desk
    nursery: Nursery
    receiver: Receiver
    stripe: StripeDesk | None
    clock: Clock
    outbox: Outbox
    agent: AgentClient
    mug: str
    wire: httpx.Client
    running: list[Server] = field(default_factory=list)

    def serve(self, *, path: str = "", kill_at: int = 0, **over: float) -> Server:
        """Start a server; it dies at step `kill_at` of the first request to `path`. `over` changes what is USUAL."""
        server = self.nursery.start(path=path, kill_at=kill_at, **self._ways(over))
        self.running.append(server)
        return server

    def warm_up(self, **over: float) -> Ready:
        """A session paid before any server starts that is to be like this."""
        session = self.ready()
        body, headers = session.body.decode(), self.headers(session.key)
        assert self.nursery.warm(path=session.path, body=body, headers=headers, **self._ways(over)) == 200
        return session

    def _ways(self, over: dict[str, float]) -> dict[str, Any]:
        settings, stripe_url = self.engine.settings, self.stripe.url if self.stripe else ""
        fixed = {"home": settings.home, "database_url": settings.database_url, "stripe_url": stripe_url}
        return fixed | USUAL | over

    def headers(self, key: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.agent.token}",
            "API-Version": VERSION,
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }

    def await_end(self, server: Server) -> int | None:
        self.running.remove(server)
        return self.nursery.await_end(server)

    def stop(self) -> None:
        while self.running:
            self.nursery.kill(self.running.pop())

    def ready(self) -> Ready:
        """A session of one mug, sent home."""
        made = self.agent.create(self.mug)
        assert made["status"] == "ready_for_payment", made
        total = next(one["amount"] for one in made["totals"] if one["type"] == "total")
        return Ready(made["id"], total, self.payment(total), uuid.uuid4().hex)

    def payment(self, total: int) -> bytes:
        handler, token = ("card_tokenized", self.stripe.grant(total)) if self.stripe else ("sandbox", "spt_sandbox_ok")
        instrument = {"type": "card", "credential": {"type": "spt", "token": token}}
        return json.dumps({"payment_data": {"handler_id": handler, "instrument": instrument}}).encode()

    def complete(self, server: Server, session: Ready, *, key: str = "") -> Answered:
        headers = self.headers(key or session.key)
        try:
            got = self.wire.post(server.url + session.path, content=session.body, headers=headers)
        except httpx.TransportError:
            return Answered(DROPPED)
        code = got.json().get("code", "") if got.status_code >= 400 else ""
        is_replay = got.headers.get("Idempotent-Replayed") == "true"
        return Answered(got.status_code, got.text, code, got.headers.get("Retry-After", ""), is_replay)

    def complete_patiently(self, server: Server, session: Ready, *, key: str = "") -> list[Answered]:
        """Ask with the same key until there is an answer that is not "later"; every answer, the last one last."""
        heard: list[Answered] = []
        for _ in range(MOST_TRIES):
            heard.append(self.complete(server, session, key=key))
            if not heard[-1].wait_s:
                return heard
            time.sleep(float(heard[-1].wait_s))
        raise AssertionError(f"still no answer: {heard[-1]}")

    def deliver(self, server: Server, body: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature.encode("latin-1")}
        return self.wire.post(f"{server.url}/payments/stripe/events", content=body, headers=headers).status_code

    @property
    def desk_at_stripe(self) -> StripeDesk:
        assert self.stripe is not None, "this shop is paid in the sandbox"
        return self.stripe

    def with_another_token(self, session: Ready) -> Ready:
        """The same session, to be paid otherwise and under another key."""
        return replace(session, body=self.payment(session.total), key=uuid.uuid4().hex)

    def catch_up(self) -> None:
        """What the workers do in the two minutes after: sweep, write orders back, send messages."""
        from workers.tasks import sweep

        self.clock.forward(minutes=2)
        self.receiver.now = self.clock.now.timestamp()
        sweep(self.engine)
        self.outbox.run(self.engine)

    def rows(self) -> dict[str, int]:
        """How many of everything a purchase writes."""
        with self.engine.reading(SYSTEM) as unit:
            kinds = (Order, Payment, Posting, Entry, Notice, Inbox, Request)
            return {one.__name__: unit.db.scalar(select(func.count()).select_from(one)) or 0 for one in kinds}


@contextmanager
def store(
    nursery: Nursery, receiver: Receiver, database_url: str, folder: Path, stripe: StripeDesk | None
) -> Iterator[Store]:
    """A shop in the database; its servers end with the block."""
    clock, outbox = Clock(datetime.now(UTC)), Outbox()
    settings = Settings(
        home=str(folder / "home"),
        database_url=database_url,
        lease_s="1",
        private_webhooks="1",
        payments="stripe" if stripe else "sandbox",
        stripe_key="sk_test_unused",
        stripe_webhook_secret="whsec_unused",
    )
    engine = build_test_engine(settings, clock=clock, outbox=outbox)
    if stripe:
        engine.ports = replace(engine.ports, payments=stripe.payments())
    desk = open_desk(engine)
    rows = [{**MUG, "Variant Inventory Qty": str(STOCK)}]
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder / "shop", rows)))
    sell_by(engine, desk, replace(GERMAN, shipping=GERMAN.shipping[:1]))
    with engine.unit(desk.merchant) as unit:
        _, token, secret = agents.add_agent(unit, "first", webhook_url=f"{receiver.url}/orders")
    receiver.secret, receiver.now = secret, clock.now.timestamp()
    receiver.taken.clear()
    agent, mug = AgentClient(create_app(engine), token), stocked(engine, desk).id
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    with httpx.Client(timeout=300, limits=limits) as wire:
        made = Store(engine, desk, nursery, receiver, stripe, clock, outbox, agent, mug, wire)
        try:
            yield made
        finally:
            made.stop()
            engine.close()


def check_books(shop: Store, sold: Sequence[str]) -> None:
    """Exactly these checkouts were bought, each once, and everything that follows from a purchase is there once."""
    _check_rows(shop, sold)
    _check_money(shop, sold)
    _check_messages(shop)


def _check_rows(shop: Store, sold: Sequence[str]) -> None:
    with shop.engine.reading(SYSTEM) as unit:
        orders = unit.db.scalars(select(Order)).all()
        assert sorted(one.checkout_id for one in orders) == sorted(sold)
        paid = set(unit.db.scalars(select(Checkout.id).where(Checkout.status == "paid")))
        assert paid == set(sold)
        payments = unit.db.scalars(select(Payment).where(Payment.checkout_id.in_(sold))).all()
        assert Counter(one.checkout_id for one in payments) == Counter(sold)
        assert {one.status for one in payments} <= {"paid"}
        mug = unit.get(Variant, shop.mug)
        kept = unit.db.scalar(select(func.count()).select_from(Checkout).where(Checkout.status == "paying")) or 0
        assert (mug.stock, mug.reserved) == (STOCK - len(sold), kept)


def _check_money(shop: Store, sold: Sequence[str]) -> None:
    with shop.engine.reading(SYSTEM) as unit:
        sums = unit.db.execute(
            select(Entry.posting_id, Entry.currency, func.sum(Entry.minor)).group_by(Entry.posting_id, Entry.currency)
        ).all()
        assert {int(total) for _, _, total in sums} <= {0}
        sales = unit.db.scalars(select(Posting.order_id).where(Posting.kind == "sale")).all()
        assert sorted(sales) == sorted(unit.db.scalars(select(Order.id)))
        turnover = unit.db.scalar(select(func.sum(Order.total_minor))) or 0
    if shop.stripe:
        charges = shop.stripe.objects("charge")
        assert Counter(one["transfer_group"] for one in charges) == Counter(sales)
        assert sum(one["amount_captured"] for one in charges) == turnover


def _check_messages(shop: Store) -> None:
    """After the workers caught up: the agent heard of each order once, and the shop has each once."""
    shop.catch_up()
    with shop.engine.reading(SYSTEM) as unit:
        with_agent = set(unit.db.scalars(select(Order.id).where(Order.agent_id.is_not(None))))
        owed = unit.db.scalars(select(Notice.order_id).where(Notice.kind == "order_create")).all()
        placed = unit.db.scalars(select(Order.placed_ref)).all()
    assert sorted(owed) == sorted(with_agent)
    assert all(one.is_genuine for one in shop.receiver.taken)
    told = Counter(one.event["data"]["id"] for one in shop.receiver.taken if one.event["type"] == "order_create")
    assert told == Counter(with_agent)
    folder = shop.engine.settings.home_path / "sandbox-shop"
    assert sorted(one.stem for one in folder.glob("*.json")) == sorted(placed)
    assert all(placed)
