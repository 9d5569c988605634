"""One request to the JSON API: who asks, with what body and key, and links of the shop."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask import request

from adengine.core.errors import Invalid, SignInNeeded
from adengine.engine import SYSTEM, Actor, AdEngine, Unit
from adengine.services import merchants
from adengine.services.views import Links
from adengine.web.openapi import KEY_LENGTHS, LONGEST_TEXT


class Call:
    """One request: who asks, with what, and links of the shop."""

    def __init__(self, engine: AdEngine, actor: Actor, links: Links, path: dict[str, str], body: Any) -> None:
        self.engine, self.actor, self.links, self.path, self.body = engine, actor, links, path, body

    def unit(self) -> AbstractContextManager[Unit]:
        """A unit of the caller's; a GET only reads."""
        opened = self.engine.reading if request.method == "GET" else self.engine.unit
        return opened(self.actor)

    def asked(self, name: str) -> str:
        """A text of the query; empty where it is not there. Raises Invalid when it is too long."""
        text = request.args.get(name, "")
        if len(text) > LONGEST_TEXT:
            raise Invalid(f"{name} has at most {LONGEST_TEXT} characters")
        return text

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number of the query, 1 to `most`; raises Invalid for anything else."""
        text = request.args.get(name, "") or str(default)
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most and len(text) < 10):
            raise Invalid(f"{name} is a whole number from 1 to {most}")
        return int(text)

    @property
    def request_key(self) -> str:
        """The caller's Idempotency-Key: with it, sending a request twice does its work once."""
        key = request.headers.get("Idempotency-Key", "")
        if len(key) not in KEY_LENGTHS:
            least, most = KEY_LENGTHS[0], KEY_LENGTHS[-1]
            raise Invalid(f"send an Idempotency-Key header of {least} to {most} characters, new for each act of yours")
        return f"api:{key}"


def caller(engine: AdEngine, *, is_public: bool = False) -> tuple[Actor, Links]:
    """Whom the request's token acts for, and links of that shop; raises SignInNeeded.

    Where the route is public and no token came: a visitor of the shop that the query names.
    """
    if is_public and "Authorization" not in request.headers:
        with engine.reading(SYSTEM) as unit:
            shop = merchants.find_shop(unit, request.args.get("store", "") or engine.settings.shop)
            return merchants.visitor(unit, shop.name), Links(engine.settings.public_url, shop.name)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SignInNeeded("send 'Authorization: Bearer TOKEN'; adengine token create makes one")
    with engine.reading(SYSTEM) as unit:
        actor = merchants.actor_of(unit, token.strip())
    with engine.reading(actor) as unit:
        return actor, Links(engine.settings.public_url, merchants.my_shop(unit).name)
