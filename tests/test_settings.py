"""Settings: read in one place, listed in the docs, refused when mistyped."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

from adengine.core.errors import Invalid
from adengine.settings import Settings, describe

ROOT = Path(__file__).parents[1]


def test_the_docs_list_every_setting_with_its_default_and_meaning() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    rows = [
        f"| `{name}` | {f'`{default}`' if default else '(empty)'} | {about} |" for name, default, about in describe()
    ]
    assert [row for row in rows if row not in text] == []
    assert text.count("| `ADENGINE_") == len(rows)


def test_nothing_else_reads_the_environment() -> None:
    readers = set()
    for folder in ("adengine", "integrations", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
                    readers.add(str(path.relative_to(ROOT)))
    # serving passes the environment on to the processes it starts
    assert readers == {"adengine/settings.py", "adengine/serving.py"}


def test_a_mistyped_setting_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="ADENGINE_DATABSE_URL"):
        Settings.from_env({"ADENGINE_DATABSE_URL": "x", "PATH": "/bin"})


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="ADENGINE_LEASE_S"):
        Settings.from_env({"ADENGINE_LEASE_S": "soon"})


def test_processes_starting_together_agree_on_the_secret(tmp_path: Path) -> None:
    found: list[bytes] = []
    settings = Settings(home=str(tmp_path / "home"))
    threads = [threading.Thread(target=lambda: found.append(settings.secret())) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(found)) == 1
    assert len(found[0]) >= 32
    assert (tmp_path / "home" / "secret").stat().st_mode & 0o077 == 0
