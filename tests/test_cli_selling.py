"""`adengine selling` and `adengine code` as docs/selling.md shows them, one command after the other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adengine.cli import app
from adengine.core.errors import AdEngineError
from tests.shops import MUG, write_shop

DOCS = (Path(__file__).parents[1] / "docs" / "selling.md").read_text()


class Shell:
    """Runs `adengine` in this process, with a home folder of its own."""

    def __init__(self, home: Path) -> None:
        self.env = {"ADENGINE_HOME": str(home), "COLUMNS": "200"}

    def __call__(self, *words: str | Path) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout

    def refusal(self, *words: str | Path) -> str:
        """Why a command was refused; `adengine.cli.main` prints it and exits with 1."""
        error = self.run(*words).exception
        assert isinstance(error, AdEngineError)
        return error.message

    def run(self, *words: str | Path) -> Result:
        return CliRunner(env=self.env).invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("selling")
    made = Shell(folder / "home")
    made("import", write_shop(folder / "shop", [{**MUG, "Handle": "loam-mug"}]), "--shop", "demo")
    return made


def commands(about: str) -> list[list[str]]:
    """The adengine commands of the documentation that hold the given word."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)
    lines = [line.split("#")[0] for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"adengine {about} ")]


def test_the_documented_file_is_set_shown_and_set_again(shell: Shell, tmp_path: Path) -> None:
    show, set_ = commands("selling")
    path = tmp_path / "selling.yaml"
    path.write_text(DOCS.split("```yaml\n")[1].split("```")[0])
    told = shell(*[path if word == "selling.yaml" else word for word in set_])
    assert told == "set: 2 tax rates, 2 ways to ship\n"
    before = json.loads(shell("selling", "show", "--json"))
    path.write_text(shell(*show[: show.index(">")]))
    shell("selling", "set", path)
    assert json.loads(shell("selling", "show", "--json")) == before
    assert before["shipping"][0]["free_over"] == {"minor": 6000, "currency": "EUR"}


def test_a_file_that_cannot_be_used_changes_nothing(shell: Shell, tmp_path: Path) -> None:
    before = shell("selling", "show")
    path = tmp_path / "selling.yaml"
    for data, words in ((b"shipping: [{id: post}]", "shipping.0"), (b"\xff\xfe\x00", "UTF-8")):
        path.write_bytes(data)
        assert words in shell.refusal("selling", "set", path)
    assert shell("selling", "show") == before


def test_the_documented_codes_are_made_listed_and_withdrawn(shell: Shell) -> None:
    *made, listing, withdrawal = commands("code")
    for one in made:
        shell(*one)
    listed = shell(*listing)
    assert all(text in listed for text in ("WELCOME10", "€5.00 from €30.00 on", "0 of 100", "2027-01-31", "loam-mug"))
    shell(*withdrawal)
    kept = json.loads(shell("code", "list", "--json"))
    assert {one["discount"]["code"]: one["is_withdrawn"] for one in kept} == {
        "WELCOME10": False, "MUGS": False, "FIVER": True,
    }  # fmt: skip


def test_a_code_that_makes_no_sense_is_refused(shell: Shell) -> None:
    for words, told in (
        (["--percent", "10", "--amount", "5"], "either a share or an amount"),
        (["--percent", "10", "--ends", "9999-12-31"], "no day"),
        (["--percent", "10", "--product", "sofa"], "no product"),
    ):
        assert told in shell.refusal("code", "add", "SPRING", *words)
