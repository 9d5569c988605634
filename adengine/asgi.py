"""One process for all HTTP: MCP at /mcp, Flask for everything else."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from a2wsgi import WSGIMiddleware
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from adengine.agents import create_server, http_app
from adengine.engine import AdEngine
from adengine.web import create_app

WEB_THREADS = 16


def create_asgi(engine: AdEngine) -> Starlette:
    """The whole server: the MCP endpoint beside the Flask app, the MCP session manager living as long as it."""
    server = create_server(engine)
    agents = http_app(engine, server)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    web = WSGIMiddleware(create_app(engine), workers=WEB_THREADS)  # type: ignore[arg-type]
    routes = [Route("/healthz", healthy), *agents.routes, Mount("/", web)]  # type: ignore[arg-type]
    return Starlette(routes=routes, lifespan=lifespan)


async def healthy(_request: Request) -> PlainTextResponse:
    """Answer a probe: this process takes requests."""
    return PlainTextResponse("ok")
