"""What a call is told whose arguments cannot be used, or that names nothing here: words, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mcp.server import MCPServer
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, GetPromptResult, InputRequiredResult
from mcp_types import INVALID_PARAMS
from pydantic import AnyUrl, ValidationError
from sqlalchemy.exc import DataError

from adengine.core.untrusted import plain

MOST_FAULTS = 4
LONGEST_PATH = 80
LONGEST_FAULT = 120
UNKEPT = "an argument holds characters that cannot be kept; send plain text [invalid]"


class WordedServer(MCPServer[Any]):
    """The SDK's server with refusals that read like ours: nothing of the library's, and none of the values sent."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context | None = None
    ) -> CallToolResult | InputRequiredResult:
        if self._tool_manager.get_tool(name) is None:
            raise ToolError(
                f"there is no tool '{plain(name, 60)}' here; ask tools/list for those there are [not_found]"
            )
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(faults(error.__cause__)) from error.__cause__
            raise ToolError(str(error).removeprefix(f"Error executing tool {name}: ")) from error.__cause__

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context | None = None
    ) -> GetPromptResult | InputRequiredResult:
        prompt = self._prompt_manager.get_prompt(name)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"there is no prompt '{plain(name, 60)}' here; ask prompts/list")
        needed = {one.name for one in prompt.arguments or () if one.required}
        missing = sorted(needed - set(arguments or ()))
        if missing:
            raise MCPError(INVALID_PARAMS, f"this prompt needs {', '.join(missing)} as well")
        try:
            return await super().get_prompt(name, arguments, context)
        except ValueError as error:
            for cause in _causes(error):
                if isinstance(cause, ValidationError):
                    raise MCPError(INVALID_PARAMS, faults(cause)) from error
                if isinstance(cause, DataError):
                    raise MCPError(INVALID_PARAMS, UNKEPT) from error
            raise

    async def read_resource(
        self, uri: AnyUrl | str, context: Context | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        try:
            return await super().read_resource(uri, context)
        except ResourceNotFoundError as error:
            if not str(error).startswith("Unknown resource: "):
                raise
            words = f"there is no resource '{plain(str(uri), LONGEST_PATH)}' here; ask resources/templates/list"
            raise ResourceNotFoundError(f"{words} [not_found]") from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What an error came of, the nearest first: the SDK wraps what a prompt raises, more than once."""
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


def faults(error: ValidationError) -> str:
    """What is wrong with the arguments, by their names; the first few where there are many."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        path = plain(".".join(str(part) for part in one["loc"]), LONGEST_PATH) or "arguments"
        found.setdefault(path, _fault(one["msg"], one["type"]))
    said = "; ".join(f"{path}: {why}" for path, why in list(found.items())[:MOST_FAULTS])
    more = f"; and {len(found) - MOST_FAULTS} more" if len(found) > MOST_FAULTS else ""
    return f"{said}{more}. Put that right and call again [invalid]"


def _fault(words: str, kind: str) -> str:
    if kind == "missing":
        return "is missing"
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return "is not known here; leave it out"
    plainly = plain(words.removeprefix("Value error, "), LONGEST_FAULT)
    return plainly[:1].lower() + plainly[1:]
