"""What somebody who has begun to type a name may mean: handles and ids of what they may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select

from adengine.core.selling import TOPICS
from adengine.engine import Unit
from adengine.models import Ad, Cameo, Experiment, Licence, Order, Product

MOST = 20


def names(unit: Unit, kind: str, typed: str) -> list[str]:
    """At most MOST names of a kind (product, ad, licence, policy, experiment, order) that begin with what was typed.

    Nothing for kinds there are not, and for what the actor may not see: an order's id is known to whoever placed it.
    """
    lister = LISTERS.get(kind)
    return list(dict.fromkeys(lister(unit, typed[:80])))[:MOST] if lister else []


def _products(unit: Unit, typed: str) -> Iterable[str]:
    unit.require("catalog:read")
    begins = Product.handle.startswith(typed, autoescape=True) | Product.id.startswith(typed, autoescape=True)
    query = select(Product.handle).where(Product.status == "active", begins)
    return unit.db.scalars(query.order_by(Product.handle).limit(MOST))


def _ads(unit: Unit, typed: str) -> Iterable[str]:
    unit.require("catalog:read")
    query = select(Ad.id).where(Ad.id.startswith(typed, autoescape=True))
    if "ads:write" not in unit.actor.scopes:
        query = query.where(Ad.status == "published")
    return unit.db.scalars(query.order_by(Ad.created_at.desc(), Ad.id).limit(MOST))


def _licences(unit: Unit, typed: str) -> Iterable[str]:
    """Ids of licences; merchants may begin with an appearance's name, too."""
    unit.require("catalog:read")
    begins = Licence.id.startswith(typed, autoescape=True)
    query = select(Licence.id)
    if "cameos:read" in unit.actor.scopes:
        query = query.join(Cameo, Cameo.id == Licence.cameo_id)
        query = query.where(begins | Cameo.name.startswith(typed.casefold(), autoescape=True))
    else:
        shown = select(Ad.licence_id).where(Ad.published_at.is_not(None), Ad.licence_id.is_not(None))
        query = query.where(begins, Licence.id.in_(shown))
    return unit.db.scalars(query.order_by(Licence.id).limit(MOST))


def _policies(_unit: Unit, typed: str) -> Iterable[str]:
    return (topic for topic in TOPICS if topic.startswith(typed.casefold()))


def _experiments(unit: Unit, typed: str) -> Iterable[str]:
    if "experiments:read" not in unit.actor.scopes:
        return ()
    query = select(Experiment.id).where(Experiment.id.startswith(typed, autoescape=True))
    return unit.db.scalars(query.order_by(Experiment.created_at.desc(), Experiment.id).limit(MOST))


def _orders(unit: Unit, typed: str) -> Iterable[str]:
    if unit.actor.kind != "merchant" or "orders:read" not in unit.actor.scopes:
        return ()
    query = select(Order.id).where(Order.id.startswith(typed, autoescape=True))
    return unit.db.scalars(query.order_by(Order.created_at.desc(), Order.id).limit(MOST))


LISTERS: dict[str, Callable[[Unit, str], Iterable[str]]] = {
    "product": _products,
    "ad": _ads,
    "licence": _licences,
    "policy": _policies,
    "experiment": _experiments,
    "order": _orders,
}
