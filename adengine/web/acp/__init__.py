"""The Agentic Commerce Protocol over HTTP: under /acp for any agent's shop, and under /shops/<shop>/acp."""

from __future__ import annotations

from adengine.web.acp.routes import blueprint

__all__ = ["blueprint"]
