"""An ad: what was asked, how it is laid out, where its film is. The row is the render job too, as a preview's is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.core.creative import Brief
from adengine.core.film import Film
from adengine.core.lint import Report
from adengine.core.storyboard import Storyboard
from adengine.core.timeline import Timeline
from adengine.models.base import Base, Owned, Value, new_id


class Ad(Owned, Base):
    """`status` says what is owed (core.commerce.AD_MOVES); `attempt` fences a worker that lost its lease,
    `losses` counts workers lost in a row; `lease_until` is when to look at the job again. `parent_id` is the film it
    remixes; `creator` is who made it, where that is not the shop itself. `to_compare`: once on show, it is tested
    against its parent."""

    __tablename__ = "ad"
    __table_args__ = (UniqueConstraint("merchant_id", "request_key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ad"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    licence_id: Mapped[str | None] = mapped_column(ForeignKey("licence.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("ad.id"))
    creator: Mapped[str] = mapped_column(default="")
    request_key: Mapped[str | None]
    title: Mapped[str]
    brief: Mapped[Brief] = mapped_column(Value(Brief))
    storyboard: Mapped[Storyboard] = mapped_column(Value(Storyboard))
    timeline: Mapped[Timeline] = mapped_column(Value(Timeline))
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    to_publish: Mapped[bool] = mapped_column(default=False)
    to_compare: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    frames_done: Mapped[int] = mapped_column(default=0)
    film: Mapped[Film | None] = mapped_column(Value(Film))
    lint: Mapped[Report | None] = mapped_column(Value(Report))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    shots: Mapped[list[Shot]] = relationship(order_by="Shot.number")


class Shot(Owned, Base):
    """A clip that a generator owes to an ad before its film can be rendered."""

    __tablename__ = "shot"
    __table_args__ = (UniqueConstraint("ad_id", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("shot"))
    ad_id: Mapped[str] = mapped_column(ForeignKey("ad.id"), index=True)
    number: Mapped[int]
    generator: Mapped[str]
    prompt: Mapped[str]
    image: Mapped[str]
    seed: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    attempt: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    clip: Mapped[str] = mapped_column(default="")
    provenance: Mapped[tuple[tuple[str, str], ...]] = mapped_column(
        Value(tuple[tuple[str, str], ...]),
        default=(),
    )


class Preview(Owned, Base):
    """A film that nobody has asked for yet, drawn quickly; `pictures` are stills (the poster first), `film` moves.

    It is thrown away with its files a day after it was made.
    """

    __tablename__ = "preview"
    __table_args__ = (UniqueConstraint("merchant_id", "digest"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pre"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))
    licence_id: Mapped[str | None] = mapped_column(ForeignKey("licence.id"))
    digest: Mapped[str]
    brief: Mapped[Brief] = mapped_column(Value(Brief))
    storyboard: Mapped[Storyboard] = mapped_column(Value(Storyboard))
    timeline: Mapped[Timeline] = mapped_column(Value(Timeline))
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    attempt: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    pictures: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), default=())
    film: Mapped[str] = mapped_column(default="")
    lint: Mapped[Report] = mapped_column(Value(Report))
    created_at: Mapped[datetime]
