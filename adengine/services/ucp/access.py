"""Who may see what: what an agent opened is nobody else's, and an id alone shows nobody who buys."""

from __future__ import annotations

from adengine.core.errors import NotFound
from adengine.core.untrusted import plain
from adengine.engine import Actor, Unit
from adengine.services import checkout, orders
from adengine.services.checkout import CheckoutCard
from adengine.services.orders import OrderCard


def knows_buyer(actor: Actor, agent_id: str | None) -> bool:
    """Whether an actor may see who buys: the shop itself, and the agent that opened it."""
    return actor.sees_costs or (actor.agent_id is not None and actor.agent_id == agent_id)


def need_own(actor: Actor, agent_id: str | None, what: str, name: str) -> None:
    """Raise NotFound for what another agent opened, whoever asks but the shop."""
    if agent_id is not None and not knows_buyer(actor, agent_id):
        raise NotFound(f"there is no {what} '{plain(name, 60)}' here")


def own_checkout(unit: Unit, checkout_id: str) -> CheckoutCard:
    """The checkout, for those who may see it at all."""
    card = checkout.get_checkout(unit, checkout_id)
    need_own(unit.actor, card.agent_id, "checkout", checkout_id)
    return card


def own_order(unit: Unit, order_id: str) -> OrderCard:
    """The order, for those who may see it at all."""
    card = orders.get_order(unit, order_id)
    need_own(unit.actor, card.agent_id, "order", order_id)
    return card
