"""The Agentic Commerce Protocol, version 2026-04-17: checkouts, carts and orders as the documents agents read."""

from adengine.services.acp.orders import order_document, order_event

__all__ = ["order_document", "order_event"]
