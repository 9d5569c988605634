"""Requests that must act once: asked again with the same key, they get the answer of the first time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from adengine.core.canonical import digest
from adengine.core.errors import Invalid, KeyReused, StillRunning
from adengine.engine import Unit
from adengine.models import Request, new_id

__all__ = ["KEPT_FOR", "Answer", "Ask", "begin", "digest", "drop", "forget", "keep"]

# Every request of an agent comes through these two: they are made once, and write without the savepoint, the looks and
# the flushes that rows would take.
INSERTS: dict[str, postgresql.Insert | sqlite.Insert] = {
    "postgresql": postgresql.insert(Request),
    "sqlite": sqlite.insert(Request),
}
TAKEN_UP = {name: new.on_conflict_do_nothing().returning(Request.id) for name, new in INSERTS.items()}
ANSWERED = {
    name: new.on_conflict_do_update(
        index_elements=[Request.caller, Request.path, Request.key],
        set_={"status": new.excluded.status, "code": new.excluded.code, "body": new.excluded.body},
        where=Request.status == "running",
    )
    for name, new in INSERTS.items()
}
KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
LONGEST_WAIT_S = 2


@dataclass(frozen=True)
class Ask:
    """One request: who sent it (`caller`, unlike any other merchant's), to which path, under which key.

    `digest` is of its body, see `digest`.
    """

    caller: str
    path: str
    key: str
    digest: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= LONGEST_KEY:
            raise Invalid(f"an idempotency key has 1 to {LONGEST_KEY} characters")


@dataclass(frozen=True)
class Answer:
    """What was answered: the HTTP status, and the body to the letter."""

    code: int
    body: str


def begin(unit: Unit, ask: Ask) -> Answer | None:
    """Take the request up, or answer what it was answered before; None: do it now.

    What is taken up stays so for a lease; if its process dies, whoever asks after the lease takes it over. Raises
    KeyReused when the key came with another body, and StillRunning while somebody else is at it.
    """
    row = None if _take_up(unit, ask) else _find(unit, ask)
    if row is None:
        return None
    if row.digest != ask.digest:
        raise KeyReused("this idempotency key came with another body before; use a new key for a new request")
    if row.status == "done":
        return Answer(row.code, row.body)
    left_s = ceil((row.lease_until - unit.now()).total_seconds())
    if left_s > 0:
        raise StillRunning(
            "this request is being worked on; send it again in a moment", retry_after_s=min(left_s, LONGEST_WAIT_S)
        )
    row.lease_until = unit.now() + _lease(unit)
    return None


def keep(unit: Unit, ask: Ask, answer: Answer) -> None:
    """Keep what the request is answered, in the transaction that did it; the first answer kept stands.

    A request that was not begun is kept as well: what refused it may have undone its beginning.
    """
    unit.write(ANSWERED[unit.dialect], _row(unit, ask, answer))


def drop(unit: Unit, ask: Ask) -> None:
    """Let the request be taken up again at once, since it failed for a reason of ours (5xx)."""
    row = _find(unit, ask)
    if row is not None and row.status == "running":
        # The row stays: work that was half done is only ever finished for the same body.
        row.lease_until = unit.now()


def forget(unit: Unit) -> int:
    """Forget requests older than a day; answers how many."""
    old = delete(Request).where(Request.created_at < unit.now() - KEPT_FOR).returning(Request.id)
    return len(unit.db.scalars(old.execution_options(synchronize_session=False)).all())


def _find(unit: Unit, ask: Ask) -> Request | None:
    same = select(Request).where(Request.caller == ask.caller, Request.path == ask.path, Request.key == ask.key)
    return unit.db.scalar(same.with_for_update(key_share=True).execution_options(populate_existing=True))


def _take_up(unit: Unit, ask: Ask) -> bool:
    """Remember the request; False: it is remembered already."""
    return bool(unit.answer(TAKEN_UP[unit.dialect], _row(unit, ask)))


def _row(unit: Unit, ask: Ask, answer: Answer | None = None) -> dict[str, object]:
    return {
        "id": new_id("req"),
        "merchant_id": unit.merchant_id,
        "caller": ask.caller,
        "path": ask.path,
        "key": ask.key,
        "digest": ask.digest,
        "status": "done" if answer else "running",
        "lease_until": unit.now() + _lease(unit),
        "code": answer.code if answer else 0,
        "body": answer.body if answer else "",
        "created_at": unit.now(),
    }


def _lease(unit: Unit) -> timedelta:
    return timedelta(seconds=int(unit.settings.lease_s))
