"""MCP as clients really reach it: over stdio, and over HTTP with both protocol revisions."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from adengine.serving import command, environment
from adengine.settings import Settings
from tests.servers import await_server, free_port
from tests.shops import write_shop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("agents")
    made = Settings(home=str(folder / "home"), public_url=f"http://127.0.0.1:{free_port()}")
    csv = write_shop(folder / "shop")
    subprocess.run(command("import", str(csv)), env=environment(made), check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[str]:
    port = settings.public_url.rsplit(":", 1)[-1]
    process = subprocess.Popen(command("serve", "--port", port), env=environment(settings))
    await_server(settings.public_url, process)
    yield settings.public_url
    process.terminate()
    process.wait(timeout=20)


async def find_mug(client: Client) -> Any:
    assert next(iter((await client.list_tools()).tools)).name == "search_catalog"
    return await client.call_tool("search_catalog", {"query": "mug"})


def test_an_agent_on_the_same_machine_speaks_stdio(settings: Settings) -> None:
    program, *words = command("mcp", "--stdio")

    async def session() -> Any:
        spoken = StdioServerParameters(command=program, args=words, env=environment(settings))
        async with Client(spoken) as client:
            return await find_mug(client)

    assert asyncio.run(session()).structured_content["hits"][0]["handle"] == "mug"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_elsewhere_speaks_http_in_either_revision(server: str, mode: str) -> None:
    async def session() -> Any:
        async with Client(f"{server}/mcp", mode=mode) as client:
            return await find_mug(client)

    assert asyncio.run(session()).structured_content["hits"][0]["handle"] == "mug"


def test_a_page_of_another_host_is_turned_away(server: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        answer = httpx.post(f"{server}/mcp", json=body, headers=headers, timeout=10)
        assert answer.status_code in {403, 421}


def test_pages_and_agents_share_one_process(server: str) -> None:
    assert httpx.get(f"{server}/shops/demo/", timeout=10).status_code == 200
    assert httpx.get(f"{server}/healthz", timeout=10).text == "ok"


def test_a_body_too_large_is_refused_and_the_server_lives(server: str) -> None:
    answer = httpx.post(
        f"{server}/mcp", content=b"x" * 5_000_000, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert answer.status_code == 413
    assert httpx.get(f"{server}/healthz", timeout=10).text == "ok"


def test_the_docs_commands_exist() -> None:
    """Every `adengine WORD` in README and docs is a command."""
    import re

    from adengine.cli import app

    known = {one.name or one.callback.__name__ for one in app.registered_commands}
    known |= {str(one.name) for one in app.registered_groups}
    root = Path(__file__).parents[2]
    for path in (root / "README.md", *(root / "docs").glob("*.md")):
        for word in re.findall(r"(?:^|bin/|`)adengine ([a-z]+)", path.read_text(), re.MULTILINE):
            assert word in known, f"{path.name}: adengine {word}"
