"""What a tool answers: a view as structured content, and the very same as JSON text for clients that read only that."""

from __future__ import annotations

from functools import cache
from typing import Any

import pydantic_core
from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import ConfigDict, TypeAdapter

from adengine.agents import written


def answer(view: object, *links: ResourceLink) -> CallToolResult:
    """A view as a tool's result; links to files stand behind its text."""
    structured = _plain(view)
    text = TextContent(type="text", text=pydantic_core.to_json(structured).decode())
    return CallToolResult(content=[text, *links], structured_content=structured)


def large_answer(view: object, *links: ResourceLink) -> CallToolResult:
    """The same for views that may be large; where the response allows it, they are written as JSON once."""
    page = written.OPEN.get()
    return answer(view, *links) if page is None else page.carry(_json(view), links)


def json_text(view: object) -> str:
    """A view as a resource's text."""
    return _json(view).decode()


def _json(view: object) -> bytes:
    if isinstance(view, dict):  # the protocols' documents are JSON already
        return pydantic_core.to_json(view)
    kind: Any = type(view)
    return _adapter(kind).dump_json(view)


def _plain(view: object) -> Any:
    if isinstance(view, dict):
        return view
    kind: Any = type(view)
    return _adapter(kind).dump_python(view, mode="json")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _without_titles(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    for one in schema.get("properties", {}).values():
        one.pop("title", None)


# Of an output schema: agents pay for each of its words, and a title only says the name again.
OUTLINE = ConfigDict(json_schema_extra=_without_titles)
