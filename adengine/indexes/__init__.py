"""The `Search` port, twice: SQLite with FTS5 and PostgreSQL with tsvector, in the same database as the rows."""

from sqlalchemy import Connection

from adengine.indexes.postgres import PostgresIndex
from adengine.indexes.sqlite import SqliteIndex
from adengine.ports import Search


def index_for(url: str) -> Search[Connection]:
    """The index of the database at this SQLAlchemy URL."""
    return SqliteIndex() if url.startswith("sqlite") else PostgresIndex()
