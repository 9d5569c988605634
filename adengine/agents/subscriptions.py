"""Listeners hear of prices, stock, licences and films that change, whichever process changed them.

Revision 2026-07-28 listens on a stream of its own (subscriptions/listen); before it a session subscribed to resources.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp.types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams
from mcp_types import INVALID_PARAMS
from sqlalchemy.exc import DataError
from starlette.requests import Request

from adengine.agents.desk import Desk
from adengine.agents.limits import address_of
from adengine.agents.oauth import caller_of
from adengine.core.errors import AdEngineError
from adengine.engine import Unit
from adengine.services.ucp.access import own_order
from integrations.news import Hush, News

MOST_URIS = 100
MOST_STREAMS = 20  # open at once by one token or address
HEARD = "adengine.heard"  # key of a session's URIs in its connection's state

# Whatever is not here may be read by anybody who has its id, so anybody may hear that it changed.
GUARDED: dict[str, Callable[[Unit, str], object]] = {"order": own_order}


class NewsBus(InMemorySubscriptionBus):
    """The SDK's bus, fed from the news of all processes for as long as somebody listens here."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news
        self._listeners_open = 0
        self._hush: Hush | None = None
        self._lock = threading.Lock()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear the news until the end of the block; the first to come starts a thread, the last to go ends it."""
        loop = asyncio.get_running_loop()
        await anyio.to_thread.run_sync(self._enter, loop)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        def heard(uri: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server is going down
                asyncio.run_coroutine_threadsafe(self.publish(ResourceUpdated(uri)), loop)

        with self._lock:
            self._listeners_open += 1
            if self._hush is None:
                self._hush = self.news.listen(heard)

    def _leave(self) -> None:
        with self._lock:
            self._listeners_open -= 1
            if not self._listeners_open and self._hush is not None:
                self._hush()
                self._hush = None


class Listening:
    """Serves listeners of both revisions: each hears only of what it may read, and nobody holds too many streams."""

    def __init__(self, desk: Desk, bus: NewsBus) -> None:
        self.desk, self.bus = desk, bus
        self._open: Counter[str] = Counter()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware: a listen request is cut down to what may be heard, and hears while it lasts."""
        if ctx.method != "subscriptions/listen":
            return await call_next(ctx)
        whose = _whose(ctx)
        if self._open[whose] >= MOST_STREAMS:
            raise MCPError(INVALID_PARAMS, f"{MOST_STREAMS} streams are open; close one, or name more URIs in one")
        self._open[whose] += 1
        try:
            allowed = await self._cut_down(ctx)
            async with self.bus.listening():
                return await call_next(allowed)
        finally:
            self._open[whose] -= 1
            self._open += Counter()  # forgets whoever has no stream left

    def register(self, server: MCPServer[Any]) -> None:
        """Serve resources/subscribe and resources/unsubscribe, which only sessions before 2026-07-28 have."""
        # The SDK's MCPServer has no public place for these two; its own decorators reach below in the same way.
        below = server._lowlevel_server
        below.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        below.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        uri = str(params.uri)
        connection = ctx.session._connection
        heard: set[str] = connection.state.setdefault(HEARD, set())
        if not await self._may_hear(ctx, [uri]):
            raise MCPError(INVALID_PARAMS, "there is no such resource here to subscribe to")
        if len(heard) >= MOST_URIS:
            raise MCPError(INVALID_PARAMS, f"this session subscribes to {MOST_URIS} resources; end one first")
        if not heard:
            await self._follow(connection, heard)
        heard.add(uri)
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        heard: set[str] = ctx.session._connection.state.get(HEARD, set())
        heard.discard(str(params.uri))
        return EmptyResult()

    async def _follow(self, connection: Connection, heard: set[str]) -> None:
        """Send the session what it subscribed to, from now until it ends; what it is slow to take is told once."""
        if f"{HEARD}.follows" in connection.state:
            return
        connection.state[f"{HEARD}.follows"] = True
        waiting: dict[str, asyncio.Task[None]] = {}

        def deliver(event: ServerEvent) -> None:
            if isinstance(event, ResourceUpdated) and event.uri in heard and event.uri not in waiting:
                task = asyncio.get_running_loop().create_task(connection.send_resource_updated(event.uri))
                waiting[event.uri] = task
                task.add_done_callback(lambda _, uri=event.uri: waiting.pop(uri, None))  # type: ignore[misc]

        await connection.exit_stack.enter_async_context(self.bus.listening())
        connection.exit_stack.callback(self.bus.subscribe(deliver))

    async def _cut_down(self, ctx: ServerRequestContext[Any, Any]) -> ServerRequestContext[Any, Any]:
        params = dict(ctx.params or {})
        wanted = params.get("notifications")
        if not isinstance(wanted, dict) or not isinstance(wanted.get("resourceSubscriptions"), list):
            return ctx
        uris = [uri for uri in wanted["resourceSubscriptions"] if isinstance(uri, str)]
        if len(uris) > MOST_URIS:
            raise MCPError(INVALID_PARAMS, f"one stream carries at most {MOST_URIS} resources; open another for more")
        heard = await self._may_hear(ctx, uris)
        return replace(ctx, params={**params, "notifications": {**wanted, "resourceSubscriptions": heard}})

    async def _may_hear(self, ctx: ServerRequestContext[Any, Any], uris: Iterable[str]) -> list[str]:
        return await anyio.to_thread.run_sync(lambda: [uri for uri in uris if self._is_readable(ctx, uri)])

    def _is_readable(self, ctx: ServerRequestContext[Any, Any], uri: str) -> bool:
        scheme, _, row_id = uri.partition("://")
        if scheme not in GUARDED:
            return True
        try:
            with self.desk.engine.reading(self.desk.actor_of(caller_of(ctx), "")) as unit:
                GUARDED[scheme](unit, row_id)
        except (AdEngineError, DataError):
            return False
        return True


def _whose(ctx: ServerRequestContext[Any, Any]) -> str:
    caller = caller_of(ctx)
    if caller is not None:
        return caller.key
    return address_of(ctx.request.scope) if isinstance(ctx.request, Request) else ""
