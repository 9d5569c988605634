"""Films as tasks: a task is the ad's own row, so any server process answers for it, and a crash loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.context import HandlerResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolRequestParams, CallToolResult, TextContent

from adengine.agents.desk import Desk
from adengine.agents.tasks import Call, Task
from adengine.engine import Unit
from adengine.services import ads
from adengine.services.ads import AdCard

CANCELLED = "cancelled by the merchant's agent"


class FilmTasks:
    """Takes create_ad and remix_ad as tasks; what a finished one answers is what get_render says."""

    def __init__(self, desk: Desk, server: Callable[[], MCPServer[Any]]) -> None:
        self._desk, self._server = desk, server  # the server is made with its extensions, so after them

    @property
    def tools(self) -> Mapping[str, bool]:
        return {"create_ad": False, "remix_ad": False}

    def owns(self, task_id: str) -> bool:
        return task_id.startswith("ad_")

    async def start(self, ctx: Context, _params: CallToolRequestParams, call: Call) -> Task | HandlerResult:
        answer = await call()
        if not isinstance(answer, CallToolResult) or answer.is_error:
            return answer
        return await self.get(ctx, answer.structured_content["ad_id"])

    async def get(self, ctx: Context, task_id: str) -> Task:
        """How far the film is. A film once made stays completed, whatever becomes of the ad."""
        task, made = await anyio.to_thread.run_sync(self._looked_up, ctx, task_id)
        if task.status != "completed":
            return task
        return replace(task, result=await self._result(ctx, task_id, is_error=not made))

    async def update(self, ctx: Context, task_id: str, answers: Mapping[str, object]) -> None:
        """Take note that a film asks nothing."""
        await anyio.to_thread.run_sync(self._looked_up, ctx, task_id)

    async def cancel(self, ctx: Context, task_id: str) -> None:
        await anyio.to_thread.run_sync(self._cancelled, ctx, task_id)

    def _looked_up(self, ctx: Context, task_id: str) -> tuple[Task, bool]:
        with self._desk.reading(ctx, "") as (unit, _):
            card = ads.get_render(unit, task_id)
            return _task(unit, card), card.film is not None

    def _cancelled(self, ctx: Context, task_id: str) -> None:
        with self._desk.writing(ctx, "") as (unit, _):
            ads.cancel(unit, task_id, CANCELLED)

    async def _result(self, ctx: Context, ad_id: str, *, is_error: bool) -> CallToolResult:
        try:
            answer = await self._server().call_tool("get_render", {"ad_id": ad_id}, ctx)
        except ToolError as error:
            return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
        if not isinstance(answer, CallToolResult):
            raise TypeError("get_render asks the client nothing")
        return answer.model_copy(update={"is_error": True}) if is_error else answer


def _task(unit: Unit, card: AdCard) -> Task:
    """The task as the row has it. The row does not keep when it last changed: while it is worked on, that is now."""
    now = unit.now()
    began = card.created_at or now
    if card.film is not None:
        return Task(card.id, "completed", began, card.published_at or now)
    if card.status == "retired":
        return Task(card.id, "cancelled", began, now, card.reason)
    if card.is_settled:  # failed or refused: an answer of the tool, not of the protocol
        return Task(card.id, "completed", began, now, card.reason)
    return Task(card.id, "working", began, now, _words(card))


def _words(card: AdCard) -> str:
    if card.status == "rendering":
        return f"rendering {card.percent} %"
    if card.status == "shooting":
        return f"shooting {round(100 * min((done for _, done in card.shots), default=0.0))} %"
    return card.reason or "waiting for a worker"
