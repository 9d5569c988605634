"""Tasks (io.modelcontextprotocol/tasks, SEP-2663): a long call answers with a task, which its client then asks after.

Only clients that declare the extension get tasks; everybody else gets the tool's own answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp.types import CallToolRequestParams, CallToolResult, ClientCapabilities, ErrorData, InputRequest, RequestParams
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    MissingRequiredClientCapabilityErrorData,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field
from sqlalchemy.exc import DataError

from adengine.agents.desk import said
from adengine.agents.wording import UNKEPT
from adengine.core.errors import AdEngineError
from adengine.core.untrusted import plain

IDENTIFIER = "io.modelcontextprotocol/tasks"
POLL_MS = 1000
LONGEST_ID = 200
Request = ServerRequestContext[Any, Any]
Call = Callable[[], Awaitable[HandlerResult]]
T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """How far a call is. `asks` are questions to the client that are still open; `result` is what a completed call
    answers, a tool's error included; `error` is why the protocol itself failed. `ttl_ms` None: kept for good."""

    id: str
    status: Literal["working", "input_required", "completed", "failed", "cancelled"]
    created_at: datetime
    changed_at: datetime
    words: str = ""
    ttl_ms: int | None = None
    asks: Mapping[str, InputRequest] = field(default_factory=dict)
    result: CallToolResult | None = None
    error: ErrorData | None = None


class TaskDesk(Protocol):
    """Whoever takes calls as tasks. It asks who calls each time, and raises NotFound for a task not the caller's."""

    @property
    def tools(self) -> Mapping[str, bool]:
        """The tools it takes; True for those that never answer without a task."""

    def owns(self, task_id: str) -> bool:
        """Whether an id is of this desk's making; says nothing of whether there is such a task."""

    async def start(self, ctx: Context, params: CallToolRequestParams, call: Call) -> Task | HandlerResult:
        """Begin a task that is kept before this returns; or give the answer of a call that ended at once."""

    async def get(self, ctx: Context, task_id: str) -> Task: ...

    async def update(self, ctx: Context, task_id: str, answers: Mapping[str, object]) -> None:
        """Take answers to open questions; others are ignored."""

    async def cancel(self, ctx: Context, task_id: str) -> None:
        """Stop the work; a task that is over stays as it is."""


class TaskAsk(RequestParams):
    task_id: str = Field(max_length=LONGEST_ID)


class TaskAnswers(TaskAsk):
    input_responses: dict[str, object]


class Tasks(Extension):
    """Serves tasks of one or more desks."""

    identifier = IDENTIFIER

    def __init__(self, *desks: TaskDesk) -> None:
        self._desks = desks

    def methods(self) -> Sequence[MethodBinding]:
        asks: dict[str, tuple[type[TaskAsk], Callable[[Request, Any], Awaitable[HandlerResult]]]] = {
            "tasks/get": (TaskAsk, self._get),
            "tasks/update": (TaskAnswers, self._update),
            "tasks/cancel": (TaskAsk, self._cancel),
        }
        return [MethodBinding(name, kind, do, frozenset(MODERN_PROTOCOL_VERSIONS)) for name, (kind, do) in asks.items()]

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: Request, call_next: CallNext
    ) -> HandlerResult:
        desk = next((one for one in self._desks if params.name in one.tools), None)
        if desk is None:
            return await call_next(ctx)
        if not _declares(ctx):
            if desk.tools[params.name]:
                raise _undeclared(f"{params.name} answers with a task only")
            return await call_next(ctx)
        started = await _spoken(desk.start(Context(request_context=ctx), params, lambda: call_next(ctx)))
        return {"resultType": "task", **_shown(started)} if isinstance(started, Task) else started

    async def _get(self, ctx: Request, ask: TaskAsk) -> HandlerResult:
        desk = self._asked(ctx, ask)
        task = await _spoken(desk.get(Context(request_context=ctx), ask.task_id))
        return {**_shown(task), **_detail(task)}

    async def _update(self, ctx: Request, ask: TaskAnswers) -> HandlerResult:
        desk = self._asked(ctx, ask)
        await _spoken(desk.update(Context(request_context=ctx), ask.task_id, ask.input_responses))
        return {}

    async def _cancel(self, ctx: Request, ask: TaskAsk) -> HandlerResult:
        desk = self._asked(ctx, ask)
        await _spoken(desk.cancel(Context(request_context=ctx), ask.task_id))
        return {}

    def _asked(self, ctx: Request, ask: TaskAsk) -> TaskDesk:
        """The desk whose task is asked for, once the request is as the extension wants it."""
        headers = getattr(ctx.request, "headers", None)  # none on stdio
        if headers is not None and decode_header_value(headers.get(MCP_NAME_HEADER)) != ask.task_id:
            raise MCPError(HEADER_MISMATCH, "the header Mcp-Name must be the request's taskId")
        if not _declares(ctx):
            raise _undeclared(ctx.method)
        desk = next((one for one in self._desks if one.owns(ask.task_id)), None)
        if desk is None:
            raise MCPError(INVALID_PARAMS, f"there is no task '{plain(ask.task_id, 60)}' here")
        return desk


def _declares(ctx: Request) -> bool:
    capabilities = ctx.session.client_capabilities
    if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS or capabilities is None:
        return False
    return IDENTIFIER in (capabilities.extensions or {})


def _undeclared(what: str) -> MCPError:
    needed = MissingRequiredClientCapabilityErrorData(
        required_capabilities=ClientCapabilities(extensions={IDENTIFIER: {}})
    )
    return MCPError(
        MISSING_REQUIRED_CLIENT_CAPABILITY,
        f"{what}: declare {IDENTIFIER} among your client's extensions",
        needed.model_dump(by_alias=True, exclude_none=True),
    )


async def _spoken(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except AdEngineError as error:
        raise MCPError(INVALID_PARAMS, said(error)) from error
    except DataError as error:
        raise MCPError(INVALID_PARAMS, UNKEPT) from error


def _shown(task: Task) -> dict[str, object]:
    shown: dict[str, object] = {
        "taskId": task.id,
        "status": task.status,
        "createdAt": task.created_at.isoformat(),
        "lastUpdatedAt": task.changed_at.isoformat(),
        "ttlMs": task.ttl_ms,
        "pollIntervalMs": POLL_MS,
    }
    return shown | ({"statusMessage": task.words} if task.words else {})


def _detail(task: Task) -> dict[str, object]:
    if task.status == "input_required":
        return {"inputRequests": {key: _dumped(one) for key, one in task.asks.items()}}
    if task.status == "completed" and task.result is not None:
        return {"result": _dumped(task.result)}
    if task.status == "failed" and task.error is not None:
        return {"error": _dumped(task.error)}
    return {}


def _dumped(value: CallToolResult | ErrorData | InputRequest) -> dict[str, object]:
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)
