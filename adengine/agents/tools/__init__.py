"""The tools agents call, a module for each noun: each opens a unit, calls a use case, and answers a view."""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer

from adengine.agents.desk import Desk
from adengine.agents.tools import ads, catalogue, checkouts, orders
from adengine.engine import AdEngine

# The order in which agents see them, which prompt caches want to be stable; what only looks comes first.
MODULES = (catalogue, ads, checkouts, orders)


def register(server: MCPServer[Any], engine: AdEngine) -> None:
    """Add every tool to the server."""
    desk = Desk(engine)
    for module in MODULES:
        module.register(server, desk)
