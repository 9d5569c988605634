"""Commerce-integrated ad creative engine. `adengine/` decides; see docs/architecture.md."""

__version__ = "0.1.0"
