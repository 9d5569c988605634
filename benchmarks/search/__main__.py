"""Run the benchmark of search and print its tables: `make bench-search` (ARGS='--worst' shows where it fails)."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from adengine.core.catalog import Product
from adengine.engine import Actor, AdEngine
from benchmarks.search import running, scores
from benchmarks.search.asks import make_asks
from benchmarks.search.by_hand import BY_HAND
from benchmarks.search.judging import Judge
from benchmarks.search.kinds import kinds
from benchmarks.search.market import make_shop
from benchmarks.search.scores import Outcome
from benchmarks.search.small_shops import SMALL_SHOPS, SmallShop
from benchmarks.search.truth import NOTHING, Asked

WORST = 30
PRODUCTS = 20_000
IMPORT = "import time; a=time.process_time(); import adengine.services.search; print(time.process_time()-a)"


def main() -> None:
    asked = _arguments()
    shop = make_shop(asked.products)
    judge = Judge(shop.truths)
    made = [one for one in make_asks(judge) if one.intent in (asked.intent or [one.intent])][:: asked.every]
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder, _opened(asked, shop.products, folder) as open_:
        found = running.put(*open_, made, lambda one: judge.grades(one.need))
        by_hand = running.put(*open_, BY_HAND[:: asked.every], lambda one: judge.grades(one.need))
    tuning = [one for one in found if not one.is_held_out]
    electronics = [one for one, of in zip(found, made, strict=True) if is_electronic(of)]
    if asked.worst:
        print_worst(tuning)
    print_intents(tuning, found, by_hand, electronics)
    if not asked.intent:
        for small in SMALL_SHOPS:
            print_small(small)
    print_costs(found + by_hand)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="on a private PostgreSQL instead of SQLite")
    parser.add_argument("--products", type=int, default=PRODUCTS, help="how many the shop has")
    parser.add_argument("--every", type=int, default=1, help="put only every so-many-th query")
    parser.add_argument("--intent", action="append", help="only queries of this intent; may be given again")
    parser.add_argument("--worst", action="store_true", help=f"show the {WORST} worst queries of the tuning half")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--reuse", action="store_true", help="take the last database though the code changed since")
    return parser.parse_args()


def _opened(
    asked: argparse.Namespace, products: Sequence[Product], folder: str
) -> AbstractContextManager[tuple[AdEngine, Actor]]:
    if asked.postgres:
        return running.on_postgres(products, Path(folder), tell)
    return running.on_sqlite(products, is_fresh=asked.fresh, is_reused=asked.reuse, tell=tell)


def tell(line: str) -> None:
    print(line, flush=True)


def print_intents(
    tuning: Sequence[Outcome], found: Sequence[Outcome], by_hand: Sequence[Outcome], electronics: Sequence[Outcome]
) -> None:
    """By intent over the tuning half, then its total beside that of the half nobody tunes by and the hand-made set."""
    held_out = [one for one in found if one.is_held_out]
    _head("queries by intent, tuning half")
    for intent in dict.fromkeys(one.intent for one in tuning):
        _row(scores.line(intent, [one for one in tuning if one.intent == intent]))
    _head("all together")
    for name, outcomes in (
        ("tuning half", tuning),
        ("held-out half", held_out),
        ("by hand", by_hand),
        ("made, both halves", found),
        ("electronics of these", electronics),
    ):
        if outcomes:
            _row(scores.line(name, outcomes))
            _print_honesty(name, outcomes)


def is_electronic(asked: Asked) -> bool:
    """Whether it asks for electronics and nothing else."""
    named = [kinds()[one] for one in asked.need.kinds if one in kinds()]
    return bool(named) and all(one.is_electronic for one in named)


def _head(name: str) -> None:
    tell(f"\n| {name} | queries | nDCG@10 | recall@10 | left empty wrongly |\n|---|---|---|---|---|")


def _row(line: scores.Line) -> None:
    tell(f"| {line.name} | {line.queries} | {_of(line.ndcg)} | {_of(line.recall)} | {line.left_empty} |")


def _of(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def _print_honesty(name: str, outcomes: Sequence[Outcome]) -> None:
    one = scores.honesty(outcomes)
    tell(
        f"| {name}, 'nothing suitable' | {one.due} due, {one.said} said | "
        f"precision {_of(one.precision)} | recall {_of(one.recall)} | |"
    )


def print_worst(tuning: Sequence[Outcome]) -> None:
    """Where search fails most, with what it showed and each grade; queries of the held-out half are never shown."""
    answered = sorted((one for one in tuning if one.has_answer), key=lambda one: one.ndcg)
    for one in answered[:WORST]:
        best = "/".join(str(sum(grade == value for grade in one.judged)) for value in (3, 2, 1))
        tell(f"\n{one.ndcg:.2f}  [{one.intent}] {one.text!r}; the shop has {best} of grade 3/2/1")
        _print_hits(one)
    for one in tuning:
        if not one.has_answer and one.hits:
            tell(f"\nnothing suitable, yet answered: [{one.intent}] {one.text!r}")
            _print_hits(one, 3)


def _print_hits(outcome: Outcome, most: int = 10) -> None:
    for hit in outcome.hits[:most]:
        tell(f"    {hit.grade}  {hit.title[:110]}  ({hit.handle[-12:]})")


def print_small(shop: SmallShop) -> None:
    if not shop.feed.exists():
        tell(f"\n{shop.name}: left out, {shop.feed.name} is not there")
        return
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        outcomes = _small_outcomes(shop, Path(folder))
    _head(shop.name)
    _row(scores.line("judged by a person", outcomes))
    _print_honesty("judged by a person", outcomes)
    for one in outcomes:
        if (one.ndcg if one.has_answer else float(not one.hits)) < 0.6:
            shown = ", ".join(f"{hit.handle} ({hit.grade})" for hit in one.hits[:3])
            tell(f"    {one.text!r}: {shown or 'no hits'}")


def _small_outcomes(shop: SmallShop, home: Path) -> list[Outcome]:
    with running.opened(home, f"sqlite:///{home / 'small.db'}") as engine:
        products = engine.ports.shelf.read(shop.feed.read_bytes(), "EUR").products
        actor = running.fill(engine, products)
        asked = [Asked(text, shop.name, NOTHING) for text in shop.judged]
        return running.put(engine, actor, asked, lambda one: shop.judged[one.text])


def print_costs(found: Iterable[Outcome]) -> None:
    outcomes = list(found)
    tell(f"\nwall of a query, p50 / p95 / p99: {scores.spread([one.wall_s for one in outcomes])}")
    tell(f"CPU of a query, p50 / p95 / p99: {scores.spread([one.cpu_s for one in outcomes])} (this process alone)")
    loaded = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout
    tell(f"importing search: {1000 * float(loaded):.0f} ms of CPU; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
