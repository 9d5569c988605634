"""Statements compiled once and run by the database's driver itself.

Around a short statement SQLAlchemy takes six times as long as SQLite does for it, and a purchase is made of short ones.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError

Process = Callable[[Any], Any]
Counts = tuple[tuple[str, int], ...]
Write = tuple[Executable, Sequence[Mapping[str, Any]]]

# The driver's dialect, and how it marks the place of a value.
DRIVERS = {
    "sqlite": ("sqlalchemy.dialects.sqlite.pysqlite", "qmark"),
    "postgresql": ("sqlalchemy.dialects.postgresql.psycopg", "numeric_dollar"),
}
CURSOR = "prepared cursor"


def run(connection: Connection, statement: Executable, values: Mapping[str, Any]) -> list[Any]:
    """What the statement finds or returns, as named tuples, in the connection's transaction.

    A list among the values is for an expanding bind. Raises what SQLAlchemy would, without the values: they may be a
    buyer's address.
    """
    counts = tuple([(name, len(value)) for name, value in values.items() if isinstance(value, list)])
    return _prepared(statement, connection.dialect.name, counts).run(connection, values)


def run_all(connection: Connection, writes: Sequence[Write]) -> None:
    """Run statements that answer nothing, each once for each of its rows; PostgreSQL gets them all at once."""
    name = connection.dialect.name
    if name == "sqlite" or len(writes) == 1:
        for statement, rows in writes:
            _prepared(statement, name, ()).run_each(connection, rows)
        return
    problem: BaseException | None = None
    try:
        with cast("Any", connection.connection.driver_connection).pipeline():
            try:
                for statement, rows in writes:
                    _prepared(statement, name, ()).run_each(connection, rows)
            except Exception as error:
                problem = error  # raised in here, it would make the driver log what else failed, with the row
    except connection.dialect.loaded_dbapi.Error as error:
        problem = problem or _told(error, connection)  # what follows the first says only that something failed before
    if problem is not None:
        raise problem


class Prepared:
    """A statement as one kind of database takes it; `counts` says how many values each of its lists has."""

    def __init__(self, statement: Executable, dialect: Dialect, counts: Counts) -> None:
        self._dialect = dialect
        compiled = cast("Any", statement).compile(dialect=dialect)
        listed, binds = dict(counts), dict(compiled.bind_names)
        self._literals = {one.key: one.effective_value for one in binds if not (one.required or one.expanding)}
        asked = {one.key: [None] * listed[one.key] if one.expanding else None for one in binds}
        state = compiled.construct_expanded_state({**asked, **self._literals})
        self.text: str = state.statement
        self._lists = {one.key: state.parameter_expansion[name] for one, name in binds.items() if one.expanding}
        given = {
            place: (place if bind.expanding else bind.key, bind.type.dialect_impl(dialect).bind_processor(dialect))
            for bind, name in binds.items()
            for place in (self._lists[bind.key] if bind.expanding else [name])
        }
        self._places = [given[name] for name in state.positiontup]
        columns = cast("Any", statement).exported_columns
        self._types = [one.type for one in columns]
        named: Any = namedtuple  # what columns there are, varies
        self._row = named("Found", [one.key for one in columns], rename=True)._make
        self._reads: list[Process | None] = []

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """What it finds or returns."""
        with self._cursor(connection) as cursor:
            cursor.execute(self.text, self._bound(values))
            return self._found(cursor) if self._types else []

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each of `rows`."""
        with self._cursor(connection) as cursor:
            if len(rows) == 1:
                cursor.execute(self.text, self._bound(rows[0]))
            else:
                cursor.executemany(self.text, [self._bound(row) for row in rows])

    @contextmanager
    def _cursor(self, connection: Connection) -> Iterator[Any]:
        try:
            yield connection.info.get(CURSOR) or _new_cursor(connection)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _told(error, connection) from None

    def _bound(self, given: Mapping[str, Any]) -> list[Any]:
        values = {**self._literals, **given} if self._literals else given
        if self._lists:
            values = {
                **values,
                **{k: v for name, keys in self._lists.items() for k, v in zip(keys, given[name], strict=True)},
            }
        return [process(values[key]) if process else values[key] for key, process in self._places]

    def _found(self, cursor: Any) -> list[Any]:
        if not self._reads:
            self._reads = [
                kind.dialect_impl(self._dialect).result_processor(self._dialect, column[1])
                for kind, column in zip(self._types, cursor.description, strict=True)
            ]
        rows, reads = cursor.fetchall(), self._reads
        if not any(reads):
            return [self._row(row) for row in rows]
        return [self._row([read(one) if read else one for one, read in zip(row, reads, strict=True)]) for row in rows]


@lru_cache(maxsize=2048)
def _prepared(statement: Executable, database: str, counts: Counts) -> Prepared:
    return Prepared(statement, _dialect(database), counts)


@cache
def _dialect(database: str) -> Dialect:
    module, paramstyle = DRIVERS[database]
    return cast("Dialect", import_module(module).dialect(paramstyle=paramstyle))


def _new_cursor(connection: Connection) -> Any:
    """The one that all statements of a connection go through; PostgreSQL's takes the text as it is."""
    driver: Any = connection.connection.driver_connection
    dbapi: Any = connection.dialect.loaded_dbapi
    made = driver.cursor() if connection.dialect.name == "sqlite" else dbapi.RawCursor(driver)
    connection.info[CURSOR] = made
    return made


def _told(error: Exception, connection: Connection) -> BaseException:
    """The error as SQLAlchemy names it, its first line alone: PostgreSQL quotes the whole row in the second."""
    error.args = (str(error).split("\n", 1)[0],)
    dialect = connection.dialect
    if dialect.is_disconnect(cast("Any", error), connection.connection, None):
        connection.invalidate(error)
    return DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect)
