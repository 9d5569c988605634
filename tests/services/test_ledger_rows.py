"""The database itself keeps the ledger: nothing is changed, nothing unbalanced is committed, on both servers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DatabaseError, IntegrityError

from adengine import database
from adengine.connections import connect
from adengine.core.errors import Conflict, NotFound
from adengine.core.ledger import Entry, Posting, Split
from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.services import ledger
from tests.conftest import Desk, empty_database
from tests.sales import price, sell


@pytest.fixture
def order_id(engine: AdEngine, desk: Desk) -> str:
    with engine.unit(desk.merchant) as unit:
        return sell(unit, price(1000), Split(desk.shop.id, (("nix", 1000),), 200))


def balance(engine: AdEngine) -> int:
    with engine.sql.connect() as connection:
        return int(connection.execute(sa.text("SELECT COALESCE(SUM(minor), 0) FROM entry")).scalar_one())


def rows(engine: AdEngine, table: str) -> list[tuple[object, ...]]:
    with engine.sql.connect() as connection:
        return sorted(map(tuple, connection.execute(sa.text(f"SELECT * FROM {table}"))), key=repr)  # noqa: S608


def run(engine: AdEngine, *statements: str) -> None:
    with engine.sql.begin() as connection:
        for one in statements:
            connection.execute(sa.text(one))


def refused(engine: AdEngine, *statements: str) -> None:
    """The statements are refused, at the latest when they are committed, and leave nothing."""
    before = {table: rows(engine, table) for table in ("posting", "entry", "seal")}
    with pytest.raises((DatabaseError, IntegrityError)):
        run(engine, *statements)
    assert {table: rows(engine, table) for table in before} == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET minor = minor + 1",
        "UPDATE entry SET minor = 2 * minor",
        "DELETE FROM entry",
        "UPDATE posting SET kind = 'refund'",
        "UPDATE posting SET seal = seal",
        "UPDATE seal SET posting_id = 'x'",
        "DELETE FROM seal",
    ],
)
def test_what_is_posted_is_never_changed(engine: AdEngine, order_id: str, statement: str) -> None:
    refused(engine, statement)
    assert balance(engine) == 0


def test_a_whole_posting_cannot_be_taken_away(engine: AdEngine, order_id: str) -> None:
    refused(engine, "DELETE FROM entry", "DELETE FROM posting")
    if engine.sql.dialect.name == "postgresql":
        refused(engine, "TRUNCATE posting, entry, seal")
    else:
        refused(
            engine, "INSERT OR REPLACE INTO entry SELECT id, posting_id, account, currency, 7, merchant_id FROM entry"
        )
        refused(engine, "UPDATE OR REPLACE entry SET minor = 7")
        refused(
            engine,
            "INSERT OR REPLACE INTO posting (id, key, kind, order_id, at, merchant_id, seal) "
            "SELECT id, key, 'refund', order_id, at, merchant_id, id FROM posting",
        )


def posting(order_id: str, shop: str, entries: Sequence[int], *, seal: bool = True, key: str = "x") -> list[str]:
    """SQL that writes a posting by hand."""
    made = [
        "INSERT INTO posting (id, key, kind, order_id, at, merchant_id, seal) "  # noqa: S608
        f"VALUES ('post_{key}', '{key}', 'refund', '{order_id}', '2026-11-21 12:00:00', '{shop}', 'post_{key}')"
    ]
    made += [
        "INSERT INTO entry (posting_id, account, currency, minor, merchant_id) "  # noqa: S608
        f"VALUES ('post_{key}', 'platform', 'EUR', {minor}, '{shop}')"
        for minor in entries
    ]
    if seal:
        made.append(f"INSERT INTO seal (posting_id, merchant_id) VALUES ('post_{key}', '{shop}')")  # noqa: S608
    return made


def test_a_posting_that_does_not_sum_to_zero_is_never_committed(engine: AdEngine, desk: Desk, order_id: str) -> None:
    shop = desk.shop.id
    refused(engine, *posting(order_id, shop, [5, -4]))
    refused(engine, *posting(order_id, shop, [5, -4], seal=False))
    refused(engine, *posting(order_id, shop, [5, -5], seal=False))
    other = posting(order_id, shop, [5, -5])
    refused(engine, *[one.replace("'EUR', -5", "'USD', -5") for one in other])
    run(engine, *other)
    assert balance(engine) == 0


def test_a_posting_takes_no_entry_once_it_is_sealed(engine: AdEngine, desk: Desk, order_id: str) -> None:
    shop = desk.shop.id
    first, *entries, seal = posting(order_id, shop, [5, -5, 3, -3])
    refused(engine, first, *entries[:2], seal, *entries[2:])
    run(engine, first, *entries[:2], seal)
    refused(engine, *entries[2:])
    refused(engine, seal)


def test_a_posting_cannot_borrow_a_seal_or_another_shops_entries(engine: AdEngine, desk: Desk, order_id: str) -> None:
    shop = desk.shop.id
    run(engine, *posting(order_id, shop, [5, -5]))
    first, *others = posting(order_id, shop, [5], seal=False, key="y")
    refused(engine, first.removesuffix("'post_y')") + "'post_x')", *others)
    refused(engine, first.removesuffix("'post_y')") + "NULL)", *others)
    refused(engine, *[one.replace(shop, "mer_other") for one in posting(order_id, shop, [5, -5], key="z")[2:]])


def test_the_ledger_cannot_be_brought_off_balance_through_the_product_either(
    engine: AdEngine, desk: Desk, order_id: str
) -> None:
    lying = Posting("x", "refund", ())
    object.__setattr__(lying, "entries", (Entry("platform", Money(5, "EUR")),))
    with pytest.raises((DatabaseError, IntegrityError)), engine.unit(desk.merchant) as unit:
        ledger.post(unit, order_id, lying)
    assert balance(engine) == 0


def test_a_posting_of_nothing_is_fine_and_a_second_of_its_key_is_not(
    engine: AdEngine, desk: Desk, order_id: str
) -> None:
    with engine.unit(desk.merchant) as unit:
        ledger.post(unit, order_id, Posting("nothing", "refund", ()))
    with pytest.raises(IntegrityError), engine.unit(desk.merchant) as unit:
        ledger.post(unit, order_id, Posting("nothing", "refund", ()))


def test_takings_and_won_disputes_in_any_order_bring_every_account_to_zero(
    engine: AdEngine, desk: Desk, order_id: str
) -> None:
    with engine.unit(desk.merchant) as unit:
        ledger.record_dispute(unit, order_id, "d1", Money(301, "EUR"))
        ledger.record_refund(unit, order_id, "r1", Money(203, "EUR"))
        assert ledger.taken_back(unit, order_id) == Money(504, "EUR")
        ledger.record_dispute_won(unit, order_id, "d1")
        assert ledger.taken_back(unit, order_id) == Money(203, "EUR")
        with pytest.raises(Conflict, match=r"only €7\.97"):
            ledger.record_refund(unit, order_id, "r2", Money(798, "EUR"))
        ledger.record_refund(unit, order_id, "r2", Money(797, "EUR"))
        assert {one.amount.minor for one in ledger.balances(unit)} == {0}
        with pytest.raises(NotFound):
            ledger.record_dispute_won(unit, order_id, "d2")
        kinds = [one.kind for one in ledger.postings_of(unit, order_id)]
    assert kinds == ["sale", "dispute", "refund", "dispute_won", "refund"]


def test_a_sale_remembers_what_it_was_shared_by(engine: AdEngine, desk: Desk, order_id: str) -> None:
    with engine.reading(desk.merchant) as unit:
        (sale,) = ledger.postings_of(unit, order_id)
        assert sale.split == Split(desk.shop.id, (("nix", 1000),), 200)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_postings_of_an_older_database_survive_and_are_guarded_from_then_on(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if server == "postgres":
        url = empty_database(request.getfixturevalue("postgres_url"))
    sql = connect(url)
    with sql.begin() as connection:
        command.upgrade(database.config(connection), "0003")
        fill(connection)
    database.upgrade(sql)
    with sql.connect() as connection:
        kept = connection.execute(sa.text("SELECT account, minor FROM entry ORDER BY id")).all()
        assert kept == [("clearing:sandbox", -1000), ("merchant:mer_old", 1000)]
        assert connection.execute(sa.text("SELECT seal, split FROM posting")).all() == [("post_old", None)]
    with pytest.raises(DatabaseError), sql.begin() as connection:
        connection.execute(sa.text("DELETE FROM entry"))
    sql.dispose()


def fill(connection: sa.Connection) -> None:
    """One order of the first releases with its sale."""
    now, shop = datetime(2026, 11, 20, tzinfo=UTC), {"merchant_id": "mer_old"}
    tables = sa.MetaData()
    tables.reflect(connection)

    def put(table: str, **values: object) -> None:
        connection.execute(tables.tables[table].insert().values(**values))

    brand = {"name": "Old", "ink": "#1f2421", "paper": "#f4f1ec", "accent": "#b4552d"}
    put("merchant", id="mer_old", name="old", title="Old", currency="EUR", brand=brand, created_at=now)
    put("checkout", id="chk_old", status="paid", quote={}, channel="page", created_at=now, expires_at=now, **shop)
    put(
        "payment", id="pay_old", checkout_id="chk_old", provider="sandbox", status="paid", quote={}, minor=1000,
        currency="EUR", created_at=now, **shop,
    )  # fmt: skip
    put(
        "shop_order", id="ord_old", checkout_id="chk_old", payment_id="pay_old", status="paid", currency="EUR",
        total_minor=1000, refunded_minor=0, quote={}, created_at=now, **shop,
    )  # fmt: skip
    put("posting", id="post_old", key="sale:ord_old", kind="sale", order_id="ord_old", at=now, **shop)
    for account, minor in (("clearing:sandbox", -1000), ("merchant:mer_old", 1000)):
        put("entry", posting_id="post_old", account=account, currency="EUR", minor=minor, **shop)


def test_random_raw_changes_never_unbalance_the_ledger(engine: AdEngine, desk: Desk, order_id: str) -> None:
    """Postings by hand, balanced or not, their entries and seal in random order."""
    chance = random.Random(7)
    for number in range(60):
        first, *rest = posting(order_id, desk.shop.id, [5, -5, 3, chance.choice([-3, -2])], key=f"k{number}")
        chance.shuffle(rest)
        try:
            run(engine, first, *rest)
        except (DatabaseError, IntegrityError):
            assert not [row for row in rows(engine, "posting") if f"post_k{number}" in row]
        assert balance(engine) == 0
