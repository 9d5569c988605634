"""Pieces of a shop's stock: kept while a checkout is being paid, given back, sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import bindparam, update

from adengine.engine import Unit
from adengine.models import Checkout, Variant
from adengine.rows import OF_SHOP, of_shop

# One statement for all goods, in one order for everybody, so that two baskets never wait for each other.
MOVED = of_shop(
    update(Variant)
    .where(Variant.id == bindparam("variant"))
    .values(reserved=Variant.reserved + bindparam("kept"), stock=Variant.stock - bindparam("sold"))
)


def keep(unit: Unit, row: Checkout) -> None:
    """Keep the goods of a checkout for whoever pays it."""
    _move(unit, [row], kept=1, sold=0)


def give_back(unit: Unit, rows: Sequence[Checkout]) -> None:
    """Free the goods that were kept for checkouts nobody pays now."""
    _move(unit, rows, kept=-1, sold=0)


def sell_kept(unit: Unit, row: Checkout) -> None:
    """Take the goods that were kept out of the stock."""
    _move(unit, [row], kept=-1, sold=1)


def sell(unit: Unit, row: Checkout) -> None:
    """Take as many goods out of the stock where none were kept."""
    _move(unit, [row], kept=0, sold=1)


def _move(unit: Unit, rows: Sequence[Checkout], *, kept: int, sold: int) -> None:
    pieces: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for line in row.quote.lines:
            pieces[line.variant_id, row.merchant_id] += line.quantity
            if kept + sold:  # else as many are free to sell as before
                unit.tell(f"product://{line.product_id}")
    moves = (
        {"variant": variant_id, OF_SHOP: merchant_id, "kept": kept * count, "sold": sold * count}
        for (variant_id, merchant_id), count in sorted(pieces.items())
    )
    unit.change(MOVED, *moves)
