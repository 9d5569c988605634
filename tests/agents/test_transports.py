"""MCP as clients really reach it: over stdio, and over HTTP with both protocol revisions."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult, TextContent

from adengine.serving import command, environment
from adengine.settings import Settings
from tests.agents.wire import headers_of, request
from tests.servers import await_server, free_port
from tests.shops import write_shop

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("agents")
    made = Settings(
        home=str(folder / "home"),
        public_url=f"http://127.0.0.1:{free_port()}",
        agent_tools="tests.agents.confirming",
        anonymous_requests_per_minute="0",
    )
    csv = write_shop(folder / "shop")
    subprocess.run(command("import", str(csv)), env=environment(made), check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[str]:
    """The whole server: web, API and MCP."""
    port = settings.public_url.rsplit(":", 1)[-1]
    with served(settings, settings.public_url, "serve", "--port", port) as url:
        yield url


@pytest.fixture(scope="module")
def agents(settings: Settings) -> Iterator[str]:
    """MCP alone, in a process of its own over the same home."""
    url = f"http://127.0.0.1:{free_port()}"
    with served(settings, url, "mcp", "--port", url.rsplit(":", 1)[-1]) as served_at:
        yield served_at


@contextmanager
def served(settings: Settings, url: str, *words: str) -> Iterator[str]:
    process = subprocess.Popen(command(*words), env=environment(settings), cwd=ROOT)
    try:
        await_server(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


async def agree(_ctx: object, _asked: object) -> ElicitResult:
    return ElicitResult(action="accept", content={"agreed": True})


async def use(client: Client) -> tuple[str, list[float], str]:
    """The first tool's name, the progress that a call reported, and what a call said that asked the user."""
    heard: list[float] = []

    async def note(done: float, _of: float | None, _words: str | None) -> None:
        heard.append(done)

    first = (await client.list_tools()).tools[0].name
    await client.call_tool("count", {"to": 3}, progress_callback=note)
    said = await client.call_tool("confirm", {"what": "it"})
    assert isinstance(said.content[0], TextContent)
    return first, heard, said.content[0].text


USED = ("search_catalog", [1.0, 2.0, 3.0], "it: done")


def test_an_agent_on_the_same_machine_speaks_stdio(settings: Settings) -> None:
    program, *words = command("mcp", "--stdio")

    async def session() -> Any:
        spoken = StdioServerParameters(command=program, args=words, env=environment(settings), cwd=ROOT)
        async with Client(spoken, elicitation_callback=agree) as client:
            return await use(client)

    assert asyncio.run(session()) == USED


@pytest.fixture(params=["server", "agents"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_elsewhere_speaks_http_in_either_revision(mode: str, url: str) -> None:

    async def session() -> Any:
        async with Client(f"{url}/mcp", mode=mode, elicitation_callback=agree) as client:
            return await use(client)

    assert asyncio.run(session()) == USED


def test_a_second_round_may_go_to_another_process(server: str, agents: str) -> None:
    body = json.loads(request("tools/call", name="confirm", arguments={"what": "it"}))
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {"elicitation": {"form": {}}}
    headers = headers_of(json.dumps(body).encode())
    asked = httpx.post(f"{server}/mcp", json=body, headers=headers, timeout=20).json()["result"]
    assert asked["resultType"] == "input_required"
    answers = {key: {"action": "accept", "content": {"agreed": True}} for key in asked["inputRequests"]}
    again = {**body["params"], "inputResponses": answers, "requestState": asked["requestState"]}
    said = httpx.post(f"{agents}/mcp", json={**body, "params": again}, headers=headers, timeout=20).json()
    assert said["result"]["content"][0]["text"] == "it: done"
    forged = {**again, "requestState": asked["requestState"][:-4] + "AAAA"}
    said = httpx.post(f"{agents}/mcp", json={**body, "params": forged}, headers=headers, timeout=20).json()
    assert said["error"]["code"] == -32602


def test_mcp_alone_has_its_probe_and_metadata_and_no_pages(agents: str) -> None:
    assert httpx.get(f"{agents}/healthz", timeout=10).text == "ok"
    said = httpx.get(f"{agents}/.well-known/oauth-protected-resource/mcp", timeout=10).json()
    assert said["resource"].endswith("/mcp")
    assert httpx.get(f"{agents}/shops/demo/", timeout=10).status_code == 404


def test_mcp_wants_one_way_to_be_spoken(settings: Settings) -> None:
    for asked in ((), ("--stdio", "--port", "8499")):
        words = command("mcp", *asked)
        done = subprocess.run(words, env=environment(settings), capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "either --stdio or --port" in done.stderr


def test_the_session_calls_of_acp_have_an_address_of_their_own(server: str) -> None:
    body = request("tools/list")
    said = httpx.post(f"{server}/acp/mcp", content=body, headers=headers_of(body), timeout=20).json()["result"]
    assert [one["name"] for one in said["tools"]] == [
        "create_checkout_session",
        "get_checkout_session",
        "update_checkout_session",
        "complete_checkout_session",
        "cancel_checkout_session",
    ]


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
    assert "larger than 1024 KB" in answer.json()["error"]["message"]
    assert httpx.get(f"{server}/healthz", timeout=10).text == "ok"


def test_the_docs_commands_exist() -> None:
    """Every `adengine WORD` in README and docs is a command."""
    import re

    from adengine.cli import app

    known = {one.name or one.callback.__name__ for one in app.registered_commands}
    known |= {str(one.name) for one in app.registered_groups}
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        text = path.read_text()
        blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        said = re.findall(r"`adengine ([a-z]+)", text)
        for word in said + re.findall(r"(?:^|bin/)adengine ([a-z]+)", blocks, re.MULTILINE):
            assert word in known, f"{path.name}: adengine {word}"
