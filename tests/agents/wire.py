"""MCP as bytes: requests to the app as `adengine serve` mounts it, in this process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from adengine.agents import create_server, http_app
from adengine.engine import AdEngine

MODERN, LEGACY = "2026-07-28", "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
}


def request(method: str, **params: Any) -> bytes:
    """A request of revision 2026-07-28."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META, **params}}).encode()


def headers_of(body: bytes, token: str = "") -> dict[str, str]:
    """What the revision wants beside the body."""
    said = json.loads(body)
    name = said["params"].get("name", said["params"].get("uri", ""))
    return {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": said["method"],
        **({"Mcp-Name": name} if name else {}),
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }


class Wire:
    """An HTTP client of one engine's endpoints; every call serves the app anew unless `sent` takes several at once."""

    def __init__(self, engine: AdEngine, path: str = "/mcp") -> None:
        self.engine, self.path = engine, path

    def call(self, tool: str, token: str = "", **arguments: Any) -> httpx.Response:
        return self.ask("tools/call", token, name=tool, arguments=arguments)

    def ask(self, method: str, token: str = "", **params: Any) -> httpx.Response:
        body = request(method, **params)
        return self.post(body, headers_of(body, token))

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.sent([(body, headers or {})])[0]

    def sent(self, posts: list[tuple[bytes, dict[str, str]]], *, client: str = "127.0.0.1") -> list[httpx.Response]:
        """Send one after the other to one running app."""

        async def session() -> list[httpx.Response]:
            app = http_app(self.engine, create_server(self.engine))
            transport = httpx.ASGITransport(app, client=(client, 4242))
            async with app.run(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8400") as web:
                return [await web.post(self.path, content=body, headers=headers) for body, headers in posts]

        return asyncio.run(session())

    def get(self, path: str) -> httpx.Response:
        async def session() -> httpx.Response:
            app = http_app(self.engine, create_server(self.engine))
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8400") as web:
                return await web.get(path)

        return asyncio.run(session())


def words(answer: httpx.Response) -> str:
    """What an answer says to its reader: the error's message, or a tool's text."""
    body = answer.json()
    return str(body["error"]["message"] if "error" in body else body["result"]["content"][0]["text"])
