"""The MCP server: AI agents find products, play their films and hand a checkout to the buyer."""

from adengine.agents.server import create_server, http_app

__all__ = ["create_server", "http_app"]
