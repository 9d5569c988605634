"""A shop behind a real server, a host that shows its apps, and a browser looking at both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, FrameLocator, Page

from adengine.agents import apps
from adengine.asgi import create_asgi
from adengine.engine import AdEngine
from adengine.models import Checkout
from tests.apps.host import Server, hosting
from tests.servers import free_port
from tests.web.conftest import browser, film, seed
from tests.web.worlds import World, copy_world

__all__ = ["browser", "film", "seed"]

WIDE, PHONE, SMALL = (800, 900), (390, 844), (320, 700)


@dataclass(frozen=True)
class Stand:
    """A shop with a film of the mug, its server as anybody reaches it, and the host's address."""

    world: World
    server: Server
    host: str
    ad_id: str

    @property
    def merchant(self) -> Server:
        return Server(self.server.url, self.world.token)

    def checkouts(self) -> list[Checkout]:
        with self.world.engine.unit(self.world.merchant) as unit:
            return list(unit.db.query(Checkout))


@contextmanager
def serving(engine: AdEngine, port: int) -> Iterator[None]:
    """The whole product on a loopback port."""
    config = uvicorn.Config(
        create_asgi(engine),
        host="127.0.0.1",
        port=port,
        log_level="error",
        http="h11",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def start(*given: Any, **named: Any) -> None:
        await startup(*given, **named)
        started.set()

    server.startup = start  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(30), "the server did not start"
    yield
    server.should_exit = True
    thread.join(30)


@pytest.fixture
def stand(tmp_path: Any, seed: World) -> Iterator[Stand]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    world = copy_world(seed, tmp_path, url)
    server = Server(url)
    with serving(world.engine, port), hosting(server) as host:
        yield Stand(world, server, host, world.ad())
    world.engine.close()


@dataclass(frozen=True)
class Shown:
    """An app in its host."""

    page: Page
    frame: FrameLocator

    def asked(self, method: str) -> list[dict[str, Any]]:
        """What the app sent by this method."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "method => host.asked.filter(([one]) => one === method).map(([, params]) => params)", method
        )
        return found

    def called(self, tool: str) -> list[dict[str, Any]]:
        return [one["arguments"] for one in self.asked("tools/call") if one["name"] == tool]

    def opened(self) -> list[str]:
        links: list[str] = self.page.evaluate("host.opened")
        return links

    def answer(self, tool: str, *results: dict[str, Any]) -> None:
        """From now on the host answers calls of the tool with these, in turn; none: the server answers again."""
        self.page.evaluate(
            "([tool, results]) => { host.canned[tool] = results.length && results }", [tool, list(results)]
        )

    def tell(self, method: str, params: dict[str, Any]) -> None:
        self.page.evaluate("([method, params]) => host.tell(method, params)", [method, params])

    def run(self, script: str) -> Any:
        """The value of a script in the app's own page."""
        return self.page.frames[-1].evaluate(script)


Show = Callable[..., Shown]


@pytest.fixture
def show(browser: Browser, stand: Stand) -> Iterator[Show]:
    """Show a tool's answer in its app; script errors and refused content fail the test unless `is_clean` is False."""
    contexts, errors = [], []

    def shown(
        tool: str,
        given: dict[str, Any] | None = None,
        *,
        size: tuple[int, int] = WIDE,
        result: dict[str, Any] | None = None,
        is_clean: bool = True,
        has_clock: bool = False,
        media: dict[str, Any] | None = None,
        **more: Any,
    ) -> Shown:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **(media or {}))
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        if is_clean:
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        if has_clock:
            page.clock.install()
        page.goto(stand.host)
        asked = {"uri": apps.APPS[tool].uri, "tool": tool, "given": given or {}, "result": result, **more}
        page.evaluate("asked => host.show(asked)", asked)
        return Shown(page, page.frame_locator("iframe"))

    yield shown
    for context in contexts:
        context.close()
    assert errors == []
