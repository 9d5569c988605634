"""`adengine agent`: the AI agents that a shop lets in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from adengine.services import agents
from adengine.terminal import AsJson, ShopName, desk, opened, out, print_json

agent_app = typer.Typer(no_args_is_help=True, help="AI agents that a shop lets in.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the shop calls the agent.")]
Webhook = Annotated[str, typer.Option("--webhook", metavar="URL", help="Where it hears of its orders. Empty: nowhere.")]


@agent_app.command("add")
def add(name: Name, webhook: Webhook = "", shop: ShopName = "", as_json: AsJson = False) -> None:
    """Let an agent in; its token and webhook secret are shown this once."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.unit(actor) as unit:
            card, token, secret = agents.add_agent(unit, name, webhook_url=webhook)
    if as_json:
        print_json({**asdict(card), "token": token, "webhook_secret": secret})
        return
    out.print(f"token           {token}", markup=False)
    if secret:
        out.print(f"webhook secret  {secret}", markup=False)


@agent_app.command("list")
def list_(shop: ShopName = "", as_json: AsJson = False) -> None:
    """List the shop's agents."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            found = agents.list_agents(unit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(Column("name", no_wrap=True), "webhook", "state")
    for one in found:
        table.add_row(escape(one.name), escape(one.webhook_url or "-"), "withdrawn" if one.is_withdrawn else "let in")
    out.print(table if found else "no agents yet; adengine agent add NAME")


@agent_app.command("webhook")
def webhook_(name: Name, webhook: Webhook = "", shop: ShopName = "") -> None:
    """Send an agent's messages elsewhere; the new secret is shown this once."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.unit(actor) as unit:
            _, secret = agents.change_webhook(unit, agents.find_agent(unit, name).id, webhook)
    out.print(f"webhook secret  {secret}" if secret else "this agent hears of nothing any more", markup=False)


@agent_app.command("withdraw")
def withdraw(name: Name, shop: ShopName = "") -> None:
    """Sign an agent out for good: its token ends, and it is told nothing more."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.unit(actor) as unit:
            agents.withdraw_agent(unit, agents.find_agent(unit, name).id)
    out.print("this agent is withdrawn")
