"""Engines for tests: the same suite runs on SQLite and on a private PostgreSQL."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, text

from adengine import channels, database
from adengine.channels import Found, Sent
from adengine.connections import connect
from adengine.core.storyboard import Brand
from adengine.engine import SYSTEM, Actor, AdEngine, merchant_actor, shopper
from adengine.services import merchants
from adengine.services.merchants import Shop
from adengine.settings import Settings
from tests import servers
from tests.fakes import Clock, Outbox, build_test_engine

BRAND = Brand("Testware", "#1f2421", "#f4f1ec", "#b4552d")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private PostgreSQL with a migrated template database; skips, saying why, where none can run."""
    missing = servers.postgres_missing()
    if missing:
        pytest.skip(missing)
    with servers.postgres() as url:
        admin = create_engine(url + "postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE migrated"))
        made = connect(url + "migrated")
        database.upgrade(made)
        made.dispose()
        admin.dispose()
        yield url


def empty_database(server: str, *, template: str = "template0") -> str:
    """Make a database of its own, without tables or like the template's; answers its URL."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server + "postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    admin.dispose()
    return server + name


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private Redis; skips, saying why, where none can run."""
    missing = servers.redis_missing()
    if missing:
        pytest.skip(missing)
    with servers.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq_url() -> Iterator[str]:
    """A private RabbitMQ; skips, saying why, where none can run."""
    missing = servers.rabbitmq_missing()
    if missing:
        pytest.skip(missing)
    with servers.rabbitmq() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database that nobody has open, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "test.db"
    sql = connect(f"sqlite:///{path}")
    database.upgrade(sql)
    sql.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> str:
    """An empty, migrated database of the test's own, on either server."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'test.db')}"
    server: str = request.getfixturevalue("postgres_url")
    return empty_database(server, template="migrated")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def engine(database_url: str, tmp_path: Path, clock: Clock, outbox: Outbox) -> Iterator[AdEngine]:
    """The built product on a database of its own."""
    settings = Settings(home=str(tmp_path / "home"), database_url=database_url)
    made = build_test_engine(settings, clock=clock, outbox=outbox)
    yield made
    made.close()


@dataclass(frozen=True)
class Desk:
    """A shop and who acts for it."""

    shop: Shop
    merchant: Actor
    visitor: Actor


def open_desk(engine: AdEngine, name: str = "demo") -> Desk:
    with engine.unit(SYSTEM) as unit:
        shop = merchants.open_shop(unit, name, currency="EUR", brand=BRAND)
    return Desk(shop, merchant_actor(shop.id), shopper(shop.id))


@pytest.fixture
def desk(engine: AdEngine) -> Desk:
    return open_desk(engine)


@contextmanager
def counting(engine: AdEngine) -> Iterator[list[str]]:
    """The statements that were sent meanwhile."""
    sent: list[str] = []
    send = channels.send

    def note(*given: object) -> None:
        sent.append(str(given[2]))

    def noted(connection: Connection, statements: Sequence[Sent]) -> list[Found]:
        sent.extend(text for text, _ in statements)
        return send(connection, statements)

    event.listen(engine.sql, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels, "send", noted)
        yield sent
    event.remove(engine.sql, "before_cursor_execute", note)
