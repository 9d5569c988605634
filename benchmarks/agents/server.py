"""The two servers that are compared, each a process of its own: the product, and Starlette echoing JSON.

`python -m benchmarks.agents.server product HOME DATABASE_URL PORT` and `... bare PORT`; uvicorn runs both alike.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from adengine.app import build
from adengine.asgi import create_asgi
from adengine.serving import settle
from benchmarks.agents.shop import settings_of


async def echo(request: Request) -> JSONResponse:
    return JSONResponse(await request.json())


async def healthy(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


def main() -> None:
    which, *words, port = sys.argv[1:]
    if which == "bare":
        app = Starlette(routes=[Route("/mcp", echo, methods=["POST"]), Route("/healthz", healthy)])
    else:
        app = create_asgi(build(settings_of(Path(words[0]), words[1])))
    settle()
    uvicorn.run(app, host="127.0.0.1", port=int(port), http="h11", log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
