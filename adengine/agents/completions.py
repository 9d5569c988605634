"""What clients offer while somebody types an argument: names that begin so, of what the caller may see."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.types import CompleteRequestParams, CompleteResult, Completion, PromptReference
from sqlalchemy.exc import DataError

from adengine.agents.desk import Desk
from adengine.agents.oauth import caller_of
from adengine.core.errors import AdEngineError
from adengine.services import naming

# Which kind of name an argument of a prompt takes.
PROMPTS = {("brief_an_ad", "product"): "product", ("explain_experiment", "id"): "experiment"}


def register(server: MCPServer[Any], desk: Desk) -> None:
    """Serve completion/complete."""

    async def complete(ctx: ServerRequestContext[Any, Any], params: CompleteRequestParams) -> CompleteResult:
        kind = _kind(params)
        found = await anyio.to_thread.run_sync(_named, desk, ctx, kind, params.argument.value) if kind else []
        return CompleteResult(completion=Completion(values=found, total=None, has_more=len(found) == naming.MOST))

    # The SDK's own decorator hands over no context, so nobody would know who asks; it reaches below in the same way.
    server._lowlevel_server.add_request_handler("completion/complete", CompleteRequestParams, complete)


def _kind(params: CompleteRequestParams) -> str:
    if isinstance(params.ref, PromptReference):
        return PROMPTS.get((params.ref.name, params.argument.name), "")
    scheme, _, rest = params.ref.uri.partition("://")
    return scheme if rest.startswith(f"{{{params.argument.name}}}") else ""


def _named(desk: Desk, ctx: ServerRequestContext[Any, Any], kind: str, typed: str) -> list[str]:
    """Nothing for whoever may not see any: completing is help, and no place to be refused in."""
    try:
        with desk.engine.reading(desk.actor_of(caller_of(ctx), "")) as unit:
            return naming.names(unit, kind, typed)
    except (AdEngineError, DataError):
        return []
