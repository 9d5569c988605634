"""Letting agents in, moving their webhook, and signing them out, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from adengine.engine import AGENT_SCOPES, SYSTEM, Actor, AdEngine
from adengine.models import Agent, Token
from adengine.services import agents, merchants
from tests.conftest import Desk, open_desk

HOOK = "https://agent.example/agentic_checkout/webhooks/order_events"


def signed_in(engine: AdEngine, token: str) -> Actor:
    with engine.unit(SYSTEM) as unit:
        return merchants.actor_of(unit, token)


def test_an_agents_token_acts_for_its_shop_as_that_agent_and_no_more(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        card, token, secret = agents.add_agent(unit, " Concierge ", webhook_url=HOOK)
    assert signed_in(engine, token) == Actor("agent", desk.shop.id, AGENT_SCOPES, card.id)
    assert (card.name, card.webhook_url, card.is_withdrawn) == ("Concierge", HOOK, False)
    assert secret.startswith("whs_")
    assert len(secret) > 40


def test_the_token_is_kept_as_a_digest_only(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        _, token, _ = agents.add_agent(unit, "Concierge")
    with engine.unit(SYSTEM) as unit:
        (row,) = unit.db.scalars(select(Token)).all()
        assert token not in {str(value) for value in vars(row).values()}


def test_a_token_that_is_no_agents_names_no_agent(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, desk.shop, kind="agent")
    assert signed_in(engine, token).agent_id is None


def test_without_a_webhook_there_is_no_secret(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        card, _, secret = agents.add_agent(unit, "Concierge")
    assert (card.webhook_url, secret) == ("", "")


def test_a_withdrawn_agent_is_signed_out_for_good(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        card, token, _ = agents.add_agent(unit, "Concierge", webhook_url=HOOK)
    for _ in range(2):
        with engine.unit(desk.merchant) as unit:
            agents.withdraw_agent(unit, card.id)
    with pytest.raises(SignInNeeded):
        signed_in(engine, token)
    with engine.unit(desk.merchant) as unit:
        (left,) = agents.list_agents(unit)
        assert (left.is_withdrawn, left.webhook_url) == (True, "")
        assert unit.get(Agent, card.id).webhook_secret == ""
    with pytest.raises(Conflict), engine.unit(desk.merchant) as unit:
        agents.change_webhook(unit, card.id, HOOK)


def test_a_moved_webhook_gets_a_new_secret(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        card, _, first = agents.add_agent(unit, "Concierge", webhook_url=HOOK)
    with engine.unit(desk.merchant) as unit:
        moved, second = agents.change_webhook(unit, card.id, HOOK + "/2")
    assert moved.webhook_url == HOOK + "/2"
    assert first != second
    with engine.unit(desk.merchant) as unit:
        assert agents.change_webhook(unit, card.id, "")[1] == ""


def test_two_agents_of_one_shop_have_two_names(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        agents.add_agent(unit, "Concierge")
    with pytest.raises(Conflict), engine.unit(desk.merchant) as unit:
        agents.add_agent(unit, "Concierge")
    with engine.unit(open_desk(engine, "other").merchant) as unit:
        agents.add_agent(unit, "Concierge")


@pytest.mark.parametrize(
    "url",
    [
        "http://agent.example/hook",
        "agent.example/hook",
        "https://",
        "https://user:word@agent.example/",
        "https://agent.example/#part",
        "https://agent.example:99999/",
        "https://agent.example/ two",
        "https://agent.example/\nX: y",
        "javascript:alert(1)",
        "https://agent.example/" + "x" * 2048,
    ],
)
def test_addresses_that_no_message_may_go_to_are_refused(engine: AdEngine, desk: Desk, url: str) -> None:
    with pytest.raises(Invalid), engine.unit(desk.merchant) as unit:
        agents.add_agent(unit, "Concierge", webhook_url=url)
    with engine.unit(desk.merchant) as unit:
        assert agents.list_agents(unit) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb"])
def test_a_name_is_one_line_of_1_to_60_characters(engine: AdEngine, desk: Desk, name: str) -> None:
    with pytest.raises(Invalid), engine.unit(desk.merchant) as unit:
        agents.add_agent(unit, name)


def test_only_the_shop_itself_lets_agents_in_and_only_its_own(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        card, token, _ = agents.add_agent(unit, "Concierge", webhook_url=HOOK)
    with pytest.raises(Forbidden), engine.unit(signed_in(engine, token)) as unit:
        agents.add_agent(unit, "Another")
    with pytest.raises(Forbidden), engine.unit(signed_in(engine, token)) as unit:
        agents.change_webhook(unit, card.id, "https://thief.example/")
    other = open_desk(engine, "other").merchant
    for act in (agents.withdraw_agent, agents.get_agent):
        with pytest.raises(NotFound), engine.unit(other) as unit:
            act(unit, card.id)
    with engine.unit(other) as unit:
        assert agents.list_agents(unit) == []
