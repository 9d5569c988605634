"""Search in SQLite: FTS5 narrows the shop's documents down (sqlite.org/fts5.html)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, text

from adengine.core.search.query import Clause
from adengine.indexes.rows import RowIndex, named, term_of
from adengine.indexes.straight import Straight

ADD = text(
    "INSERT INTO search_document (merchant_id, product_id, body) VALUES (:merchant, :product, :body) RETURNING id"
)
ADD_WORDS = text("INSERT INTO search_words (rowid, name, traits, texts) VALUES (:id, :name, :traits, :texts)")
# A table without content forgets a row only when told what was in it.
ERASE_WORDS = text(
    "INSERT INTO search_words (search_words, rowid, name, traits, texts) VALUES ('delete', :id, :name, :traits, :texts)"
)
MATCHING = "SELECT rowid FROM search_words WHERE search_words MATCH :asked"
BEST = Straight(f"{MATCHING} ORDER BY bm25(search_words, 8.0, 4.0, 1.0), rowid LIMIT :most")
ANY = Straight(f"{MATCHING} LIMIT :most")
# In this order: SQLite puts the table before a CROSS JOIN into the outer loop (sqlite.org/optoverview.html, 6.1).
WANTED = "json_each(:ids) AS wanted CROSS JOIN variant WHERE product_id = wanted.value AND merchant_id = :merchant"
ROWS = "(SELECT json_group_array(json_array({names})) FROM ({select}))"


class SqliteIndex(RowIndex):
    """FTS5 over stems of our own making: its tokenizer only splits at the spaces between them."""

    best, any, wanted = BEST, ANY, WANTED

    def asked(self, clauses: Sequence[Clause], number: int) -> str:
        return " AND ".join(_any_of(clause, number) for clause in clauses)

    def among(self, ids: Sequence[str] | Sequence[int]) -> tuple[str, object]:
        return "IN (SELECT value FROM json_each(:ids))", json.dumps(list(ids))

    def as_json(self, select: str) -> str:
        return ROWS.format(names=", ".join(named(select)), select=select)

    def empty(self, db: Connection) -> None:
        db.execute(text("INSERT INTO search_words (search_words) VALUES ('delete-all')"))
        for table in ("search_document", "search_term", "search_shop"):
            db.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names of our own

    def _write(
        self, db: Connection, merchant_id: str, number: int, product_id: str, body: str, words: tuple[str, str, str]
    ) -> None:
        row_id = db.execute(ADD, {"merchant": merchant_id, "product": product_id, "body": body}).scalar_one()
        db.execute(ADD_WORDS, _named(row_id, words))

    def _erase(self, db: Connection, row_id: int, words: tuple[str, str, str]) -> None:
        db.execute(ERASE_WORDS, _named(row_id, words))


def _named(row_id: int, words: tuple[str, str, str]) -> dict[str, object]:
    return {"id": row_id, "name": words[0], "traits": words[1], "texts": words[2]}


def _any_of(clause: Clause, number: int) -> str:
    return "(" + " OR ".join(_all_of(stems, number) for stems in clause) + ")"


def _all_of(stems: Sequence[str], number: int) -> str:
    return "(" + " AND ".join(f'"{term_of(number, one)}"' for one in stems) + ")"
