"""Run the benchmark of agents' calls and print its table: `make bench-mcp` (ARGS='--only sqlite --seconds 10')."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.agents.load import Tally, call, call_for, request_of
from benchmarks.agents.shop import PRODUCTS, open_shop, settings_of
from benchmarks.served import DATABASES, ONLY, Served, print_head, print_row, served, spread

TARGETS = {"echo": 6.0, "search_catalog": 11.0, "get_ad": 15.0}
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


def measure(name: str, url: str, home: Path, asked: argparse.Namespace) -> None:
    shop = open_shop(settings_of(home, url), asked.products)
    calls = {
        "echo": [request_of("echo", {"words": "anybody there?"})],
        "search_catalog": [request_of("search_catalog", {"catalog": {"query": one}}) for one in shop.sentences],
        "get_ad": [request_of("get_ad", {"ad_id": shop.film})],
    }
    serve = partial(served, "benchmarks.agents.server")
    with serve("product", str(home), url) as product, serve("bare") as bare:
        # Each sentence once: what a process learns from its first calls is not what is measured.
        call(product.port, calls["search_catalog"], len(shop.sentences))
        found = [one_round(product, bare, calls, asked.batch) for _ in range(asked.rounds + 1)][1:]
        print_row(name, "bare JSON echo, CPU", "", f"{1e6 * median(one['bare'] for one in found):.0f} us")
        for tool, target in TARGETS.items():
            ratios = [one[tool] / one["bare"] for one in found]
            cost = 1e6 * median(one[tool] for one in found)
            figure = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), {cost:.0f} us"
            print_row(name, f"{tool} / bare, CPU", f"<= {target:.0f}", figure, median(ratios) <= target)
        for tool in TARGETS:
            alone = call(product.port, calls[tool], 10 * asked.batch)
            p50 = 1000 * median(alone.walls_s)
            is_bound = tool == "echo"
            target = f"p50 <= {HIGHEST_P50_MS:.0f} ms" if is_bound else ""
            print_row(
                name,
                f"{tool}, one connection",
                target,
                spread(alone.walls_s),
                p50 <= HIGHEST_P50_MS if is_bound else None,
            )
        mixed = [one for several in zip(*(_stretched(calls[tool]) for tool in TARGETS), strict=True) for one in several]
        crowd = call_for(product.port, mixed, asked.seconds, LINES)
        figure = f"{len(crowd.errors)} errors in {crowd.sent} calls, {crowd.sent / asked.seconds:.0f} a second"
        what = f"all three, {LINES} connections, {asked.seconds:.0f} s"
        print_row(name, what, "0 errors", f"{figure}; {spread(crowd.walls_s)}", not crowd.errors)
        for one in crowd.errors[:3]:
            print(one)


def one_round(product: Served, bare: Served, calls: dict[str, list[bytes]], batch: int) -> dict[str, float]:
    """CPU seconds a call, by tool: the same number of each, one kind after the other."""
    answer = {"bare": spent(bare, calls["echo"], batch)}
    return answer | {tool: spent(product, requests, batch) for tool, requests in calls.items()}


def spent(server: Served, requests: list[bytes], count: int) -> float:
    begun = server.cpu_s()
    tally: Tally = call(server.port, requests, count)
    if tally.errors:
        raise SystemExit(f"a call failed: {tally.errors[0]}")
    return (server.cpu_s() - begun) / count


def _stretched(requests: Sequence[bytes], length: int = 300) -> list[bytes]:
    return [requests[number % len(requests)] for number in range(length)]


if __name__ == "__main__":
    main()
