"""What search keeps of a shop: its documents, its vocabulary, and how often either changed.

The words of documents also stand in what the database itself searches: `search_words` (FTS5) on SQLite, the column
`words` (tsvector) on PostgreSQL; both are made by the migration and known to `adengine.indexes` alone.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from adengine.models.base import Base, Owned


class SearchShop(Base):
    """One shop's index. `number` begins each of its words, so that no search meets another shop's.

    `generation` grows with every change; `version` names the rules its documents were read by.
    """

    __tablename__ = "search_shop"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  SQLAlchemy reads it from the class
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    merchant_id: Mapped[str] = mapped_column(String(40), ForeignKey("merchant.id"), unique=True)
    generation: Mapped[int] = mapped_column(default=0)
    version: Mapped[str]
    documents: Mapped[int] = mapped_column(default=0)


class SearchDocument(Owned, Base):
    """A product as search reads it; a changed one is a new row, so that an id's document never changes."""

    __tablename__ = "search_document"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  SQLAlchemy reads it from the class
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), unique=True)
    body: Mapped[str] = mapped_column(Text)


class SearchTerm(Base):
    """A stem of a shop's vocabulary: a whole `word` it came from, in how many documents it is, and in how many it
    names what the product is."""

    __tablename__ = "search_term"
    merchant_id: Mapped[str] = mapped_column(String(40), ForeignKey("merchant.id"), primary_key=True)
    term: Mapped[str] = mapped_column(String(80), primary_key=True)
    word: Mapped[str] = mapped_column(String(80))
    documents: Mapped[int]
    heads: Mapped[int]
