"""docs/partners.md: its Python verifies what we sign, its commands and routes exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adengine.cli_agents import agent_app
from adengine.core.delivery import signature
from adengine.web.api_partners import ROUTES

DOC = (Path(__file__).parents[2] / "docs" / "partners.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def is_genuine() -> Callable[..., bool]:
    (code,) = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  the page's own example, as a reader would paste it
    return names["is_genuine"]  # type: ignore[no-any-return]


def test_the_example_takes_what_we_sign_and_nothing_else() -> None:
    check, body = is_genuine(), '{"type":"order_create","data":{"title":"Käse"}}'.encode()
    header = signature("whs_secret", body, NOON)
    now = NOON.timestamp()
    assert check("whs_secret", header, body, now)
    assert check("whs_secret", header, body, now + 299)
    assert not check("whs_secret", header, body, now + 301)
    assert not check("whs_secret", header, body, now - 301)
    assert not check("whs_other", header, body, now)
    assert not check("whs_secret", header, body + b" ", now)
    assert not check("whs_secret", header.replace("t=1", "t=2"), body, now)
    for broken in ("", "t=,v1=", "t=now,v1=ab", "v1=ab", "garbage", header.split(",")[0]):
        assert not check("whs_secret", broken, body, now)


def test_every_route_and_command_is_documented() -> None:
    assert [one.path for one in ROUTES if f"`{one.method} /api/v1{one.path}`" not in DOC] == []
    commands = {one.name for one in agent_app.registered_commands}
    assert commands == set(re.findall(r"adengine agent (\w+)", DOC))
