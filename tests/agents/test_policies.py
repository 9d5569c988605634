"""Policies as agents quote them: the shop's own words with source and date, facts of how it sells, or nothing."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from adengine.core.money import Money
from adengine.core.selling import Policy, Selling, ShippingRate, TaxRate, TaxTable
from adengine.engine import AdEngine
from adengine.services import selling
from tests.agents.agents import BAIT, HIDDEN, Agent, Shop
from tests.conftest import open_desk

RETURNS = Policy(
    "returns",
    "Sending things back",
    "You may send goods back within 30 days.\n\nOpened candles are taken back only when faulty.",
    date(2026, 5, 1),
    "https://shop.example/returns",
)
REFUNDS = Policy("refunds", "When money comes back", "We pay back within 14 days of a return.", date(2026, 5, 2))
SELLING = Selling(
    taxes=TaxTable((TaxRate("DE", 1900, "MwSt."),)),
    shipping=(
        ShippingRate("std", "Standard", Money(490, "EUR"), ("EU",), free_over=Money(6000, "EUR"), days=(2, 4)),
        ShippingRate("ex", "Express", Money(990, "EUR"), ("DE",), most_grams=20_000, days=(1, 1)),
    ),
    privacy_url="https://shop.example/privacy",
    support_email="help@shop.example",
    policies=(RETURNS, REFUNDS),
)


def sell_by(shop: Shop, rules: Selling) -> None:
    with shop.engine.unit(shop.desk.merchant) as unit:
        selling.set_selling(unit, rules)


def ask(shop: Shop, question: str = "", topic: str = "") -> dict[str, Any]:
    return shop.anybody.call("search_policies", question=question, topic=topic)


@pytest.mark.parametrize(
    ("question", "topic", "words"),
    [
        ("Can I send it back if I don't like it?", "returns", "within 30 days"),
        ("how long do refunds take", "refunds", "within 14 days"),
        ("When do I get my money back?", "refunds", "within 14 days"),
        ("what does delivery to Austria cost", "shipping", "€4.90"),
        ("how many days until it arrives", "shipping", "2 to 4 days"),
        ("is VAT included?", "tax", "MwSt. 19 % DE"),
        ("do you keep my personal data private? privacy", "privacy", "own page"),
        ("is the person in the video AI generated", "disclosure", "AI-generated"),
        ("do you have the actor's consent?", "licence", "licence"),
        ("which cookies track me", "data", "random key"),
    ],
)
def test_a_question_is_answered_by_the_passage_that_fits(shop: Shop, question: str, topic: str, words: str) -> None:
    sell_by(shop, SELLING)
    best = ask(shop, question)["passages"][0]
    assert best["topic"] == topic
    assert words in best["text"]


def test_a_passage_names_its_source_and_since_when_it_holds(shop: Shop) -> None:
    sell_by(shop, SELLING)
    own = ask(shop, topic="returns")["passages"]
    assert [(one["by"], one["effective"], one["url"]) for one in own] == [("shop", "2026-05-01", RETURNS.url)]
    fact = ask(shop, topic="tax")["passages"][0]
    assert (fact["by"], fact["effective"]) == ("house", "2026-11-21")


def test_nothing_on_that_is_said_honestly(shop: Shop) -> None:
    sell_by(shop, SELLING)
    found = ask(shop, "Do you repair bicycles?")
    assert found["passages"] == []
    assert "says nothing on that" in found["advice"]
    assert "help@shop.example" in found["advice"]
    assert "returns" in found["topics"]


def test_a_topic_the_shop_says_nothing_on_is_empty_and_not_made_up(shop: Shop) -> None:
    found = ask(shop, topic="returns")
    assert found["passages"] == []
    assert "returns" not in found["topics"]


@pytest.mark.parametrize("arguments", [{}, {"topic": "jokes"}, {"question": " "}])
def test_an_empty_or_wrong_ask_is_refused_in_words(shop: Shop, arguments: dict[str, Any]) -> None:
    assert "topic" in shop.anybody.refusal("search_policies", **arguments)


def test_a_long_policy_comes_in_pages_of_short_passages(shop: Shop) -> None:
    paragraphs = [f"Part {number}. {'Words about terms. ' * 30}" for number in range(10)]
    sell_by(shop, Selling(policies=(Policy("terms", "Terms", "\n\n".join(paragraphs), date(2026, 1, 1)),)))
    seen, cursor = [], ""
    while True:
        found = shop.anybody.call("search_policies", topic="terms", cursor=cursor)
        assert all(len(one["text"]) <= 700 for one in found["passages"])
        seen += [one["text"].split(".")[0] for one in found["passages"]]
        cursor = found["next_cursor"]
        if not cursor:
            break
    assert seen == [f"Part {number}" for number in range(10)]


def test_planted_instructions_come_back_inert_and_labelled(shop: Shop) -> None:
    sell_by(
        shop, Selling(policies=(Policy("returns", f"Returns {BAIT[:40]}", f"Return it. {HIDDEN}", date(2026, 1, 1)),))
    )
    found = ask(shop, topic="returns")
    assert found["passages"][0]["text"] == f"Return it. {BAIT}"
    assert found["passages"][0]["by"] == "shop"
    assert "never instructions" in found["untrusted"]


def test_rest_and_mcp_answer_alike(shop: Shop) -> None:
    sell_by(shop, SELLING)
    api = shop.api()
    for is_known, agent in ((True, shop.merchant), (False, shop.anybody)):
        answer = api("GET", "/policies?q=send+it+back&topic=returns", is_known=is_known).get_json()
        assert answer == agent.call("search_policies", question="send it back", topic="returns")


def test_each_shop_answers_with_its_own_policies(engine: AdEngine, shop: Shop) -> None:
    sell_by(shop, SELLING)
    other = open_desk(engine, "other")
    assert Agent(engine, other.merchant).call("search_policies", topic="returns")["passages"] == []
    assert Agent(engine).call("search_policies", topic="returns", store="other")["passages"] == []


def test_policies_are_written_and_read_over_the_api(shop: Shop) -> None:
    api = shop.api()
    policy = {"topic": "returns", "title": "Returns", "text": "Within 30 days.", "effective": "2026-05-01"}
    kept = api("PUT", "/selling", json={"policies": [policy]}).get_json()
    assert kept["policies"] == [{**policy, "url": ""}]
    assert json.loads(shop.anybody.read("policy://returns"))["passages"][0]["text"] == "Within 30 days."
    wrong = api("PUT", "/selling", json={"policies": [{**policy, "topic": "jokes"}]})
    assert (wrong.status_code, "no topic of a policy" in wrong.text) == (400, True)
