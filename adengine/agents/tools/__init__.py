"""The tools agents call, a module for each noun: each opens a unit, calls a use case, and answers a view."""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer

from adengine.agents.desk import Desk
from adengine.agents.tools import ads, appearances, carts, catalogue, checkouts, experiments, orders, policies
from adengine.engine import AdEngine

MODULES = (catalogue, ads, appearances, policies, carts, checkouts, orders, experiments)  # shown in listing.ORDER


def register(server: MCPServer[Any], engine: AdEngine) -> None:
    """Add every tool to the server."""
    desk = Desk(engine)
    for module in MODULES:
        module.register(server, desk)
