"""The README's commands for a shop's checkout, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adengine.cli import app
from tests.shops import MUG, write_shop

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_commands_of_the_checkout_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"ADENGINE_HOME": str(tmp_path / "home"), "COLUMNS": "200"}

    def run(words: list[str]) -> str:
        done = CliRunner(env=env).invoke(app, words)
        assert done.exit_code == 0, f"{words}: {done.output} {done.exception}"
        return done.stdout

    run(["import", str(write_shop(tmp_path / "shop", [MUG])), "--shop", "myshop"])
    block = re.search(r"## Checkout\n.*?```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None
    commands = [line.partition("#")[0].split() for line in block[1].splitlines()]
    assert len(commands) == 5
    for program, *words in commands:
        assert program == ".venv/bin/adengine"
        if ">" in words:
            Path(words[-1]).write_text(run(words[: words.index(">")]))
        else:
            run(words)
