"""Statements compiled once and run by the database's driver itself.

Around a short statement SQLAlchemy takes six times as long as SQLite does for it, and a purchase is made of short ones.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Executable

from adengine import channels
from adengine.channels import Sent

Process = Callable[[Any], Any]
Counts = tuple[tuple[str, int], ...]
Asked = tuple[Executable, Mapping[str, Any]]
Write = tuple[Executable, Sequence[Mapping[str, Any]]]

# The driver's dialect, and how it marks the place of a value.
DRIVERS = {
    "sqlite": ("sqlalchemy.dialects.sqlite.pysqlite", "qmark"),
    "postgresql": ("sqlalchemy.dialects.postgresql.psycopg", "numeric_dollar"),
}
COMMIT: Sent = ("COMMIT", [()])


def run(connection: Connection, asked: Sequence[Asked], *, after: Sequence[Write] = ()) -> list[list[Any]]:
    """What each statement finds or returns, as named tuples, in the connection's transaction.

    `after` is written before; where the database takes several statements at once, all are sent together. A list among
    the values is for an expanding bind. Raises what SQLAlchemy would, without the values: a buyer's address, say.
    """
    prepared = [_asking(connection, *one) for one in asked]
    bound = [(one.text, [one.bound(values)]) for one, (_, values) in zip(prepared, asked, strict=True)]
    found = channels.send(connection, [*_sent(connection, after), *bound])[-len(asked) :]
    return [one.read(*rows) for one, rows in zip(prepared, found, strict=True)]


def run_all(connection: Connection, writes: Sequence[Write], *, and_commit: bool = False) -> None:
    """Run statements that answer nothing, each once for each of its rows."""
    channels.send(connection, [*_sent(connection, writes), *([COMMIT] if and_commit else [])])


def _asking(connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Prepared:
    counts = tuple([(name, len(value)) for name, value in values.items() if isinstance(value, list)])
    return _prepared(statement, connection.dialect.name, counts)


def _sent(connection: Connection, writes: Sequence[Write]) -> list[Sent]:
    name = connection.dialect.name
    prepared = [(_prepared(statement, name, ()), rows) for statement, rows in writes]
    return [(one.text, [one.bound(row) for row in rows]) for one, rows in prepared]


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

    def bound(self, given: Mapping[str, Any]) -> list[Any]:
        """The values as the driver takes them, each at its place."""
        values = {**self._literals, **given} if self._literals else given
        if self._lists:
            values = {
                **values,
                **{k: v for name, keys in self._lists.items() for k, v in zip(keys, given[name], strict=True)},
            }
        return [process(values[key]) if process else values[key] for key, process in self._places]

    def read(self, rows: Sequence[Sequence[Any]], kinds: Callable[[], Iterable[Any]]) -> list[Any]:
        """The rows as they are meant, named; `kinds` is what the driver calls the types of their columns."""
        if not rows:
            return []
        if not self._reads:
            self._reads = [
                kind.dialect_impl(self._dialect).result_processor(self._dialect, called)
                for kind, called in zip(self._types, kinds(), strict=False)
            ]
        reads = self._reads
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
