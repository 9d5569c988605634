"""Actor, Unit and AdEngine: who acts, in which transaction, and what is sent once it commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Executable, Update, event
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import Row as Values
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.util import LoaderCriteriaOption

from adengine import prepared
from adengine.connections import connect
from adengine.core.errors import Forbidden, NotFound, SignInNeeded
from adengine.models import Merchant, Owned, Shop
from adengine.ports import Ports
from adengine.rows import OF_SHOP, SHOP, blank, by_id, detached, insertion, is_of_shop, relations, renewed, writing
from adengine.settings import Settings

Row = TypeVar("Row", bound=Owned)
Held = TypeVar("Held")

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
    """What a use case works in: one actor, one transaction, and the jobs to send once it commits.

    Its connection and its session are there once they are asked for. Until there is a session, writes wait for the next
    statement that answers something, or for the end: they go all at once. `seen` is what services keep in mind until it
    ends, each under a name of its own.
    """

    sql: SqlEngine
    sessions: sessionmaker[Session]
    actor: Actor
    ports: Ports
    settings: Settings
    jobs: list[tuple[str, str]] = field(default_factory=list)
    opened: Connection | None = None
    session: Session | None = None
    shop: Shop | None = None
    seen: dict[str, Any] = field(default_factory=dict)
    held: dict[tuple[type, str], object] = field(default_factory=dict)
    locked: set[tuple[type, str]] = field(default_factory=set)
    news: list[str] = field(default_factory=list)
    unwritten: list[prepared.Write] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """The transaction, which begins with the first statement; what was to be written before is written."""
        if self.unwritten:
            prepared.run_all(self._begun(), self._due())
        return self._begun()

    def _begun(self) -> Connection:
        # A cached_property holds one lock for all units below Python 3.12, here while SQLite waits for its writer.
        if self.opened is None:
            self.opened = self.sql.connect()
            self.opened.begin()
        return self.opened

    def _due(self) -> list[prepared.Write]:
        """What is to be written now, once."""
        due, self.unwritten = self.unwritten, []
        return due

    @property
    def db(self) -> Session:
        """The session, in the same transaction, with every row that is held."""
        if self.session is None:
            self.session = self.sessions(bind=self.connection, info={"actor": self.actor})
            self.session.add_all(self.held.values())
        return self.session

    @property
    def dialect(self) -> str:
        """The kind of database: 'sqlite' or 'postgresql'."""
        return self.sql.dialect.name

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

    def add(self, kind: type[Owned], *rows: Mapping[str, object]) -> None:
        """Insert rows of the actor's merchant that this unit needs no more as rows, all in one statement."""
        whose = {"merchant_id": self.merchant_id}
        self._write(insertion(cast("Any", kind)), [{**blank(cast("Any", kind)), **row} for row in rows], whose)

    def ask(self, asked: Executable, /, **values: object) -> Sequence[Values[Any]]:
        """What an `of_shop` statement finds or returns, as plain values: no rows that could be changed."""
        return self.ask_each((asked, values))[0]

    def ask_each(self, *asked: tuple[Executable, Mapping[str, object]]) -> list[list[Values[Any]]]:
        """As `ask` does, several at once."""
        for statement, _ in asked:
            _need_of_shop(statement)
        self._write_down()
        whose = {OF_SHOP: self.merchant_id}
        return self._answers([(statement, {**values, **whose}) for statement, values in asked])

    def answer(self, asked: Executable, values: Mapping[str, object]) -> list[Any]:
        """What a statement finds or returns that says itself whose rows it is about."""
        return self._answers([(asked, values)])[0]

    def _answers(self, asked: Sequence[prepared.Asked]) -> list[list[Any]]:
        return prepared.run(self._begun(), asked, after=self._due())

    def change(self, changed: Update, *rows: Mapping[str, object]) -> None:
        """Run an `of_shop` statement once for each of `rows`, past the rows that the unit holds.

        Where SYSTEM does it, each of `rows` says whose it is.
        """
        _need_of_shop(changed)
        self._write(changed, rows, {} if self.actor is SYSTEM else {OF_SHOP: self.merchant_id})

    def write(self, statement: Executable, values: Mapping[str, object]) -> None:
        """Run a statement that answers nothing and says itself whose rows it is about."""
        self._write(statement, [values], {})

    def _write(self, statement: Executable, rows: Sequence[Mapping[str, object]], whose: Mapping[str, str]) -> None:
        if not rows:
            return
        self._write_down()
        self.unwritten.append((statement, [{**row, **whose} for row in rows]))
        if self.session is not None:
            _ = self.connection

    def _write_down(self) -> None:
        # As the session does before a query of its own.
        if self._has_changes() and self.db.autoflush:
            self.db.flush()

    def _has_changes(self) -> bool:
        return self.session is not None or True in [instance_state(row).modified for row in self.held.values()]

    def get(self, kind: type[Row], row_id: str, *, lock: bool = False) -> Row:
        """The actor's row of that id, locked until the unit ends if asked; raises NotFound."""
        return self._held(kind, row_id, self._found(kind, row_id, lock=lock), lock=lock)

    def lock(self, *which: tuple[type[Owned], str]) -> None:
        """Read and lock these rows in one go, in this order; `get` has them then. Raises NotFound."""
        missing = [one for one in which if one not in self.locked]
        if not missing:
            return
        self._write_down()
        answers = self._answers([self._by_id(*one, lock=True) for one in missing])
        for (kind, row_id), found in zip(missing, answers, strict=True):
            self._held(kind, row_id, self._row(kind, self._known(kind, row_id), found), lock=True)

    def _held(self, kind: type[Row], row_id: str, row: Row | None, *, lock: bool) -> Row:
        if row is None or (self.actor.merchant_id and row.merchant_id != self.actor.merchant_id):
            raise NotFound(f"there is no {kind.__name__.lower()} '{row_id[:60]}' here")
        if lock:
            self.locked.add((kind, row_id))
        self.held[kind, row_id] = row  # a session alone forgets a row that nobody refers to
        return row

    def _found(self, kind: type[Row], row_id: str, *, lock: bool) -> Row | None:
        known = self._known(kind, row_id)
        if known is not None and (not lock or (kind, row_id) in self.locked):
            return known
        self._write_down()
        return self._row(kind, known, self._answers([self._by_id(kind, row_id, lock=lock)])[0])

    def _by_id(self, kind: type[Row], row_id: str, *, lock: bool) -> prepared.Asked:
        is_any_shop = self.actor is SYSTEM
        whose = {} if is_any_shop else {OF_SHOP: self.merchant_id}
        return by_id(cast("Any", kind), lock=lock, is_any_shop=is_any_shop), {"row_id": row_id, **whose}

    def _row(self, kind: type[Row], known: Row | None, found: list[Any]) -> Row | None:
        """What was found as a row, the one that this unit has already if it does."""
        if not found:
            return None
        values = found[0]._asdict()
        if known is not None:
            return renewed(known, values)
        row = detached(kind, values)
        if self.session is not None or relations(cast("Any", kind)):
            self.db.add(row)
        return row

    def _known(self, kind: type[Held], row_id: str) -> Held | None:
        """The row where this unit has it already."""
        held = self.held.get((kind, row_id))
        if held is None and self.session is not None:
            return cast("Held | None", self.session.identity_map.get((kind, (row_id,), None)))  # its key of a row
        return cast("Held | None", held)

    def merchant(self) -> Shop:
        """The shop that the actor acts for; read once, unless this unit changes it."""
        changed = self._known(Merchant, self.merchant_id)
        if changed is not None:
            return changed.value()
        if self.shop is None:
            self.shop = Shop(*self.answer(SHOP, {OF_SHOP: self.merchant_id})[0])
        return self.shop

    def made(self, kind: type[Row], /, **values: Any) -> Row:
        """Insert a row that belongs to the actor's merchant, and keep it in mind until the unit ends."""
        columns = {**blank(cast("Any", kind)), "merchant_id": self.merchant_id}
        written = {name: values.pop(name, value) for name, value in columns.items()}
        self.add(kind, written)
        row = detached(kind, written)
        for name, value in values.items():
            set_committed_value(row, name, value)
        if self.session is not None or not relations(cast("Any", kind)) <= values.keys():
            self.db.add(row)
        self.held[kind, written["id"]] = row
        self.locked.add((kind, written["id"]))  # nobody else can have it
        return row

    def put(self, row: Row, /, **values: Any) -> None:
        """Write what these values change of a row that has an `id`, at once and nothing else of it."""
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not changed:
            return
        written = writing(cast("Any", type(row)), tuple(changed))
        self.change(written, {"row_id": cast("Any", row).id, OF_SHOP: row.merchant_id, **changed})
        for name, value in changed.items():
            set_committed_value(row, name, value)

    def once(self, find: Callable[[], Row | None], make: Callable[[], Row]) -> tuple[Row, bool]:
        """The row found, or the one made; of two units making it at once the later finds the other's. True: made."""
        found = find()
        if found is not None:
            return found, False
        locked, held = set(self.locked), dict(self.held)
        try:
            with self.db.begin_nested():
                self.db.connection()  # only then is there a savepoint
                made = make()
                self.db.flush()
        except IntegrityError:
            self.locked, self.held = locked, held  # what was locked since is free again
            found = find()
            if found is None:
                raise
            return found, False
        return made, True

    def knows(self, before: Unit) -> None:
        """Take over what `before`, a unit of the same act that has just ended, read and nobody else needs to lock."""
        self.shop, self.seen = before.shop, dict(before.seen)

    def commit(self) -> None:
        if self._has_changes():
            self.db.flush()
        if self.unwritten:
            prepared.run_all(self._begun(), self._due(), and_commit=True)
        if self.opened is not None:
            self.opened.commit()

    def close(self) -> None:
        """End it; what was not committed is undone."""
        if self.session is not None:
            self.session.close()
        if self.opened is not None:
            self.opened.close()

    def later(self, job: str, row_id: str) -> None:
        self.jobs.append((job, row_id))

    def tell(self, uri: str) -> None:
        """Let whoever listens to `uri` (`product://...`, `licence://...`) know of a change, once the unit commits."""
        if uri not in self.news:
            self.news.append(uri)

    def now(self) -> datetime:
        return self.ports.clock()


