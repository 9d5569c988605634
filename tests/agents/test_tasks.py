"""Films made as tasks: over real HTTP requests, real rows and real workers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from adengine import database
from adengine.agents import create_server, http_app
from adengine.agents.server import HttpApp
from adengine.agents.tasks import IDENTIFIER
from adengine.app import build
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Ad
from adengine.ports import Files
from adengine.services import ads, catalog, merchants
from adengine.serving import command, environment
from adengine.settings import Settings
from tests.conftest import open_desk
from tests.fakes import Clock, Outbox
from tests.shops import MUG, OAT, write_shop

REVISION = "2026-07-28"
PATIENCE_S = 90.0
INVALID, MISMATCH, UNDECLARED = -32602, -32020, -32021


@dataclass(frozen=True)
class Agent:
    """A client of revision 2026-07-28 with a merchant's token."""

    client: TestClient | None
    token: str
    extensions: tuple[str, ...] = (IDENTIFIER,)

    def ask(self, method: str, name: str, /, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer to a request that names a tool or a task."""
        assert self.client is not None
        body, headers = self.request(method, name, params)
        answer: dict[str, Any] = self.client.post("/mcp", json=body, headers=headers).json()
        return answer

    def request(
        self, method: str, name: str, params: dict[str, Any] | None = None, *, meta: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Body and headers as revision 2026-07-28 wants them."""
        key = "name" if method == "tools/call" else "taskId"
        said = {
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {"extensions": {one: {} for one in self.extensions}},
            **(meta or {}),
        }
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
            "Mcp-Method": method,
            "Mcp-Name": name,
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {key: name, **(params or {}), "_meta": said}}
        return body, {"Host": "127.0.0.1:8400", "Content-Type": "application/json", **headers}

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        result: dict[str, Any] = self.ask("tools/call", tool, {"arguments": arguments})["result"]
        return result

    def film(self, product: str = "mug", seconds: int = 6) -> dict[str, Any]:
        """Order a film, under a key of its own."""
        asked = {"product_ids": [product], "seconds": seconds, "idempotency_key": f"film-{uuid.uuid4()}"}
        return self.call("create_ad", **asked)

    def get(self, task_id: str) -> dict[str, Any]:
        result: dict[str, Any] = self.ask("tasks/get", task_id)["result"]
        return result

    def until(self, task_id: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            task = self.get(task_id)
            if fits(task):
                return task
            time.sleep(0.1)
        raise AssertionError(f"after {PATIENCE_S} s the task is {task}")

    def without_tasks(self) -> Agent:
        return replace(self, extensions=())


def ended(task: dict[str, Any]) -> bool:
    return task["status"] in {"completed", "failed", "cancelled"}


def rendering(task: dict[str, Any]) -> bool:
    return bool(task.get("statusMessage", "").startswith("rendering") and task["statusMessage"] != "rendering 0 %")


@contextmanager
def served(engine: AdEngine) -> Iterator[TestClient]:
    """One server process's worth of the MCP endpoint."""
    with TestClient(http_app(engine, create_server(engine)), base_url=engine.settings.public_url) as client:
        yield client


def token_of(engine: AdEngine, shop: str) -> str:
    with engine.unit(SYSTEM) as unit:
        return merchants.make_token(unit, merchants.find_shop(unit, shop), kind="merchant")


@pytest.fixture
def stocked(engine: AdEngine, tmp_path: Path) -> AdEngine:
    """An engine whose shop sells one mug."""
    catalog.import_feed(engine, open_desk(engine).merchant, str(write_shop(tmp_path / "shop", [MUG, OAT])))
    return engine


@pytest.fixture
def agent(stocked: AdEngine) -> Iterator[Agent]:
    with served(stocked) as client:
        yield Agent(client, token_of(stocked, "demo"))


def row(engine: AdEngine, ad_id: str) -> Ad:
    with engine.reading(SYSTEM) as unit:
        return unit.get(Ad, ad_id)


def error(answer: dict[str, Any]) -> int:
    return int(answer["error"]["code"])


def test_a_task_is_the_ads_row_and_kept_before_it_is_answered(agent: Agent, stocked: AdEngine) -> None:
    made = agent.film()
    assert made["resultType"] == "task", made
    assert (made["status"], made["statusMessage"], made["ttlMs"]) == ("working", "waiting for a worker", None)
    assert row(stocked, made["taskId"]).status == "queued"
    seen = agent.get(made["taskId"])
    assert (seen["resultType"], seen["status"], seen["createdAt"]) == ("complete", "working", made["createdAt"])
    assert not {"result", "error", "inputRequests", "requestState"} & seen.keys()


def test_a_client_without_the_extension_gets_the_plain_answer(agent: Agent) -> None:
    made = agent.without_tasks().film()
    assert made["resultType"] == "complete"
    assert made["structuredContent"]["state"] == "queued"
    assert "taskId" not in made


def test_a_client_without_the_extension_is_told_what_to_declare(agent: Agent) -> None:
    task_id = agent.film()["taskId"]
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        answer = agent.without_tasks().ask(method, task_id, {"inputResponses": {}})
        assert error(answer) == UNDECLARED
        assert answer["error"]["data"] == {"requiredCapabilities": {"extensions": {IDENTIFIER: {}}}}


def test_a_call_that_is_refused_makes_no_task(agent: Agent) -> None:
    refused = agent.film("teapot")
    assert (refused["resultType"], refused["isError"]) == ("complete", True)
    assert "teapot" in refused["content"][0]["text"]


def test_another_merchants_token_cannot_see_or_stop_the_task(agent: Agent, stocked: AdEngine) -> None:
    task_id = agent.film()["taskId"]
    open_desk(stocked, "other")
    other = replace(agent, token=token_of(stocked, "other"))
    unknown = error(other.ask("tasks/get", "ad_" + "7" * 20))
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        assert error(other.ask(method, task_id, {"inputResponses": {}})) == unknown == INVALID
        assert error(replace(agent, token="").ask(method, task_id, {"inputResponses": {}})) == INVALID
    assert row(stocked, task_id).status == "queued"


def test_the_id_of_another_kind_of_row_is_no_task(agent: Agent, stocked: AdEngine) -> None:
    with stocked.reading(SYSTEM) as unit:
        merchant = merchants.find_shop(unit, "demo").id
    others = [f"ad_{merchant.partition('_')[2]}", merchant, "ad_", "", "ad_%", "tasks-12345", "x" * 200]
    assert [error(agent.ask("tasks/get", one)) for one in others] == [INVALID] * len(others)


def test_the_header_must_name_the_task(agent: Agent) -> None:
    task_id = agent.film()["taskId"]
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        answer = agent.ask(method, "ad_other", {"taskId": task_id, "inputResponses": {}})
        assert error(answer) == MISMATCH


def test_a_cancelled_task_stays_cancelled_and_may_be_cancelled_again(agent: Agent, stocked: AdEngine) -> None:
    task_id = agent.film()["taskId"]
    for _ in range(2):
        ack = agent.ask("tasks/cancel", task_id)["result"]
        assert ack.keys() == {"resultType", "_meta"}
        task = agent.get(task_id)
        assert (task["status"], task["statusMessage"]) == ("cancelled", "cancelled by the merchant's agent")
    with stocked.unit(SYSTEM) as unit:
        unit.jobs.append(("render", task_id))
    assert row(stocked, task_id).status == "retired"


def test_answers_nobody_asked_for_change_nothing(agent: Agent) -> None:
    task_id = agent.film()["taskId"]
    ack = agent.ask("tasks/update", task_id, {"inputResponses": {"unknown": {"action": "accept"}}})["result"]
    assert ack["resultType"] == "complete"
    assert agent.get(task_id)["status"] == "working"


def test_a_film_that_could_not_be_made_is_a_completed_task_with_an_error(agent: Agent, stocked: AdEngine) -> None:
    task_id = agent.film()["taskId"]
    with stocked.unit(SYSTEM) as unit:
        ad = unit.get(Ad, task_id, lock=True)
        ads.move_ad(ad, "failed")
        ad.reason = "the disk is full"
    task = agent.get(task_id)
    assert (task["status"], task["statusMessage"]) == ("completed", "the disk is full")
    assert (task["result"]["isError"], task["result"]["structuredContent"]["state"]) == (True, "failed")


def test_a_film_once_made_stays_a_completed_task_and_cannot_be_cancelled(
    agent: Agent, stocked: AdEngine, outbox: Outbox
) -> None:
    task_id = agent.film()["taskId"]
    outbox.run(stocked)
    agent.ask("tasks/cancel", task_id)
    assert agent.get(task_id)["status"] == "completed"
    with stocked.unit(SYSTEM) as unit:
        ads.retire(unit, task_id)
    task = agent.get(task_id)
    assert (task["status"], task["result"]["structuredContent"]["state"]) == ("completed", "retired")


def test_a_server_begun_anew_answers_for_tasks_of_the_one_before(agent: Agent, stocked: AdEngine) -> None:
    task_id = agent.film()["taskId"]
    again = build(stocked.settings)
    with served(again) as client:
        assert replace(agent, client=client).get(task_id)["status"] == "working"
    again.close()


@dataclass(frozen=True)
class CancelledWhileKept:
    """Files whose owner gives the film up just before the last one is stored."""

    inside: Files
    give_up: Callable[[], object]

    def put(self, key: str, path: Path) -> None:
        if key.endswith("film.mp4"):
            self.give_up()
        self.inside.put(key, path)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inside, name)


