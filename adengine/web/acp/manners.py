"""What the protocol asks of every request before anybody looks at what it wants: version, token, key, signature."""

from __future__ import annotations

from flask import request

from adengine.core.errors import Forbidden, SignInNeeded
from adengine.engine import SYSTEM, Actor, AdEngine
from adengine.services import merchants
from adengine.services.acp import replies, signatures, ways
from adengine.services.acp.refusals import Refused
from adengine.services.acp.replies import Caller


def caller(engine: AdEngine, shop: str, body: bytes, *, needs_key: bool) -> Caller:
    """Who sent this request, once everything about it is in order; raises what the protocol answers otherwise."""
    ways.need_version(request.headers.get("API-Version", ""))
    actor = _actor(engine)
    if shop:
        _need_own_shop(engine, actor, shop)
    if body and request.mimetype != "application/json":
        raise Refused("unsupported_media_type", "send Content-Type: application/json", status=415)
    _need_true(engine, actor, body)
    key = replies.checked_key(request.headers.get("Idempotency-Key", ""), is_needed=needs_key)
    return Caller(engine, actor, key, tuple(request.accept_languages.values()))


def _actor(engine: AdEngine) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise SignInNeeded("send Authorization: Bearer TOKEN; the shop hands tokens out")
    with engine.reading(SYSTEM) as unit:
        actor = merchants.actor_of(unit, token.strip())
    replies.need_agent(actor)
    return actor


def _need_own_shop(engine: AdEngine, actor: Actor, shop: str) -> None:
    with engine.reading(actor) as unit:
        if merchants.my_shop(unit).name != shop:
            raise Forbidden("this token is for another shop")


def _need_true(engine: AdEngine, actor: Actor, body: bytes) -> None:
    """Check the time and the signature of a request that carries them."""
    timestamp, signature = request.headers.get("Timestamp", ""), request.headers.get("Signature", "")
    if timestamp:
        signatures.need_recent(timestamp, engine.ports.clock())
    if not signature:
        return
    if not timestamp:
        raise Refused("invalid_timestamp", "a Signature needs a Timestamp beside it")
    with engine.reading(actor) as unit:
        secret = replies.secret_of(unit)
    signatures.need_signed(signature, timestamp, body, secret)
