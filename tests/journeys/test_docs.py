"""What the docs have people type, typed as it stands against a running server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from adengine import database
from adengine.app import build
from adengine.demo import run as demo
from adengine.serving import command, environment
from adengine.settings import Settings
from tests.servers import await_server, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="curl or bash is not installed"),
]
DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "http://127.0.0.1:8400"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """The demo's shop behind a server process of its own."""
    made = Settings(home=str(tmp_path / "home"), public_url=f"http://127.0.0.1:{free_port()}")
    engine = build(made)
    database.upgrade(engine.sql)
    demo.open_shop(engine, Console(quiet=True))
    engine.close()
    process = subprocess.Popen(command("serve", "--port", made.public_url.rsplit(":", 1)[-1]), env=environment(made))
    await_server(made.public_url, process)
    yield made
    process.terminate()
    process.wait(timeout=20)


def test_every_command_of_the_checkout_page_prints_what_it_says(settings: Settings, tmp_path: Path) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", (DOCS / "checkout.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    script = "".join(blocks).replace(ADDRESS, settings.public_url)
    promised = re.findall(r"^.*\S +# (\S.*)$", script, re.MULTILINE)
    bin_ = Path(sys.executable).parent
    script = script.replace("$PWD/.venv/bin", str(bin_))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(promised) == 16
    assert done.stdout.splitlines() == promised


def test_the_purchase_on_the_agents_page_finds_asks_and_buys(settings: Settings, tmp_path: Path) -> None:
    page = (DOCS / "agents.md").read_text("utf-8")
    (let_in,) = re.findall(r"^```bash\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (program,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "buy.py").write_text(program.replace(ADDRESS, settings.public_url))
    bin_ = Path(sys.executable).parent
    script = f"{let_in}\n.venv/bin/python buy.py".replace(".venv/bin", str(bin_))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, asked, bought = done.stdout.splitlines()
    assert found.startswith("found Loam Stoneware Mug because")
    assert asked == "Pay €28.90 to Lumen & Loam for 1 x Loam Stoneware Mug, Sage? yes"
    assert bought.startswith("bought Loam Stoneware Mug, Sage order ord_")
