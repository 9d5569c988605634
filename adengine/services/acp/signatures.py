"""Requests that agents sign: HMAC-SHA256 with the secret of the agent's webhook, over the time and what is said."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta

from adengine.services.acp.refusals import Refused

LARGEST_SKEW = timedelta(seconds=300)


def need_recent(timestamp: str, now: datetime) -> None:
    """Refuse a Timestamp header that is no RFC 3339 time, or more than five minutes off."""
    try:
        sent = datetime.fromisoformat(timestamp)
    except ValueError:
        sent = None
    if sent is None or sent.tzinfo is None:
        raise Refused("invalid_timestamp", "Timestamp is written like 2026-04-17T10:00:00Z")
    if abs(now - sent) > LARGEST_SKEW:
        raise Refused("invalid_timestamp", "Timestamp is more than 300 seconds off; set your clock", status=401)


def need_signed(signature: str, timestamp: str, body: bytes, secret: str) -> None:
    """Refuse a Signature header that does not fit; without a secret there is nothing to fit."""
    if secret and not hmac.compare_digest(signature.encode(), request_signature(timestamp, body, secret).encode()):
        raise Refused("invalid_signature", "the Signature does not fit the Timestamp and the body", status=401)


def request_signature(timestamp: str, body: bytes, secret: str) -> str:
    """The Signature header: base64url, without padding, over `timestamp.canonical JSON`.

    Canonical: names sorted, no whitespace, UTF-8 as it is; an empty body is signed as nothing.
    """
    try:
        said = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False) if body else ""
        signed = f"{timestamp}.{said}".encode()
    except (ValueError, RecursionError):  # lone surrogates included
        raise Refused("invalid_json", "the body is no JSON in UTF-8; check it with a JSON parser") from None
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
