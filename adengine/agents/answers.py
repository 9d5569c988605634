"""What a tool answers: a view as structured content, and the very same as JSON text for clients that read only that."""

from __future__ import annotations

from functools import cache
from typing import Any

import pydantic_core
from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import ConfigDict, TypeAdapter


def answer(view: object, *links: ResourceLink) -> CallToolResult:
    """A view as a tool's result; links to files stand behind its text."""
    structured = _plain(view)
    text = TextContent(type="text", text=pydantic_core.to_json(structured).decode())
    return CallToolResult(content=[text, *links], structured_content=structured)


def json_text(view: object) -> str:
    """A view as a resource's text."""
    return pydantic_core.to_json(_plain(view)).decode()


def _plain(view: object) -> Any:
    if isinstance(view, dict):  # the protocols' documents are JSON already
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
