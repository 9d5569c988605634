"""The demo's shop, with its five films made small, and agents that talk to it over HTTP as any client would."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestParams, ElicitResult
from rich.console import Console
from starlette.types import ASGIApp

from adengine import database
from adengine.agents import create_server
from adengine.agents.server import http_app
from adengine.connections import connect
from adengine.demo.run import FILMS, open_shop, published, start_experiment
from adengine.engine import AdEngine
from adengine.services import ads, agents
from adengine.settings import Settings
from tests.fakes import Clock, Outbox, build_test_engine

BASE = "http://127.0.0.1:8400"
CHARACTERS_A_TOKEN = 4  # of English and JSON, about; `make conformance` counts the definitions exactly
Document = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The shop, the films by what they are, the running experiment, and a token of each kind of caller."""

    engine: AdEngine
    films: dict[str, str]
    experiment: str
    tokens: dict[str, str]
    outbox: Outbox


def open_world(folder: Path) -> World:
    settings = Settings(
        home=str(folder / "home"), public_url=BASE, agent_requests_per_minute="0", anonymous_requests_per_minute="0"
    )
    sql = connect(settings.database)
    database.upgrade(sql)
    sql.dispose()
    outbox = Outbox()
    engine = build_test_engine(settings, clock=Clock(datetime.now(UTC)), outbox=outbox)
    quiet = Console(file=io.StringIO())
    demo = open_shop(engine, quiet)
    films = {}
    with engine.unit(demo.actor) as unit:
        for wish in FILMS:
            films[str(wish.request_key).removeprefix("demo:")] = ads.create_ad(unit, published(wish)).id
    outbox.run(engine)
    with engine.unit(demo.actor) as unit:
        cards = [ads.get_ad(unit, one) for one in films.values()]
    experiment = start_experiment(engine, demo, cards)
    assert experiment is not None
    with engine.unit(demo.actor) as unit:
        _, token, _ = agents.add_agent(unit, "evaluation")
    return World(engine, films, experiment, {"anybody": "", "buyer": token, "merchant": demo.token}, outbox)


@dataclass
class Agent:
    """A deterministic client: it keeps count of its calls, and of the tokens of what it sent and got."""

    client: Client
    world: World
    calls: int = 0
    tokens: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, tool: str, **given: Any) -> Document:
        """Call a tool that has to answer."""
        answer = await self._called(tool, given)
        assert not answer.is_error, answer.content[0].text
        return dict(answer.structured_content)

    async def refused(self, tool: str, **given: Any) -> str:
        """Call a tool that has to refuse; its words."""
        answer = await self._called(tool, given)
        assert answer.is_error, answer.structured_content
        return str(answer.content[0].text)

    async def read(self, uri: str) -> str:
        self.calls += 1
        found = await self.client.read_resource(uri)
        text = str(found.contents[0].text)
        self.tokens += len(text) // CHARACTERS_A_TOKEN
        return text

    def work(self) -> None:
        """Let a worker do what is owed by now."""
        self.world.outbox.run(self.world.engine)

    async def _called(self, tool: str, given: Document) -> Any:
        self.calls += 1
        answer = await self.client.call_tool(tool, given)
        said = json.dumps(given) + "".join(getattr(one, "text", "") for one in answer.content)
        self.tokens += len(said) // CHARACTERS_A_TOKEN
        return answer


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[ASGIApp]:
    app = http_app(world.engine, create_server(world.engine))
    async with app.run():
        yield app


@asynccontextmanager
async def connected(world: World, app: ASGIApp, who: str, *, says: bool | None = True) -> AsyncIterator[Agent]:
    """An agent of anybody's, of a buyer (whose person says yes, no, or None: cannot be asked) or of the merchant."""
    token = world.tokens[who]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked: list[str] = []

    async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"pay": True}) if says else ElicitResult(action="decline")

    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers) as web,
        Client(
            streamable_http_client(f"{BASE}/mcp", http_client=web),
            elicitation_callback=None if says is None else answer,
        ) as client,
    ):
        yield Agent(client, world, asked=asked)


def once() -> Document:
    return {"idempotency-key": str(uuid.uuid4())}
