"""Agents that call tools over kept connections, as the revision 2026-07-28 writes a request, and time each answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

REVISION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
LONGEST_ANSWER_S = 60


@dataclass
class Tally:
    """How long each answer took, how many were errors, and how many bytes of results came."""

    walls_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sent: int = 0


def request_of(tool: str, arguments: dict[str, object]) -> bytes:
    """A whole HTTP request that calls the tool."""
    params = {"name": tool, "arguments": arguments, "_meta": META}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = (
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:8400\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\n"
        f"MCP-Protocol-Version: {REVISION}\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def call(port: int, requests: list[bytes], count: int, connections: int = 1) -> Tally:
    """Send `count` requests in turn over so many connections at once."""
    tally = Tally()
    asyncio.run(_all(port, cycle(requests), tally, connections, count=count))
    return tally


def call_for(port: int, requests: list[bytes], seconds: float, connections: int) -> Tally:
    """Send requests for so long over so many connections at once."""
    tally = Tally()
    asyncio.run(_all(port, cycle(requests), tally, connections, until=time.monotonic() + seconds))
    return tally


async def _all(
    port: int, requests: Iterator[bytes], tally: Tally, connections: int, *, count: int = 0, until: float = 0
) -> None:
    await asyncio.gather(*(_line(port, requests, tally, count=count, until=until) for _ in range(connections)))


async def _line(port: int, requests: Iterator[bytes], tally: Tally, *, count: int, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while tally.sent < count if count else time.monotonic() < until:
        tally.sent += 1
        begun = time.perf_counter()
        writer.write(next(requests))
        status, body = await asyncio.wait_for(_answer(reader), LONGEST_ANSWER_S)
        tally.walls_s.append(time.perf_counter() - begun)
        # The bare server answers what it was sent; the product a result, which says whether it is an error.
        if status != 200 or b'"isError":true' in body or b'"error":' in body[:80]:
            tally.errors.append(f"{status} {body[:300]!r}")
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return status, await reader.readexactly(int(line.split(b":")[1]))
    raise RuntimeError(f"an answer without a length: {head[:200]!r}")
