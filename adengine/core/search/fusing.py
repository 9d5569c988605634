"""Two orders of the same documents made one: by their words and by their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adengine.core.search.document import Document
from adengine.core.search.query import Query
from adengine.core.search.ranking import IS_CODE, Ranked, is_denied

SMOOTH = 60  # Cormack, Clarke, Buettcher 2009: reciprocal rank fusion


def fuse(query: Query, by_words: Sequence[Ranked], by_meaning: Iterable[Document]) -> list[Ranked]:
    """Both orders as one by reciprocal ranks; what has the very code that is asked for stays before all others.

    What the ask does not want is not let in by its meaning either.
    """
    points = {one.document.product_id: 1 / (SMOOTH + place) for place, one in enumerate(by_words, 1)}
    known = {one.document.product_id: one for one in by_words}
    for place, document in enumerate(by_meaning, 1):
        if is_denied(query, document):
            continue
        points[document.product_id] = points.get(document.product_id, 0.0) + 1 / (SMOOTH + place)
        known.setdefault(document.product_id, Ranked(document, 0.0, 0.0))
    ordered = sorted(known, key=lambda one: (known[one].score < IS_CODE, -points[one], known[one].document.name, one))
    return [known[one] for one in ordered]