def test_a_cancel_that_comes_while_the_film_is_stored_leaves_no_files(
    agent: Agent, stocked: AdEngine, outbox: Outbox
) -> None:
    task_id = agent.film()["taskId"]
    stocked.ports = replace(
        stocked.ports, files=CancelledWhileKept(stocked.ports.files, lambda: agent.ask("tasks/cancel", task_id))
    )
    outbox.run(stocked)
    assert agent.get(task_id)["status"] == "cancelled"
    assert not [one for one in (stocked.settings.home_path / "files" / "ads").rglob("*") if one.is_file()]


@dataclass
class Stalling:
    """A clock that, once armed, keeps whoever asks it in a worker thread until it is let go."""

    inside: Clock
    is_armed: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> datetime:
        if self.is_armed and not self.asked.is_set():
            self.asked.set()
            self.released.wait(PATIENCE_S)
        return self.inside()


def test_a_client_that_leaves_in_the_middle_of_a_call_leaves_nothing_half_done(
    stocked: AdEngine, clock: Clock, outbox: Outbox
) -> None:
    stalling = Stalling(clock)
    stocked.ports = replace(stocked.ports, clock=stalling)
    agent = Agent(None, token_of(stocked, "demo"))
    asked = {"product_ids": ["mug"], "seconds": 6, "idempotency_key": "left-in-the-middle"}
    body, headers = agent.request("tools/call", "create_ad", {"arguments": asked}, meta={"progressToken": "p"})
    anyio.run(_leave, http_app(stocked, create_server(stocked)), body, headers, stalling)
    with stocked.reading(SYSTEM) as unit:
        (ad,) = unit.db.scalars(select(Ad)).all()
    assert (ad.status, outbox.jobs[-1]) == ("queued", ("render", ad.id))
    with served(stocked) as client:
        again = replace(agent, client=client).call("create_ad", **asked)
    assert again["taskId"] == ad.id


