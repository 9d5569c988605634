"""Messages of other companies that were taken in: each at most once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from adengine.models.base import Base


class Inbox(Base):
    __tablename__ = "inbox"
    provider: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
