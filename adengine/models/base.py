"""What all rows share: ids, instants, owners, and frozen values kept in JSON columns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import JSON, ColumnElement, DateTime, Dialect, ForeignKey, String, Text, cast, type_coerce
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

ALPHABET = b"0123456789abcdefghjkmnpqrstvwxyz"
LETTERS = ALPHABET * 8  # one for each byte


def new_id(prefix: str) -> str:
    """An unguessable id (100 bits) that says what it names: `ad_7h2k...`."""
    return f"{prefix}_{secrets.token_bytes(20).translate(LETTERS).decode()}"


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; SQLite, which forgets time zones, included."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@lru_cache(maxsize=4096)
def _read(kind: Any, text: str) -> Any:
    # Values are frozen, so rows that hold the same text may share one: a film's timeline is read once, not per request.
    return _adapter(kind).validate_json(text)


class Value(TypeDecorator[Any]):
    """A frozen dataclass of the core in a JSON column: written and read back as the same value.

    It goes to and from JSON in one step, past the drivers, some of which would read the text themselves.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        adapter = _adapter(self.kind)
        return lambda value: None if value is None else adapter.dump_json(value).decode()

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(cast(column, Text), self)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        kind = self.kind
        # The first release wrote JSON's own null where there was no value.
        return lambda text: None if text in {None, "null"} else _read(kind, text)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Instant}  # noqa: RUF012  SQLAlchemy reads it from the class


class Owned:
    """A row that belongs to one merchant: the session's tenancy listener scopes every query on it."""

    @declared_attr
    def merchant_id(cls) -> Mapped[str]:  # noqa: N805
        return mapped_column(String(40), ForeignKey("merchant.id"), index=True)
