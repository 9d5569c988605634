"""Runs the long-lived processes: the HTTP server and the workers."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import uvicorn
from starlette.applications import Starlette

from adengine.core.errors import Conflict, Invalid
from adengine.engine import AdEngine
from adengine.settings import Settings
from integrations.queue import QUEUES


def serve_http(engine: AdEngine, *, host: str, port: int, with_worker: bool) -> None:
    """Serve until stopped; raises Conflict when the port is taken."""
    from adengine.asgi import create_asgi

    need_port(host, port)
    with workers(engine.settings, 1 if with_worker else 0):
        _serve(create_asgi(engine), engine.settings, host, port)


def serve_agents(engine: AdEngine, *, host: str, port: int) -> None:
    """Serve MCP alone until stopped; raises Conflict when the port is taken."""
    from adengine.asgi import create_agents_asgi

    need_port(host, port)
    _serve(create_agents_asgi(engine), engine.settings, host, port)


def settle() -> None:
    """Take what is loaded by now out of the garbage collector's sight: it stays, and going through it takes 0.2 s."""
    gc.collect()
    gc.freeze()


def _serve(app: Starlette, settings: Settings, host: str, port: int) -> None:
    settle()
    uvicorn.run(
        app,
        host=host,
        port=port,
        http="h11",
        log_level=settings.log_level.lower(),
        access_log=False,  # it would write whole addresses, and a sign-in link carries its token
        proxy_headers=True,
        timeout_graceful_shutdown=5,
    )


def work(engine: AdEngine, queues: list[str] | None = None) -> None:
    """Work in this process until stopped: one job at a time, since CUDA and x264 both want a process alone."""
    from celery.platforms import SecurityWarning

    from workers.tasks import make_app

    # Celery warns root of pickled messages; ours are JSON row ids and nothing else is accepted.
    warnings.simplefilter("ignore", SecurityWarning)
    unknown = sorted(set(queues or ()) - set(QUEUES))
    if unknown:
        raise Invalid(f"there is no queue {', '.join(unknown)}; choose among {', '.join(QUEUES)}")
    make_app(engine).worker_main(
        [
            "--quiet",
            "worker",
            "--pool=solo",
            "--without-gossip",
            "--without-mingle",
            f"--queues={','.join(queues or QUEUES)}",
            f"--hostname=adengine-{uuid.uuid4().hex[:8]}@%h",
            f"--loglevel={engine.settings.log_level}",
        ]
    )


@contextmanager
def workers(settings: Settings, count: int) -> Iterator[None]:
    """Run worker processes beside this one; they are stopped at the end."""
    started = [subprocess.Popen(command("worker"), env=environment(settings)) for _ in range(count)]
    try:
        yield
    finally:
        stop(started)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "adengine", *words]


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment with every setting spelled out, so that children agree with us."""
    spelled = {f"ADENGINE_{one.name.upper()}": getattr(settings, one.name) for one in fields(settings)}
    return {**os.environ, **spelled, "ADENGINE_HOME": str(settings.home_path)}


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask the processes to end, and end those that do not within ten seconds; rows keep what is owed."""
    for one in processes:
        if one.poll() is None:
            one.send_signal(signal.SIGTERM)
    for one in processes:
        try:
            one.wait(timeout=10)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def need_port(host: str, port: int) -> None:
    """Raise Conflict when something else listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(f"port {port} is taken; choose another with --port ({error.strerror})") from None
