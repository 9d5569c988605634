"""What agents read by address, and what clients offer while an address is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import PromptReference, ResourceTemplateReference

from adengine.core.selling import TOPICS
from adengine.engine import AdEngine
from tests.agents.agents import BAIT, CAPTIONS, HIDDEN, Agent, Shop, open_shop
from tests.conftest import open_desk
from tests.services.buying import bought, stocked

TEMPLATES = {
    "product://{id}", "order://{id}", "ad://{id}", "ad://{id}/captions.vtt", "ad://{id}/hotspots.json",
    "licence://{id}", "policy://{topic}", "experiment://{id}",
}  # fmt: skip


def completed(agent: Agent, template: str, name: str, typed: str) -> list[str]:
    ref = ResourceTemplateReference(type="ref/resource", uri=template)

    async def act(client: Client) -> Any:
        return await client.complete(ref, {"name": name, "value": typed})

    return list(agent.talk(act).completion.values)


def order_of(shop: Shop) -> str:
    return bought(shop.engine, shop.desk, stocked(shop.engine, shop.desk))


def test_templates_and_the_policies_are_listed(shop: Shop) -> None:
    listed = shop.anybody.talk(lambda client: client.list_resource_templates()).resource_templates
    assert {one.uri_template for one in listed} == TEMPLATES
    assert all(one.description and one.title and one.mime_type for one in listed)
    named = shop.anybody.talk(lambda client: client.list_resources()).resources
    assert [str(one.uri) for one in named] == [f"policy://{topic}" for topic in TOPICS]


def test_a_film_is_read_as_the_tool_answers_it(shop: Shop) -> None:
    ad_id = shop.film("mug")
    whole = shop.anybody.call("get_ad", ad_id=ad_id, response_format="detailed")
    assert json.loads(shop.anybody.read(f"ad://{ad_id}")) == whole
    assert shop.anybody.read(f"ad://{ad_id}/captions.vtt") == CAPTIONS
    spots = json.loads(shop.anybody.read(f"ad://{ad_id}/hotspots.json"))
    assert spots["hotspots"] == whole["hotspots"]


def test_licences_policies_and_experiments_are_read_as_the_tools_answer_them(shop: Shop) -> None:
    licence = shop.licence("nix")
    arms = [shop.film("mug", cameo="nix", template="hero"), shop.film("mug")]
    experiment_id = shop.experiment(*arms)
    read, call = shop.merchant.read, shop.merchant.call
    assert json.loads(read(f"licence://{licence}")) == call("get_cameo_licence", licence=licence)
    assert json.loads(read("policy://licence")) == call("search_policies", topic="licence")
    assert json.loads(read(f"experiment://{experiment_id}")) == call("get_experiment", experiment=experiment_id)


def test_a_product_is_read_by_handle_and_shows_no_cost(shop: Shop) -> None:
    shop.rename("mug", f"Mug {HIDDEN}", f"Thrown by hand. {HIDDEN}")
    for agent in (shop.anybody, shop.merchant):
        read = agent.read("product://mug")
        assert json.loads(read)["product"]["title"] == f"Mug {BAIT}"
        assert "777" not in read
        assert not {"\u202e", "\u200b", "\U000e0041"} & set(read)
        assert "untrusted_content" in read


def test_an_order_is_read_by_whoever_has_its_id(shop: Shop) -> None:
    order_id = order_of(shop)
    assert json.loads(shop.anybody.read(f"order://{order_id}"))["id"] == order_id


@pytest.mark.parametrize(
    "uri",
    [
        "product://nothing", "ad://ad_nothing", "ad://ad_nothing/captions.vtt", "ad://ad_nothing/hotspots.json",
        "licence://lic_nothing", "policy://jokes", "order://ord_nothing", "nothing://x", "ad://../../etc",
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_words(shop: Shop, uri: str) -> None:
    error = shop.anybody.unreadable(uri)
    assert error.code == -32602
    assert "Traceback" not in error.message


def test_what_may_not_be_read_is_refused_with_the_clause(shop: Shop) -> None:
    licence = shop.licence("nix")
    ad_id = shop.film("mug", cameo="nix", template="hero")
    shop.revoke(licence)
    for uri in (f"ad://{ad_id}", f"ad://{ad_id}/captions.vtt", f"ad://{ad_id}/hotspots.json"):
        assert "clause 'revoked'" in shop.anybody.unreadable(uri).message
    assert "sign_in_needed" in shop.anybody.unreadable("experiment://exp_x").message


def test_other_merchants_things_are_not_there(engine: AdEngine, shop: Shop, tmp_path: Path) -> None:
    licence = shop.licence("nix")
    arms = [shop.film("mug", cameo="nix", template="hero"), shop.film("mug")]
    experiment_id = shop.experiment(*arms)
    order_id = order_of(shop)
    other = open_shop(engine, open_desk(engine, "other"), tmp_path / "other").merchant
    names = (f"ad://{arms[0]}", f"licence://{licence}", f"experiment://{experiment_id}", f"order://{order_id}")
    for uri in names:
        assert other.unreadable(uri).code == -32602


def test_names_are_offered_by_their_beginning_and_no_more_than_the_caller_may_see(shop: Shop) -> None:
    shown, hidden = shop.film("mug"), shop.film("mug", publish=False)
    experiment_id = shop.experiment(shown, shop.film("mug", headline="Another"))
    licence = shop.licence("nix")
    order_id = order_of(shop)
    assert completed(shop.anybody, "product://{id}", "id", "") == ["lamp", "mug"]
    assert completed(shop.anybody, "product://{id}", "id", "m") == ["mug"]
    assert completed(shop.anybody, "policy://{topic}", "topic", "re") == ["returns", "refunds"]
    assert hidden not in completed(shop.anybody, "ad://{id}", "id", "ad_")
    assert {shown, hidden} < set(completed(shop.merchant, "ad://{id}/captions.vtt", "id", "ad_"))
    for template, name in (
        ("experiment://{id}", experiment_id),
        ("licence://{id}", licence),
        ("order://{id}", order_id),
    ):
        assert completed(shop.anybody, template, "id", "") == []
        assert completed(shop.merchant, template, "id", name[:6]) == [name]
    assert completed(shop.merchant, "licence://{id}", "id", "ni") == [licence]
    assert completed(shop.merchant, "ad://{id}", "other", "") == []
    assert completed(shop.merchant, "nothing://{id}", "id", "") == []
    assert completed(shop.merchant, "ad://{id}", "id", "a%_\0") == []


def test_offers_are_of_the_callers_shop_and_at_most_twenty(engine: AdEngine, shop: Shop, tmp_path: Path) -> None:
    for number in range(21):
        shop.film("mug", headline=f"Hook {number}")
    assert len(completed(shop.anybody, "ad://{id}", "id", "")) == 20
    other = open_shop(engine, open_desk(engine, "other"), tmp_path / "other")
    assert completed(other.merchant, "ad://{id}", "id", "") == []


def test_arguments_of_prompts_are_offered_too(shop: Shop) -> None:
    async def act(client: Client) -> Any:
        ref = PromptReference(type="ref/prompt", name="brief_an_ad")
        return await client.complete(ref, {"name": "product", "value": "la"})

    assert list(shop.anybody.talk(act).completion.values) == ["lamp"]
