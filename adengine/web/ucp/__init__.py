"""The Universal Commerce Protocol over HTTP: under /shops/<shop>/ucp/v1, and the profile that says so."""

from __future__ import annotations

from adengine.web.ucp.routes import blueprint

__all__ = ["blueprint"]
