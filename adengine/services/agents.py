"""The AI agents that a shop lets in: each with a token of its own, and an address that hears of its orders."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from adengine.core.errors import Conflict, Invalid
from adengine.engine import AGENT_SCOPES, Unit
from adengine.models import Agent, Token, new_id
from adengine.services import merchants, notices

LONGEST_NAME = 60
LONGEST_URL = 2048


@dataclass(frozen=True)
class AgentCard:
    """An agent as the shop sees it; `webhook_url` is empty where it hears of nothing."""

    id: str
    name: str
    webhook_url: str
    is_withdrawn: bool
    created_at: datetime


def add_agent(unit: Unit, name: str, *, webhook_url: str = "") -> tuple[AgentCard, str, str]:
    """Let an agent in; answers it with its token and its webhook secret, which are both shown this once.

    The secret is empty without a webhook address. Raises Conflict for a name that was used before.
    """
    unit.require("orders:write")
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(f"an agent's name has 1 to {LONGEST_NAME} characters on one line")
    if unit.db.scalar(select(Agent.id).where(Agent.name == name)):
        raise Conflict(f"there is or was an agent '{name}' here; choose another name")
    url = _checked(unit, webhook_url)
    token_row, token = merchants.issue(unit, unit.merchant_id, "agent", AGENT_SCOPES)
    unit.db.flush()
    row = unit.own(
        Agent,
        id=new_id("agt"),
        name=name,
        token_id=token_row.id,
        webhook_url=url,
        webhook_secret=_new_secret() if url else "",
        created_at=unit.now(),
    )
    unit.db.flush()
    return _card(row, token_row.revoked_at), token, row.webhook_secret


def list_agents(unit: Unit) -> list[AgentCard]:
    """Every agent of the shop, those withdrawn last."""
    unit.require("orders:read")
    with_tokens = select(Agent, Token.revoked_at).join(Token, Token.id == Agent.token_id)
    rows = unit.db.execute(with_tokens.order_by(Token.revoked_at.is_not(None), Agent.name)).all()
    return [_card(row, revoked_at) for row, revoked_at in rows]


def get_agent(unit: Unit, agent_id: str) -> AgentCard:
    unit.require("orders:read")
    row = unit.get(Agent, agent_id)
    return _card(row, unit.db.get_one(Token, row.token_id).revoked_at)


def find_agent(unit: Unit, name: str) -> AgentCard:
    """The shop's agent of that name; raises Invalid, naming those there are."""
    cards = list_agents(unit)
    found = next((card for card in cards if card.name == name.strip()), None)
    if found is None:
        known = ", ".join(f"'{card.name}'" for card in cards) or "none yet"
        raise Invalid(f"there is no agent of that name here; there are: {known}")
    return found


def change_webhook(unit: Unit, agent_id: str, webhook_url: str) -> tuple[AgentCard, str]:
    """Send the agent's messages elsewhere, under a new secret, which is shown this once; "" ends them."""
    unit.require("orders:write")
    row = unit.get(Agent, agent_id, lock=True)
    if unit.db.get_one(Token, row.token_id).revoked_at is not None:
        raise Conflict("this agent was withdrawn; let it in again under another name")
    row.webhook_url = _checked(unit, webhook_url)
    row.webhook_secret = _new_secret() if row.webhook_url else ""
    if not row.webhook_url:
        notices.give_up_all(unit, row.id, "the agent no longer listens")
    return _card(row, None), row.webhook_secret


def withdraw_agent(unit: Unit, agent_id: str) -> AgentCard:
    """Sign an agent out for good: its token ends, and it is told nothing more. A second time changes nothing."""
    unit.require("orders:write")
    row = unit.get(Agent, agent_id, lock=True)
    token = unit.db.get_one(Token, row.token_id)
    token.revoked_at = token.revoked_at or unit.now()
    row.webhook_url = row.webhook_secret = ""
    notices.give_up_all(unit, row.id, "the agent was withdrawn")
    return _card(row, token.revoked_at)


def _checked(unit: Unit, url: str) -> str:
    """A web address that messages may go to; which machine it names is checked whenever one is sent."""
    url = url.strip()
    if not url:
        return ""
    schemes = ("https", "http") if unit.settings.private_webhooks == "1" else ("https",)
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Invalid(f"a webhook address begins with {' or '.join(f'{one}://' for one in schemes)} and names a server")
    if parts.username is not None or parts.fragment:
        raise Invalid("a webhook address holds no user, no password and no #fragment")
    return url


def _new_secret() -> str:
    return f"whs_{secrets.token_urlsafe(32)}"


def _card(row: Agent, revoked_at: datetime | None) -> AgentCard:
    return AgentCard(row.id, row.name, row.webhook_url, revoked_at is not None, row.created_at)
