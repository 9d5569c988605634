"""Brings the database to the schema of this version, and what search keeps to its rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from adengine.indexes import upkeep

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "models" / "migrations"
LOCK = 8_400_026  # any number, the same in every process


def upgrade(sql: Engine) -> None:
    """Apply what is missing; of several processes starting at once, one works and the others wait."""
    with sql.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if _revision(connection) != _newest():
            # Every command comes by here, and Alembic is large: most find the schema as it should be.
            from alembic import command

            command.upgrade(config(connection), "head")
        upkeep.bring_up_to_date(connection)


def config(connection: Connection) -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _newest() -> str:
    """The revision of the last migration: their files begin with it."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
