"""The shop's public pages: what a shopper reads, what stays closed, and what a hostile catalogue cannot do."""

from __future__ import annotations

import csv

import pytest
from flask import Flask
from flask.testing import FlaskClient

from adengine.core.money import Money
from adengine.core.palette import contrast
from adengine.engine import merchant_actor
from adengine.models import Product
from adengine.services import ads, catalog
from tests.shops import HEADER, MUG, write_shop
from tests.web.worlds import World


def test_front_page_leads_to_the_shop_of_the_settings(client: FlaskClient) -> None:
    assert client.get("/").location == "/shops/lumen/"


def test_catalogue_shows_every_product_with_its_price(client: FlaskClient) -> None:
    page = client.get("/shops/lumen/").text
    assert "Stoneware Mug" in page
    assert "from €24.00" in page
    assert "€89.00" in page


def test_product_page_offers_what_is_in_stock_and_names_what_is_sold_out(client: FlaskClient, world: World) -> None:
    page = client.get("/shops/lumen/products/mug").text
    rust = page[page.index(f'value="{world.variant("Rust")}"') :].split("</label>")[0]
    assert "disabled" in rust
    assert "sold out" in rust
    assert "only 3 left" in page


def test_struck_price_is_the_lowest_of_thirty_days_and_never_the_typed_one(
    client: FlaskClient, world: World, tmp_path
) -> None:
    typed = write_shop(tmp_path / "typed", [{**MUG, "Variant Compare At Price": "99.00"}])
    catalog.import_feed(world.engine, world.merchant, str(typed))
    assert "€99.00" not in client.get("/shops/lumen/products/mug").text
    world.clock.forward(days=40)
    cheaper = write_shop(tmp_path / "cheaper", [{**MUG, "Variant Price": "19.00"}])
    catalog.import_feed(world.engine, world.merchant, str(cheaper))
    page = client.get("/shops/lumen/products/mug").text
    assert "<strong>€19.00</strong>" in page
    assert "<s>€24.00</s>" in page


def test_costs_and_drafts_stay_with_the_merchant(client: FlaskClient, world: World, tmp_path) -> None:
    assert "7.77" not in client.get("/shops/lumen/products/mug").text
    draft = write_shop(tmp_path / "draft", [{**MUG, "Status": "draft"}])
    catalog.import_feed(world.engine, world.merchant, str(draft))
    assert client.get("/shops/lumen/products/mug").status_code == 404


def test_markup_in_shop_texts_is_shown_and_never_runs(client: FlaskClient, world: World, tmp_path) -> None:
    folder = tmp_path / "hostile"
    write_shop(folder)
    title = "Mug <script>alert(1)</script>"
    with (folder / "products.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        writer.writerow({**MUG, "Image Alt Text": '" onerror="alert(2)', "Handle": "hostile"})
    catalog.import_feed(world.engine, world.merchant, str(folder / "products.csv"))
    # The feed cleans titles; a row that came another way must be inert too.
    with world.engine.unit(world.merchant) as unit:
        unit.get(Product, world.product("hostile").id).title = title
    world.ad(handle="hostile")
    for path in ("/shops/lumen/", "/shops/lumen/products/hostile"):
        page = client.get(path).text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert '" onerror="' not in page


def test_pictures_are_served_to_their_own_shop_only(client: FlaskClient, world: World) -> None:
    name = world.product().images[0].file.rsplit("/", 1)[-1]
    served = client.get(f"/shops/lumen/pictures/{name}")
    assert served.status_code == 200
    assert served.mimetype == "image/png"
    assert "immutable" in served.headers["Cache-Control"]
    assert client.get(f"/shops/rival/pictures/{name}").status_code == 404


@pytest.mark.parametrize("name", ["secret", "..%2f..%2fsecret", "..", "%2e%2e%2fadengine.db", "x" * 500])
def test_no_other_file_is_reached_through_a_picture_address(client: FlaskClient, name: str) -> None:
    assert client.get(f"/shops/lumen/pictures/{name}").status_code == 404


def test_ids_of_another_shop_are_not_found(client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    assert client.get(f"/shops/lumen/ads/{ad_id}").status_code == 200
    for path in (f"ads/{ad_id}", f"ads/{ad_id}/film.mp4", f"ads/{ad_id}/embed", "products/mug"):
        assert client.get(f"/shops/rival/{path}").status_code == 404
    with world.engine.unit(merchant_actor(world.rival.id)) as unit:
        assert ads.list_ads(unit) == []


def test_brand_colours_are_readable_however_pale_the_accent(client: FlaskClient) -> None:
    sheet = client.get("/shops/lumen/brand.css").text
    colours = dict(part.split(":") for part in sheet[6:-2].rstrip(";}").split(";") if part)
    for text in ("--ink", "--quiet", "--accent"):
        for ground in ("--ground", "--paper"):
            assert contrast(colours[text], colours[ground]) >= 4.5
    assert contrast("#ffffff", colours["--button"]) >= 4.5


def test_every_answer_carries_the_guarding_headers(app: Flask, client: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    for path in ("/shops/lumen/", "/sign-in", f"/shops/lumen/ads/{ad_id}", "/nowhere", "/static/site.css"):
        headers = client.get(path).headers
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    embed = client.get(f"/shops/lumen/ads/{ad_id}/embed")
    assert "frame-ancestors *" in embed.headers["Content-Security-Policy"]


def test_refusals_are_pages_for_people_and_json_for_programs(client: FlaskClient) -> None:
    page = client.get("/shops/nowhere/")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert "adengine import" not in page.text
    said = client.get("/shops/nowhere/", headers={"Accept": "application/json"})
    assert said.status_code == 404
    assert said.json["error"]["code"] == "not_found"
    assert client.put("/shops/lumen/", headers={"Accept": "application/json"}).status_code == 405


def test_a_bug_shows_no_traceback(app: Flask, world: World) -> None:
    def boom(_: Money) -> str:
        raise RuntimeError("secret detail")

    app.add_url_rule("/boom", "boom", lambda: boom(Money(1, "EUR")))
    answer = app.test_client().get("/boom")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


def test_viewers_who_ask_not_to_be_followed_get_no_cookie(app: Flask, client: FlaskClient) -> None:
    assert "adengine_viewer" in client.get("/shops/lumen/products/mug").headers["Set-Cookie"]
    for header in ({"Sec-GPC": "1"}, {"DNT": "1"}):
        assert "Set-Cookie" not in app.test_client().get("/shops/lumen/products/mug", headers=header).headers


def test_a_viewer_sees_the_same_film_at_every_visit_and_both_films_are_shown(app: Flask, world: World) -> None:
    first, second = world.ad(), world.ad(template="three_reasons")
    world.experiment(first, second)
    shown = set()
    for _ in range(12):
        client = app.test_client()
        pages = [client.get("/shops/lumen/products/mug").text for _ in range(3)]
        seen = {ad_id for ad_id in (first, second) if f'value="{ad_id}"' in pages[0]}
        assert len(seen) == 1
        assert all(f'value="{next(iter(seen))}"' in page for page in pages)
        shown |= seen
    assert shown == {first, second}
