"""Licensed appearances: who may appear, under which terms, and every use that was asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adengine.core.cameo import Terms
from adengine.models.base import Base, Owned, Value, new_id


class Cameo(Owned, Base):
    """A person or character that can appear; `kind` is 'person' or 'character'."""

    __tablename__ = "cameo"
    __table_args__ = (UniqueConstraint("merchant_id", "name"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cam"))
    name: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    clip: Mapped[str]
    still: Mapped[str]
    created_at: Mapped[datetime]


class Licence(Owned, Base):
    """Terms a cameo's owner agreed to. Terms never change: a new agreement is a new row."""

    __tablename__ = "licence"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("lic"))
    cameo_id: Mapped[str] = mapped_column(ForeignKey("cameo.id"), index=True)
    terms: Mapped[Terms] = mapped_column(Value(Terms))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Grant(Owned, Base):
    """A decision about one use, allowed or refused, with the clause that decided."""

    __tablename__ = "licence_grant"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    licence_id: Mapped[str] = mapped_column(ForeignKey("licence.id"), index=True)
    ad_id: Mapped[str | None] = mapped_column(index=True)
    moment: Mapped[str]
    placement: Mapped[str]
    allowed: Mapped[bool]
    clause: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
