"""The merchant who owns everything else, and the tokens that act for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adengine.core.creative import Brand
from adengine.models.base import Base, Value, new_id


class Merchant(Base):
    """One shop. `name` is its short name in addresses and commands."""

    __tablename__ = "merchant"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("mer"))
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    currency: Mapped[str]
    brand: Mapped[Brand] = mapped_column(Value(Brand))
    created_at: Mapped[datetime]


class Token(Base):
    """A bearer token, kept as a SHA-256 digest only."""

    __tablename__ = "token"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tok"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    kind: Mapped[str]
    scopes: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
