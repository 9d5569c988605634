"""Messages owed to agents about their orders: always the whole order, signed, in order, until they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import aliased

from adengine.core.delivery import pause, signature
from adengine.core.errors import AdEngineError, Conflict
from adengine.engine import SYSTEM, AdEngine, Unit, worker
from adengine.models import Agent, Notice, Order, new_id
from adengine.rows import insertion_where, of_shop
from adengine.services import acp, merchants, orders
from adengine.services.views import Links

Kind = Literal["order_create", "order_update"]
UNSETTLED = ("waiting", "trying")
# With the pauses of core.delivery these are three days.
MOST_TRIES = 23
NUDGE_EVERY = 3
KEPT_LISTED = 50
NEXT = of_shop(select(func.coalesce(func.max(Notice.number), 0) + 1).where(Notice.order_id == bindparam("order_id")))
# A new message of an order, for its agent if that one listens.
OWED = of_shop(
    insertion_where(
        Notice,
        select(Agent.id).where(Agent.id == bindparam("agent_id"), Agent.webhook_url != ""),
        number=NEXT.scalar_subquery(),
    ).returning(Notice.id)
)


@dataclass(frozen=True)
class NoticeCard:
    """A message as the shop sees it. `due` is when it is tried next, None once it is settled."""

    id: str
    agent_id: str
    order_id: str
    number: int
    kind: str
    status: str
    tries: int
    problem: str
    due: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Letter:
    """What is posted for a notice."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def owe(unit: Unit, order_id: str, kind: Kind) -> None:
    """Owe the order's agent a message of how the order stands now; nothing where no agent wants to hear."""
    order = unit.get(Order, order_id, lock=True)
    if order.agent_id is None:
        return
    links = Links(unit.settings.public_url, merchants.my_shop(unit).name)
    notice = {
        "id": new_id("ntc"),
        "agent_id": order.agent_id,
        "order_id": order.id,
        "kind": kind,
        "body": acp.order_event(kind, orders.order_card(order), links),
        "status": "waiting",
        "tries": 0,
        "due": _nudge(unit),
        "problem": "",
        "created_at": unit.now(),
    }
    for made in unit.ask(OWED, **notice):
        unit.later("notice", made.id)


def send(engine: AdEngine, notice_id: str) -> None:
    """Post a waiting notice; what does not arrive waits longer each time, and is given up after three days.

    A crash between posting and keeping sends the same body again: agents know it by its Request-Id.
    """
    with engine.unit(SYSTEM) as unit:
        actor = worker(unit.get(Notice, notice_id).merchant_id)
    with engine.unit(actor) as unit:
        letter = _claim(unit, notice_id)
    if letter is not None:
        problem = _post(engine, letter)
        with engine.unit(actor) as unit:
            _keep(unit, notice_id, problem)


def send_again(unit: Unit, order_id: str) -> None:
    """Tell the order's agent once more how the order stands now; a message still owed is sent at once instead.

    An old message is never repeated as it was: it would put a newer one out of date.
    """
    unit.require("orders:write")
    order = unit.get(Order, order_id, lock=True)
    agent = unit.db.get(Agent, order.agent_id) if order.agent_id else None
    if agent is None or not agent.webhook_url:
        raise Conflict("no agent listens for this order; give its agent a webhook address first")
    rows = unit.db.scalars(select(Notice).where(Notice.order_id == order.id).order_by(Notice.number)).all()
    owed_first = next((row for row in rows if row.status in UNSETTLED), None)
    if owed_first is None:
        owe(unit, order_id, "order_update" if any(row.status == "sent" for row in rows) else "order_create")
    else:
        _wait_again(unit, owed_first)


def list_notices(unit: Unit, *, agent_id: str | None = None) -> list[NoticeCard]:
    """The newest messages, of one agent or of all."""
    unit.require("orders:read")
    newest = select(Notice).order_by(Notice.created_at.desc(), Notice.number.desc(), Notice.id).limit(KEPT_LISTED)
    of_agent = newest if agent_id is None else newest.where(Notice.agent_id == agent_id)
    return [_card(row) for row in unit.db.scalars(of_agent)]


