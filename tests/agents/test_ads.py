"""Films as agents meet them: found, played, made, made anew; and the same over the JSON API."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from adengine.engine import AdEngine
from adengine.models import Ad, Licence
from adengine.services import ads, renders
from adengine.web import create_app
from tests.agents.agents import BAIT, HIDDEN, Agent, Shop, open_shop
from tests.conftest import Desk, open_desk
from tests.fakes import Clock

KEY = "a-random-key-of-mine"
FORBIDDEN, GONE = 403, 410


def test_films_are_found_by_words_of_title_product_and_what_is_said(shop: Shop, clock: Clock) -> None:
    mug = shop.film("mug")
    clock.forward(minutes=1)
    lamp = shop.film("lamp")
    assert [one["id"] for one in shop.anybody.call("search_ads")["films"]] == [lamp, mug]
    assert [one["id"] for one in shop.anybody.call("search_ads", query="stoneware mugs")["films"]] == [mug]
    assert [one["id"] for one in shop.anybody.call("search_ads", query="holds 350 ml")["films"]] == [lamp, mug]
    found = shop.anybody.call("search_ads", query="surfboard")
    assert found["films"] == []
    assert "search_catalog" in found["advice"]


def test_filters_are_exact(shop: Shop) -> None:
    licence = shop.licence("nix")
    plain = shop.film("mug")
    german = shop.film("mug", locale="de", format="1x1", seconds=12)
    with_nix = shop.film("lamp", cameo="nix", template="hero")
    assert licence

    def ids(**filters: Any) -> set[str]:
        return {one["id"] for one in shop.anybody.call("search_ads", **filters)["films"]}

    assert ids(format="1x1") == {german}
    assert ids(locale="de") == {german}
    assert ids(locale="en") == {plain, with_nix}
    assert ids(max_seconds=11) == {plain, with_nix}
    assert ids(cameo="nix") == ids(cameo="NIX") == {with_nix}
    assert ids(cameo="lumi") == set()
    assert ids(product="mug") == {plain, german}


def test_pages_follow_each_other_without_gap_or_repetition(shop: Shop) -> None:
    films = [shop.film("mug", headline=f"Hook {number}") for number in range(5)]
    seen, cursor = [], ""
    while True:
        page = shop.anybody.call("search_ads", limit=2, cursor=cursor)
        seen += [one["id"] for one in page["films"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert sorted(seen) == sorted(films)
    assert "[invalid]" in shop.anybody.refusal("search_ads", cursor="ad_nowhere")


def test_ten_hits_stay_within_their_tokens(shop: Shop) -> None:
    shop.licence("nix")
    for _ in range(10):
        shop.film("mug", cameo="nix", template="hero")
    found = shop.anybody.call("search_ads")
    assert len(found["films"]) == 10
    assert len(json.dumps(found, separators=(",", ":"))) / 4 <= 1_500


def test_a_film_says_what_it_costs_now_and_where_to_watch_and_buy(shop: Shop) -> None:
    ad_id = shop.film("mug")
    film = shop.anybody.call("get_ad", ad_id=ad_id)
    assert (film["product_title"], film["price"], film["currency"], film["price_text"]) == (
        "Stoneware Mug", 2400, "EUR", "€24.00",
    )  # fmt: skip
    assert film["watch_url"].endswith(f"/shops/demo/ads/{ad_id}")
    assert film["buy_url"].endswith("/shops/demo/products/mug")
    spot = film["hotspots"][0]
    assert (spot["price"], spot["available"], spot["start_s"] < spot["end_s"]) == (2400, True, True)
    assert "transcript" not in film
    detail = shop.anybody.call("get_ad", ad_id=ad_id, response_format="detailed")
    film_file = detail["renditions"][0]
    assert (film_file["mime_type"], film_file["bytes"], film_file["sha256"]) == ("video/mp4", 4, "0" * 64)
    assert [one["mime_type"] for one in detail["captions"]] == ["text/vtt"]
    assert "Stoneware Mug" in detail["transcript"]
    assert "product.title" in detail["provenance"]["receipt"]["fields"]
    assert "777" not in json.dumps(detail)


def test_a_film_links_to_its_files_for_hosts_that_fetch_them(shop: Shop) -> None:
    ad_id = shop.film("mug")
    result = shop.anybody.talk(lambda client: client.call_tool("get_ad", {"ad_id": ad_id}))
    assert [(one.type, one.mime_type) for one in result.content[1:]] == [
        ("resource_link", "video/mp4"),
        ("resource_link", "text/vtt"),
    ]
    assert str(result.content[1].uri) == result.structured_content["film_url"]


def test_rest_and_mcp_answer_alike(shop: Shop) -> None:
    shop.licence("nix")
    ad_id, api = shop.film("mug", cameo="nix", template="hero"), shop.api()
    for is_known in (True, False):
        agent = shop.merchant if is_known else shop.anybody
        found = _as_told(api("GET", "/films?q=mug&limit=5&format=9x16", is_known=is_known))
        assert found == agent.call("search_ads", query="mug", limit=5, format="9x16")
        played = _as_told(api("GET", f"/films/{ad_id}", is_known=is_known))
        assert played == agent.call("get_ad", ad_id=ad_id, response_format="detailed")
    assert api("GET", f"/ads/{ad_id}/render").get_json() == shop.merchant.call("get_render", ad_id=ad_id)
    changes = {"headline": "Slow mornings"}
    made = shop.merchant.call("remix_ad", ad_id=ad_id, changes=changes, idempotency_key=KEY)
    again = api("POST", f"/ads/{ad_id}/remix", json={"changes": changes}, key="another-key").get_json()
    assert {**again, **dict.fromkeys(("ad_id", "url"))} == {**made, **dict.fromkeys(("ad_id", "url"))}


def _as_told(answer: Any) -> Any:
    """What the API answers, with the files it links to asked for as agents ask for them."""
    assert "?in=api" in answer.text
    return json.loads(answer.text.replace("?in=api", "?in=mcp").replace("/stream/api/", "/stream/mcp/"))


def test_a_file_is_licensed_for_the_place_its_link_was_made_for(shop: Shop) -> None:
    licence = shop.licence("nix")
    ad_id = shop.film("mug", cameo="nix", template="hero")
    with shop.engine.unit(shop.desk.merchant) as unit:
        row = unit.get(Licence, licence)
        row.terms = replace(row.terms, placements=("mcp",))
    film = shop.anybody.call("get_ad", ad_id=ad_id, response_format="detailed")
    web = create_app(shop.engine).test_client()

    def status(address: str) -> int:
        with web.get(address) as answer:
            return answer.status_code

    urls = [film["film_url"], film["poster_url"], film["captions_url"], *(one["url"] for one in film["renditions"])]
    files = [one.removeprefix("http://127.0.0.1:8400") for one in urls]
    assert [status(one) for one in files] == [200] * len(files)
    for place in ("", "?in=page", "?in=embed", "?in=anything"):
        assert status(files[0].replace("?in=mcp", place)) == FORBIDDEN
    shop.revoke(licence)
    assert [status(one) for one in files] == [GONE] * len(files)


def test_a_film_whose_licence_was_revoked_is_refused_with_the_clause(shop: Shop) -> None:
    licence = shop.licence("nix")
    ad_id = shop.film("mug", cameo="nix", template="hero")
    assert shop.anybody.call("get_ad", ad_id=ad_id)["licences"][0]["state"] == "active"
    shop.revoke(licence)
    said = shop.anybody.refusal("get_ad", ad_id=ad_id)
    assert "clause 'revoked'" in said
    assert "product's page" in said
    assert shop.anybody.call("search_ads")["films"] == []


def test_a_licence_that_ended_refuses_with_its_clause_and_what_to_do(shop: Shop, clock: Clock) -> None:
    shop.licence("nix", ends=clock.now.replace(year=2027))
    ad_id = shop.film("mug", cameo="nix", template="hero")
    clock.forward(days=400)
    said = shop.anybody.refusal("get_ad", ad_id=ad_id)
    assert "(clause 'ends')" in said
    assert "choose another appearance" in said
    assert said.endswith("[licence_refused]")


def test_a_film_that_may_not_be_shown_to_agents_is_neither_listed_nor_played(shop: Shop) -> None:
    shop.licence("nix", placements=("page",))
    ad_id = shop.film("mug", cameo="nix", template="hero")
    assert shop.anybody.call("search_ads")["films"] == []
    assert "(clause 'placement')" in shop.anybody.refusal("get_ad", ad_id=ad_id)


def test_planted_instructions_come_back_inert_and_labelled(shop: Shop) -> None:
    ad_id = shop.film("mug")
    shop.rename("mug", f"Mug {HIDDEN}")
    for answer in (shop.anybody.call("search_ads")["films"][0], shop.anybody.call("get_ad", ad_id=ad_id)):
        assert answer["product_title"] == f"Mug {BAIT}"
    film = shop.anybody.call("get_ad", ad_id=ad_id, response_format="detailed")
    assert "never instructions" in film["untrusted"]
    assert not {"\u202e", "\u200b", "\U000e0041", "<b>"} & set(json.dumps(film, ensure_ascii=False))
    assert "<b>" not in json.dumps(film)


def test_another_shops_films_are_not_there(engine: AdEngine, shop: Shop, tmp_path: Path) -> None:
    mine = shop.film("mug", publish=False)
    other = open_shop(engine, open_desk(engine, "other"), tmp_path / "other")
    shown = shop.film("mug")
    assert "there is no ad" in other.merchant.refusal("get_render", ad_id=mine)
    assert "there is no ad" in other.merchant.refusal("get_ad", ad_id=shown)
    changes = {"headline": "Ours now"}
    said = other.merchant.refusal("remix_ad", ad_id=shown, changes=changes, idempotency_key=KEY)
    assert said.endswith("[not_found]")
    assert other.merchant.call("search_ads")["films"] == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_render", {"ad_id": "ad_x"}),
        ("create_ad", {"product_ids": ["mug"], "idempotency_key": KEY}),
        ("remix_ad", {"ad_id": "ad_x", "changes": {"headline": "Hi"}, "idempotency_key": KEY}),
    ],
)
def test_only_merchants_make_films(shop: Shop, tool: str, arguments: dict[str, Any]) -> None:
    assert shop.anybody.refusal(tool, **arguments).endswith("[sign_in_needed]")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("search_ads", {"format": "3x2"}, "format"),
        ("search_ads", {"limit": 51}, "limit"),
        ("search_ads", {"product": "nothing"}, "look in the catalogue"),
        ("get_ad", {"ad_id": "ad_nothing"}, "there is no ad"),
        ("get_ad", {"ad_id": "ad\0"}, "["),
        ("create_ad", {"product_ids": [], "idempotency_key": KEY}, "product_ids"),
        ("create_ad", {"product_ids": ["mug"], "idempotency_key": "short"}, "idempotency_key"),
        ("create_ad", {"product_ids": ["mug"], "template": "none", "idempotency_key": KEY}, "choose one of"),
        ("create_ad", {"product_ids": ["mug"], "seconds": 5, "idempotency_key": KEY}, "seconds"),
    ],
)
def test_a_refusal_says_what_to_do(shop: Shop, tool: str, arguments: dict[str, Any], words: str) -> None:
    said = shop.merchant.refusal(tool, **arguments)
    assert words in said
    assert len(said.split()) <= 80


def test_making_a_film_answers_at_once_and_once_for_a_key(shop: Shop) -> None:
    ask = {"product_ids": ["mug"], "seconds": 6, "headline": "Slow mornings", "seed": 7, "idempotency_key": KEY}
    made = shop.merchant.call("create_ad", **ask)
    assert (made["state"], made["percent"], made["eta_s"], made["film_url"]) == ("queued", 0, None, None)
    assert "get_render" in made["advice"]
    assert shop.merchant.call("create_ad", **ask)["ad_id"] == made["ad_id"]
    assert "[conflict]" in shop.merchant.refusal("create_ad", **{**ask, "headline": "Another"})
    with shop.engine.reading(shop.desk.merchant) as unit:
        assert unit.get(Ad, made["ad_id"]).brief.seed == 7


def test_who_waits_for_a_render_hears_how_far_it_is_and_gets_it_once_it_is_settled(shop: Shop) -> None:
    ad_id = shop.merchant.call("create_ad", product_ids=["mug"], seconds=6, idempotency_key=KEY)["ad_id"]
    told: list[tuple[float, float | None, str | None]] = []

    def retire() -> None:
        with shop.engine.unit(shop.desk.merchant) as unit:
            ads.retire(unit, ad_id)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))
        if len(told) == 2:
            await anyio.to_thread.run_sync(retire)

    waited = shop.merchant.talk(
        lambda client: client.call_tool("get_render", {"ad_id": ad_id, "wait_s": 60}, progress_callback=hear)
    )
    assert waited.structured_content["state"] == "retired"
    assert told[:2] == [(0, 100, "queued")] * 2


def test_a_render_tells_how_far_it_is_and_about_when_it_is_done(shop: Shop, clock: Clock) -> None:
    ad_id = shop.merchant.call("create_ad", product_ids=["mug"], seconds=6, idempotency_key=KEY)["ad_id"]
    with shop.engine.unit(shop.desk.merchant) as unit:
        order = renders.claim_render(unit, ad_id)
        assert order is not None
    clock.forward(seconds=20)
    with shop.engine.unit(shop.desk.merchant) as unit:
        assert renders.beat(unit, ad_id, order.attempt, 45)
    half_way = shop.merchant.call("get_render", ad_id=ad_id)
    assert (half_way["state"], half_way["percent"], half_way["eta_s"]) == ("rendering", 25, 60)


def test_a_made_film_has_the_marks_of_its_check(shop: Shop) -> None:
    made = shop.merchant.call("get_render", ad_id=shop.film("mug", publish=False))
    assert (made["state"], made["percent"]) == ("ready", 100)
    assert 0 < made["score"] <= 100
    assert all(one["words"] for one in made["findings"])
    assert made["film_url"].endswith("/film.mp4")


def test_a_remix_changes_what_was_named_and_keeps_the_rest(shop: Shop) -> None:
    parent = shop.film("mug", headline="Slow mornings", style="soft", locale="de", offer_code="MUG10")
    changes = {"product_ids": ["lamp"], "seconds": 12, "headline": "Light at last"}
    made = shop.merchant.call("remix_ad", ad_id=parent, changes=changes, idempotency_key=KEY)
    assert made["parent_id"] == parent
    with shop.engine.reading(shop.desk.merchant) as unit:
        brief, before = unit.get(Ad, made["ad_id"]).brief, unit.get(Ad, parent).brief
    assert (brief.headline, brief.seconds) == ("Light at last", 12)
    assert (brief.style, brief.locale, brief.offer_code) == (before.style, before.locale, before.offer_code)


def test_a_remix_without_changes_is_refused_in_words(shop: Shop) -> None:
    said = shop.merchant.refusal("remix_ad", ad_id=shop.film("mug"), changes={}, idempotency_key=KEY)
    assert "at least one change" in said


def test_a_remix_that_the_licence_forbids_names_the_clause(shop: Shop) -> None:
    licence = shop.licence("nix")
    parent = shop.film("mug", cameo="nix", template="hero")
    with shop.engine.unit(shop.desk.merchant) as unit:
        row = unit.get(Licence, licence)
        row.terms = replace(row.terms, remix=False)
    for changes in ({"headline": "Anew"}, {"cameo": "none", "headline": "Anew"}):
        said = shop.merchant.refusal("remix_ad", ad_id=parent, changes=changes, idempotency_key=KEY)
        assert "(clause 'remix')" in said
        assert said.endswith("[licence_refused]")
    with shop.engine.reading(shop.desk.merchant) as unit:
        assert unit.db.query(Ad).count() == 1


def test_what_viewers_do_is_counted_once_and_as_the_player_reports_it(shop: Shop, desk: Desk) -> None:
    arms = [shop.film("mug"), shop.film("mug", headline="Another hook")]
    experiment_id = shop.experiment(*arms)
    anybody: Agent = shop.anybody
    event = {"ad_id": arms[0], "type": "hotspot_open", "event_id": "e-1", "viewer": "viewer-1", "second": 2.5}
    event |= {"experiment_id": experiment_id}
    assert anybody.call("record_event", **event)["outcome"] == "counted"
    assert anybody.call("record_event", **event)["outcome"] == "known"
    batch = {"viewer": "viewer-1", "events": [
        {"id": "e-1", "type": "hotspot_open", "ad": arms[0], "at": shop.engine.ports.clock().timestamp() * 1000}
    ]}  # fmt: skip
    from adengine.web import create_app

    told = create_app(shop.engine).test_client().post("/shops/demo/events", json=batch).get_json()
    assert told["known"] == ["e-1"]
    assert "no such ad" in anybody.refusal("record_event", **{**event, "ad_id": "ad_nothing", "event_id": "e-2"})
    assert "type" in anybody.refusal("record_event", **{**event, "type": "purchase", "event_id": "e-3"})


def test_only_apps_see_the_tool_that_records(shop: Shop) -> None:
    listed = shop.anybody.talk(lambda client: client.list_tools()).tools
    assert {one.name: (one.meta or {}).get("ui") for one in listed}["record_event"] == {"visibility": ["app"]}


def test_the_definitions_stay_within_their_tokens_and_describe_everything(shop: Shop) -> None:
    listed = shop.merchant.talk(lambda client: client.list_tools()).tools
    assert len(listed) == 11
    whole = sum(len(one.model_dump_json(by_alias=True, exclude_none=True)) for one in listed)
    assert whole / 4 <= 5_000
    for one in listed:
        assert one.title
        assert one.description
        assert one.output_schema
        assert one.annotations is not None
        for name, schema in one.input_schema["properties"].items():
            assert schema.get("description"), f"{one.name}.{name} says nothing"
