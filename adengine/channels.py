"""How a connection's driver is given statements: SQLite's one by one, PostgreSQL's all in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, Protocol, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

# A statement, and the values of each time that it runs.
Sent = tuple[str, Sequence[Sequence[Any]]]
# What one found the last time that it ran, and what the driver calls the type of each column.
Found = tuple[list[tuple[Any, ...]], Callable[[], Iterable[Any]]]
KEY = "channel"


class Channel(Protocol):
    """What a connection is spoken to through."""

    def run(self, sent: Sequence[Sent]) -> list[Found]:
        """Run them in order, in the connection's transaction; raises the driver's error about the first that fails."""


def send(connection: Connection, sent: Sequence[Sent]) -> list[Found]:
    """What each of these statements finds, run in order in the connection's transaction.

    It begins with them if it has not yet. Raises what SQLAlchemy would, without the values: they may be a buyer's
    address.
    """
    channel: Channel | None = connection.info.get(KEY)
    if channel is None:
        channel = connection.info[KEY] = _opened(connection)
    if not connection.in_transaction():
        connection.begin()
    try:
        return channel.run(sent)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(error, connection) from None


def _opened(connection: Connection) -> Channel:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return Sqlite(driver)
    from adengine.postgres import Postgres  # its driver is there only where there is such a database

    return Postgres(driver)


class Sqlite:
    """A connection of sqlite3, all of whose statements go through one cursor."""

    def __init__(self, driver: Any) -> None:
        self._cursor = driver.cursor()

    def run(self, sent: Sequence[Sent]) -> list[Found]:
        found: list[Found] = []
        for text, rows in sent:
            if len(rows) == 1:
                self._cursor.execute(text, rows[0])
            else:
                self._cursor.executemany(text, rows)
            found.append((self._cursor.fetchall(), _nameless))
        return found


def _nameless() -> Iterable[None]:
    """SQLite knows no types of columns."""
    return repeat(None)


def _told(error: Exception, connection: Connection) -> BaseException:
    """The error as SQLAlchemy names it, its first line alone: PostgreSQL quotes the whole row in the second."""
    error.args = (str(error).split("\n", 1)[0],)
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(cast("Any", error), connection.connection, None)
    told = DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(error)
    return told
