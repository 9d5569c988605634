"""The merchant's side: signing in, importing, an ad's life, refunds, results and withdrawing a licence."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adengine.engine import SYSTEM
from adengine.models import Ad, Order, Token
from adengine.services import ads, experiments, merchants, orders, renders
from adengine.services.experiments import Deed
from tests.shops import MUG, write_shop
from tests.web.worlds import World, act, bought, fields


@pytest.mark.parametrize("path", ["", "import", "products/mug", "ads/x", "orders", "results", "appearances", "brand"])
def test_studio_sends_whoever_is_not_signed_in_to_the_sign_in_page(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/studio/{path}")
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=")
    said = client.get(f"/studio/{path}", headers={"Accept": "application/json"})
    assert said.status_code == 401
    assert said.json["error"]["code"] == "sign_in_needed"


def test_sign_in_takes_merchant_tokens_only(app: Flask, world: World) -> None:
    with world.engine.unit(SYSTEM) as unit:
        agent = merchants.make_token(unit, world.shop, kind="agent")
    for token, status in (("nonsense", 401), (agent, 403)):
        client = app.test_client()
        form = fields(client.get("/sign-in").text)
        assert client.post("/sign-in", data=form | {"token": token}).status_code == status
        assert client.get("/studio/").status_code == 303


def test_sign_in_form_opens_the_page_that_was_asked_for(client: FlaskClient, world: World) -> None:
    asked = client.get("/studio/orders").location
    form = fields(client.get(asked).text) | {"token": world.token}
    assert client.post("/sign-in", data=form).location == "/studio/orders"
    assert client.get("/studio/orders").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_sign_in_leads_to_no_other_site(client: FlaskClient, world: World, target: str) -> None:
    answer = client.get("/sign-in", query_string={"token": world.token, "next": target})
    assert answer.location == "/studio/"


def test_withdrawn_token_signs_out_at_once(studio: FlaskClient, world: World) -> None:
    assert studio.get("/studio/").status_code == 200
    with world.engine.unit(SYSTEM) as unit:
        unit.db.scalars(select(Token)).one().revoked_at = unit.now()
    assert studio.get("/studio/").status_code == 303


def test_signing_out_closes_the_studio(studio: FlaskClient) -> None:
    act(studio, "/studio/", "/sign-out")
    assert studio.get("/studio/").status_code == 303


def test_studio_form_of_another_session_is_refused(app: Flask, studio: FlaskClient, world: World) -> None:
    ad_id = world.ad(publish=False)
    stranger = fields(app.test_client().get("/sign-in").text)
    assert studio.post(f"/studio/ads/{ad_id}/publish", data=stranger).status_code == 403
    with world.engine.unit(world.merchant) as unit:
        assert ads.get_ad(unit, ad_id).status == "ready"


def test_import_reports_each_row_it_did_not_take(studio: FlaskClient, world: World, tmp_path) -> None:
    rows = [MUG | {"Image Src": ""}, {**MUG, "Handle": "vase", "Variant Price": "cheap", "Image Src": ""}]
    path = write_shop(tmp_path / "feed", rows)
    form = fields(studio.get("/studio/import").text, "enctype") | {"feed": (path.open("rb"), "spring.csv")}
    page = studio.post("/studio/import", data=form).text
    assert "spring.csv" in page
    assert '<td class="number">3</td><td>Variant Price</td><td class="code">cheap</td>' in page
    assert "not taken" in page
    assert list((world.folder / "tmp").iterdir()) == []


def test_import_of_no_feed_is_refused_in_words(studio: FlaskClient) -> None:
    form = fields(studio.get("/studio/import").text, "enctype")
    assert studio.post("/studio/import", data=form).status_code == 400
    answer = studio.post("/studio/import", data=form | {"feed": (io.BytesIO(b"PK\x03\x04"), "shop.xlsx")})
    assert answer.status_code == 400
    assert "save it as CSV" in answer.text


def test_upload_over_the_limit_is_refused(app: Flask, studio: FlaskClient) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    form = fields(studio.get("/studio/import").text, "enctype")
    answer = studio.post("/studio/import", data=form | {"feed": (io.BytesIO(b"x" * 60_000), "big.csv")})
    assert answer.status_code == 413
    assert "That is too large" in answer.text


def test_new_film_form_sent_twice_makes_one_ad(studio: FlaskClient, world: World) -> None:
    form = fields(studio.get("/studio/products/mug/new").text, "data-once")
    form |= {
        "template": "hero",
        "format": "1x1",
        "seconds": "12",
        "headline": "For slow mornings",
        "generator": "studio",
    }
    made = [studio.post("/studio/products/mug/new", data=form).location for _ in range(2)]
    assert made[0] == made[1]
    with world.engine.unit(world.merchant) as unit:
        assert unit.db.scalar(select(func.count()).select_from(Ad)) == 1
        card = ads.list_ads(unit)[0]
    assert (card.format, card.seconds, card.status) == ("1x1", 12, "queued")


def test_wish_that_cannot_be_met_keeps_the_form_and_says_why(studio: FlaskClient) -> None:
    form = fields(studio.get("/studio/products/mug/new").text, "data-once")
    form |= {"template": "hero", "seconds": "500", "headline": "Kept words"}
    answer = studio.post("/studio/products/mug/new", data=form)
    assert answer.status_code == 400
    assert "60" in answer.text
    assert "Kept words" in answer.text


def test_status_tells_how_far_the_film_is(studio: FlaskClient, world: World) -> None:
    with world.engine.unit(world.merchant) as unit:
        ad_id = ads.create_ad(unit, ads.AdWish(product="mug", seconds=6)).id
    with world.engine.unit(world.merchant) as unit:
        order = renders.claim_render(unit, ad_id)
    with world.engine.unit(world.merchant) as unit:
        renders.beat(unit, ad_id, order.attempt, 90)
    said = studio.get(f"/studio/ads/{ad_id}/status").json
    assert said == {
        "status": "rendering",
        "words": "Rendering",
        "percent": 50,
        "reason": "",
        "settled": False,
        "shots": [],
    }


def test_failed_film_says_why_and_can_be_tried_again(studio: FlaskClient, world: World) -> None:
    with world.engine.unit(world.merchant) as unit:
        ad_id = ads.create_ad(unit, ads.AdWish(product="mug", seconds=6)).id
    with world.engine.unit(world.merchant) as unit:
        order = renders.claim_render(unit, ad_id)
        renders.fail_render(unit, ad_id, order.attempt, "the disk is full; free some space")
    page = f"/studio/ads/{ad_id}"
    assert "the disk is full" in studio.get(page).text
    act(studio, page, f"{page}/retry")
    with world.engine.unit(world.merchant) as unit:
        assert ads.get_ad(unit, ad_id).status == "queued"


def test_film_is_published_and_taken_down(client: FlaskClient, studio: FlaskClient, world: World) -> None:
    ad_id = world.ad(publish=False)
    page = f"/studio/ads/{ad_id}"
    act(studio, page, f"{page}/publish")
    assert client.get(f"/shops/lumen/ads/{ad_id}").status_code == 200
    act(studio, page, f"{page}/retire")
    assert client.get(f"/shops/lumen/ads/{ad_id}").status_code == 410
    assert "Taken down" in studio.get(page).text


def test_order_shows_postings_that_sum_to_zero_and_is_refunded_in_parts(
    client: FlaskClient, studio: FlaskClient, world: World
) -> None:
    world.licence()
    ad_id = world.ad(template="cameo_endorsement", cameo="nix")
    order_id = bought(client, world, page=f"/shops/lumen/ads/{ad_id}", second="1").rsplit("/", 1)[-1]
    page = f"/studio/orders/{order_id}"
    shown = studio.get(page).text
    for words in ("Nix (licensed appearance)", "€1.20", "Platform fee", "€0.48", "€22.32", "-€24.00"):
        assert words in shown
    assert '<td>Sum</td><td class="number">€0.00</td>' in shown
    act(studio, page, f"{page}/refund", amount="4.00")
    assert "Partly refunded" in studio.get(page).text
    act(studio, page, f"{page}/refund")
    assert "Refunded" in studio.get(page).text
    assert "€0.00" in studio.get("/studio/orders").text


def test_a_refund_that_failed_later_is_said_to_the_merchant_and_to_the_buyer(
    client: FlaskClient, studio: FlaskClient, world: World
) -> None:
    address = bought(client, world)
    order_id = address.rsplit("/", 1)[-1]
    page = f"/studio/orders/{order_id}"
    act(studio, page, f"{page}/refund", amount="4.00")
    with world.engine.unit(world.merchant) as unit:
        (refund,) = orders.get_order(unit, order_id).refunds
        payment_id = unit.get(Order, order_id).payment_id
        orders.refund_failed(unit, payment_id, refund_id=refund.id, reason="account_closed")
    shown = studio.get(page).text
    assert "A refund of €4.00 did not reach the buyer: the money is here" in shown
    assert "Refund failed" in shown
    assert "Partly refunded" not in shown
    assert "A refund of €4.00 did not reach you" in client.get(address).text
    explained = studio.get(f"/studio/statements/orders/{order_id}").text
    assert "Refund that failed at the buyer&#39;s bank, given back" in explained
    act(studio, page, f"{page}/refund")
    assert "did not reach you" not in client.get(address).text
    assert "<b>Not paid back.</b>" not in studio.get(page).text


def test_refund_form_sent_twice_pays_back_once(client: FlaskClient, studio: FlaskClient, world: World) -> None:
    page = f"/studio/orders/{bought(client, world).rsplit('/', 1)[-1]}"
    form = fields(studio.get(page).text, "/refund") | {"amount": "5.00"}
    for _ in range(2):
        assert studio.post(f"{page}/refund", data=form).status_code == 303
    assert "€19.00" in studio.get(page).text


def test_refund_of_too_much_is_refused_in_words(client: FlaskClient, studio: FlaskClient, world: World) -> None:
    page = f"/studio/orders/{bought(client, world).rsplit('/', 1)[-1]}"
    answer = act(studio, page, f"{page}/refund", amount="25.00")
    assert answer.status_code == 409
    assert "only €24.00" in answer.text
    assert act(studio, page, f"{page}/refund", amount="much").status_code == 400


def test_order_of_another_shop_is_not_found_in_the_studio(client: FlaskClient, app: Flask, world: World) -> None:
    order_id = bought(client, world).rsplit("/", 1)[-1]
    with world.engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, world.rival, kind="merchant")
    rival = app.test_client()
    rival.get(f"/sign-in?token={token}")
    assert rival.get(f"/studio/orders/{order_id}").status_code == 404
    assert rival.get("/studio/products/mug").status_code == 404


def fill(world: World, experiment_id: str, ad_id: str, viewers: int, buyers: int, name: str) -> None:
    """Count impressions of viewers that the experiment assigned to the ad, and purchases of the first ones."""
    with world.engine.unit(world.merchant) as unit:
        done, number = 0, 0
        while done < viewers:
            number += 1
            viewer = f"{name}-{number:06d}"
            if experiments.ad_for(unit, experiment_id, viewer) != ad_id:
                continue
            experiments.note(unit, Deed(f"{viewer}:i", "impression", ad_id, viewer, experiment_id))
            if done < buyers:
                experiments.note(unit, Deed(f"{viewer}:p", "purchase", ad_id, viewer, experiment_id, minor=2400))
            done += 1


def test_results_say_too_early_before_there_is_evidence(studio: FlaskClient, world: World) -> None:
    experiment_id = world.experiment(world.ad(), world.ad(template="three_reasons"))
    page = studio.get(f"/studio/results/{experiment_id}").text
    assert "Too early" in page
    assert "too early to say" in page
    assert "Two openings" in studio.get("/studio/results").text


def test_results_show_money_first_and_an_interval(studio: FlaskClient, world: World) -> None:
    first, second = world.ad(), world.ad(template="three_reasons", headline="Slow mornings")
    experiment_id = world.experiment(first, second)
    fill(world, experiment_id, first, 200, 30, "one")
    fill(world, experiment_id, second, 200, 60, "two")
    page = studio.get(f"/studio/results/{experiment_id}").text
    places = [page.index(f'id="m-{key}"') for key in ("revenue_per_viewer", "purchase_rate", "click_rate")]
    assert places == sorted(places)
    assert "€3.60" in page
    assert "€7.20" in page
    assert '<rect class="strip__band' in page
    assert "Do not decide" not in page


def test_uneven_split_of_viewers_is_an_alarm(studio: FlaskClient, world: World) -> None:
    first, second = world.ad(), world.ad(template="three_reasons")
    experiment_id = world.experiment(first, second)
    fill(world, experiment_id, first, 260, 0, "one")
    fill(world, experiment_id, second, 60, 0, "two")
    assert "Do not decide on these numbers." in studio.get(f"/studio/results/{experiment_id}").text


def test_results_download_is_a_table_a_spreadsheet_will_not_run(studio: FlaskClient, world: World) -> None:
    first, second = world.ad(), world.ad(template="three_reasons")
    experiment_id = world.experiment(first, second)
    answer = studio.get(f"/studio/results/{experiment_id}.csv")
    assert answer.headers["Content-Disposition"] == f"attachment; filename={experiment_id}.csv"
    sheet = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["ad_id"] for row in sheet[:2]] == [first, second]
    assert sheet[0]["metric"] == "revenue_per_viewer"
    assert not any(cell.startswith(("=", "+", "@")) for row in sheet for cell in row.values())


def test_comparison_is_started_from_the_products_page_and_stopped(studio: FlaskClient, world: World) -> None:
    first, second = world.ad(), world.ad(template="three_reasons")
    page = "/studio/products/mug"
    form = fields(studio.get(page).text, "/compare") | {"ad_id": [first, second], "name": "Openings"}
    results = studio.post(f"{page}/compare", data=form).location
    assert "Openings" in studio.get(results).text
    act(studio, results, f"{results}/stop")
    assert "Stopped" in studio.get(results).text


def test_withdrawing_a_licence_names_the_films_and_takes_them_off(
    client: FlaskClient, studio: FlaskClient, world: World
) -> None:
    licence_id = world.licence()
    ad_id = world.ad(template="cameo_endorsement", cameo="nix")
    listed = studio.get("/studio/appearances").text
    assert "5 % of net sales" in listed
    assert "may recommend the product" in listed
    page = f"/studio/appearances/{licence_id}/revoke"
    asked = studio.get(page).text
    assert f"/studio/ads/{ad_id}" in asked
    assert "1 film goes off every page at once" in asked
    assert client.get(f"/shops/lumen/ads/{ad_id}").status_code == 200
    act(studio, page, page)
    assert client.get(f"/shops/lumen/ads/{ad_id}/film.mp4").status_code == 410
    assert "Withdrawn" in studio.get("/studio/appearances").text


def test_pages_say_licensed_appearance_and_never_cameo(client: FlaskClient, studio: FlaskClient, world: World) -> None:
    licence_id = world.licence()
    first, second = world.ad(template="cameo_endorsement", cameo="nix"), world.ad()
    experiment_id = world.experiment(first, second)
    shop = ("", "products/mug", f"ads/{first}", f"ads/{first}/embed")
    desk = (
        "",
        "products/mug",
        "products/mug/new",
        f"ads/{first}",
        f"results/{experiment_id}",
        "results",
        "appearances",
        f"appearances/{licence_id}/revoke",
    )
    for page in (*(client.get(f"/shops/lumen/{one}") for one in shop), *(studio.get(f"/studio/{one}") for one in desk)):
        assert page.status_code == 200
        assert "cameo" not in page.text.replace('value="cameo_endorsement"', "").casefold()