def _need_of_shop(statement: Executable) -> None:
    if not is_of_shop(statement):
        raise Forbidden("a statement that goes past the session is made by of_shop")


class AdEngine:
    """The built product: settings, ports and a way to open units."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        self.ports = ports
        self.sql = connect(settings.database)
        # Of their own: told anew what it may do, a connection of SQLite forgets its prepared statements.
        self.sql_reads = connect(settings.database, only_reads=True)
        self.sessions = sessionmaker(self.sql, expire_on_commit=False)

    @contextmanager
    def unit(self, actor: Actor) -> Iterator[Unit]:
        """One request, tool call or task: commits if the block succeeds, then sends its jobs and news."""
        with self._opened(self.sql, actor) as unit:
            yield unit
            unit.commit()
        if unit.jobs:
            self.ports.enqueue(unit.jobs)
        if unit.news:
            self.ports.publish(tuple(unit.news))

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Unit]:
        """A unit that only looks: it waits for no writer, and writing in it fails."""
        with self._opened(self.sql_reads, actor) as unit:
            yield unit
            unit.commit()

    @contextmanager
    def _opened(self, sql: SqlEngine, actor: Actor) -> Iterator[Unit]:
        unit = Unit(sql, self.sessions, actor, self.ports, self.settings)
        try:
            yield unit
        finally:
            unit.close()

    def close(self) -> None:
        self.sql.dispose()
        self.sql_reads.dispose()


@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    """Scope every query to the session's merchant; a session without an actor gets nothing."""
    if state.is_column_load:
        return
    actor = state.session.info.get("actor")
    if actor is None:
        raise Forbidden("a session without an actor reads nothing")
    if actor.merchant_id is None:
        if actor is not SYSTEM:
            raise Forbidden("an actor without a shop reads nothing")
        return
    if OF_SHOP not in state.execution_options or state.is_relationship_load:
        state.statement = state.statement.options(_only_of(actor.merchant_id))


@lru_cache(maxsize=256)
def _only_of(merchant_id: str) -> LoaderCriteriaOption:
    return with_loader_criteria(
        Owned, lambda row: row.merchant_id == merchant_id, include_aliases=True, propagate_to_loaders=False
    )
