"""Run the benchmark of agents' calls and print its table: `make bench-mcp` (ARGS='--only sqlite --seconds 10')."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.agents.load import call, call_for, request_of
from benchmarks.agents.shop import PRODUCTS, Opened, open_shop, settings_of
from benchmarks.served import DATABASES, ONLY, Served, print_head, print_row, served, spread

ECHO, GET_AD = "echo", "get_ad"
BEFORE, NEVER = "search_catalog, sentences asked before", "search_catalog, a sentence never asked before"
TARGETS = {ECHO: 6.0, BEFORE: 11.0, NEVER: None, GET_AD: 15.0}
ASKED_AGAIN = 100
LINES = 32
HIGHEST_P50_MS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds; the median of their ratios counts")
    parser.add_argument("--batch", type=int, default=100, help="calls of each kind in a round")
    parser.add_argument("--seconds", type=float, default=60, help=f"how long {LINES} connections call at once")
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--only", choices=ONLY, help="one database instead of both")
    asked = parser.parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="bench-mcp-") as folder:
        for name in [ONLY[asked.only]] if asked.only else DATABASES:
            with DATABASES[name](Path(folder)) as url:
                measure(name, url, Path(folder) / name, asked)


class Requests:
    """What is sent, by kind of call; every request of NEVER is handed out once."""

    def __init__(self, shop: Opened) -> None:
        searches = [request_of("search_catalog", {"catalog": {"query": one}}) for one in shop.sentences]
        self.again = {
            ECHO: [request_of("echo", {"words": "anybody there?"})],
            BEFORE: searches[:ASKED_AGAIN],
            GET_AD: [request_of("get_ad", {"ad_id": shop.film})],
        }
        self._once: Iterator[bytes] = iter(searches[ASKED_AGAIN:])

    def some(self, kind: str, count: int) -> list[bytes]:
        """As many requests as there are calls to make, or those to be made in turn."""
        if kind != NEVER:
            return self.again[kind]
        found = list(islice(self._once, count))
        if len(found) < count:
            raise SystemExit("there are too few sentences; ask for fewer rounds or smaller batches")
        return found


def measure(name: str, url: str, home: Path, asked: argparse.Namespace) -> None:
    alone = 2 * asked.batch
    sentences = ASKED_AGAIN + (asked.rounds + 1) * asked.batch + alone
    requests = Requests(open_shop(settings_of(home, url), asked.products, sentences))
    serve = partial(served, "benchmarks.agents.server")
    with serve("product", str(home), url) as product, serve("bare") as bare:
        # Each sentence once: what a process learns from its first calls is not what is measured.
        call(product.port, requests.again[BEFORE], ASKED_AGAIN)
        found = [one_round(product, bare, requests, asked.batch) for _ in range(asked.rounds + 1)][1:]
        print_row(name, "bare JSON echo, CPU", "", f"{1e6 * median(one['bare'] for one in found):.0f} us")
        for kind, target in TARGETS.items():
            print_ratio(name, kind, target, found)
        for kind in TARGETS:
            walls_s = call(product.port, requests.some(kind, alone), alone).walls_s
            p50_ms = 1000 * median(walls_s)
            bound, met = ("p50 <= 3 ms", p50_ms <= HIGHEST_P50_MS) if kind == ECHO else ("", None)
            print_row(name, f"{kind}, one connection", bound, spread(walls_s), met)
        print_crowd(name, product, requests, asked.seconds)


def one_round(product: Served, bare: Served, requests: Requests, batch: int) -> dict[str, float]:
    """CPU seconds a call, by kind: the same number of each, one kind after the other."""
    answer = {"bare": spent(bare, requests.again[ECHO], batch)}
    return answer | {kind: spent(product, requests.some(kind, batch), batch) for kind in TARGETS}


def spent(server: Served, requests: list[bytes], count: int) -> float:
    begun = server.cpu_s()
    tally = call(server.port, requests, count)
    if tally.errors:
        raise SystemExit(f"a call failed: {tally.errors[0]}")
    return (server.cpu_s() - begun) / count


def print_ratio(name: str, kind: str, target: float | None, found: Sequence[dict[str, float]]) -> None:
    ratios = [one[kind] / one["bare"] for one in found]
    cost_us = 1e6 * median(one[kind] for one in found)
    figure = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), {cost_us:.0f} us"
    wanted = "" if target is None else f"<= {target:.0f}"
    print_row(name, f"{kind} / bare, CPU", wanted, figure, None if target is None else median(ratios) <= target)


def print_crowd(name: str, product: Served, requests: Requests, seconds: float) -> None:
    """Many connections at once, each calling all kinds by turns."""
    kinds = zip(*(_stretched(one) for one in requests.again.values()), strict=True)
    crowd = call_for(product.port, [one for several in kinds for one in several], seconds, LINES)
    figure = f"{len(crowd.errors)} errors in {crowd.sent} calls, {crowd.sent / seconds:.0f} a second"
    what = f"all three, {LINES} connections, {seconds:.0f} s"
    print_row(name, what, "0 errors", f"{figure}; {spread(crowd.walls_s)}", not crowd.errors)
    for one in crowd.errors[:3]:
        print(one)


def _stretched(requests: Sequence[bytes], length: int = 300) -> list[bytes]:
    return [requests[number % len(requests)] for number in range(length)]


if __name__ == "__main__":
    main()
