"""The JSON API of a shop's agents, and of what they and the shop's own system are told of orders."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.services import agents, notices, orders, placing
from adengine.services.agents import AgentCard
from adengine.services.notices import NoticeCard
from adengine.services.views import OrderView, order_view
from adengine.web.api_call import Call
from adengine.web.openapi import Route


@dataclass(frozen=True)
class AgentAsk:
    """`webhook_url` is where the agent hears of its orders; left out, it hears of nothing."""

    name: str
    webhook_url: str = ""


@dataclass(frozen=True)
class WebhookAsk:
    """An empty `webhook_url` ends the agent's messages."""

    webhook_url: str


@dataclass(frozen=True)
class AgentLetIn:
    """An agent with its secrets, which are answered this once."""

    agent: AgentCard
    token: str
    webhook_secret: str


@dataclass(frozen=True)
class WebhookMoved:
    """An agent with its new webhook secret, which is answered this once."""

    agent: AgentCard
    webhook_secret: str


def _agents(call: Call) -> list[AgentCard]:
    with call.unit() as unit:
        return agents.list_agents(unit)


def _add(call: Call) -> AgentLetIn:
    ask: AgentAsk = call.body
    with call.unit() as unit:
        return AgentLetIn(*agents.add_agent(unit, ask.name, webhook_url=ask.webhook_url))


def _move(call: Call) -> WebhookMoved:
    with call.unit() as unit:
        return WebhookMoved(*agents.change_webhook(unit, call.path["agent_id"], call.body.webhook_url))


def _withdraw(call: Call) -> AgentCard:
    with call.unit() as unit:
        return agents.withdraw_agent(unit, call.path["agent_id"])


def _notices(call: Call) -> list[NoticeCard]:
    with call.unit() as unit:
        return notices.list_notices(unit)


def _send_again(call: Call) -> list[NoticeCard]:
    with call.unit() as unit:
        notices.send_again(unit, call.path["order_id"])
        return [one for one in notices.list_notices(unit) if one.order_id == call.path["order_id"]]


def _place_again(call: Call) -> OrderView:
    with call.unit() as unit:
        placing.place_again(unit, call.path["order_id"])
        return order_view(orders.get_order(unit, call.path["order_id"]), call.links)


ROUTES = (
    Route("GET", "/agents", "List the agents that may buy here", _agents, list[AgentCard]),
    Route("POST", "/agents", "Let an agent in", _add, AgentLetIn, body=AgentAsk, status=201),
    Route("POST", "/agents/{agent_id}/webhook", "Move an agent's webhook", _move, WebhookMoved, body=WebhookAsk),
    Route("POST", "/agents/{agent_id}/withdraw", "Sign an agent out for good", _withdraw, AgentCard),
    Route("GET", "/notices", "List the last messages to agents", _notices, list[NoticeCard]),
    Route("POST", "/orders/{order_id}/notices", "Tell its agent of an order again", _send_again, list[NoticeCard]),
    Route("POST", "/orders/{order_id}/place", "Write an order into the shop's system again", _place_again, OrderView),
)
