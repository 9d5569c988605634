"""`adengine agent` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adengine.app import build
from adengine.cli import app
from adengine.core.errors import SignInNeeded
from adengine.engine import SYSTEM
from adengine.services import merchants
from adengine.settings import Settings
from tests import leaks

HOOK = "https://agent.example/order_events"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a shop named demo."""
    monkeypatch.setenv("ADENGINE_HOME", str(tmp_path))
    runner = CliRunner()
    assert runner.invoke(app, ["db", "upgrade"]).exit_code == 0
    engine = build(Settings(home=str(tmp_path)))
    with engine.unit(SYSTEM) as unit:
        merchants.open_shop(unit, "demo")
    engine.close()
    return tmp_path


def adengine(*words: str) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def agent_id_of(home: Path, token: str) -> str | None:
    engine = build(Settings(home=str(home)))
    try:
        with engine.unit(SYSTEM) as unit:
            return merchants.actor_of(unit, token).agent_id
    finally:
        engine.close()


def test_an_agent_is_added_listed_moved_and_withdrawn(home: Path) -> None:
    made = json.loads(adengine("agent", "add", "Concierge", "--webhook", HOOK, "--json"))
    assert agent_id_of(home, made["token"]) == made["id"]
    (listed,) = json.loads(adengine("agent", "list", "--json"))
    assert (listed["name"], listed["webhook_url"], listed["is_withdrawn"]) == ("Concierge", HOOK, False)
    assert "webhook_secret" not in listed
    moved = adengine("agent", "webhook", "Concierge", "--webhook", HOOK + "2")
    assert moved.startswith("webhook secret  whs_")
    assert made["webhook_secret"] not in moved
    adengine("agent", "withdraw", "Concierge")
    assert json.loads(adengine("agent", "list", "--json"))[0]["is_withdrawn"]
    with pytest.raises(SignInNeeded):
        agent_id_of(home, made["token"])


def test_secrets_are_printed_as_words_for_people_too(home: Path) -> None:
    said = adengine("agent", "add", "Concierge", "--shop", "demo").split()
    assert said[0] == "token"
    assert agent_id_of(home, said[1]) is not None


def test_at_debug_a_command_logs_neither_token_nor_secret_nor_row(home: Path, tmp_path: Path) -> None:
    def at_debug(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "adengine", *words],
            env={**os.environ, "ADENGINE_LOG_LEVEL": "DEBUG", **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    assert "INFO" in at_debug("db", "upgrade", ADENGINE_HOME=str(tmp_path / "new")).stderr
    done = at_debug("agent", "add", "Concierge", "--webhook", HOOK, "--json")
    made = json.loads(done.stdout)
    assert leaks.among([done.stderr], made["token"], made["webhook_secret"], HOOK) == []
