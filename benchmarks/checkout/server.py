"""The two servers that are compared, each a process of its own: the product, and Flask with one committed insert.

`python -m benchmarks.checkout.server product|bare HOME DATABASE_URL PORT`; both run under uvicorn as `adengine serve`
does, with the same threads and the same way to the same database.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask, Response, jsonify, request
from sqlalchemy import Column, DateTime, MetaData, String, Table, Text, insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from adengine.app import build
from adengine.asgi import WEB_THREADS, create_asgi
from adengine.connections import connect
from adengine.models import new_id
from adengine.serving import settle
from adengine.settings import Settings
from benchmarks.checkout.market import settings_of

NOTE = Table(
    "bench_note", MetaData(), Column("id", String, primary_key=True), Column("body", Text), Column("at", DateTime)
)


def bare(settings: Settings) -> Starlette:
    """What a request costs at the very least: JSON in, one row committed, JSON out."""
    sql = connect(settings.database)
    NOTE.metadata.create_all(sql)
    app = Flask("bare")

    @app.post("/notes")
    def keep() -> tuple[Response, int]:
        said = request.get_json()
        row = {"id": new_id("note"), "body": request.get_data(as_text=True)}
        with sql.begin() as connection:
            connection.execute(insert(NOTE), row)
        return jsonify({"id": row["id"], "said": said}), 201

    async def healthy(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    web = WSGIMiddleware(app, workers=WEB_THREADS)  # type: ignore[arg-type]
    return Starlette(routes=[Route("/healthz", healthy), Mount("/", web)])  # type: ignore[arg-type]


def main() -> None:
    which, home, database_url, port = sys.argv[1:]
    settings = settings_of(Path(home), database_url)
    app = bare(settings) if which == "bare" else create_asgi(build(settings))
    settle()
    uvicorn.run(app, host="127.0.0.1", port=int(port), http="h11", log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
