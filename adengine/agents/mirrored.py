"""What of a tool's input schema is mirrored into headers (Mcp-Param-Store), found once for each tool.

The SDK looks through the schema that it is given twice at every call; of the whole one that takes longer than all else
it does before the call.
"""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer
from mcp.shared.inbound import X_MCP_HEADER_KEY

Schema = dict[str, Any]


class Mirrored:
    """A server's `get_tool_input_schema`: by a tool's name, the part of its schema that a header may have to match."""

    def __init__(self, server: MCPServer[Any]) -> None:
        self._server = server
        self._found: dict[str, Schema] = {}

    def __call__(self, name: str) -> Schema | None:
        if name not in self._found:
            tool = self._server._tool_manager.get_tool(name)
            if tool is None:
                return None
            self._found[name] = mirrored(tool.parameters)
        return self._found[name]


def mirrored(schema: Schema) -> Schema:
    """The properties, however deep, that name a header; registering a tool refuses such a name anywhere else."""
    own = {key: schema[key] for key in ("type", X_MCP_HEADER_KEY) if X_MCP_HEADER_KEY in schema}
    parts = {name: mirrored(one) for name, one in schema.get("properties", {}).items()}
    named = {name: one for name, one in parts.items() if one}
    return own | ({"properties": named} if named else {})
