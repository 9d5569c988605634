"""Experiments between ads, and the events their viewers caused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.models.base import Base, Owned, new_id


class Experiment(Owned, Base):
    """`seed` fixes who sees what; `planned_viewers` tunes the always-valid interval."""

    __tablename__ = "experiment"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("exp"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    name: Mapped[str]
    seed: Mapped[str]
    status: Mapped[str]
    planned_viewers: Mapped[int]
    created_at: Mapped[datetime]
    arms: Mapped[list[Arm]] = relationship(order_by="Arm.position", lazy="selectin")


class Arm(Owned, Base):
    __tablename__ = "arm"
    __table_args__ = (UniqueConstraint("experiment_id", "position"), UniqueConstraint("experiment_id", "ad_id"))
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("arm"))
    experiment_id: Mapped[str] = mapped_column(ForeignKey("experiment.id"), index=True)
    ad_id: Mapped[str] = mapped_column(ForeignKey("ad.id"))
    position: Mapped[int]
    weight: Mapped[int]


class Event(Owned, Base):
    """What a viewer did, once: `id` is made where it happened, so that a beacon sent twice counts once."""

    __tablename__ = "event"
    __table_args__ = (Index("event_by_ad", "ad_id", "type"),)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    ad_id: Mapped[str]
    experiment_id: Mapped[str | None] = mapped_column(index=True)
    viewer: Mapped[str]
    second: Mapped[float | None]
    minor: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime]


class Tally(Owned, Base):
    """How often a viewer of one arm did one thing, and its value; results are sums over these, never events."""

    __tablename__ = "tally"
    __table_args__ = (Index("tally_by_arm", "experiment_id", "type", "ad_id"),)
    experiment_id: Mapped[str] = mapped_column(ForeignKey("experiment.id"), primary_key=True)
    ad_id: Mapped[str] = mapped_column(primary_key=True)
    viewer: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(default=0)
    minor: Mapped[int] = mapped_column(BigInteger, default=0)
