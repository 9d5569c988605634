"""What an agent can learn of a shop before it has a token: versions, address, services. The same for everybody."""

from __future__ import annotations

from adengine.services.acp import ways
from adengine.services.acp.shapes import Discovery
from adengine.services.acp.words import LANGUAGES


def discovery_document(*, api_base_url: str, documentation_url: str, currency: str, way: ways.Way) -> Discovery:
    """The document at /.well-known/acp.json."""
    return {
        "protocol": {
            "name": "acp",
            "version": ways.VERSION,
            "supported_versions": list(ways.SUPPORTED_VERSIONS),
            "documentation_url": documentation_url,
        },
        "api_base_url": api_base_url,
        "transports": ["rest", "mcp"],
        "capabilities": {
            "services": ["checkout", "orders", "carts"],
            "extensions": [{"name": ways.DISCOUNT}],
            "intervention_types": list(way.interventions),
            "supported_currencies": [currency.lower()],
            "supported_locales": list(LANGUAGES),
        },
    }
