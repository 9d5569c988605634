"""`adengine payouts` and `adengine statement` as a user types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adengine.cli import app
from adengine.core.ledger import Split
from adengine.engine import SYSTEM, merchant_actor
from adengine.services import merchants
from adengine.settings import Settings
from tests.fakes import Clock, Outbox, build_test_engine
from tests.sales import price, sell


@pytest.fixture
def shop_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A home folder with a shop named demo that sold a mug long ago."""
    monkeypatch.setenv("ADENGINE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    assert CliRunner().invoke(app, ["db", "upgrade"]).exit_code == 0
    then = Clock(datetime(2020, 1, 15, tzinfo=UTC))
    engine = build_test_engine(Settings(home=str(tmp_path)), clock=then, outbox=Outbox())
    with engine.unit(SYSTEM) as unit:
        shop = merchants.open_shop(unit, "demo").id
    with engine.unit(merchant_actor(shop)) as unit:
        sell(unit, price(1000), Split(shop, (), 200))
    engine.close()
    return shop


def adengine(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_shop_is_invited_paid_and_shown_its_month(shop_id: str, tmp_path: Path) -> None:
    assert "nobody invited" in adengine("payouts", "list")
    assert "nothing to send" in adengine("payouts", "run", "--run", "first")
    url = adengine("payouts", "invite", "shop", "--email", "shop@example.com", "--country", "de")
    assert url.startswith("http://127.0.0.1:8400/sandbox/payees/")
    assert adengine("payouts", "check") == f"merchant:{shop_id}: ready\n"
    (due,) = json.loads(adengine("payouts", "list", "--json"))
    assert due["payable"] == {"minor": 980, "currency": "EUR"}
    sent = adengine("payouts", "run", "--run", "second")
    assert all(words in sent for words in ("€9.80", "paid"))
    assert "nobody is owed anything" in adengine("payouts", "list")
    assert json.loads(adengine("statement", "--month", "2020-01", "--json"))["lines"][0]["amount"]["minor"] == 980
    file = tmp_path / "january.csv"
    assert str(file) in adengine("statement", f"merchant:{shop_id}", "--month", "2020-01", "--csv", str(file))
    assert file.read_bytes().startswith(b"\xef\xbb\xbfdate,order,film,")
    assert file.read_bytes().count(b"\r\n") == 3
    shown = adengine("statement", "--month", "2020-01")
    assert all(words in shown for words in ("at the beginning", "Sale", "98 %", "€9.80"))
