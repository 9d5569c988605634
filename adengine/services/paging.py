"""Pages of a ranked list: where one ends, the next begins, whatever was added or taken away meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from adengine.core.errors import Invalid

Item = TypeVar("Item")


def after(ranked: Sequence[Item], name: Callable[[Item], str], cursor: str) -> Sequence[Item]:
    """What stands behind the item that the cursor names; raises Invalid when that item is gone."""
    if not cursor:
        return ranked
    place = next((at for at, one in enumerate(ranked) if name(one) == cursor), None)
    if place is None:
        raise Invalid("this cursor no longer holds, since the list changed; ask again without a cursor")
    return ranked[place + 1 :]


def page_of(
    ranked: Sequence[Item], name: Callable[[Item], str], *, cursor: str, limit: int
) -> tuple[Sequence[Item], str]:
    """At most `limit` items from behind the cursor on, and the cursor of the next page; empty at the end."""
    rest = after(ranked, name, cursor)
    page = rest[:limit]
    return page, name(page[-1]) if len(rest) > limit else ""
