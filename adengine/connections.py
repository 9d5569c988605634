"""Pools of connections to either database: those that write, and those that only read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext


def connect(url: str, *, only_reads: bool = False) -> Engine:
    """A pool of connections, of which those that only read refuse to write.

    SQLite gets WAL, foreign keys, and one writer at a time from BEGIN on. Neither logs nor errors hold what is written
    into rows: it may be a buyer's address.
    """
    return _sqlite(url, only_reads) if url.startswith("sqlite") else _postgres(url, only_reads)


def _sqlite(url: str, only_reads: bool) -> Engine:
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    sql = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True)
    pragmas = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "busy_timeout=30000")

    @event.listens_for(sql, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves: the driver's own comes too late
        for pragma in (*pragmas, "query_only=ON") if only_reads else pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(sql, "begin")
    def _begin(connection: Any) -> None:
        connection.connection.driver_connection.execute("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return sql


def _postgres(url: str, only_reads: bool) -> Engine:
    # Each statement sees what was committed before it, in a transaction or not: who only reads needs none.
    isolation = "AUTOCOMMIT" if only_reads else None
    # What is often sent is prepared by `adengine.postgres`: with what psycopg prepares, a rollback forgets all of it.
    sql = create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level=isolation,
        connect_args={"prepare_threshold": None},
    )
    event.listen(sql, "handle_error", _hide_rows)
    if only_reads:

        @event.listens_for(sql, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

    return sql


def _hide_rows(context: ExceptionContext) -> None:
    # PostgreSQL quotes the whole row in the second line of what it says (DETAIL).
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).split("\n", 1)[0], *error.args[1:])
