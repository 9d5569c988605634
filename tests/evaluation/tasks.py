"""Forty things people ask their agents for, as scripts: the calls a good agent makes, and what it must have learnt.

A ceiling of calls and of tokens (what was sent and what came back) stands beside each: an answer that grows, or that
needs one call more, fails here.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.evaluation.world import Agent, Document, once

Script = Callable[[Agent], Awaitable[None]]

LUMI = {"email": "lumi@example.com", "first_name": "Lumi", "last_name": "Nix"}
HOME = {
    "id": "home",
    "first_name": "Lumi",
    "last_name": "Nix",
    "street_address": "Lichtweg 1",
    "postal_code": "10115",
    "address_locality": "Berlin",
    "address_country": "DE",
}
TOKEN = {"handler_id": "sandbox", "type": "card", "credential": {"type": "token", "token": "spt_sandbox_ok"}}
PAYMENT = {"payment": {"instruments": [TOKEN]}}


@dataclass(frozen=True)
class Task:
    """Whose agent does it, whether its person can be asked and says yes or no, and what it may cost."""

    name: str
    script: Script
    who: str
    says: bool | None
    calls: int
    tokens: int


TASKS: list[Task] = []


def task(who: str, *, calls: int, tokens: int, says: bool | None = True) -> Callable[[Script], Script]:
    def kept(script: Script) -> Script:
        TASKS.append(Task(script.__name__, script, who, says, calls, tokens))
        return script

    return kept


@task("anybody", calls=1, tokens=300)
async def a_mug_under_30_euro(agent: Agent) -> None:
    (hit,) = await found(agent, query="a mug under 30 EUR")
    assert hit["title"] == "Loam Stoneware Mug"
    assert hit["price_range"]["min"] == {"amount": 2400, "currency": "EUR"}


@task("anybody", calls=1, tokens=300)
async def a_cup_is_a_mug(agent: Agent) -> None:
    assert (await found(agent, query="cup for coffee"))[0]["title"] == "Loam Stoneware Mug"


@task("anybody", calls=1, tokens=300)
async def a_word_with_a_slip_of_the_pen(agent: Agent) -> None:
    hits = await found(agent, query="linen cusion")
    assert hits[0]["title"] == "Meadow Linen Cushion"
    assert any("cusion" in reason for reason in hits[0]["reasons"])


@task("anybody", calls=1, tokens=300)
async def a_bottle_of_three_quarters_of_a_litre(agent: Agent) -> None:
    (hit,) = await found(agent, query="insulated bottle 750 ml")
    assert all("0.75 l" in one["title"] for one in hit["variants"])


@task("anybody", calls=1, tokens=500)
async def whatever_there_is_in_moss_green(agent: Agent) -> None:
    hits = await found(agent, filters={"colours": ["Moss"]})
    assert {one["title"] for one in hits} == {"Murmur Portable Speaker", "Meadow Linen Cushion"}


@task("anybody", calls=1, tokens=600)
async def everything_from_100_to_135_euro(agent: Agent) -> None:
    hits = await found(agent, filters={"price": {"min": 10000, "max": 13500}})
    assert {one["title"] for one in hits} == {"Murmur Portable Speaker", "Orchard Three-Legged Stool"}


@task("anybody", calls=1, tokens=800)
async def whatever_has_a_film(agent: Agent) -> None:
    hits = await found(agent, filters={"has_film": True})
    assert len(hits) == 4
    assert all(one["ads"] for one in hits)


@task("anybody", calls=2, tokens=600)
async def nothing_suitable_and_then_something_else(agent: Agent) -> None:
    answer = await agent("search_catalog", catalog={"query": "surfboard"})
    assert answer["products"] == []
    assert "Speaker" in said(answer, "nothing_suitable")
    assert (await found(agent, query="speaker"))[0]["title"] == "Murmur Portable Speaker"


@task("anybody", calls=1, tokens=1800)
async def two_products_by_their_skus_and_one_that_is_not_there(agent: Agent) -> None:
    answer = await agent("lookup_catalog", catalog={"ids": ["MURMUR-SPK-OAT", "trail-bottle", "no-such-thing"]})
    assert {one["title"] for one in answer["products"]} == {"Murmur Portable Speaker", "Trail Insulated Bottle"}
    assert "no-such-thing" in said(answer, "not_found")


@task("anybody", calls=2, tokens=300)
async def a_search_that_asks_for_nothing_is_told_so(agent: Agent) -> None:
    assert "catalog.query" in await agent.refused("search_catalog", catalog={})
    assert "catalog" in await agent.refused("search_catalog")


@task("anybody", calls=1, tokens=1400)
async def the_cheaper_of_two(agent: Agent) -> None:
    answer = await agent("lookup_catalog", catalog={"ids": ["ember-candle", "column-vase"]})
    prices = {one["title"]: one["price_range"]["min"]["amount"] for one in answer["products"]}
    assert prices == {"Ember Scented Candle": 2900, "Column Ceramic Vase": 4900}


@task("anybody", calls=2, tokens=2000)
async def the_cheapest_bottle_of_all(agent: Agent) -> None:
    (hit,) = await found(agent, query="water bottle")
    product = (await agent("get_product", catalog={"id": hit["id"]}))["product"]
    cheapest = min(product["variants"], key=lambda one: one["price"]["amount"])
    assert (cheapest["title"], cheapest["price"]["amount"]) == ("Clay / 0.5 l", 2700)


@task("anybody", calls=1, tokens=1300)
async def a_colour_that_is_sold_out_and_those_that_are_not(agent: Agent) -> None:
    answer = await agent("get_product", catalog={"id": "loam-mug"})
    colours = {one["label"]: one["available"] for one in answer["product"]["options"][0]["values"]}
    assert colours == {"Sage": True, "Oat": True, "Terracotta": False}


@task("anybody", calls=2, tokens=1400)
async def which_of_two_films_is_shorter(agent: Agent) -> None:
    films = (await agent("search_ads"))["films"]
    seconds = {one["product_title"]: one["duration_s"] for one in films}
    assert seconds["Dusk Table Lamp"] < seconds["Murmur Portable Speaker"]
    short = await agent("search_ads", max_seconds=12, limit=10)
    assert {one["product_title"] for one in short["films"]} == {"Dusk Table Lamp", "Loam Stoneware Mug"}


@task("anybody", calls=2, tokens=1400)
async def a_film_of_the_mug_with_its_buyable_moments(agent: Agent) -> None:
    (hit,) = await found(agent, query="stoneware mug")
    film = await agent("get_ad", ad_id=hit["ads"][0]["ad_id"])
    assert film["film_url"].endswith("/film.mp4?in=mcp")
    for spot in film["hotspots"]:
        assert (spot["price"], spot["currency"], spot["available"]) == (2400, "EUR", True)
        assert 0 <= spot["start_s"] < spot["end_s"] <= film["duration_s"]


@task("anybody", calls=2, tokens=1500)
async def the_film_in_which_lumi_appears(agent: Agent) -> None:
    (hit,) = (await agent("search_ads", cameo="lumi"))["films"]
    assert hit["appearance"] == "Lumi"
    film = await agent("get_ad", ad_id=hit["id"])
    assert film["disclosure"]


@task("anybody", calls=2, tokens=700)
async def what_is_said_in_a_film_as_captions(agent: Agent) -> None:
    films = (await agent("search_ads", query="speaker"))["films"]
    captions = await agent.read(f"ad://{films[0]['id']}/captions.vtt")
    assert captions.startswith("WEBVTT")
    assert "-->" in captions


@task("anybody", calls=2, tokens=2200)
async def the_same_moments_by_tool_and_by_resource(agent: Agent) -> None:
    ad_id = agent.world.films["three-reasons"]
    film = await agent("get_ad", ad_id=ad_id)
    assert json.loads(await agent.read(f"ad://{ad_id}/hotspots.json"))["hotspots"] == film["hotspots"]


@task("anybody", calls=1, tokens=1600)
async def where_a_film_comes_from(agent: Agent) -> None:
    film = await agent("get_ad", ad_id=agent.world.films["cameo"], response_format="detailed")
    assert film["transcript"]
    assert len(json.dumps(film["provenance"])) > 20
    assert any(len(one.get("sha256") or "") == 64 for one in film["renditions"])


@task("anybody", calls=1, tokens=120)
async def a_film_that_is_not_there(agent: Agent) -> None:
    assert "[not_found]" in await agent.refused("get_ad", ad_id="ad_00000000000000000000")


@task("anybody", calls=2, tokens=1500)
async def whether_the_appearance_in_a_film_is_licensed(agent: Agent) -> None:
    (hit,) = (await agent("search_ads", cameo="lumi"))["films"]
    consent = await agent("get_cameo_licence", licence=hit["id"])
    assert consent["record"]["state"] == "active"
    assert consent["receipt"]


@task("merchant", calls=2, tokens=500)
async def whether_lumi_may_promote_a_cushion(agent: Agent) -> None:
    (one,) = (await agent("list_cameos"))["appearances"]
    verdict = await agent("check_licence", cameo=one["name"], product_ids=["meadow-cushion"])
    assert verdict["allowed"] is True


@task("merchant", calls=1, tokens=300)
async def a_word_that_lumis_licence_forbids(agent: Agent) -> None:
    verdict = await agent("check_licence", cameo="lumi", product_ids=["ember-candle"], text="a guaranteed cure")
    assert verdict["allowed"] is False
    assert verdict["clause"] == "words"
    assert verdict["fix"]


@task("merchant", calls=2, tokens=600)
async def a_remix_that_the_licence_refuses(agent: Agent) -> None:
    (one,) = (await agent("list_cameos"))["appearances"]
    assert "not for remixes" in one["words"]
    words = await agent.refused(
        "remix_ad", ad_id=agent.world.films["cameo"], changes={"seconds": 8}, idempotency_key=key()
    )
    assert "remix" in words
    assert "[licence_refused]" in words


@task("anybody", calls=2, tokens=300)
async def what_a_buyers_agent_may_not_do(agent: Agent) -> None:
    assert "[sign_in_needed]" in await agent.refused("create_ad", product_ids=["loam-mug"], idempotency_key=key())
    assert "[sign_in_needed]" in await agent.refused("get_experiment", experiment=agent.world.experiment)


@task("buyer", calls=5, tokens=4200)
async def a_mug_found_agreed_to_and_paid(agent: Agent) -> None:
    (hit,) = await found(agent, query="stoneware mug")
    opened = await agent("create_checkout", checkout=basket(hit["variants"][0]["id"]), meta=once())
    ready = await agent(
        "update_checkout", id=opened["id"], checkout=basket(hit["variants"][0]["id"], "standard"), meta=once()
    )
    assert ready["status"] == "ready_for_complete"
    paid = await agent("complete_checkout", id=opened["id"], checkout=PAYMENT, meta=once())
    assert paid["status"] == "completed"
    assert agent.asked == [f"Pay €28.90 to Lumen & Loam for 1 x Loam Stoneware Mug, {hit['variants'][0]['title']}?"]
    order = await agent("get_order", id=paid["order"]["id"])
    assert amounts(order)["total"] == 2890


@task("buyer", calls=4, tokens=3600, says=False)
async def a_buyer_who_says_no(agent: Agent) -> None:
    checkout = await ready_to_pay(agent, "loam-mug")
    told = await agent("complete_checkout", id=checkout["id"], checkout=PAYMENT, meta=once())
    assert told["status"] == "ready_for_complete"
    assert "Nothing was charged" in said(told, "not_confirmed")


@task("anybody", calls=3, tokens=2600, says=None)
async def a_buyer_who_pays_on_the_shops_own_page(agent: Agent) -> None:
    (hit,) = await found(agent, query="scented candle under 30 EUR")
    opened = await agent("create_checkout", checkout=basket(hit["variants"][0]["id"], "standard"), meta=once())
    handed = await agent("complete_checkout", id=opened["id"], meta=once())
    assert handed["status"] == "requires_escalation"
    assert handed["continue_url"].endswith(f"/checkout/{opened['id']}")


@task("buyer", calls=2, tokens=2400)
async def a_discount_code_that_works_and_one_that_does_not(agent: Agent) -> None:
    variant_id = await variant_of(agent, "ember-candle")
    checkout = basket(variant_id, "standard") | {"discounts": {"codes": ["WELCOME10", "NONSENSE"]}}
    opened = await agent("create_checkout", checkout=checkout, meta=once())
    assert amounts(opened)["discount" if "discount" in amounts(opened) else "items_discount"] == -290
    assert "NONSENSE" in json.dumps(opened["messages"])


@task("anybody", calls=5, tokens=3600)
async def a_cart_changed_line_by_line_and_checked_out(agent: Agent) -> None:
    hits = (await agent("lookup_catalog", catalog={"ids": ["ember-candle", "column-vase"]}))["products"]
    candle, vase = (one["variants"][0]["id"] for one in hits)
    cart = await agent("create_cart", cart={"line_items": lines(candle, vase)}, meta=once())
    await agent("update_cart", id=cart["id"], cart={"line_patches": [{"id": candle, "quantity": 3}]}, meta=once())
    kept = await agent("get_cart", id=cart["id"])
    assert {one["item"]["id"]: one["quantity"] for one in kept["line_items"]} == {candle: 3, vase: 1}
    opened = await agent("create_checkout", checkout={"cart_id": cart["id"]}, meta=once())
    assert len(opened["line_items"]) == 2


@task("buyer", calls=5, tokens=4600)
async def a_purchase_that_credits_the_moment_of_a_film(agent: Agent) -> None:
    ad_id = agent.world.films["offer"]
    spot = (await agent("get_ad", ad_id=ad_id))["hotspots"][-1]
    wanted = basket(spot["variant_id"], "standard") | {"attribution": {"ad_id": ad_id, "second": str(spot["start_s"])}}
    opened = await agent("create_checkout", checkout=wanted, meta=once())
    paid = await agent("complete_checkout", id=opened["id"], checkout=PAYMENT, meta=once())
    order = await agent("get_order", id=paid["order"]["id"])
    assert order["attribution"]["ad_id"] == ad_id
    assert float(order["attribution"]["second"]) == spot["start_s"]


@task("buyer", calls=12, tokens=10_000)
async def the_same_payment_sent_ten_times(agent: Agent) -> None:
    checkout = await ready_to_pay(agent, "column-vase")
    meta = once()
    answers = [await agent("complete_checkout", id=checkout["id"], checkout=PAYMENT, meta=meta) for _ in range(10)]
    assert {one["order"]["id"] for one in answers} == {answers[0]["order"]["id"]}
    assert len(agent.asked) == 1 or len(set(agent.asked)) == 1


@task("buyer", calls=2, tokens=2200)
async def something_that_is_sold_out(agent: Agent) -> None:
    product = (await agent("get_product", catalog={"id": "loam-mug"}))["product"]
    terracotta = next(one for one in product["variants"] if one["title"] == "Terracotta")
    answer = await agent("create_checkout", checkout=basket(terracotta["id"]), meta=once())
    assert any(one["code"] in {"out_of_stock", "item_unavailable"} for one in answer["messages"])


@task("buyer", calls=3, tokens=2600)
async def a_checkout_given_up(agent: Agent) -> None:
    variant_id = await variant_of(agent, "dusk-lamp")
    opened = await agent("create_checkout", checkout=basket(variant_id), meta=once())
    assert (await agent("cancel_checkout", id=opened["id"], meta=once()))["status"] == "canceled"


@task("anybody", calls=1, tokens=500)
async def when_the_money_comes_back(agent: Agent) -> None:
    passages = (await agent("search_policies", question="When do I get my refund?"))["passages"]
    assert "within 14 days" in passages[0]["text"]
    assert passages[0]["url"]


@task("anybody", calls=1, tokens=300)
async def what_shipping_costs(agent: Agent) -> None:
    passages = (await agent("search_policies", topic="shipping"))["passages"]
    assert any("€4.90" in one["text"] for one in passages)


@task("anybody", calls=1, tokens=300)
async def something_the_shop_says_nothing_about(agent: Agent) -> None:
    answer = await agent("search_policies", question="Do you lend wedding dresses?")
    assert answer["passages"] == []
    assert answer["advice"]


@task("merchant", calls=4, tokens=2600)
async def a_film_made_and_put_on_show(agent: Agent) -> None:
    begun = await agent("create_ad", product_ids=["column-vase"], seconds=6, publish=True, idempotency_key=key())
    assert begun["state"] == "queued"
    agent.work()
    done = await agent("get_render", ad_id=begun["ad_id"])
    assert (done["state"], done["percent"]) == ("published", 100)
    assert done["score"] is not None
    film = await agent("get_ad", ad_id=begun["ad_id"])
    assert film["product_title"] == "Column Ceramic Vase"


@task("merchant", calls=1, tokens=1600)
async def what_a_test_shows_so_far(agent: Agent) -> None:
    evidence = await agent("get_experiment", experiment=agent.world.experiment)
    assert sum(one["exposures"] for one in evidence["arms"]) == 600
    hook = next(one for one in evidence["metrics"] if one["key"] == "hook_rate")
    assert hook["words"].startswith("No winner yet")
    assert evidence["may_stop"] is False


@task("merchant", calls=3, tokens=3000)
async def a_new_hook_tested_against_the_old_one(agent: Agent) -> None:
    begun = await agent(
        "remix_ad",
        ad_id=agent.world.films["offer"],
        changes={"headline": "Light for late pages", "publish": True, "compare": True},
        idempotency_key=key(),
    )
    agent.work()
    evidence = await agent("get_experiment", experiment=begun["ad_id"])
    assert evidence["state"] == "running"
    assert {one["ad_id"] for one in evidence["arms"]} == {begun["ad_id"], agent.world.films["offer"]}
    assert evidence["advice"]


async def found(agent: Agent, **catalog: Any) -> list[Document]:
    return list((await agent("search_catalog", catalog=catalog))["products"])


async def variant_of(agent: Agent, handle: str) -> str:
    product = (await agent("lookup_catalog", catalog={"ids": [handle]}))["products"][0]
    return str(product["variants"][0]["id"])


async def ready_to_pay(agent: Agent, handle: str) -> Document:
    variant_id = await variant_of(agent, handle)
    checkout = await agent("create_checkout", checkout=basket(variant_id, "standard"), meta=once())
    assert checkout["status"] == "ready_for_complete", checkout["messages"]
    return checkout


def lines(*variant_ids: str) -> list[Document]:
    return [{"item": {"id": one}, "quantity": 1} for one in variant_ids]


def basket(variant_id: str, option_id: str = "") -> Document:
    """A checkout of one thing for Lumi, with a way to ship where one is named."""
    method: Document = {"type": "shipping", "destinations": [HOME]}
    if option_id:
        method["groups"] = [{"selected_option_id": option_id}]
    return {"line_items": lines(variant_id), "buyer": LUMI, "fulfillment": {"methods": [method]}}


def amounts(document: Document) -> dict[str, int]:
    return {one["type"]: one["amount"] for one in document["totals"]}


def said(document: Document, code: str) -> str:
    """What an answer's messages of that code say."""
    return " ".join(one["content"] + str(one.get("path", "")) for one in document["messages"] if one["code"] == code)


def key() -> str:
    return once()["idempotency-key"]
