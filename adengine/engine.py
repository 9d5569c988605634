"""Actor, Unit and AdEngine: who acts, in which transaction, and what is sent once it commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria

from adengine.core.errors import Forbidden, NotFound, SignInNeeded
from adengine.models import Owned
from adengine.ports import Ports
from adengine.settings import Settings

Row = TypeVar("Row", bound=Owned)
ONLY_READS = "adengine_only_reads"

SCOPES = {
    "catalog:read": "see products and films",
    "catalog:write": "import products",
    "ads:write": "make, publish and retire ads",
    "cameos:read": "see appearances and their licences",
    "cameos:write": "enrol appearances, license and revoke",
    "checkout:write": "open checkouts and pay",
    "orders:read": "see orders and the ledger",
    "orders:write": "refund orders",
    "experiments:read": "see results",
    "experiments:write": "start and stop experiments",
    "events:write": "report what viewers do",
}
SHOPPER_SCOPES = frozenset({"catalog:read", "checkout:write", "events:write"})
AGENT_SCOPES = frozenset({"catalog:read", "checkout:write"})


@dataclass(frozen=True)
class Actor:
    """Who acts for whom. `merchant_id` is None for SYSTEM only, which sees every merchant's rows."""

    kind: str
    merchant_id: str | None
    scopes: frozenset[str]

    @property
    def sees_costs(self) -> bool:
        return self.kind in {"merchant", "worker", "system"}


SYSTEM = Actor("system", None, frozenset(SCOPES))


def merchant_actor(merchant_id: str) -> Actor:
    return Actor("merchant", merchant_id, frozenset(SCOPES))


def worker(merchant_id: str) -> Actor:
    """A background job acting for the merchant whose row it works on."""
    return Actor("worker", merchant_id, frozenset(SCOPES))


def shopper(merchant_id: str) -> Actor:
    return Actor("shopper", merchant_id, SHOPPER_SCOPES)


@dataclass
class Unit:
    """What a use case works in: one actor, one transaction, and the jobs to send once it commits."""

    db: Session
    actor: Actor
    ports: Ports
    settings: Settings
    jobs: list[tuple[str, str]] = field(default_factory=list)

    def require(self, scope: str) -> None:
        """Refuse an actor that lacks the scope."""
        if scope not in self.actor.scopes:
            hint = f"this needs the scope {scope} ({SCOPES[scope]})"
            if self.actor.kind in {"shopper", "anonymous"}:
                raise SignInNeeded(f"{hint}; send a token made by 'adengine token create'")
            raise Forbidden(f"{hint}; make a token that has it")

    @property
    def merchant_id(self) -> str:
        if self.actor.merchant_id is None:
            raise Forbidden("this act belongs to one shop; name it")
        return self.actor.merchant_id

    def own(self, kind: type[Row], /, **values: Any) -> Row:
        """Make a row that belongs to the actor's merchant."""
        row = kind(**{"merchant_id": self.merchant_id, **values})
        self.db.add(row)
        return row

    def get(self, kind: type[Row], row_id: str, *, lock: bool = False) -> Row:
        """The actor's row of that id, locked until the unit ends if asked; raises NotFound."""
        # FOR NO KEY UPDATE: a row that refers to this one may still be inserted by others meanwhile.
        how = {"key_share": True} if lock else None
        row = self.db.get(kind, row_id, with_for_update=how, populate_existing=lock)
        if row is None or (self.actor.merchant_id and row.merchant_id != self.actor.merchant_id):
            raise NotFound(f"there is no {kind.__name__.lower()} '{row_id[:60]}' here")
        return row

    def once(self, find: Callable[[], Row | None], make: Callable[[], Row]) -> tuple[Row, bool]:
        """The row found, or the one made; of two units making it at once the later finds the other's. True: made."""
        found = find()
        if found is not None:
            return found, False
        try:
            with self.db.begin_nested():
                made = make()
                self.db.flush()
        except IntegrityError:
            found = find()
            if found is None:
                raise
            return found, False
        return made, True

    def later(self, job: str, row_id: str) -> None:
        self.jobs.append((job, row_id))

    def now(self) -> datetime:
        return self.ports.clock()


class AdEngine:
    """The built product: settings, ports and a way to open units."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        self.ports = ports
        self.sql = connect(settings.database)
        self.sessions = sessionmaker(self.sql, expire_on_commit=False)

    @contextmanager
    def unit(self, actor: Actor) -> Iterator[Unit]:
        """One request, tool call or task: commits if the block succeeds, then sends its jobs."""
        with self.sessions(info={"actor": actor}) as db, db.begin():
            unit = Unit(db, actor, self.ports, self.settings)
            yield unit
        for job, row_id in unit.jobs:
            self.ports.enqueue(job, row_id)

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Unit]:
        """A unit that only looks: it waits for no writer, and writing in it fails."""
        with self.sessions(info={"actor": actor}) as db, db.begin():
            db.connection(execution_options={ONLY_READS: True, "postgresql_readonly": True})
            yield Unit(db, actor, self.ports, self.settings)

    def close(self) -> None:
        self.sql.dispose()


def connect(url: str) -> SqlEngine:
    """A pool of connections; SQLite gets WAL, foreign keys, and one writer at a time from BEGIN on."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    sql = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(sql, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves: the driver's own comes too late
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(sql, "begin")
    def _begin(connection: Any) -> None:
        only_reads = connection.get_execution_options().get(ONLY_READS, False)
        connection.exec_driver_sql(f"PRAGMA query_only={int(only_reads)}")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return sql


@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    """Scope every query to the session's merchant; a session without an actor gets nothing."""
    if state.is_column_load or state.is_relationship_load:
        return
    actor = state.session.info.get("actor")
    if actor is None:
        raise Forbidden("a session without an actor reads nothing")
    if actor.merchant_id is None:
        if actor is not SYSTEM:
            raise Forbidden("an actor without a shop reads nothing")
        return
    merchant_id = actor.merchant_id
    state.statement = state.statement.options(
        with_loader_criteria(Owned, lambda row: row.merchant_id == merchant_id, include_aliases=True)
    )
