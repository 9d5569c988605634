"""Large answers are written as JSON once: through the SDK goes a mark, and the answer takes its place in the response.

On its way out the SDK validates a result twice, dumps it three times and then writes it; for a page of products that
takes longer than reading them from the database does.
"""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from dataclasses import dataclass

import pydantic_core
from mcp.types import CallToolResult, ResourceLink, TextContent
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nobody can send them, and no text of a merchant's can hold them.
TEXT, DATA = secrets.token_hex(16), secrets.token_hex(16)
TEXT_SENT, DATA_SENT = f'"{TEXT}"'.encode(), f'{{"{DATA}":0}}'.encode()


@dataclass
class Page:
    """A response under way, and the JSON of its answer once a tool wrote one."""

    json: bytes | None = None

    def carry(self, json: bytes, links: tuple[ResourceLink, ...]) -> CallToolResult:
        """Keep the JSON for the response; answers what goes through the SDK in its place."""
        self.json = json
        text = TextContent(type="text", text=TEXT)
        return CallToolResult(content=[text, *links], structured_content={DATA: 0})

    def filled(self, body: bytes) -> bytes:
        """The response's body with the answer in it: as structured content, and the same as text."""
        json = self.json or b""
        if (body.count(TEXT_SENT), body.count(DATA_SENT)) != (1, 1):
            raise RuntimeError("the SDK writes a result otherwise than the marks in it expect")
        text = pydantic_core.to_json(json.decode())
        return body.replace(TEXT_SENT, text).replace(DATA_SENT, json)


OPEN: ContextVar[Page | None] = ContextVar("adengine_page", default=None)


class Writing:
    """ASGI: lets tools write their answers themselves, where responses are single JSON texts."""

    def __init__(self, inside: ASGIApp) -> None:
        self.inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page, begun = Page(), list[Message]()

        async def fill(message: Message) -> None:
            if page.json is None:
                await send(message)
            elif message["type"] == "http.response.start":
                begun.append(message)
            else:
                body = page.filled(message["body"])
                await send(_as_long(begun.pop(), body))
                await send({**message, "body": body})

        token = OPEN.set(page)
        try:
            await self.inside(scope, receive, fill)
        finally:
            OPEN.reset(token)


def _as_long(start: Message, body: bytes) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]}
