"""Servers that can be killed at any step of one request: the product as `adengine serve` runs it, with watches.

Run as a process of its own it reads one JSON command a line and answers with one: `start` forks a server off the
product it has built, `wait` and `kill` answer how one ended. Forking makes a server for each step cheap; `warm`, which
answers a request before any fork, makes its answers cheap.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Connection

from adengine import channels
from adengine.app import build
from adengine.asgi import create_asgi
from adengine.channels import Found, Sent
from adengine.engine import AdEngine
from adengine.prepared import COMMIT
from adengine.settings import Settings
from adengine.web import create_app
from tests.stripe_desk import CONNECT_SECRET, KEY, SECRET, StripeDesk

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Any, Send], Awaitable[None]]
BACKLOG = 512


@dataclass
class Steps:
    """Counts the steps of the first request to `path`, and dies at number `kill_at` (0: at none).

    Each step's name goes to the file `told` before it can kill.
    """

    path: str = ""
    kill_at: int = 0
    told: int = -1
    count: int = 0
    is_armed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, name: str) -> None:
        with self.lock:
            if not self.is_armed:
                return
            self.count += 1
            os.write(self.told, f"{name}\n".encode())
            if self.count == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            self.reach(f"before {name}")
            answer = act(*given, **named)
            self.reach(f"after {name}")
            return answer

        return watched


class WatchedPayments:
    """Payments with a step before and after each call."""

    def __init__(self, payments: object, steps: Steps) -> None:
        self._payments, self._steps = payments, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._payments, name)
        return self._steps.around(name, found) if callable(found) else found


def watch(app: Application, steps: Steps) -> Application:
    """The application with a step when the request comes in, and around each part of the answer that goes out."""

    async def serve(scope: Message, receive: Any, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message.get("body") == b"":  # the end of an answer comes with its last part, or after it
                await send(message)
                return
            steps.reach(f"before sending {message['type']}")
            await send(message)
            steps.reach(f"after sending {message['type']}")

        is_it = scope["type"] == "http" and scope["path"] == steps.path
        if is_it:
            steps.is_armed = True
            steps.reach("request came in")
        await app(scope, receive, sent if is_it else send)

    return serve


@dataclass(frozen=True)
class Built:
    """The whole product, and its steps."""

    engine: AdEngine
    app: Application
    steps: Steps


@cache
def built(home: str, database_url: str, stripe_url: str, patience_s: float, repeats: int, lease_s: int) -> Built:
    """The product over these; without a `stripe_url` the sandbox takes the money."""
    steps = Steps()
    settings = Settings(
        home=home,
        database_url=database_url,
        lease_s=str(lease_s),
        private_webhooks="1",
        payments="stripe" if stripe_url else "sandbox",
        stripe_key=KEY,
        stripe_webhook_secret=f"{SECRET} {CONNECT_SECRET}",
        stripe_api_base=stripe_url,
    ).checked()
    engine = build(settings)
    payments = StripeDesk(stripe_url).payments(patience_s=patience_s, repeats=repeats) if stripe_url else None
    watch_engine(engine, steps, payments or engine.ports.payments)
    return Built(engine, watch(create_asgi(engine), steps), steps)


def watch_engine(engine: AdEngine, steps: Steps, payments: object) -> None:
    """Put a step before and after each commit, each call to the payment provider and each message to a worker."""
    engine.ports = replace(
        engine.ports,
        payments=WatchedPayments(payments, steps),
        enqueue=steps.around("message to a worker", engine.ports.enqueue),
    )
    watch_commits(engine, steps)


def watch_commits(engine: AdEngine, steps: Steps) -> None:
    """Most commits go along with the last writes; the driver is asked for the others, and once more for those."""
    dialect, commit, send = engine.sql.dialect, engine.sql.dialect.do_commit, channels.send
    watched_commit, watched_send = steps.around("commit", commit), steps.around("commit", send)

    def committed(driver: Any) -> None:
        is_open = driver.in_transaction if dialect.name == "sqlite" else driver.pgconn.transaction_status
        (watched_commit if is_open else commit)(driver)

    def sent(connection: Connection, statements: Sequence[Sent]) -> list[Found]:
        is_last = connection.engine is engine.sql and statements[-1] == COMMIT
        return (watched_send if is_last else send)(connection, statements)

    dialect.do_commit = committed  # type: ignore[method-assign]
    channels.send = sent


def start(ask: Message) -> Message:
    """Fork a server; its socket listens before it does, so that nobody has to wait until it is there."""
    made = _built(ask)
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as door:
        port = door.getsockname()[1]
        pid = os.fork()
        if pid == 0:
            _serve(made, door, ask)
    return {"pid": pid, "url": f"http://127.0.0.1:{port}"}


def warm(ask: Message) -> Message:
    """Answer a request here, without steps, and close every connection again."""
    made = _built(ask)
    answer = create_app(made.engine).test_client().post(ask["path"], data=ask["body"], headers=ask["headers"])
    made.engine.close()
    return {"status": answer.status_code}


def _built(ask: Message) -> Built:
    return built(*(ask[name] for name in ("home", "database_url", "stripe_url", "patience_s", "repeats", "lease_s")))


def _serve(made: Built, door: socket.socket, ask: Message) -> None:
    code = 1
    try:
        made.steps.path, made.steps.kill_at = ask["path"], ask["kill_at"]
        made.steps.told = os.open(ask["steps"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        log = os.open(Path(ask["home"]) / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        config = uvicorn.Config(made.app, http="h11", log_level="warning", access_log=False, backlog=BACKLOG)
        uvicorn.Server(config).run(sockets=[door])
        code = 0
    finally:
        os._exit(code)


def wait(ask: Message) -> Message:
    """How a server ended; None: it did not within ten seconds, and was killed now."""
    for _ in range(1000):
        pid, status = os.waitpid(ask["pid"], os.WNOHANG)
        if pid:
            return {"ended": os.waitstatus_to_exitcode(status)}
        time.sleep(0.01)
    kill(ask)
    return {"ended": None}


def kill(ask: Message) -> Message:
    os.kill(ask["pid"], signal.SIGKILL)
    return {"ended": os.waitstatus_to_exitcode(os.waitpid(ask["pid"], 0)[1])}


COMMANDS = {"start": start, "warm": warm, "wait": wait, "kill": kill}


def main() -> None:
    alive: set[int] = set()
    for line in sys.stdin:
        ask = json.loads(line)
        answer = COMMANDS[ask["command"]](ask)
        if ask["command"] == "start":
            alive.add(answer["pid"])
        alive.discard(ask.get("pid", 0))
        print(json.dumps(answer), flush=True)  # noqa: T201
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
