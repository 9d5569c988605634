"""Private servers for tests, on free loopback ports: they start with the tests and end with them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
POSTGRES_HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_missing() -> str | None:
    """Why no PostgreSQL can be started here; None when one can."""
    if not POSTGRES_HOMES:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.getuid() == 0 and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        return "PostgreSQL refuses to run as root, and there is no user 'postgres'"
    return None


def redis_missing() -> str | None:
    return None if shutil.which("redis-server") else "Redis is not installed (apt-get install redis-server)"


def rabbitmq_missing() -> str | None:
    return None if RABBITMQ.exists() else "RabbitMQ is not installed (apt-get install rabbitmq-server)"


@contextmanager
def postgres() -> Iterator[str]:
    """A server of our own; answers its SQLAlchemy URL, to which a database name is appended."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as made:
        yield from _postgres(Path(made))


def _postgres(folder: Path) -> Iterator[str]:
    data, port, bin_ = folder / "data", free_port(), POSTGRES_HOMES[-1]
    as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder}
    initdb = [bin_ / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, **quiet, **as_user)
    options = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]
    server = [bin_ / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(server, cwd=folder, stdout=log, stderr=subprocess.STDOUT, **as_user)
    try:
        _await_port(port, process)
        yield f"postgresql+psycopg://test@127.0.0.1:{port}/"
    finally:
        # An immediate shutdown: whoever is connected is turned away, and nothing is written down for a next start.
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=20)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    port = free_port()
    server = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _await_port(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def rabbitmq() -> Iterator[str]:
    """A broker of our own with a node name, port mapper and folder of its own; answers its Celery URL."""
    port, mapper = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="rabbitmq-") as made:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": made,
            "RABBITMQ_HOME": made,
            "RABBITMQ_NODENAME": f"test{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": made,
            "RABBITMQ_LOG_BASE": made,
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{made}/plugins",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        Path(made, "plugins").write_text("[].\n")
        with Path(made, "out").open("wb") as out:
            process = subprocess.Popen([RABBITMQ], env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            _await_port(port, process)
            yield f"amqp://guest:guest@127.0.0.1:{port}//"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)
            _end_port_mapper(env)


def _end_port_mapper(env: dict[str, str]) -> None:
    """Erlang's port mapper outlives its nodes, and goes when told so once they are gone."""
    for _ in range(60):
        told = subprocess.run(["epmd", "-kill"], env=env, capture_output=True, text=True, check=False)
        if "Killed" in told.stdout + told.stderr:
            return
        time.sleep(0.25)


def await_server(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until `adengine serve` answers; fail when it ends instead."""
    for _ in range(240):
        assert server.poll() is None, "the server ended"
        try:
            if httpx.get(f"{url}/healthz", timeout=2).text == "ok":
                return
        except httpx.TransportError:
            time.sleep(0.25)
    raise AssertionError("the server did not answer")


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"a test server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("a test server did not come up in 20 s")
