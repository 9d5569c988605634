"""The studio's agents page: letting in, moving, withdrawing and sending again, by its own forms."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from adengine.core.errors import SignInNeeded
from adengine.engine import SYSTEM, Actor
from adengine.models import Notice
from adengine.services import agents, merchants, notices
from adengine.web import create_app
from tests.conftest import Desk
from tests.services.buying import bought
from tests.web.worlds import World, fields

HOOK = "https://agent.example/order_events"


def let_in(studio: FlaskClient, name: str = "Concierge", url: str = HOOK) -> str:
    """Send the form; answers the page."""
    page = studio.get("/studio/agents").text
    given = fields(page, 'class="panel stack"') | {"name": name, "webhook_url": url}
    return studio.post("/studio/agents", data=given).text


def secrets_of(page: str) -> list[str]:
    return re.findall(r'readonly value="([^"]+)"', page)


def the_agent(world: World) -> agents.AgentCard:
    with world.engine.unit(world.merchant) as unit:
        (card,) = agents.list_agents(unit)
    return card


def sold_by_agent(world: World) -> str:
    actor = Actor("agent", world.shop.id, frozenset({"catalog:read", "checkout:write"}), the_agent(world).id)
    sage = next(one for one in world.product().variants if one.title == "Sage")
    return bought(world.engine, Desk(world.shop, world.merchant, world.shopper), sage, actor=actor)


def test_an_agents_secrets_are_shown_once_and_work(studio: FlaskClient, world: World) -> None:
    page = let_in(studio)
    token, secret = secrets_of(page)
    with world.engine.unit(SYSTEM) as unit:
        agent_id = merchants.actor_of(unit, token).agent_id
    assert agent_id == the_agent(world).id
    again = studio.get("/studio/agents").text
    assert "Concierge" in again
    assert token not in again
    assert secret not in again


def test_the_answer_with_secrets_is_kept_by_no_cache(studio: FlaskClient) -> None:
    page = studio.get("/studio/agents").text
    given = fields(page, 'class="panel stack"') | {"name": "Concierge", "webhook_url": ""}
    assert studio.post("/studio/agents", data=given).headers["Cache-Control"] == "no-store"


def test_sending_the_form_twice_lets_one_agent_in(studio: FlaskClient, world: World) -> None:
    let_in(studio)
    page = let_in(studio)
    assert secrets_of(page) == []
    assert 'role="alert">there is or was an agent' in page
    assert 'name="name" maxlength="60" required value="Concierge"' in page
    assert the_agent(world).name == "Concierge"


def test_a_refused_address_stands_beside_its_field_as_it_was_typed(studio: FlaskClient, world: World) -> None:
    let_in(studio)
    card = the_agent(world)
    action = f"/studio/agents/{card.id}/webhook"
    given = fields(studio.get("/studio/agents").text, f'action="{action}"') | {"webhook_url": "ftp://agent.example/"}
    answer = studio.post(action, data=given)
    assert answer.status_code == 400
    assert "a webhook address begins with https://" in answer.text
    assert 'value="ftp://agent.example/"' in answer.text
    assert the_agent(world).webhook_url == HOOK


def test_a_moved_webhook_shows_its_new_secret_only(studio: FlaskClient, world: World) -> None:
    _, first = secrets_of(let_in(studio))
    action = f"/studio/agents/{the_agent(world).id}/webhook"
    given = fields(studio.get("/studio/agents").text, f'action="{action}"') | {"webhook_url": HOOK + "2"}
    (second,) = secrets_of(studio.post(action, data=given).text)
    assert first != second
    assert the_agent(world).webhook_url == HOOK + "2"


def test_withdrawing_asks_first_and_then_ends_the_token(studio: FlaskClient, world: World) -> None:
    token, _ = secrets_of(let_in(studio))
    address = f"/studio/agents/{the_agent(world).id}/withdraw"
    asked = studio.get(address).text
    assert "Withdraw Concierge?" in asked
    assert studio.post(address, data=fields(asked, 'class="pair"')).location == "/studio/agents"
    with pytest.raises(SignInNeeded), world.engine.unit(SYSTEM) as unit:
        merchants.actor_of(unit, token)
    assert "Withdrawn" in studio.get("/studio/agents").text


def test_the_last_messages_stand_with_their_trouble_and_can_be_sent_again(studio: FlaskClient, world: World) -> None:
    let_in(studio)
    order_id = sold_by_agent(world)
    with world.engine.unit(world.merchant) as unit:
        row = unit.get(Notice, notices.list_notices(unit)[0].id)
        row.status, row.problem = "given_up", "the agent's server answered 500"
    page = studio.get("/studio/agents").text
    assert "Given up" in page
    assert "the agent&#39;s server answered 500" in page
    given = fields(page, 'action="/studio/agents/messages"')
    assert given["order"] == order_id
    assert studio.post("/studio/agents/messages", data=given).status_code == 303
    with world.engine.unit(world.merchant) as unit:
        assert sorted((one.number, one.status) for one in notices.list_notices(unit)) == [
            (1, "given_up"),
            (2, "waiting"),
        ]


def test_another_shops_agents_and_messages_are_not_there(studio: FlaskClient, world: World) -> None:
    let_in(studio)
    card, order_id = the_agent(world), sold_by_agent(world)
    with world.engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, world.rival, kind="merchant")
    rival = create_app(world.engine).test_client()
    rival.get(f"/sign-in?token={token}")
    page = rival.get("/studio/agents").text
    assert "Concierge" not in page
    assert rival.get(f"/studio/agents/{card.id}/withdraw").status_code == 404
    given = fields(page, 'class="panel stack"')
    assert rival.post(f"/studio/agents/{card.id}/withdraw", data=given).status_code == 404
    assert rival.post(f"/studio/agents/{card.id}/webhook", data=given | {"webhook_url": HOOK}).status_code == 404
    assert rival.post("/studio/agents/messages", data=given | {"order": order_id}).status_code == 404
    assert not the_agent(world).is_withdrawn


def test_nobody_signed_out_sees_the_page(client: FlaskClient) -> None:
    assert client.get("/studio/agents").location.startswith("/sign-in")
