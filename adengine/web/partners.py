"""The studio's agents: letting one in, moving where it hears of its orders, signing it out, and what it was told."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import AdEngineError
from adengine.services import agents, notices
from adengine.services.agents import AgentCard
from adengine.services.notices import KEPT_LISTED
from adengine.web import forms, visitors
from adengine.web.visitors import Desk, engine

pages = Blueprint("partners", __name__, url_prefix="/studio/agents")


@dataclass(frozen=True)
class Said:
    """What the page says after a form: a refusal, beside which form (an agent's id, or `new`), and what was typed."""

    words: str = ""
    form: str = ""
    name: str = ""
    webhook_url: str = ""


@dataclass(frozen=True)
class Shown:
    """Secrets that are seen this once; `token` is empty where only the webhook moved."""

    agent: AgentCard
    token: str
    webhook_secret: str


@pages.get("")
def listing() -> ResponseReturnValue:
    return _page(visitors.desk())


@pages.post("")
def add() -> ResponseReturnValue:
    """Let an agent in; its secrets stand in this answer only, so it is no redirect and is kept nowhere."""
    desk = visitors.desk()
    name, url = request.form.get("name", "")[:200], request.form.get("webhook_url", "")[:4000]
    try:
        with engine().unit(desk.actor) as unit:
            shown = Shown(*agents.add_agent(unit, name, webhook_url=url))
    except AdEngineError as refusal:
        return _page(desk, Said(refusal.message, "new", name, url)), refusal.status
    return _once(_page(desk, shown=shown))


@pages.post("/<agent_id>/webhook")
def move(agent_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    url = request.form.get("webhook_url", "")[:4000]
    try:
        with engine().unit(desk.actor) as unit:
            card, secret = agents.change_webhook(unit, agent_id, url)
    except AdEngineError as refusal:
        return _page(desk, Said(refusal.message, agent_id, webhook_url=url)), refusal.status
    return _once(_page(desk, shown=Shown(card, "", secret)))


@pages.get("/<agent_id>/withdraw")
def confirm(agent_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        agent = agents.get_agent(unit, agent_id)
    return render_template("studio_agent_withdraw.html", desk=desk, agent=agent)


@pages.post("/<agent_id>/withdraw")
def withdraw(agent_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().unit(desk.actor) as unit:
        agents.withdraw_agent(unit, agent_id)
    return redirect(url_for("partners.listing"), 303)


@pages.post("/messages")
def send_again() -> ResponseReturnValue:
    desk = visitors.desk()
    try:
        with engine().unit(desk.actor) as unit:
            notices.send_again(unit, forms.text("order", limit=60))
    except AdEngineError as refusal:
        return _page(desk, Said(refusal.message)), refusal.status
    return redirect(url_for("partners.listing", _anchor="messages"), 303)


def _page(desk: Desk, said: Said = Said(), *, shown: Shown | None = None) -> str:
    with engine().reading(desk.actor) as unit:
        known, told = agents.list_agents(unit), notices.list_notices(unit)
    return render_template(
        "studio_agents.html",
        desk=desk,
        agents=known,
        notices=told,
        most=KEPT_LISTED,
        names={one.id: one.name for one in known},
        listening={one.id for one in known if one.webhook_url},
        said=said,
        shown=shown,
    )


def _once(page: str) -> ResponseReturnValue:
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
