"""The command line as a user types it: output, exit codes, and never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from adengine import database
from adengine.app import build
from adengine.core.errors import SignInNeeded
from adengine.demo import run as demo
from adengine.engine import SYSTEM, AdEngine, merchant_actor
from adengine.services import ads, cameos, merchants, orders
from adengine.serving import command
from adengine.settings import Settings
from tests.fakes import Clock, Outbox, build_test_engine
from tests.servers import await_server, free_port
from tests.shops import LAMP, MUG, write_shop

pytestmark = pytest.mark.slow


class Shell:
    """Runs `adengine` with a home folder of its own."""

    def __init__(self, home: Path) -> None:
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("ADENGINE_")}
        self.env |= {"ADENGINE_HOME": str(home), "COLUMNS": "200"}

    def __call__(self, *words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "adengine", *map(str, words)],
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


def test_a_csv_becomes_products_and_a_film_with_its_files(shell: Shell, tmp_path: Path) -> None:
    taken = shell("import", write_shop(tmp_path / "shop"), "--shop", "demo")
    assert (taken.returncode, "2 products created" in taken.stdout) == (0, True)
    listed = json.loads(shell("products", "--json").stdout)
    assert [one["handle"] for one in listed] == ["mug", "lamp"]
    variant = listed[0]["variants"][0]
    assert (variant["price"], variant["currency"], variant["title"]) == (2400, "EUR", "Sage")
    made = shell("make", "mug", "--seconds", "6", "--format", "1x1", "--out", tmp_path / "out", "--json")
    assert made.returncode == 0, made.stderr
    (film,) = json.loads(made.stdout)
    for part in ("film", "poster", "poster_jpeg", "preview", "captions", "subtitles", "receipt"):
        assert Path(film[part]).is_file()
        assert Path(film[part]).parent == tmp_path / "out"
    assert len({film[part] for part in ("poster", "preview", "captions", "subtitles")}) == 4
    receipt = json.loads(Path(film["receipt"]).read_text())
    assert receipt["frames"] == 180
    assert any(source.endswith(".price") for _, source in receipt["words_from"])


def test_every_choice_is_taken_and_the_film_is_checked(shell: Shell, tmp_path: Path) -> None:
    shell("import", write_shop(tmp_path / "shop"))
    words = "--template collection --style swiss --format 4x5 --seconds 8 --mood calm --captions pop --locale de "
    words += "--placement meta_feed --companion lamp --offer-ends 2099-01-31 --offer-code MUG10"
    made = shell("make", "mug", *words.split(), "--headline", "Nur jetzt", "--json")
    assert made.returncode == 0, made.stderr
    (film,) = json.loads(made.stdout)
    receipt = json.loads(Path(film["receipt"]).read_text())
    assert (receipt["template"], receipt["style"], receipt["format"]) == ("collection", "swiss", "4x5")
    checked = shell("lint", film["ad"], "--json")
    report = json.loads(checked.stdout)
    assert report["score"] == film["score"]
    assert checked.returncode == (1 if report["has_errors"] else 0)
    assert f"{report['score']} of 100" in shell("lint", film["ad"]).stdout


def test_templates_and_styles_are_listed(shell: Shell) -> None:
    listed = [json.loads(shell(what, "--json").stdout) for what in ("templates", "styles")]
    assert [len(one) for one in listed] == [12, 6]
    assert {"hero", "reviews"} <= {one["name"] for one in listed[0]}
    assert "Editorial" in shell("styles").stdout


def test_refused_rows_are_listed_and_exit_with_one(shell: Shell, tmp_path: Path) -> None:
    path = write_shop(tmp_path / "shop", [{**MUG, "Variant Price": "free"}, LAMP])
    done = shell("import", path)
    assert done.returncode == 1
    for words in ("Variant Price", "free", "refused", "1 products created"):
        assert words in done.stdout


def test_a_film_with_a_generated_clip_is_made_without_a_worker(shell: Shell, tmp_path: Path) -> None:
    shell("import", write_shop(tmp_path / "shop"))
    made = shell("make", "mug", "--generator", "placeholder", "--seconds", "6", "--format", "1x1", "--json")
    assert made.returncode == 0, made.stderr
    (film,) = json.loads(made.stdout)
    assert ["generator", "placeholder"] in json.loads(Path(film["receipt"]).read_text())["generated"]


def test_a_token_is_printed_once_as_json(shell: Shell, tmp_path: Path) -> None:
    shell("import", write_shop(tmp_path / "shop"))
    made = json.loads(shell("token", "create", "--merchant", "demo", "--kind", "agent", "--json").stdout)
    assert made["token"].startswith("adt_")
    database = (tmp_path / "home" / "adengine.db").read_bytes()
    assert made["token"].encode() not in database


def test_a_revoked_token_signs_nobody_in_and_is_revoked_once(shell: Shell, tmp_path: Path) -> None:
    shell("import", write_shop(tmp_path / "shop"))
    tokens = [shell("token", "create", "--merchant", "demo", "--kind", "merchant").stdout.strip() for _ in range(2)]
    assert [shell("token", "revoke", tokens[0]).returncode for _ in range(2)] == [0, 0]
    engine = build(Settings(home=shell.env["ADENGINE_HOME"]))
    with engine.reading(SYSTEM) as unit:
        with pytest.raises(SignInNeeded):
            merchants.actor_of(unit, tokens[0])
        assert merchants.actor_of(unit, tokens[1]).kind == "merchant"
    engine.close()


def test_a_sign_in_link_leaves_no_token_in_the_log(shell: Shell, tmp_path: Path) -> None:
    shell("import", write_shop(tmp_path / "shop"))
    token = shell("token", "create", "--merchant", "demo", "--kind", "merchant").stdout.strip()
    url = f"http://127.0.0.1:{(port := free_port())}"
    env = {**shell.env, "ADENGINE_LOG_LEVEL": "INFO"}
    server = subprocess.Popen(
        command("serve", "--port", str(port)), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        await_server(url, server)
        codes = [httpx.get(f"{url}/sign-in", params={"token": one}).status_code for one in (token, f"{token}x")]
    finally:
        server.terminate()
        said = server.communicate(timeout=30)[0].decode()
    assert codes == [303, 401]
    assert "Uvicorn running" in said
    assert token not in said


def test_the_demo_buys_over_mcp_and_goes_on_after_its_appearance_was_revoked(shell: Shell) -> None:
    home = shell.env["ADENGINE_HOME"]
    engine = build_test_engine(Settings(home=home), clock=Clock(datetime.now(UTC)), outbox=Outbox())
    database.upgrade(engine.sql)
    quick_films(engine)
    said = shell("demo", "--once", "--port", str(free_port()))
    assert said.returncode == 0, said.stderr
    assert "checkout paid over MCP" in said.stdout
    assert "cameo:" in said.stdout
    with engine.unit(SYSTEM) as unit:
        shop = merchants.find_shop(unit, "demo")
    with engine.unit(merchant_actor(shop.id)) as unit:
        (lumi,) = cameos.list_appearances(unit)
        (retired,) = ads.revoke(unit, lumi.licence_id)
    said = shell("demo", "--once", "--port", str(free_port()))
    assert said.returncode == 0, said.stderr
    with engine.unit(merchant_actor(shop.id)) as unit:
        order = orders.list_orders(unit)[0]
        hero = next(one for one in ads.list_ads(unit) if one.id == order.ad_id)
    assert (order.status, hero.template) == ("partly_refunded", "hero")
    assert order.ad_id != retired
    assert said.stdout.split("adengine demo")[1].count("\u2502 film ") == 4
    engine.close()


def quick_films(engine: AdEngine) -> None:
    """The demo's shop and its films at an eighth of their size, so that a run finds them done."""
    made = demo.open_shop(engine, Console(quiet=True))
    with engine.unit(made.actor) as unit:
        for wish in demo.FILMS:
            ads.create_ad(unit, demo.published(wish))
    assert isinstance(engine.ports.enqueue, Outbox)
    engine.ports.enqueue.run(engine)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("import", "nowhere.csv"), 1, "nowhere.csv"),
        (("import", "http://127.0.0.1/x.csv"), 1, "not a public address"),
        (("make", "mug"), 1, "no shop"),
        (("token", "create", "--merchant", "nobody"), 1, "no shop"),
        (("token", "revoke", "adt_nothing"), 1, "not known here"),
        (("make",), 2, "HANDLE"),
        (("dance",), 2, "dance"),
        (("mcp",), 2, "--stdio"),
        (("worker", "--queue", "nope"), 1, "render"),
    ],
)
def test_a_mistake_is_told_in_words(shell: Shell, words: tuple[str, ...], code: int, said: str) -> None:
    done = shell(*words)
    assert (done.returncode, said in done.stderr + done.stdout) == (code, True), done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("make", "nothing"), "adengine products"),
        (("make", "mug", "--template", "nope"), "choose one of"),
        (("make", "mug", "--cameo", "nobody"), "licensed here"),
        (("make", "mug", "--generator", "diffusion"), "ADENGINE_GENERATOR_MODEL"),
        (("make", "mug", "--seconds", "3"), "6 to 60"),
        (("make", "mug", "--style", "nope"), "choose one of"),
        (("make", "mug", "--placement", "nowhere"), "choose of"),
        (("make", "mug", "--recording", "pyproject.toml"), "no sound file"),
        (("lint", "ad_nothing"), "there is no ad"),
    ],
)
def test_a_film_that_cannot_be_made_says_why(shell: Shell, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    shell("import", write_shop(tmp_path / "shop"))
    done = shell(*words)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr


def test_a_setting_that_does_not_exist_is_wrong_usage(shell: Shell) -> None:
    done = shell("products", ADENGINE_SHOPP="demo")
    assert (done.returncode, "ADENGINE_SHOPP" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_told_before_anything_starts(shell: Shell, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shell(command, "--port", str(taken.getsockname()[1]))
    assert (done.returncode, "choose another with --port" in done.stderr) == (1, True), done.stderr


def test_a_home_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = shell("products", ADENGINE_HOME=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "file" in done.stderr


def test_doctor_names_every_part(shell: Shell) -> None:
    done = shell("doctor", "--json")
    parts = {one["part"]: one for one in json.loads(done.stdout)}
    assert {"GPU", "encoders", "fonts", "voices", "queue", "database", "Stripe", "Shopify"} <= set(parts)
    assert parts["encoders"]["state"] == "ok"
    assert done.returncode == (1 if any(one["state"] == "missing" for one in parts.values()) else 0)


def test_doctor_says_when_the_broker_does_not_answer(shell: Shell) -> None:
    done = shell("doctor", "--json", ADENGINE_BROKER_URL="redis://127.0.0.1:9/0")
    queue = next(one for one in json.loads(done.stdout) if one["part"] == "queue")
    assert (done.returncode, queue["state"]) == (1, "missing")


def test_the_database_is_upgraded_as_often_as_asked(shell: Shell) -> None:
    assert [shell("db", "upgrade").returncode for _ in range(2)] == [0, 0]
