"""Shops and the tokens that act for them."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from sqlalchemy import bindparam, select

from adengine.core.errors import Invalid, NotFound, SignInNeeded
from adengine.core.storyboard import Brand
from adengine.engine import AGENT_SCOPES, SCOPES, SHOPPER_SCOPES, Actor, Unit
from adengine.models import Ad, Agent, Licence, Merchant, Order, Product, Shop, Token, new_id

__all__ = [
    "Shop",
    "actor_of",
    "find_shop",
    "issue",
    "make_token",
    "my_shop",
    "open_shop",
    "revoke_token",
    "shop_of",
    "visitor",
]

KIND_SCOPES = {"merchant": frozenset(SCOPES), "agent": AGENT_SCOPES}
# What agents read by an id that names no shop.
HOLDERS: dict[str, Any] = {"ad": Ad, "lic": Licence, "ord": Order, "prod": Product}
DEFAULT_BRAND = ("#1f2421", "#f4f1ec", "#b4552d")
# Asked with every request, so made once; nobody's shop is known before, so it goes past the session.
BEARER = (
    select(Token.kind, Token.merchant_id, Token.scopes, Agent.id)
    .outerjoin(Agent, Agent.token_id == Token.id)
    .where(Token.digest == bindparam("digest"), Token.revoked_at.is_(None))
)


def open_shop(unit: Unit, name: str, *, title: str = "", currency: str = "EUR", brand: Brand | None = None) -> Shop:
    """Make the shop if it is not there yet; a second call changes nothing."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise Invalid(f"'{name[:50]}' cannot name a shop; use lower-case letters, digits and dashes")
    row = unit.db.scalar(select(Merchant).where(Merchant.name == name))
    if row is None:
        shown = title or name.replace("-", " ").title()
        row = Merchant(
            name=name,
            title=shown,
            currency=currency,
            brand=brand or Brand(shown, *DEFAULT_BRAND),
            created_at=unit.now(),
        )
        unit.db.add(row)
        unit.db.flush()
    return row.value()


def find_shop(unit: Unit, name: str) -> Shop:
    """The shop of that short name; raises NotFound."""
    row = unit.db.scalar(select(Merchant).where(Merchant.name == name))
    if row is None:
        raise NotFound(f"there is no shop '{name[:50]}'; 'adengine import FILE --shop NAME' makes one")
    return row.value()


def shop_of(unit: Unit, row_id: str) -> str:
    """The name of the shop that something belongs to, by its id; empty for what is not there."""
    kind = HOLDERS.get(row_id.partition("_")[0])
    if kind is None:
        return ""
    held = select(Merchant.name).join(kind, kind.merchant_id == Merchant.id).where(kind.id == row_id)
    return unit.db.scalar(held) or ""


def my_shop(unit: Unit) -> Shop:
    """The shop the unit's actor acts for."""
    return unit.merchant()


def make_token(unit: Unit, shop: Shop, *, kind: str, scopes: tuple[str, ...] = ()) -> str:
    """A new bearer token; only its digest is kept, so it is shown this once."""
    if kind not in KIND_SCOPES:
        raise Invalid(f"a token is of kind {' or '.join(KIND_SCOPES)}, not '{kind}'")
    allowed = frozenset(scopes) or KIND_SCOPES[kind]
    unknown = sorted(allowed - set(SCOPES))
    if unknown:
        raise Invalid(f"unknown scope {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    return issue(unit, shop.id, kind, allowed)[1]


def issue(unit: Unit, merchant_id: str, kind: str, scopes: frozenset[str]) -> tuple[Token, str]:
    """The row of a new token, and the token itself, which nothing keeps."""
    token = f"adt_{secrets.token_urlsafe(32)}"
    row = Token(
        id=new_id("tok"),
        merchant_id=merchant_id,
        kind=kind,
        scopes=" ".join(sorted(scopes)),
        digest=_digest(token),
        created_at=unit.now(),
    )
    unit.db.add(row)
    return row, token


def actor_of(unit: Unit, token: str) -> Actor:
    """Whom a token acts for; raises SignInNeeded when it is unknown or withdrawn."""
    found = unit.answer(BEARER, {"digest": _digest(token)})
    if not found:
        raise SignInNeeded("this token is not valid; make one with 'adengine token create'")
    kind, merchant_id, scopes, agent_id = found[0]
    return Actor(kind, merchant_id, frozenset(scopes.split()), agent_id)


def revoke_token(unit: Unit, token: str) -> None:
    """Withdraw a token, which signs out whoever uses it; a second time changes nothing. Raises NotFound."""
    row = unit.db.scalar(select(Token).where(Token.digest == _digest(token)))
    if row is None:
        raise NotFound("this token is not known here; give it whole, as 'adengine token create' printed it")
    row.revoked_at = row.revoked_at or unit.now()


def visitor(unit: Unit, shop_name: str) -> Actor:
    """Anyone who looks at a shop without a token."""
    return Actor("shopper", find_shop(unit, shop_name).id, SHOPPER_SCOPES)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
