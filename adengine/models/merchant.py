"""The merchant who owns everything else, and the tokens that act for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adengine.core.selling import Discount, Selling
from adengine.core.storyboard import Brand
from adengine.models.base import Base, Owned, Value, new_id


@dataclass(frozen=True)
class Shop:
    """A merchant as pages, tools and use cases know it."""

    id: str
    name: str
    title: str
    currency: str
    brand: Brand
    selling: Selling


class Merchant(Base):
    """One shop. `name` is its short name in addresses and commands."""

    __tablename__ = "merchant"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("mer"))
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    currency: Mapped[str]
    brand: Mapped[Brand] = mapped_column(Value(Brand))
    selling: Mapped[Selling] = mapped_column(Value(Selling), default=Selling())
    created_at: Mapped[datetime]

    def value(self) -> Shop:
        return Shop(self.id, self.name, self.title, self.currency, self.brand, self.selling)


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


class Code(Owned, Base):
    """A discount code of the shop, in upper case, and how often it bought something."""

    __tablename__ = "code"
    __table_args__ = (UniqueConstraint("merchant_id", "code"), CheckConstraint("uses >= 0", name="uses_not_negative"))
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cod"))
    code: Mapped[str]
    discount: Mapped[Discount] = mapped_column(Value(Discount))
    uses: Mapped[int] = mapped_column(default=0)
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
