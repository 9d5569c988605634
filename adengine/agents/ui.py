"""The apps a tool's answer can be shown in, by the addresses that MCP Apps hosts read them from."""

from __future__ import annotations

from typing import Any

PLAYER = "ui://adengine/player.html"
CAROUSEL = "ui://adengine/carousel.html"
CHECKOUT = "ui://adengine/checkout.html"
EXPERIMENT = "ui://adengine/experiment.html"


def shown_in(uri: str) -> dict[str, Any]:
    """The `_meta` of a tool whose answers the app at `uri` shows."""
    return {"ui": {"resourceUri": uri}}


APP_ONLY: dict[str, Any] = {"ui": {"visibility": ["app"]}}  # called by our apps inside the host, never by the model
