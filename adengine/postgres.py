"""PostgreSQL spoken to below its driver's cursor: statements prepared once, and sent together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from psycopg import Connection
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute, fetch_many, send
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from adengine.channels import Found, Sent

Message = Callable[[], None]

# So many statements a connection keeps prepared; of each the server holds a plan.
MOST_PREPARED = 250


class Postgres:
    """A connection of psycopg, whose cursor spends more on a short statement than libpq does.

    What is sent together is one way to the server and back, and BEGIN goes along with what comes first. Values travel
    as text, of the type that the statement casts them to: whatever they are, it is prepared once.
    """

    def __init__(self, driver: Connection[Any]) -> None:
        self._driver = driver
        self._libpq: PGconn = driver.pgconn
        self._adapt = Transformer(driver)
        self._prepared: dict[str, bytes] = {}  # the one used longest ago comes first
        self._stale: list[bytes] = []
        self._numbers = count()

    def run(self, sent: Sequence[Sent]) -> list[Found]:
        """Run them in order, in the connection's transaction; raises the driver's error about the first that fails."""
        messages, new, last = self._messages(sent)
        results = self._exchange(messages)
        for place, result in enumerate(results):
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result, encoding=self._adapt.encoding)
            if place in new:
                self._keep(*new[place])
        found = [self._found(results[place]) for place in last]
        self._adapt.set_pgresult(None)
        return found

    def _messages(self, sent: Sequence[Sent]) -> tuple[list[Message], dict[int, tuple[str, bytes]], list[int]]:
        """What to send, the names that statements get which messages prepare, and the last message of each of `sent`.

        Messages are told by their place.
        """
        messages = [self._plain(b"DEALLOCATE " + name) for name in self._stale]
        self._stale.clear()
        if not self._driver.autocommit and self._libpq.transaction_status == TransactionStatus.IDLE:
            messages.insert(0, self._plain(b"BEGIN"))
        new: dict[int, tuple[str, bytes]] = {}
        named: dict[str, bytes] = {}
        last: list[int] = []
        for text, rows in sent:
            name = named.get(text) or self._prepared.pop(text, None)
            if name is None:
                name = b"adengine_%d" % next(self._numbers)
                new[len(messages)] = text, name
                messages.append(partial(self._libpq.send_prepare, name, text.encode()))
            elif text not in named:
                self._prepared[text] = name
            named[text] = name
            for row in rows:
                values = self._adapt.dump_sequence(row, [PyFormat.TEXT] * len(row))
                messages.append(partial(self._libpq.send_query_prepared, name, values))
            last.append(len(messages) - 1)
        return messages, new, last

    def _plain(self, text: bytes) -> Message:
        return partial(self._libpq.send_query_params, text, None)

    def _exchange(self, messages: Sequence[Message]) -> list[PGresult]:
        """The last result of each message."""
        try:
            if len(messages) > 1:
                return self._together(messages)
            messages[0]()
            return [self._driver.wait(execute(self._libpq))[-1]]
        except BaseException:
            self._driver.close()  # what is still to come would be taken for the answer to something else
            raise

    def _together(self, messages: Sequence[Message]) -> list[PGresult]:
        self._libpq.enter_pipeline_mode()
        for message in messages:
            message()
        self._libpq.pipeline_sync()
        results = self._driver.wait(_answers(self._libpq, len(messages)))
        self._libpq.exit_pipeline_mode()
        return results

    def _keep(self, text: str, name: bytes) -> None:
        self._prepared[text] = name
        if len(self._prepared) > MOST_PREPARED:
            self._stale.append(self._prepared.pop(next(iter(self._prepared))))

    def _found(self, result: PGresult) -> Found:
        self._adapt.set_pgresult(result)
        rows: list[tuple[Any, ...]] = self._adapt.load_rows(0, result.ntuples, tuple)
        return rows, lambda: [result.ftype(place) for place in range(result.nfields)]


def _answers(libpq: PGconn, messages: int) -> PQGen[list[PGresult]]:
    yield from send(libpq)
    answers = []
    for _ in range(messages):
        answers.append((yield from fetch_many(libpq))[-1])
    yield from fetch_many(libpq)  # that was all
    return answers
