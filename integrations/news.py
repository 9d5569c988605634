"""News of changes, told by any process to those that listen: over the broker, or through a file in the home folder.

It may be lost, and nothing is kept for those who come later: who hears it looks again at what it names.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.messaging import Consumer, Producer

EXCHANGE = Exchange("adengine.news", type="fanout", durable=True, delivery_mode="transient")  # type: ignore[no-untyped-call]
LONGEST_WAIT_S = 1.0  # for a broker that does not answer
REST_S = 5.0  # after a failure, before the broker is tried again
LOOK_S = 0.5
HEARTBEAT_S = 20  # AMQP: a connection that died without a word is noticed
LARGEST_LOG = 1_000_000

Heard = Callable[[str], None]  # the URI of what changed; called in a thread of its own, and must not raise
Hush = Callable[[], None]  # ends the listening, at once or with the next look

log = logging.getLogger(__name__)


class News(Protocol):
    """Tell of changes, and hear of those told by any process of the same home or broker."""

    def publish(self, uris: Sequence[str]) -> None:
        """Tell at once; what cannot be told within a moment is logged and lost. Never raises."""
        ...

    def listen(self, heard: Heard) -> Hush:
        """Hear of everything told from now on."""
        ...


def open_news(broker_url: str, home: Path) -> News:
    """The news that all processes with these settings share; nothing is connected before it is needed."""
    return BrokerNews(broker_url) if broker_url else FolderNews(home / "news")


class FolderNews:
    """One line a change in `log`, read on from where a listener stands; a full log is put aside as `log.old`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log"

    def publish(self, uris: Sequence[str]) -> None:
        lines = "".join(f"{json.dumps(uri)}\n" for uri in uris).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path.with_name("lock")):
                if self.path.exists() and self.path.stat().st_size > LARGEST_LOG:
                    self.path.replace(self.path.with_name("log.old"))
                with self.path.open("ab", buffering=0) as file:
                    file.write(lines)
        except OSError as error:
            log.warning("news was not told (%s): %s", error, " ".join(uris)[:300])

    def listen(self, heard: Heard) -> Hush:
        return _in_thread(self._follow, heard)

    def _follow(self, heard: Heard, over: threading.Event, ready: threading.Event) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        file = self.path.open("rb")
        file.seek(0, os.SEEK_END)
        ready.set()
        while not over.wait(LOOK_S):
            is_put_aside = _is_another(self.path, file.fileno())
            _hear_lines(file, heard)
            if is_put_aside:
                file.close()
                self.path.touch()
                file = self.path.open("rb")
                _hear_lines(file, heard)
        file.close()


class BrokerNews:
    """A fanout exchange: every listener has a queue of its own, which goes when it does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._kept: Any = None
        self._release: Callable[[], object] = lambda: None
        self._rests_until = 0.0

    def publish(self, uris: Sequence[str]) -> None:
        if not self._lock.acquire(timeout=LONGEST_WAIT_S):
            log.warning("news was not told, the broker is slow: %s", " ".join(uris)[:300])
            return
        try:
            if time.monotonic() >= self._rests_until:
                self._publish(uris)
        except Exception as error:  # every transport raises its own, and the act is committed already
            self._rests_until = time.monotonic() + REST_S
            log.warning("news was not told (%s): %s", error, " ".join(uris)[:300])
        finally:
            self._lock.release()

    def listen(self, heard: Heard) -> Hush:
        return _in_thread(self._follow, heard)

    def _publish(self, uris: Sequence[str]) -> None:
        was_kept = self._kept is not None
        try:
            self._send(uris)
        except Exception:
            self._forget()
            if not was_kept:
                raise
            self._send(uris)  # the connection kept from last time may have been closed by the broker meanwhile

    def _send(self, uris: Sequence[str]) -> None:
        if self._kept is None:
            self._kept = _connection(self.url, transport_options=_short_waits(self.url))
            self._release = weakref.finalize(self, _released, self._kept)
            self._kept.ensure_connection(max_retries=1, interval_start=0, timeout=LONGEST_WAIT_S)
        producer: Any = Producer(self._kept.default_channel, exchange=EXCHANGE, serializer="json")  # type: ignore[no-untyped-call]
        producer.publish(list(uris), retry=False)

    def _forget(self) -> None:
        self._kept = None
        self._release()

    def _follow(self, heard: Heard, over: threading.Event, ready: threading.Event) -> None:
        while not over.is_set():
            try:
                self._drain(heard, over, ready)
            except Exception as error:  # every transport raises its own
                log.warning("news cannot be heard (%s); trying again in %.0f s", error, REST_S)
                over.wait(REST_S)

    def _drain(self, heard: Heard, over: threading.Event, ready: threading.Event) -> None:
        name = f"adengine.news.{uuid.uuid4().hex}"
        queue = Queue(name, EXCHANGE, exclusive=True, auto_delete=True, durable=False)  # type: ignore[no-untyped-call]

        def take(body: object, _message: object) -> None:
            for uri in body if isinstance(body, list) else ():
                heard(str(uri))

        with (
            _connection(self.url, heartbeat=HEARTBEAT_S) as connection,
            Consumer(connection, [queue], callbacks=[take], no_ack=True, accept=["json"]),  # type: ignore[no-untyped-call]
        ):
            _await_message(connection, 0.05)  # Redis subscribes with the first look, not when the consumer is made
            ready.set()
            while not over.is_set():
                _await_message(connection, LOOK_S)
                connection.heartbeat_check()


def _connection(url: str, **options: Any) -> Any:
    return Connection(url, connect_timeout=LONGEST_WAIT_S, **options)  # type: ignore[no-untyped-call]


def _released(connection: Any) -> None:
    with contextlib.suppress(Exception):  # it may be broken already
        connection.release()


def _await_message(connection: Any, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        connection.drain_events(timeout=seconds)


def _short_waits(url: str) -> dict[str, float]:
    if url.startswith("amqp"):
        return {"read_timeout": LONGEST_WAIT_S, "write_timeout": LONGEST_WAIT_S}
    return {"socket_connect_timeout": LONGEST_WAIT_S, "socket_timeout": LONGEST_WAIT_S}


def _in_thread(follow: Callable[[Heard, threading.Event, threading.Event], None], heard: Heard) -> Hush:
    """Follow in a thread of its own; answers once it follows, or after a moment if it cannot yet."""
    over, ready = threading.Event(), threading.Event()
    threading.Thread(target=follow, args=(heard, over, ready), name="news", daemon=True).start()
    ready.wait(LONGEST_WAIT_S)
    return over.set


def _hear_lines(file: BinaryIO, heard: Heard) -> None:
    for line in file.readlines():
        with contextlib.suppress(ValueError):
            heard(str(json.loads(line)))


def _is_another(path: Path, fileno: int) -> bool:
    """Whether another file stands at the path than the one that is open."""
    try:
        return path.stat().st_ino != os.fstat(fileno).st_ino
    except FileNotFoundError:
        return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
