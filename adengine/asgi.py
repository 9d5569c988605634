"""One process for all HTTP: MCP at /mcp and /acp/mcp, Flask for everything else; or MCP alone."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from adengine.agents import create_server, http_app
from adengine.engine import AdEngine

WEB_THREADS = 16


def create_asgi(engine: AdEngine) -> Starlette:
    """The whole server: the MCP endpoints beside the Flask app, their sessions living as long as it."""
    # A process that serves MCP alone never loads Flask.
    from a2wsgi import WSGIMiddleware

    from adengine.web import create_app

    agents = http_app(engine, create_server(engine))
    web = WSGIMiddleware(create_app(engine), workers=WEB_THREADS)  # type: ignore[arg-type]
    routes = [Route("/healthz", healthy), *agents.routes, Mount("/", web)]  # type: ignore[arg-type]
    made = Starlette(routes=routes, lifespan=lambda _app: agents.run())
    # The pattern of a mount ends at a line break: an address that holds one is the pages' to answer, too.
    made.router.default = web  # type: ignore[assignment]
    return made


def create_agents_asgi(engine: AdEngine) -> Starlette:
    """MCP alone: its endpoints, what says who signs people in, and a probe."""
    agents = http_app(engine, create_server(engine))
    return Starlette(routes=[Route("/healthz", healthy), *agents.routes], lifespan=lambda _app: agents.run())


async def healthy(_request: Request) -> PlainTextResponse:
    """Answer a probe: this process takes requests."""
    return PlainTextResponse("ok")
