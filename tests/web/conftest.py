"""A world for each test, clients at its pages, and a browser at a server on a real port."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from adengine.web import create_app
from tests.web.worlds import World, build_world, copy_world, draw_film

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_film(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory, film: Path) -> World:
    made = build_world(tmp_path_factory.mktemp("seed"), film)
    made.engine.close()
    return made


@pytest.fixture
def world(tmp_path: Path, seed: World) -> Iterator[World]:
    made = copy_world(seed, tmp_path)
    yield made
    made.engine.close()


class Reader(FlaskClient):
    """A client that reads each answer to its end, so that no film stays open."""

    def open(self, *args: Any, **given: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **given})


@pytest.fixture
def app(world: World) -> Flask:
    made = create_app(world.engine)
    made.test_client_class = Reader
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def studio(app: Flask, world: World) -> FlaskClient:
    """A client that is signed in to the studio."""
    client = app.test_client()
    assert client.get(f"/sign-in?token={world.token}").location == "/studio/"
    return client


@dataclass(frozen=True)
class Site:
    """The pages on a real port, with one film of the mug."""

    world: World
    url: str
    ad_id: str

    @property
    def shop(self) -> str:
        return f"{self.url}/shops/lumen"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, seed: World) -> Iterator[Site]:
    held: dict[str, Flask] = {}

    def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        answer = _blog if environ["PATH_INFO"] == "/blog" else held["app"]
        return answer(environ, start)

    server = make_server("127.0.0.1", 0, serve, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    world = copy_world(seed, tmp_path_factory.mktemp("site"), url)
    held["app"] = create_app(world.engine)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(world, url, world.ad())
    server.shutdown()
    thread.join()
    server.server_close()
    world.engine.close()


def _blog(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Somebody else's page with a frame of the address in its query."""
    start("200 OK", [("Content-Type", "text/html")])
    frame = f'<iframe title="film" width="400" height="760" src="{environ["QUERY_STRING"]}"></iframe>'
    return [b'<!doctype html><link rel="icon" href="data:,">', frame.encode()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("there is no browser: /usr/bin/chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at desktop width; any script error or refused content fails its test."""
    yield from _page(browser.new_context(viewport={"width": 1280, "height": 900}))


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    yield from _page(browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True))


def _page(context: BrowserContext) -> Iterator[Page]:
    context.set_default_timeout(10_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert errors == []
