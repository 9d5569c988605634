"""Tax of the place goods go to, from a table of rates: inside the price or on top of it, rounded once a rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adengine.core.buyer import Address
from adengine.core.money import WHOLE_BPS, Money, total, zero
from adengine.core.places import closeness
from adengine.core.selling import TaxRate, TaxTable

STANDARD = ""


@dataclass(frozen=True)
class Taxable:
    """Goods to tax: their product kind and their price after discounts."""

    kind: str
    amount: Money


@dataclass(frozen=True)
class TaxShare:
    """Tax of one rate: `base` is what it is counted on, `amount` what it comes to."""

    name: str
    jurisdiction: str
    bps: int
    base: Money
    amount: Money


@dataclass(frozen=True)
class Taxed:
    """Tax of each of the goods and of the shipping, with their rates, and the same summed by rate.

    `included`: it lies inside the prices, and nothing is added.
    """

    goods: tuple[tuple[Money, int], ...]
    shipping: Money
    shares: tuple[TaxShare, ...]
    included: bool


@dataclass(frozen=True)
class _Rate:
    """What tells one line of an invoice's tax from another; tables may reach it by several kinds."""

    name: str
    place: str
    bps: int


def tax_by_table(table: TaxTable, goods: Sequence[Taxable], shipping: Money, to: Address) -> Taxed:
    """Tax `goods` and `shipping` sent `to` an address. Each rate is rounded half up once, over all it applies to.

    A line's tax is its part of that sum (largest remainder), so that the lines add up to what the invoice says.
    """
    rates = [_rate(table, one.kind, to) for one in goods]
    amounts = [one.amount for one in goods]
    if table.on_shipping:
        rates, amounts = [*rates, _rate(table, STANDARD, to)], [*amounts, shipping]
    taxes = [zero(shipping.currency)] * len(amounts)
    shares = []
    for rate in dict.fromkeys(one for one in rates if one is not None):
        at = [i for i, one in enumerate(rates) if one == rate and amounts[i]]
        base = total((amounts[i] for i in at), shipping.currency)
        if not base or not rate.bps:
            continue
        amount = _of(base, rate.bps, included=table.included)
        for i, part in zip(at, amount.split([amounts[i].minor for i in at]), strict=True):
            taxes[i] = part
        shares.append(TaxShare(rate.name, rate.place, rate.bps, base, amount))
    on_goods = tuple((taxes[i], one.bps if one else 0) for i, one in enumerate(rates[: len(goods)]))
    on_shipping = total(taxes[len(goods) :], shipping.currency)
    return Taxed(on_goods, on_shipping, tuple(shares), table.included)


def _rate(table: TaxTable, kind: str, to: Address) -> _Rate | None:
    """The closest rate: of the country before its group's, of the region before both, of the kind before the rest."""
    fits = [one for one in table.rates if _reaches(one, kind, to)]
    if not fits:
        return None
    best = max(fits, key=lambda one: (bool(one.region), closeness(one.country, to.country), bool(one.kinds)))
    return _Rate(best.name, best.place, best.bps)


def _reaches(rate: TaxRate, kind: str, to: Address) -> bool:
    if not closeness(rate.country, to.country) or rate.region not in ("", to.region):
        return False
    return not rate.kinds or kind.casefold() in (one.casefold() for one in rate.kinds)


def _of(base: Money, bps: int, *, included: bool) -> Money:
    whole = WHOLE_BPS + bps if included else WHOLE_BPS
    return Money((2 * base.minor * bps + whole) // (2 * whole), base.currency)