def give_up_all(unit: Unit, agent_id: str, problem: str) -> None:
    """Settle what is still owed to an agent that no longer listens."""
    rows = select(Notice).where(Notice.agent_id == agent_id, Notice.status.in_(UNSETTLED))
    for row in unit.db.scalars(rows.with_for_update(key_share=True)):
        row.status, row.problem = "given_up", problem


def owed(unit: Unit) -> list[tuple[str, str]]:
    """Jobs to nudge again: notices whose pause is over, and those whose message or worker was lost."""
    due = select(Notice).where(Notice.status.in_(UNSETTLED), Notice.due < unit.now(), ~_has_earlier())
    rows = unit.db.scalars(due.order_by(Notice.due).with_for_update(skip_locked=True, key_share=True)).all()
    for row in rows:
        row.status, row.due = "waiting", _nudge(unit)
    return [("notice", row.id) for row in rows]


def _claim(unit: Unit, notice_id: str) -> Letter | None:
    row = unit.get(Notice, notice_id, lock=True)
    # A later message never overtakes an earlier one of its order: whoever settles that one sends for this one.
    if row.status != "waiting" or unit.db.scalar(select(Notice.id).where(Notice.id == row.id, _has_earlier())):
        return None
    agent = unit.get(Agent, row.agent_id)
    row.tries += 1
    row.status = "trying"
    row.due = unit.now() + max(pause(row.tries, seed=row.id), _lease(unit))
    body = row.body.encode()
    return Letter(agent.webhook_url, body, _headers(agent, row, body, unit.now()))


def _headers(agent: Agent, row: Notice, body: bytes, now: datetime) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Merchant-Signature": signature(agent.webhook_secret, body, now),
        "Request-Id": row.id,
        "Timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _post(engine: AdEngine, letter: Letter) -> str:
    """Why the letter did not arrive; "" where it did."""
    try:
        status = engine.ports.post(letter.url, letter.body, letter.headers)
    except AdEngineError as refusal:
        return refusal.message
    if 300 <= status < 400:
        return f"the agent's server answered {status}; messages are not redirected, give the final address"
    return "" if 200 <= status < 300 else f"the agent's server answered {status}"


def _keep(unit: Unit, notice_id: str, problem: str) -> None:
    row = unit.get(Notice, notice_id, lock=True)
    if not problem:
        row.status, row.problem = "sent", ""
    elif row.status == "trying":  # not where the agent was withdrawn meanwhile
        row.status, row.problem = "given_up" if row.tries >= MOST_TRIES else "trying", problem
    if row.status in UNSETTLED:
        return
    following = select(Notice).where(Notice.order_id == row.order_id, Notice.number == row.number + 1)
    later = unit.db.scalar(following.with_for_update(key_share=True))
    if later is not None and later.status in UNSETTLED:
        _wait_again(unit, later)


def _wait_again(unit: Unit, row: Notice) -> None:
    row.status, row.due = "waiting", _nudge(unit)
    unit.later("notice", row.id)


def _has_earlier() -> ColumnElement[bool]:
    earlier = aliased(Notice)
    return (
        select(earlier.id)
        .where(earlier.order_id == Notice.order_id, earlier.number < Notice.number, earlier.status.in_(UNSETTLED))
        .exists()
    )


def _nudge(unit: Unit) -> datetime:
    return unit.now() + NUDGE_EVERY * _lease(unit)


def _lease(unit: Unit) -> timedelta:
    return timedelta(seconds=int(unit.settings.lease_s))


def _card(row: Notice) -> NoticeCard:
    return NoticeCard(
        id=row.id,
        agent_id=row.agent_id,
        order_id=row.order_id,
        number=row.number,
        kind=row.kind,
        status=row.status,
        tries=row.tries,
        problem=row.problem,
        due=row.due if row.status in UNSETTLED else None,
        created_at=row.created_at,
    )
