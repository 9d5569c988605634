"""Brings the database to the schema of this version, and what search keeps to its rules."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from adengine.indexes import upkeep

MIGRATIONS = Path(__file__).parent / "models" / "migrations"
LOCK = 8_400_026  # any number, the same in every process


def upgrade(sql: Engine) -> None:
    """Apply what is missing; of several processes starting at once, one works and the others wait."""
    with sql.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        command.upgrade(config(connection), "head")
        upkeep.bring_up_to_date(connection)


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made
