"""What both databases keep alike: documents, counts of words, and today's offers. Every statement names its shop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from sys import intern

from sqlalchemy import Connection, text

from adengine.core.search import document as documents
from adengine.core.search import letters, lexis, measures, stems, words
from adengine.core.search.document import Document, Shown, read_document
from adengine.core.search.query import Clause, Count
from adengine.core.search.typos import Known
from adengine.indexes.straight import Straight
from adengine.ports import Listed, ShopIndex

# What documents are read by: where any of it changes, every shop is indexed anew.
READ_BY = (letters, lexis, measures, words, stems, documents)
VERSION = sha256(b"".join(Path(str(one.__file__)).read_bytes() for one in READ_BY)).hexdigest()[:16]
SHOP = Straight(
    "SELECT m.name, m.currency, COALESCE(s.number, 0), COALESCE(s.generation, 0), COALESCE(s.documents, 0) "
    "FROM merchant m LEFT JOIN search_shop s ON s.merchant_id = m.id WHERE m.id = :merchant"
)
OPEN = text(
    "INSERT INTO search_shop (merchant_id, generation, version, documents) VALUES (:merchant, 0, :version, 0) "
    "ON CONFLICT (merchant_id) DO NOTHING"
)
# Waits for whoever changes the same shop's index: its counts are then counted one after another.
TURN = text(
    "UPDATE search_shop SET generation = generation + 1, documents = documents + :more WHERE merchant_id = :merchant "
    "RETURNING number"
)
KEPT = text("SELECT id, body FROM search_document WHERE product_id = :product AND merchant_id = :merchant")
FORGET = text("DELETE FROM search_document WHERE id = :id AND merchant_id = :merchant")
COUNT = text(
    "INSERT INTO search_term (merchant_id, term, word, documents, heads) "
    "VALUES (:merchant, :term, :word, :documents, :heads) ON CONFLICT (merchant_id, term) DO UPDATE SET "
    "documents = search_term.documents + excluded.documents, heads = search_term.heads + excluded.heads"
)
VOCABULARY = text(
    "SELECT term, word, documents, heads FROM search_term WHERE merchant_id = :merchant AND documents > 0 ORDER BY term"
)
LISTED = text(
    "SELECT d.id, d.product_id, p.title, p.kind, p.vendor FROM search_document d JOIN product p ON p.id = d.product_id "
    "WHERE d.merchant_id = :merchant ORDER BY p.title, p.id"
)
OFFERS = (
    "SELECT product_id, variant.id AS variant_id, price_minor, currency, CASE WHEN price_minor > 0 AND "
    "(stock IS NULL OR oversell OR stock > reserved) THEN 1 ELSE 0 END AS is_available FROM {wanted} AND NOT is_retired"
)
# Written so that no database begins with all rows of the shop: the ids are few.
OWN = "merchant_id || '' = :merchant"
BY_KEY = "merchant_id = :merchant"
MOST_LETTERS = 60
NAME, TRAITS, TEXTS = range(3)
# Which of the searched columns holds the stems of which field (core.search.document.FIELDS).
COLUMNS = (NAME, NAME, TRAITS, TRAITS, TRAITS, TEXTS, TRAITS, TEXTS)


class RowIndex(ABC):
    """A `Search` over rows; what is particular to a database is in the class beneath.

    `any` finds documents that match `:asked`, at most `:most` of them, and `best` those that do so best. `wanted` are
    the shop's variants of the products `:ids`, as they stand behind FROM.
    """

    any: Straight
    best: Straight
    wanted: str

    def __init__(self) -> None:
        self._counts = self._asked(
            "SELECT term, documents, heads FROM search_term", "term", "documents > 0", own=BY_KEY
        )
        self._documents = self._asked("SELECT id, body FROM search_document", "id")
        self._offers = Straight(f"SELECT {self.as_json(OFFERS.format(wanted=self.wanted))}")

    def shop(self, db: Connection, merchant_id: str) -> ShopIndex:
        return ShopIndex(*SHOP.rows(db, merchant=merchant_id)[0])

    def keep(self, db: Connection, merchant_id: str, document: Document, words: Sequence[Shown]) -> None:
        body = document.written()
        before = self._before(db, merchant_id, document.product_id)
        if before is not None and before[1] == body:
            return
        db.execute(OPEN, {"merchant": merchant_id, "version": VERSION})
        number = self._turn(db, merchant_id, int(before is None))
        changed = {one.stem[:MOST_LETTERS]: (one.word, 1, int(one.is_head)) for one in words}
        if before is not None:
            changed = self._forgotten(db, merchant_id, number, before, changed)
        self._count(db, merchant_id, changed)
        self._write(db, merchant_id, number, document.product_id, body, columns(document, number))

    def drop(self, db: Connection, merchant_id: str, product_id: str) -> None:
        before = self._before(db, merchant_id, product_id)
        if before is not None:
            number = self._turn(db, merchant_id, -1)
            self._count(db, merchant_id, self._forgotten(db, merchant_id, number, before, {}))

    def counts(self, db: Connection, merchant_id: str, terms: Sequence[str]) -> dict[str, Count]:
        found = self._counts.rows(db, merchant=merchant_id, ids=self.among(terms)[1])
        return {term: Count(documents, heads) for term, documents, heads in found}

    def vocabulary(self, db: Connection, merchant_id: str) -> list[Known]:
        found = db.execute(VOCABULARY, {"merchant": merchant_id})
        return [Known(term, word, Count(documents, heads)) for term, word, documents, heads in found.all()]

    def documents(self, db: Connection, merchant_id: str, ids: Sequence[int]) -> dict[int, Document]:
        found = self._documents.rows(db, merchant=merchant_id, ids=self.among(ids)[1])
        return {number: _sharing_stems(read_document(body)) for number, body in found}

    def listed(self, db: Connection, merchant_id: str) -> Sequence[Listed]:
        return list(map(tuple, db.execute(LISTED, {"merchant": merchant_id}).all()))

    def offers(self, db: Connection, merchant_id: str, product_ids: Sequence[str]) -> str:
        found = self._offers.rows(db, merchant=merchant_id, ids=self.among(product_ids)[1])
        return str(found[0][0])

    def count_words(self, db: Connection, merchant_id: str, counted: Mapping[str, tuple[str, int, int]]) -> None:
        """Add to the counts of a shop's words: (a whole word, documents, heads) of each stem."""
        self._count(db, merchant_id, counted)

    def write(self, db: Connection, merchant_id: str, number: int, document: Document) -> None:
        """Write a document that is not there yet, without counting its words."""
        words = columns(document, number)
        self._write(db, merchant_id, number, document.product_id, document.written(), words)

    def candidates(self, db: Connection, shop: ShopIndex, clauses: Sequence[Clause], most: int) -> list[int]:
        asked = self.asked(clauses, shop.number)
        # To tell the best apart costs the database more than to find them all, and is seldom needed.
        found = self.any.rows(db, asked=asked, most=most + 1)
        if len(found) > most:
            found = self.best.rows(db, asked=asked, most=most)
        return [number for (number,) in found]

    @abstractmethod
    def asked(self, clauses: Sequence[Clause], number: int) -> str:
        """The clauses as the database's full-text search writes them, of the shop of that number."""

    @abstractmethod
    def among(self, ids: Sequence[str] | Sequence[int]) -> tuple[str, object]: ...

    @abstractmethod
    def as_json(self, select: str) -> str: ...

    @abstractmethod
    def empty(self, db: Connection) -> None:
        """Forget every document and word of every shop."""

    @abstractmethod
    def _write(
        self, db: Connection, merchant_id: str, number: int, product_id: str, body: str, words: tuple[str, str, str]
    ) -> None: ...

    @abstractmethod
    def _erase(self, db: Connection, row_id: int, words: tuple[str, str, str]) -> None:
        """Take a document's words out of what the database searches, where that is no part of its row."""

    def _asked(self, select: str, column: str, *more: str, own: str = OWN) -> Straight:
        conditions = [own, f"{column} {self.among([])[0]}"]
        return Straight(f"{select} WHERE {' AND '.join([*conditions, *more])}")

    @staticmethod
    def _before(db: Connection, merchant_id: str, product_id: str) -> tuple[int, str] | None:
        row = db.execute(KEPT, {"product": product_id, "merchant": merchant_id}).one_or_none()
        return None if row is None else (row[0], row[1])

    @staticmethod
    def _turn(db: Connection, merchant_id: str, more: int) -> int:
        return int(db.execute(TURN, {"merchant": merchant_id, "more": more}).scalar_one())

    def _forgotten(
        self,
        db: Connection,
        merchant_id: str,
        number: int,
        before: tuple[int, str],
        changed: dict[str, tuple[str, int, int]],
    ) -> dict[str, tuple[str, int, int]]:
        """Delete a document; answers how the counts change when `changed` is counted in its place."""
        row_id, body = before
        old = read_document(body)
        self._erase(db, row_id, columns(old, number))
        db.execute(FORGET, {"id": row_id, "merchant": merchant_id})
        for term in (one[:MOST_LETTERS] for one in old.terms):
            word, documents, heads = changed.get(term, (term, 0, 0))
            changed[term] = (word, documents - 1, heads - int(term in old.heads))
        return {term: one for term, one in changed.items() if one[1] or one[2]}

    @staticmethod
    def _count(db: Connection, merchant_id: str, counted: Mapping[str, tuple[str, int, int]]) -> None:
        rows = [
            {"merchant": merchant_id, "term": term, "word": word[:MOST_LETTERS], "documents": documents, "heads": heads}
            for term, (word, documents, heads) in sorted(counted.items())
        ]
        if rows:
            db.execute(COUNT, rows)


def columns(document: Document, number: int) -> tuple[str, str, str]:
    """The stems that the database searches, in three columns; each begins with the shop's number."""
    made: tuple[list[str], list[str], list[str]] = ([], [], [])
    for term, value in document.terms.items():
        made[COLUMNS[value & 7]].append(term_of(number, term))
    return " ".join(made[NAME]), " ".join(made[TRAITS]), " ".join(made[TEXTS])


def term_of(number: int, term: str) -> str:
    return f"{number}q{term[:MOST_LETTERS]}"


def _sharing_stems(document: Document) -> Document:
    """The same document with stems that it shares with others: half as large in memory, and quicker to look up."""
    return replace(document, terms={intern(term): value for term, value in document.terms.items()})


def named(select: str) -> list[str]:
    """The names of a select's columns."""
    columns = select.removeprefix("SELECT ").partition(" FROM ")[0]
    return [one.split()[-1] for one in columns.split(", ")]
