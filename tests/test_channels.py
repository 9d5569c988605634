"""PostgreSQL below its driver's cursor: whatever happens between, each answer belongs to what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from adengine import postgres
from adengine.channels import send
from adengine.connections import connect

ECHO = "SELECT $1::BIGINT, $2::VARCHAR, $3::TIMESTAMP WITH TIME ZONE, $4::BOOLEAN, $5::VARCHAR[]"
NOTED = "INSERT INTO note (id) VALUES ($1::VARCHAR)"
NOTES = "SELECT id FROM note ORDER BY id"


@pytest.fixture
def sql(postgres_url: str) -> Iterator[Engine]:
    made = connect(postgres_url + "postgres")
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE note (id VARCHAR PRIMARY KEY)")
    yield made
    with made.begin() as connection:
        connection.exec_driver_sql("DROP TABLE note")
    made.dispose()


def notes(connection: Connection) -> list[str]:
    return [str(row[0]) for row in send(connection, [(NOTES, [()])])[0][0]]


def prepared(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar_one())


def test_values_come_back_as_they_went(sql: Engine) -> None:
    at = datetime(2026, 2, 28, 23, 59, 59, 123456, UTC)
    rows: list[list[object]] = [
        [1, "", at, True, ["a"]],
        [-40_000, "it's {1} \\ $1 : ä 茶 🫖", at, False, ["", "b,c", '"', "NULL"]],
        [2**62, None, None, None, []],
    ]
    with sql.begin() as connection:
        for row in rows:
            assert [list(found) for found in send(connection, [(ECHO, [row])])[0][0]] == [row]
        assert prepared(connection) == 1


def test_what_goes_together_is_done_in_order_and_the_last_answers(sql: Engine) -> None:
    with sql.begin() as connection:
        sent = [(NOTED, [["a"], ["b"]]), ("UPDATE note SET id = id || $1::VARCHAR", [["!"]]), (NOTES, [()])]
        assert send(connection, sent)[-1][0] == [("a!",), ("b!",)]
    with sql.connect() as connection:
        assert notes(connection) == ["a!", "b!"]


def test_a_refusal_undoes_all_and_the_connection_goes_on(sql: Engine) -> None:
    with sql.connect() as connection:
        for _ in range(2):  # the second time with everything prepared
            with pytest.raises(IntegrityError):
                send(connection, [(NOTED, [["a"], ["a"], ["b"]]), (NOTES, [()])])
            connection.rollback()
            assert notes(connection) == []
            connection.rollback()


def test_a_statement_that_could_not_be_prepared_is_not_taken_for_prepared(sql: Engine) -> None:
    missing = "SELECT later FROM note WHERE id = $1::VARCHAR"
    with sql.connect() as connection:
        for _ in range(2):
            with pytest.raises(ProgrammingError):
                send(connection, [(NOTED, [["a"]]), (missing, [["a"]])])
            connection.rollback()
        connection.exec_driver_sql("ALTER TABLE note ADD later INTEGER DEFAULT 7")
        assert send(connection, [(NOTED, [["a"]]), (missing, [["a"]])])[-1][0] == [(7,)]


def test_a_savepoint_given_up_and_a_rollback_leave_prepared_statements_usable(sql: Engine) -> None:
    with sql.connect() as connection:
        send(connection, [(NOTED, [["a"]])])
        connection.commit()
        for _ in range(10):  # so often that psycopg would prepare it too, and at a rollback forget all there are
            connection.exec_driver_sql("SELECT id FROM note WHERE id = %s", ("a",))
        with pytest.raises(IntegrityError), connection.begin_nested():
            send(connection, [(NOTED, [["a"]])])
        assert notes(connection) == ["a"]
        connection.rollback()
        send(connection, [(NOTED, [["b"]])])
        assert notes(connection) == ["a", "b"]


def test_only_the_statements_used_last_stay_prepared(sql: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "MOST_PREPARED", 5)
    with sql.begin() as connection:
        for number in (*range(5), 0, *range(5, 9), 0):
            assert send(connection, [(f"SELECT $1::INTEGER + {number}", [[1]])])[-1][0] == [(number + 1,)]
        send(connection, [("SELECT 1", [()])])  # the one dropped before goes along, and the next will with the next
        kept = connection.exec_driver_sql("SELECT statement, name FROM pg_prepared_statements").all()
    numbers = {text.rpartition("+ ")[2]: int(name.rpartition("_")[2]) for text, name in kept if "+" in text}
    assert numbers == {"0": 0, "5": 5, "6": 6, "7": 7, "8": 8}


def test_committing_goes_along_and_is_not_done_twice(sql: Engine) -> None:
    with sql.connect() as connection:
        connection.begin()
        send(connection, [(NOTED, [["a"]]), ("COMMIT", [()])])
        connection.commit()
    with sql.connect() as connection:
        assert notes(connection) == ["a"]


def test_a_lost_connection_is_told_and_never_used_again(sql: Engine) -> None:
    with sql.connect() as connection, sql.connect() as other:
        own = send(connection, [("SELECT pg_backend_pid()", [()])])[0][0][0][0]
        other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (own,))
        with pytest.raises(OperationalError) as lost:
            send(connection, [(NOTED, [["a"]]), (NOTES, [()])])
        assert lost.value.connection_invalidated
    with sql.connect() as connection:
        assert notes(connection) == []


def test_who_is_interrupted_leaves_no_answer_to_somebody_else(sql: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with sql.connect() as connection:
        assert notes(connection) == []
        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Connection, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                send(connection, [(NOTED, [["a"]]), (NOTES, [()])])
        connection.invalidate()
    with sql.connect() as connection:
        assert notes(connection) == []
