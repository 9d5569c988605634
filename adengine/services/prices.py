"""What a variant cost, when: the history behind every struck-through price."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from adengine.core.commerce import PricePoint, lowest_in_30_days
from adengine.core.money import Money
from adengine.engine import Unit
from adengine.models import Price

HISTORY = timedelta(days=400)


def was_lowest(unit: Unit, variant_id: str, current: Money) -> Money | None:
    """The lawful 'was' price of a variant: see core.commerce.lowest_in_30_days."""
    since = unit.now() - HISTORY
    rows = unit.db.scalars(
        select(Price).where(Price.variant_id == variant_id, Price.at >= since).order_by(Price.at, Price.id)
    )
    history = tuple(PricePoint(Money(row.minor, row.currency), row.at) for row in rows)
    return lowest_in_30_days(history, now=unit.now(), current=current)
