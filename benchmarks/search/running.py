"""The product itself with a shop in it, and queries put to it one by one, each timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

from sqlalchemy import create_engine, text

from adengine import database
from adengine.app import build
from adengine.connections import connect
from adengine.core.catalog import Product
from adengine.engine import SYSTEM, Actor, AdEngine, merchant_actor, shopper
from adengine.services import catalog, merchants
from adengine.services.search import SearchAsk, find
from adengine.settings import Settings
from benchmarks.search.asks import is_held_out
from benchmarks.search.scores import Outcome, Shown
from benchmarks.search.truth import Asked
from tests import servers

HOUSE = Path(__file__).resolve().parent.parent.parent
# What the rows and the index are made by; a change of these makes the database anew.
MADE_BY = (
    "benchmarks/search/kinds.py",
    "benchmarks/search/kinds.txt",
    "benchmarks/search/wording.py",
    "benchmarks/search/wording.txt",
    "benchmarks/search/market.py",
    "adengine/core/search",
    "adengine/indexes",
    "adengine/models",
    "adengine/services/catalog.py",
    "adengine/services/search.py",
)
PRODUCTS_A_UNIT = 2000
WARM_UP = 5
SHOP = "bench"


def digest(count: int) -> str:
    """Name the database by everything that it depends on."""
    seen = sha256(str(count).encode())
    for name in MADE_BY:
        path = HOUSE / name
        for one in [path] if path.is_file() else sorted(path.rglob("*.py")):
            seen.update(one.read_bytes())
    return seen.hexdigest()[:16]


def fill(engine: AdEngine, products: Sequence[Product]) -> Actor:
    """Keep the products in a few big units; answers who shops there."""
    with engine.unit(SYSTEM) as unit:
        shop = merchants.open_shop(unit, SHOP, currency="EUR")
    for begin in range(0, len(products), PRODUCTS_A_UNIT):
        with engine.unit(merchant_actor(shop.id)) as unit:
            for one in products[begin : begin + PRODUCTS_A_UNIT]:
                catalog.keep_product(unit, one, {})
    return shopper(shop.id)


def visitor(engine: AdEngine) -> Actor:
    with engine.unit(SYSTEM) as unit:
        return shopper(merchants.open_shop(unit, SHOP).id)


@contextmanager
def opened(home: Path, url: str) -> Iterator[AdEngine]:
    """The built product on that database, brought up to date."""
    sql = connect(url)
    database.upgrade(sql)
    sql.dispose()
    engine = build(Settings(home=str(home), database_url=url))
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def on_sqlite(
    products: Sequence[Product], *, is_fresh: bool, is_reused: bool, tell: Callable[[str], None]
) -> Iterator[tuple[AdEngine, Actor]]:
    """The shop in a database kept in the temporary folder; reused: the newest one, even if the code changed since."""
    shelf = Path(gettempdir()) / "adengine-bench-search"
    home = shelf / digest(len(products))
    kept = sorted(shelf.glob("*/filled"), key=lambda one: one.stat().st_mtime)
    if is_reused and kept:
        home = kept[-1].parent
    if is_fresh or not (home / "filled").exists():
        rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
    with opened(home, f"sqlite:///{home / 'bench.db'}") as engine:
        if not (home / "filled").exists():
            timed_fill(engine, products, tell)
            (home / "filled").touch()
        yield engine, visitor(engine)


@contextmanager
def on_postgres(
    products: Sequence[Product], folder: Path, tell: Callable[[str], None]
) -> Iterator[tuple[AdEngine, Actor]]:
    """The shop on a private server that ends with this process."""
    missing = servers.postgres_missing()
    if missing:
        raise SystemExit(missing)
    with servers.postgres() as url:
        admin = create_engine(url + "postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE bench"))
        admin.dispose()
        with opened(folder, url + "bench") as engine:
            timed_fill(engine, products, tell)
            with engine.sql.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
            yield engine, visitor(engine)


def timed_fill(engine: AdEngine, products: Sequence[Product], tell: Callable[[str], None]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    fill(engine, products)
    spent = f"{time.perf_counter() - wall:.0f} s of wall, {time.process_time() - cpu:.0f} s of CPU"
    tell(f"kept {len(products)} products in {spent}")


def put(
    engine: AdEngine, actor: Actor, asked: Sequence[Asked], grades: Callable[[Asked], Mapping[str, int]]
) -> list[Outcome]:
    """Put every query to the shop once; the first few are put beforehand, untimed."""
    for one in asked[:WARM_UP]:
        _hits(engine, actor, one.text)
    return [_outcome(engine, actor, one, grades(one)) for one in asked]


def _outcome(engine: AdEngine, actor: Actor, asked: Asked, grades: Mapping[str, int]) -> Outcome:
    wall, cpu = time.perf_counter(), time.process_time()
    hits = _hits(engine, actor, asked.text)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    shown = tuple(Shown(one.handle, one.title, grades.get(one.handle, 0)) for one in hits)
    judged = tuple(sorted(grades.values(), reverse=True))
    return Outcome(asked.text, asked.intent, is_held_out(asked), shown, judged, wall_s, cpu_s)


def _hits(engine: AdEngine, actor: Actor, sentence: str) -> list[Product]:
    with engine.reading(actor) as unit:
        return [one.product for one in find(unit, SearchAsk(text=sentence)).hits]
