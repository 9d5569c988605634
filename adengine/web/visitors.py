"""Who is looking: the shop an address names, its shopper, the viewer, and the signed-in merchant."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import cast

from flask import Response, current_app, g, request, session

from adengine.core.errors import Forbidden, SignInNeeded
from adengine.engine import SYSTEM, Actor, AdEngine, shopper
from adengine.services import merchants
from adengine.services.merchants import Shop

VIEWER_COOKIE = "adengine_viewer"
VIEWER_DAYS = 180
VIEWER = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True)
class Visit:
    """A shopper in a shop."""

    shop: Shop
    actor: Actor


@dataclass(frozen=True)
class Desk:
    """A merchant in the studio."""

    shop: Shop
    actor: Actor


def engine() -> AdEngine:
    return cast("AdEngine", current_app.extensions["adengine"])


def visit(shop_name: str) -> Visit:
    """The shop of that short name and anyone who looks at it."""
    with engine().reading(SYSTEM) as unit:
        shop = merchants.find_shop(unit, shop_name)
    g.shop = shop
    return Visit(shop, shopper(shop.id))


def desk() -> Desk:
    """The signed-in merchant; the token is asked anew each time, so that withdrawing it signs out at once."""
    actor = merchant_of(session.get("token", ""))
    with engine().reading(actor) as unit:
        shop = merchants.my_shop(unit)
    g.shop = shop
    return Desk(shop, actor)


def merchant_of(token: str) -> Actor:
    if not token:
        raise SignInNeeded("sign in to open the studio")
    with engine().reading(SYSTEM) as unit:
        actor = merchants.actor_of(unit, token)
    if actor.kind != "merchant":
        raise Forbidden("this token is not a merchant's; make one with 'adengine token create'")
    return actor


def wants_no_cookie() -> bool:
    """The browser says it does not want to be recognised (Global Privacy Control or Do Not Track)."""
    return request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"


def viewer() -> str:
    """The viewer's random id: the cookie's, or a new one that `keep_viewer` hands out where it is wanted."""
    if "viewer" not in g:
        known = "" if wants_no_cookie() else request.cookies.get(VIEWER_COOKIE, "")
        g.viewer = known if VIEWER.fullmatch(known) else secrets.token_urlsafe(16)
        g.viewer_is_new = g.viewer != known
    return cast("str", g.viewer)


def viewer_or(given: str) -> str | None:
    """The cookie's viewer, else the id of this visit that the page carried along, else nobody."""
    known = "" if wants_no_cookie() else request.cookies.get(VIEWER_COOKIE, "")
    return next((one for one in (known, given) if VIEWER.fullmatch(one)), None)


def keep_viewer(response: Response) -> Response:
    if g.get("viewer_is_new") and not wants_no_cookie():
        response.set_cookie(
            VIEWER_COOKIE,
            g.viewer,
            max_age=VIEWER_DAYS * 86_400,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response