async def _leave(app: HttpApp, body: dict[str, Any], headers: dict[str, str], stalling: Stalling) -> None:
    """Send one request, and go away while the tool stands in the middle of its transaction."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8400),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    sent = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if sent:
            stalling.is_armed = True
            return sent.pop()
        await anyio.to_thread.run_sync(stalling.asked.wait, PATIENCE_S)
        stalling.released.set()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        assert message["type"].startswith("http.response")

    async with app.run():
        await app(scope, receive, send)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path / "home"), database_url=database_url, lease_s="3", sweep_s="1")


@pytest.fixture
def working(settings: Settings, tmp_path: Path) -> Iterator[Agent]:
    """An agent of a server whose jobs go to real worker processes."""
    engine = build(settings)
    database.upgrade(engine.sql)
    catalog.import_feed(engine, open_desk(engine).merchant, str(write_shop(tmp_path / "shop", [MUG, OAT])))
    with served(engine) as client:
        yield Agent(client, token_of(engine, "demo"))
    engine.close()


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a worker process; every one still running is stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def one() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command("worker"), env=environment(settings), stdout=sys.stderr))
        return started[-1]

    yield one
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_costs_the_task_nothing(
    working: Agent, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    task_id = working.film()["taskId"]
    first = start()
    working.until(task_id, rendering)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert working.get(task_id)["status"] == "working"
    start()
    task = working.until(task_id, ended)
    assert task["status"] == "completed"
    plain = working.call("get_render", ad_id=task_id)
    assert task["result"] == {key: plain[key] for key in task["result"]}
    assert task["result"]["structuredContent"]["state"] == "ready"
    assert json.loads(task["result"]["content"][0]["text"]) == task["result"]["structuredContent"]


@pytest.mark.slow
def test_a_cancelled_task_stops_its_worker_which_then_does_the_next(
    working: Agent, start: Callable[[], subprocess.Popen[bytes]], settings: Settings
) -> None:
    unwanted = working.film(seconds=30)["taskId"]
    wanted = working.film()["taskId"]
    worker = start()
    working.until(unwanted, rendering)
    working.ask("tasks/cancel", unwanted)
    assert working.until(wanted, ended)["status"] == "completed"
    task = working.get(unwanted)
    assert (task["status"], task["statusMessage"]) == ("cancelled", "cancelled by the merchant's agent")
    assert not list((settings.home_path / "files" / "ads" / unwanted).rglob("*"))
    worker.terminate()
    worker.wait(timeout=PATIENCE_S)  # it puts its folders away before it ends
    assert not list((settings.home_path / "tmp").iterdir())
