"""AI agents that buy here for people, what they asked for already, and what they are still to be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adengine.models.base import Base, Owned, new_id


class Agent(Owned, Base):
    """An agent that a shop lets in, by its token. Order events go to `webhook_url`, signed with `webhook_secret`."""

    __tablename__ = "agent"
    __table_args__ = (UniqueConstraint("merchant_id", "name"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("agt"))
    name: Mapped[str]
    token_id: Mapped[str] = mapped_column(ForeignKey("token.id"), unique=True)
    webhook_url: Mapped[str] = mapped_column(default="")
    webhook_secret: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Request(Owned, Base):
    """A request that must act once: who sent it where under which key, and the answer, kept for a day.

    running -> done; a running one whose `lease_until` is over was lost with its process, and may be taken up again.
    `digest` is of the body as JSON means it, `body` the answer as sent.
    """

    __tablename__ = "request"
    __table_args__ = (UniqueConstraint("caller", "path", "key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("req"))
    caller: Mapped[str]
    path: Mapped[str]
    key: Mapped[str]
    digest: Mapped[str]
    status: Mapped[str]
    lease_until: Mapped[datetime]
    code: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(index=True)


class Notice(Owned, Base):
    """A message owed to an agent about an order: waiting -> trying -> sent | given_up. The row is the job.

    `body` is what will be sent, always the whole order; `number` counts the messages of one order. A waiting one is for
    the next worker; one being tried waits again at `due`, when whoever tried it failed or was lost.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("order_id", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ntc"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime] = mapped_column(index=True)
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
