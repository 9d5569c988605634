"""Actor, Unit and AdEngine: who acts, in which transaction, and what is sent once it commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import Select, bindparam, create_engine, event, inspect, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption

from adengine.core.errors import Forbidden, NotFound, SignInNeeded
from adengine.models import Merchant, Owned
from adengine.ports import Ports
from adengine.settings import Settings

Row = TypeVar("Row", bound=Owned)
Held = TypeVar("Held")
ONLY_READS = "adengine_only_reads"

SCOPES = {
    "catalog:read": "see products and films",
    "catalog:write": "import products",
    "ads:write": "make, publish and retire ads",
    "cameos:read": "see appearances and their licences",
    "cameos:write": "enrol appearances, license and revoke",
    "checkout:write": "open checkouts and pay",
    "orders:read": "see orders and the ledger",
    "orders:write": "refund orders, set taxes, shipping and codes",
    "experiments:read": "see results",
    "experiments:write": "start and stop experiments",
    "events:write": "report what viewers do",
}
SHOPPER_SCOPES = frozenset({"catalog:read", "checkout:write", "events:write"})
AGENT_SCOPES = SHOPPER_SCOPES  # what an agent does, it does for a shopper


@dataclass(frozen=True)
class Actor:
    """Who acts for whom. `merchant_id` is None for SYSTEM only, which sees every merchant's rows.

    `agent_id` is the agent whose token it is, where it is one's.
    """

    kind: str
    merchant_id: str | None
    scopes: frozenset[str]
    agent_id: str | None = None

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
    held: list[object] = field(default_factory=list)
    news: list[str] = field(default_factory=list)

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
        row = self.db.scalar(_locking(cast("Any", kind)), {"row_id": row_id}) if lock else self.db.get(kind, row_id)
        if row is None or (self.actor.merchant_id and row.merchant_id != self.actor.merchant_id):
            raise NotFound(f"there is no {kind.__name__.lower()} '{row_id[:60]}' here")
        return self.hold(row)

    def merchant(self) -> Merchant:
        """The row of the shop that the actor acts for."""
        return self.hold(self.db.get_one(Merchant, self.merchant_id))

    def hold(self, row: Held) -> Held:
        """Keep a row in mind until the unit ends: asked for again without a lock, it is not read again."""
        # A session alone forgets a row that nobody refers to.
        self.held.append(row)
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

    def tell(self, uri: str) -> None:
        """Let whoever listens to `uri` (`product://...`, `licence://...`) know of a change, once the unit commits."""
        if uri not in self.news:
            self.news.append(uri)

    def now(self) -> datetime:
        return self.ports.clock()


@cache
def _locking(kind: Any) -> Select[Any]:
    # FOR NO KEY UPDATE: a row that refers to this one may still be inserted by others meanwhile.
    one = select(kind).where(inspect(kind).primary_key[0] == bindparam("row_id"))
    return one.with_for_update(key_share=True).execution_options(populate_existing=True)


class AdEngine:
    """The built product: settings, ports and a way to open units."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        self.ports = ports
        self.sql = connect(settings.database)
        self.sessions = sessionmaker(self.sql, expire_on_commit=False)

    @contextmanager
    def unit(self, actor: Actor) -> Iterator[Unit]:
        """One request, tool call or task: commits if the block succeeds, then sends its jobs and news."""
        with self.sessions(info={"actor": actor}) as db, db.begin():
            unit = Unit(db, actor, self.ports, self.settings)
            yield unit
        for job, row_id in unit.jobs:
            self.ports.enqueue(job, row_id)
        if unit.news:
            self.ports.publish(tuple(unit.news))

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Unit]:
        """A unit that only looks: it waits for no writer, and writing in it fails."""
        with self.sessions(info={"actor": actor}) as db, db.begin():
            db.connection(execution_options={ONLY_READS: True, "postgresql_readonly": True})
            yield Unit(db, actor, self.ports, self.settings)

    def close(self) -> None:
        self.sql.dispose()


def connect(url: str) -> SqlEngine:
    """A pool of connections; SQLite gets WAL, foreign keys, and one writer at a time from BEGIN on.

    Neither logs nor errors hold what is written into rows: it may be a buyer's address.
    """
    if not url.startswith("sqlite"):
        sql = create_engine(url, pool_pre_ping=True, hide_parameters=True)
        event.listen(sql, "handle_error", _hide_rows)
        return sql
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    sql = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True)

    @event.listens_for(sql, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves: the driver's own comes too late
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(sql, "begin")
    def _begin(connection: Any) -> None:
        only_reads = connection.get_execution_options().get(ONLY_READS, False)
        if connection.info.get(ONLY_READS, False) != only_reads:  # said each time, it would unprepare every statement
            connection.exec_driver_sql(f"PRAGMA query_only={int(only_reads)}")
            connection.info[ONLY_READS] = only_reads
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return sql


def _hide_rows(context: ExceptionContext) -> None:
    # PostgreSQL quotes the whole row in the second line of what it says (DETAIL).
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).split("\n", 1)[0], *error.args[1:])


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
    state.statement = state.statement.options(_only_of(actor.merchant_id))


@lru_cache(maxsize=256)
def _only_of(merchant_id: str) -> LoaderCriteriaOption:
    return with_loader_criteria(Owned, lambda row: row.merchant_id == merchant_id, include_aliases=True)
