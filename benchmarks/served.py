"""What the benchmarks of the servers share: processes whose CPU is read, databases to run on, rows of a table."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import create_engine, text

from tests import servers


@dataclass(frozen=True)
class Served:
    """A server process and the port it listens on."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu_s(self) -> float:
        """CPU time it has used so far, all of its threads."""
        # Linux names the CPU clock of another process so: MAKE_PROCESS_CPUCLOCK of the kernel.
        return time.clock_gettime((~self.process.pid << 3) | 2)


@contextmanager
def served(module: str, *words: str) -> Iterator[Served]:
    """`python -m module words... PORT` as a server of its own, until the block ends."""
    port = servers.free_port()
    process = subprocess.Popen([sys.executable, "-m", module, *words, str(port)])
    try:
        servers.await_server(f"http://127.0.0.1:{port}", process)
        yield Served(process, port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def spent(server: Served, count: int, act: Callable[[], object]) -> float:
    """CPU seconds of the server for each of `count` requests that `act` makes."""
    begun = server.cpu_s()
    act()
    return (server.cpu_s() - begun) / count


def spread(walls_s: list[float]) -> str:
    return f"median {1000 * median(walls_s):.1f} ms, p99 {1000 * quantiles(walls_s, n=100)[98]:.1f} ms"


def print_head() -> None:
    print("| database | what | target | figure | met |\n|---|---|---|---|---|")


def print_row(database: str, what: str, target: str, figure: str, met: bool | None = None) -> None:
    verdict = "" if met is None else "yes" if met else "NO"
    print(f"| {database} | {what} | {target} | {figure} | {verdict} |", flush=True)


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'bench.db'}"


@contextmanager
def postgres(_folder: Path) -> Iterator[str]:
    """A private server; it does not wait for the disk, so that what is compared is CPU."""
    missing = servers.postgres_missing()
    if missing:
        raise SystemExit(missing)
    with servers.postgres() as url:
        admin = create_engine(url + "postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE bench"))
        admin.dispose()
        yield url + "bench"


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgres}
ONLY = {"sqlite": "SQLite", "postgres": "PostgreSQL"}  # as a command line names one of them
