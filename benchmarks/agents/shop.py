"""The shop that agents ask: 10,000 generated products, and one film on show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from adengine import database
from adengine.connections import connect
from adengine.core.catalog import Product
from adengine.engine import SYSTEM, merchant_actor
from adengine.services import ads, catalog, merchants
from adengine.services.planning import AdWish
from adengine.settings import Settings
from benchmarks.search.asks import make_asks
from benchmarks.search.judging import Judge
from benchmarks.search.market import SEED, make_shop
from tests.fakes import Clock, Outbox, build_test_engine
from tests.shops import write_shop

PRODUCTS = 10_000
SENTENCES = 600
MOST_SEEDS = 20
IN_A_UNIT = 500


def settings_of(home: Path, database_url: str) -> Settings:
    return Settings(
        home=str(home),
        database_url=database_url,
        agent_tools="benchmarks.agents.echo",
        anonymous_requests_per_minute="0",
    )


@dataclass(frozen=True)
class Opened:
    """A film that is on show, and what people ask a shop like this for."""

    film: str
    sentences: tuple[str, ...]


def open_shop(settings: Settings, count: int = PRODUCTS, sentences: int = SENTENCES) -> Opened:
    """Make the database and fill it; at least so many different sentences, of all kinds mixed."""
    sql = connect(settings.database)
    database.upgrade(sql)
    sql.dispose()
    outbox = Outbox()
    engine = build_test_engine(settings, clock=Clock(), outbox=outbox)
    with engine.unit(SYSTEM) as unit:
        actor = merchant_actor(merchants.open_shop(unit, "demo").id)
    with tempfile.TemporaryDirectory() as folder:
        catalog.import_feed(engine, actor, str(write_shop(Path(folder))))
    shop = make_shop(count)
    for some in _parts(list(shop.products)):
        with engine.unit(actor) as unit:
            for product in some:
                catalog.keep_product(unit, product, {})
    with engine.unit(actor) as unit:
        film = ads.create_ad(unit, AdWish("mug", seconds=15, publish=True)).id
    outbox.run(engine)
    engine.close()
    return Opened(film, _sentences(Judge(shop.truths), sentences))


def _sentences(judge: Judge, count: int) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for seed in range(SEED, SEED + MOST_SEEDS):
        found |= {one.text.casefold(): one.text for one in make_asks(judge, seed)}
        if len(found) >= count:
            break
    mixed = list(found.values())
    Random(SEED).shuffle(mixed)  # noqa: S311  nothing here is secret
    return tuple(mixed)


def _parts(products: list[Product]) -> Iterator[list[Product]]:
    left = iter(products)
    while some := list(islice(left, IN_A_UNIT)):
        yield some
