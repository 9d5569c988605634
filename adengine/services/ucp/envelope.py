"""What wraps every answer: the version, what it is about, how it can be paid, and the shop's profile."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from adengine.core.errors import Invalid
from adengine.services.acp.ways import Way
from adengine.services.ucp.shapes import Declared, ErrorDocument, Handler, Message, Profile, Ucp

VERSION = "2026-04-08"
SERVICE = "dev.ucp.shopping"
# Ours: a token that the buyer's agent got for this one payment.
HANDLER = "dev.adengine.payment_token"
EXTENDS = {"fulfillment": f"{SERVICE}.checkout", "discount": f"{SERVICE}.checkout"}
CAPABILITIES = ("catalog.search", "catalog.lookup", "cart", "checkout", "fulfillment", "discount", "order")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_PROFILE = 2000


def ucp(*names: str) -> Ucp:
    """The envelope of an answer that these capabilities made."""
    return {"version": VERSION, "capabilities": _declared(names)}


def paid_by(way: Way, merchant_id: str) -> Ucp:
    """The envelope of a checkout: it says how an agent can pay it."""
    envelope = ucp("checkout", "fulfillment", "discount")
    envelope["payment_handlers"] = handlers(way, merchant_id)
    return envelope


def nothing(messages: Sequence[Message], continue_url: str = "") -> ErrorDocument:
    """The answer where there is nothing to show."""
    document: ErrorDocument = {"ucp": {"version": VERSION, "status": "error"}, "messages": list(messages)}
    if continue_url:
        document["continue_url"] = continue_url
    return document


def handlers(way: Way, merchant_id: str) -> dict[str, list[Handler]]:
    config: dict[str, str | list[str]] = {"psp": way.psp, "merchant_id": merchant_id, "credential": "token"}
    if way.tokens:
        config["tokens"] = list(way.tokens)
    return {
        HANDLER: [{"id": way.id, "version": VERSION, "available_instruments": [{"type": "card"}], "config": config}]
    }


def profile(public_url: str, shop: str, way: Way, merchant_id: str) -> Profile:
    """The document at /.well-known/ucp: where the shop is spoken to, and in which words."""
    base = public_url.rstrip("/")
    return {
        "ucp": {
            "version": VERSION,
            "services": {
                SERVICE: [
                    {"version": VERSION, "transport": "rest", "endpoint": f"{base}/shops/{shop}/ucp/v1"},
                    {"version": VERSION, "transport": "mcp", "endpoint": f"{base}/mcp", "config": {"store": shop}},
                ]
            },
            "capabilities": _declared(CAPABILITIES),
            "payment_handlers": handlers(way, merchant_id),
        },
        "signing_keys": [],
    }


def need_profile(url: str) -> None:
    """Refuse an agent profile that could not be one; an absent one is welcome. It is not fetched."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    is_near = parts.scheme == "http" and parts.hostname in LOOPBACK
    is_far = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    if len(url) > LONGEST_PROFILE or not url.isprintable() or " " in url or not port_is_fine or not (is_near or is_far):
        raise InvalidProfile(
            "the agent profile is no https address; send one such as https://agent.example/.well-known/ucp, or none"
        )


class InvalidProfile(Invalid):
    code = "invalid_profile_url"


def _declared(names: Sequence[str]) -> dict[str, list[Declared]]:
    return {f"{SERVICE}.{name}": [_version(name)] for name in names}


def _version(name: str) -> Declared:
    return {"version": VERSION, "extends": EXTENDS[name]} if name in EXTENDS else {"version": VERSION}
