"""Run the benchmark of the checkout and print its table: `make bench-checkout` (ARGS='--rounds 9 --batch 40')."""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.checkout.agent import Agent
from benchmarks.checkout.market import open_market, settings_of
from benchmarks.served import DATABASES, ONLY, Served, print_head, print_row, served, spent, spread

STEPS = ("create", "update", "complete")
TARGET = 4.0
AGENTS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds; the median of their ratios counts")
    parser.add_argument("--batch", type=int, default=30, help="requests of each kind in a round")
    parser.add_argument("--only", choices=ONLY, help="one database instead of both")
    asked = parser.parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="bench-checkout-") as folder:
        for name in [ONLY[asked.only]] if asked.only else DATABASES:
            with DATABASES[name](Path(folder)) as url:
                measure(name, url, Path(folder) / name, asked.rounds, asked.batch)


def measure(name: str, url: str, home: Path, rounds: int, batch: int) -> None:
    settings = settings_of(home, url)
    token, variant_id = open_market(settings)
    serve = partial(served, "benchmarks.checkout.server")
    with serve("product", str(home), url) as product, serve("bare", str(home), url) as bare:
        buyer, noter = Agent(product.port, token, variant_id), Agent(bare.port, token, variant_id)
        one_round(buyer, noter, product, bare, batch)
        buyer.walls_s.clear()
        found = [one_round(buyer, noter, product, bare, batch) for _ in range(rounds)]
        print_row(name, "bare request, CPU", "", f"{1000 * median(one['bare'] for one in found):.2f} ms")
        for step in STEPS:
            ratios = [one[step] / one["bare"] for one in found]
            cost = 1000 * median(one[step] for one in found)
            figure = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), {cost:.2f} ms"
            print_row(name, f"{step} / bare, CPU", f"<= {TARGET:.0f}", figure, median(ratios) <= TARGET)
        for step in STEPS:
            print_row(name, f"{step}, one agent, wall", "", spread(buyer.walls_s[step]))
        print_row(
            name, f"whole purchases of {AGENTS} agents at once", "", at_once(product.port, token, variant_id, batch)
        )


def one_round(buyer: Agent, noter: Agent, product: Served, bare: Served, batch: int) -> dict[str, float]:
    """CPU seconds a request, by step: the same number of each, one kind after the other."""
    sessions: list[str] = []
    return {
        "create": spent(product, batch, lambda: sessions.extend(buyer.create() for _ in range(batch))),
        "bare": spent(bare, batch, lambda: [noter.note() for _ in range(batch)]),
        "update": spent(product, batch, lambda: [buyer.update(one) for one in sessions]),
        "complete": spent(product, batch, lambda: [buyer.complete(one) for one in sessions]),
    }


def at_once(port: int, token: str, variant_id: str, batch: int) -> str:
    """Purchases a second of several agents, and how long the slowest hundredth of their requests took."""
    agents = [Agent(port, token, variant_id) for _ in range(AGENTS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(AGENTS) as pool:
        list(pool.map(lambda agent: buy(agent, batch), agents))
    wall = time.perf_counter() - begun
    walls = [one for agent in agents for taken in agent.walls_s.values() for one in taken]
    return f"{AGENTS * batch / wall:.1f} a second, each three requests; {spread(walls)}"


def buy(agent: Agent, count: int) -> None:
    for _ in range(count):
        session_id = agent.create()
        agent.update(session_id)
        agent.complete(session_id)


if __name__ == "__main__":
    main()
