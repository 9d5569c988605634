"""How a refusal reaches an agent: its words and its code, whatever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from adengine.agents.desk import spoken
from adengine.agents.listing import ORDER
from adengine.core.errors import AdEngineError, LicenceRefused, StillRunning


def test_the_docs_name_every_tool() -> None:
    text = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
    assert [one for one in ORDER if f"`{one}`" not in text] == []


def every_error() -> list[type[AdEngineError]]:
    found, waiting = [], [AdEngineError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [one for one in found if one.__module__ == "adengine.core.errors"]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_every_error_reaches_an_agent_with_its_words_and_code(kind: type[AdEngineError]) -> None:
    more: dict[type[AdEngineError], dict[str, Any]] = {
        LicenceRefused: {"clause": "ends"},
        StillRunning: {"retry_after_s": 2},
    }

    def tool() -> None:
        raise kind("no", **more.get(kind, {}))

    with pytest.raises(ToolError, match=rf"^no \[{kind.code}\]$"):
        spoken(tool)()
