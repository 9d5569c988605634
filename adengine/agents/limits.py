"""What stands in front of an MCP endpoint: how large, how deep and how often, said in words before anything hurts."""

from __future__ import annotations

import ipaddress
import json
import math
import re
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adengine.settings import Settings

BODY = "adengine.body"  # key of the request's body in the ASGI scope
DEEPEST = 64
MOST_KEYS = 20_000
LONGEST_ADDRESS = 64
INVALID_REQUEST, SERVER_BUSY = -32600, -32000

TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # possessive: a hostile body is read once, never again
STEPS = bytes(1 if byte in b"[{" else 255 if byte in b"]}" else 0 for byte in range(256))
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class Turned(Exception):
    """A request that is turned away: an HTTP status with a JSON-RPC error in words, and what else its answer says."""

    def __init__(
        self, status: int, words: str, *, code: int = INVALID_REQUEST, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(words)
        self.status, self.words, self.code, self.headers = status, words, code, headers or {}

    async def answer(self, send: Send) -> None:
        error = {"jsonrpc": "2.0", "id": None, "error": {"code": self.code, "message": self.words}}
        body = json.dumps(error).encode()
        said = {"content-type": "application/json", "content-length": str(len(body)), **self.headers}
        headers = [(name.encode(), value.encode()) for name, value in said.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Buckets:
    """A token bucket for each key: a minute's worth at once, then as it refills; the least used keys are forgotten."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, key: str) -> float:
        """Take one; answers 0.0, or after how many seconds there is one again."""
        if not self.per_minute:
            return 0.0
        now, rate = self.clock(), self.per_minute / 60
        level, since = self._levels.pop(key, (float(self.per_minute), now))
        level = min(self.per_minute, level + (now - since) * rate)
        self._levels[key] = (level - 1 if level >= 1 else level, now)
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)
        return 0.0 if level >= 1 else (1 - level) / rate

    def give_back(self, key: str) -> None:
        if key in self._levels:
            level, since = self._levels[key]
            self._levels[key] = (level + 1, since)

    def __contains__(self, key: str) -> bool:
        return key in self._levels


class Rates:
    """How often somebody may call: by the token where one was found valid, by the address for everybody else."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.tokens = Buckets(int(settings.agent_requests_per_minute), clock)
        self.addresses = Buckets(int(settings.anonymous_requests_per_minute), clock)

    def admit(self, token: str, address: str) -> None:
        """Count a request; raises Turned with the seconds to wait. A token not seen before counts for its address."""
        key = digest(token) if token else ""
        if key in self.tokens:
            self._need(self.tokens.take(key), f"{self.tokens.per_minute} requests a minute are served to one token")
            return
        whom = "one address without a valid token"
        words = f"{self.addresses.per_minute} requests a minute are served to {whom}"
        self._need(self.addresses.take(address), words)

    def found_valid(self, token: str, address: str) -> None:
        """Count the token by itself from now on, so that many agents may share an address."""
        key = digest(token)
        if key not in self.tokens:
            self.addresses.give_back(address)
            self.tokens.take(key)

    def _need(self, wait_s: float, words: str) -> None:
        if wait_s:
            seconds = math.ceil(wait_s)
            again = f"{words}; wait {seconds} s and send this again"
            raise Turned(429, again, code=SERVER_BUSY, headers={"retry-after": str(seconds)})


class Limited:
    """ASGI: admits a request by its rate, size and depth, and hands it on with its body in `scope[BODY]`."""

    def __init__(self, inside: ASGIApp, *, rates: Rates, most_bytes: int) -> None:
        self.inside, self.rates, self.most_bytes = inside, rates, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = Headers(scope=scope)
            self.rates.admit(bearer(headers), address_of(scope))
            body = await self._body(headers, receive)
            need_utf8(body)
            need_shallow(body)
            need_whole_characters(body)
        except Turned as refusal:
            await refusal.answer(send)
            return
        scope[BODY] = body
        await self.inside(scope, _again(body, receive), send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self.most_bytes:
            raise self._too_large()
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self.most_bytes:
                raise self._too_large()
        return body

    def _too_large(self) -> Turned:
        return Turned(413, f"the body is larger than {self.most_bytes // 1024} KB; send less at once")


def need_utf8(body: bytes) -> None:
    """Turn away what is not JSON's own encoding: parsers guess others, behind the back of whoever looked before."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Turned(400, "the body is not UTF-8; send it as JSON in UTF-8") from None
    if "\0" in text:
        raise Turned(400, "the body holds a NUL byte; send it as JSON in UTF-8")


def need_shallow(body: bytes) -> None:
    """Turn JSON away that nests deeper than anything here does: parsers recurse, and their limits are ugly."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    brackets = TEXTS.sub(b"", body).translate(STEPS, NO_BRACKETS)
    if max(accumulate(array("b", brackets)), default=0) > DEEPEST:
        raise Turned(400, f"the body nests deeper than {DEEPEST} levels; send it flatter")


def need_whole_characters(body: bytes) -> None:
    """Turn away texts with half of a character (a lone surrogate): JSON can say it, nothing behind can keep it."""
    if not SURROGATE.search(body):
        return
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Turned(400, "a text holds half of a character; send it as valid Unicode") from None
    except ValueError:
        return  # no JSON at all: the parser behind says so


def bearer(headers: Headers) -> str:
    """The token of an Authorization header, or nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def address_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network that one household or machine has whole."""
    client = str((scope.get("client") or ("", 0))[0])
    if ":" not in client:  # IPv4: at every request, and trying costs more than looking
        return client[:LONGEST_ADDRESS]
    try:
        address = ipaddress.IPv6Address(client.partition("%")[0])
    except ValueError:  # whatever a proxy wrote
        return client[:LONGEST_ADDRESS]
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))


def _again(body: bytes, receive: Receive) -> Receive:
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return unread.pop() if unread else await receive()

    return replay
