"""Search in PostgreSQL: a tsvector under a GIN index narrows the shop's documents down."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from adengine.core.search.query import Clause
from adengine.indexes.rows import RowIndex, named, term_of
from adengine.indexes.straight import Straight

ADD = text(
    "INSERT INTO search_document (merchant_id, product_id, body, words) "
    "VALUES (:merchant, :product, :body, CAST(:words AS tsvector))"
)
# Weights of D, C, B, A, in this order.
MATCHING = "SELECT id FROM search_document, CAST(:asked AS tsquery) AS asked WHERE words @@ asked"
BEST = Straight(f"{MATCHING} ORDER BY ts_rank('{{0.1, 0.1, 0.4, 1.0}}', words, asked) DESC, id LIMIT :most")
ANY = Straight(f"{MATCHING} LIMIT :most")
# Written so that the planner does not begin with all variants of the shop: the ids are few.
WANTED = "variant WHERE product_id = ANY(:ids) AND merchant_id || '' = :merchant"
ROWS = "COALESCE(CAST((SELECT json_agg(json_build_array({names})) FROM ({select}) AS found) AS TEXT), '[]')"
WEIGHTS = "ABD"


class PostgresIndex(RowIndex):
    """Stems of our own making as lexemes, with the weight of the column they stand in."""

    best, any, wanted = BEST, ANY, WANTED

    def asked(self, clauses: Sequence[Clause], number: int) -> str:
        return " & ".join(_any_of(clause, number) for clause in clauses)

    def among(self, ids: Sequence[str] | Sequence[int]) -> tuple[str, object]:
        return "= ANY(:ids)", list(ids)

    def as_json(self, select: str) -> str:
        return ROWS.format(names=", ".join(named(select)), select=select)

    def empty(self, db: Connection) -> None:
        for table in ("search_document", "search_term", "search_shop"):
            db.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names of our own

    def _write(
        self, db: Connection, merchant_id: str, number: int, product_id: str, body: str, words: tuple[str, str, str]
    ) -> None:
        vector = " ".join(
            f"'{word}':1{weight}" for column, weight in zip(words, WEIGHTS, strict=True) for word in column.split()
        )
        db.execute(ADD, {"merchant": merchant_id, "product": product_id, "body": body, "words": vector})

    def _erase(self, db: Connection, row_id: int, words: tuple[str, str, str]) -> None:
        """Nothing: the words are a column of the row, and go with it."""


def _any_of(clause: Clause, number: int) -> str:
    return "(" + " | ".join(_all_of(stems, number) for stems in clause) + ")"


def _all_of(stems: Sequence[str], number: int) -> str:
    return "(" + " & ".join(f"'{term_of(number, one)}'" for one in stems) + ")"
