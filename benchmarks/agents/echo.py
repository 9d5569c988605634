"""A tool that does nothing, added to the product by its setting: what the protocol and our stack cost alone."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from pydantic import Field

from adengine.agents.desk import READ
from adengine.engine import AdEngine


def register(server: MCPServer[Any], _engine: AdEngine) -> None:
    @server.tool(title="Echo", annotations=READ)
    def echo(words: Annotated[str, Field(description="What to answer.", max_length=300)]) -> str:
        """Answer what was said."""
        return words
