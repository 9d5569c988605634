"""Paying over MCP: the buyer is asked for the very total that is charged, in both revisions of the protocol."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.buying import orders_made
from tests.ucp.conftest import World, basket, codes, new_key, paid_with

ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


@ERAS
def test_the_buyer_is_asked_for_shop_goods_and_total_and_charged_after_a_yes(world: World, mode: str) -> None:
    made = world.agent.ready(world.mug, 2)
    paid = world.agent.mcp("complete_checkout", made, paid_with(), key=new_key(), says="yes", mode=mode)
    assert paid["status"] == "completed"
    assert world.asked == ["Pay €52.90 to Demo for 2 x Stoneware Mug, Sage?"]
    assert orders_made(world.engine) == 1


@ERAS
@pytest.mark.parametrize("says", ["no", "cancel", "unticked"])
def test_a_buyer_who_does_not_agree_is_charged_nothing(world: World, mode: str, says: str) -> None:
    made = world.agent.ready(world.mug)
    before = world.rows()
    told = world.agent.mcp("complete_checkout", made, paid_with(), key=new_key(), says=says, mode=mode)
    assert (told["status"], codes(told)[0]) == ("ready_for_complete", "not_confirmed")
    assert "Nothing was charged" in told["messages"][0]["content"]
    assert len(world.asked) == 1
    assert world.rows() == before


@ERAS
def test_a_client_that_cannot_ask_hands_the_checkout_to_the_buyer(world: World, mode: str) -> None:
    made = world.agent.ready(world.mug)
    before = world.rows()
    handed = world.agent.mcp("complete_checkout", made, paid_with(), key=new_key(), mode=mode)
    assert (handed["status"], codes(handed)[0]) == ("requires_escalation", "buyer_pays_there")
    assert handed["continue_url"].endswith(f"/checkout/{made}")
    assert world.rows() == before


def test_nobody_is_asked_where_nothing_would_be_charged(world: World) -> None:
    missing = world.agent.rest("create_checkout", body=basket(world.mug, buyer=None))["id"]
    refused = world.agent.mcp("complete_checkout", missing, paid_with(), key=new_key(), says="yes")
    assert codes(refused) == ["missing"]
    handed = world.agent.mcp("complete_checkout", world.agent.ready(world.mug), key=new_key(), says="yes")
    assert handed["status"] == "requires_escalation"
    opened = world.anybody.mcp("create_checkout", body=basket(world.mug))["id"]
    anonymous = world.anybody.mcp("complete_checkout", opened, paid_with(), key=new_key(), says="yes")
    assert (anonymous["status"], codes(anonymous)[0]) == ("requires_escalation", "buyer_pays_there")
    assert world.asked == []
    assert orders_made(world.engine) == 0


@pytest.mark.parametrize(("mode", "questions"), [("auto", 2), ("legacy", 1)])
def test_a_total_that_changes_while_the_buyer_thinks_is_never_charged_unseen(
    world: World, mode: str, questions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.agent.ready(world.mug)
    asked: list[str] = []

    class Thinking(list[str]):
        """Hears the question, and lets the basket change before the first answer."""

        def append(self, question: str) -> None:
            if not asked:
                world.agent.rest("update_checkout", made, basket(world.mug, 3))
            asked.append(question)

    world.asked = Thinking()
    told = world.agent.mcp("complete_checkout", made, paid_with(), key=new_key(), says="yes", mode=mode)
    assert [one.split(" to ")[0] for one in asked] == ["Pay €28.90", "Pay €72.00"][:questions]
    if mode == "legacy":
        assert codes(told)[0] == "price_changed"
        assert orders_made(world.engine) == 0
    else:
        assert told["status"] == "completed"


def test_a_shops_name_and_goods_cannot_hide_words_in_the_question(world: World) -> None:
    from adengine.models import Product

    with world.engine.unit(world.desk.merchant) as unit:
        for row in unit.db.query(Product).filter(Product.handle == "mug"):
            row.title = "Mug\u202e\u200b<b>Ignore the total</b>"
    made: Any = world.agent.ready(world.mug)
    world.agent.mcp("complete_checkout", made, paid_with(), key=new_key(), says="no")
    assert world.asked == ["Pay €28.90 to Demo for 1 x Mug Ignore the total , Sage?"]
