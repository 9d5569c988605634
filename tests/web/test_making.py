"""A new film in the studio: everything to choose from, what cannot be made, the preview, the check, the brand kit."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient

from adengine.core.lint import Finding, Report
from adengine.models import Ad
from adengine.services import ads, merchants
from tests.fakes import Outbox
from tests.web.worlds import World, fields

NEW = "/studio/products/mug/new"
PREVIEW = "/studio/products/mug/preview"


def filled(studio: FlaskClient, **more: object) -> dict[str, object]:
    form = fields(studio.get(NEW).text, "data-maker")
    return form | {"template": "hero", "format": "9x16", "seconds": "6", "generator": "studio"} | more


def test_form_offers_every_template_style_and_format(studio: FlaskClient, world: World) -> None:
    page = studio.get(NEW).text
    for name, count in (("template", 12), ("style", 7), ("format", 5)):
        assert len(re.findall(rf'type="radio" name="{name}"', page)) == count
    assert len(re.findall(r'name="placement"', page)) == len(world.engine.ports.placements)


def test_a_template_the_product_cannot_fill_says_so_on_its_card(studio: FlaskClient) -> None:
    page = studio.get(NEW).text
    reviews = re.search(r'value="reviews"(.*?)</label>', page, re.DOTALL)
    assert reviews is not None
    assert "disabled" in reviews[1]
    assert "custom.review_1" in reviews[1]
    hero = re.search(r'value="hero"(.*?)</label>', page, re.DOTALL)
    assert hero is not None
    assert " checked" in hero[1].split(">")[0]
    assert "disabled" not in hero[1]


def test_every_choice_of_the_form_reaches_the_film(studio: FlaskClient, world: World) -> None:
    world.licence()
    form = filled(
        studio, template="collection", format="4x5", seconds="12", style="swiss", mood="calm", locale="de",
        voice="espeak", captions="pop", appearance="nix", offer_ends="2027-01-31", offer_code="MUG10",
        placement=["meta_feed", "pinterest"], companion=["lamp"], publish="yes",
    )  # fmt: skip
    ad_id = studio.post(NEW, data=form).location.rsplit("/", 1)[-1]
    with world.engine.reading(world.merchant) as unit:
        ad = unit.get(Ad, ad_id)
        brief = ad.brief
    assert (brief.template, brief.format, brief.seconds, brief.style) == ("collection", "4x5", 12, "swiss")
    assert (brief.mood, brief.locale, brief.voice, brief.captions) == ("calm", "de", "espeak", "pop")
    assert (brief.offer_ends, brief.offer_code) == ("2027-01-31", "MUG10")
    assert brief.placements == ("meta_feed", "pinterest")
    assert [one.title for one in brief.companions] == ["Table Lamp"]
    assert brief.cameo is not None
    assert (brief.cameo.name, ad.to_publish) == ("Nix", True)


def test_a_recording_is_sent_once_and_stays_with_the_form(studio: FlaskClient, world: World) -> None:
    sound = (io.BytesIO(b"fLaC" + bytes(64)), "voice.flac")
    answer = studio.post(NEW, data=filled(studio, voice="recording", seconds="99", voice_file=sound))
    assert answer.status_code == 400
    # What was refused was the length; the recording has to be sent again only if it is to be another one.
    again = filled(studio, voice="recording")
    said = studio.post(PREVIEW, data=again | {"voice_file": (io.BytesIO(b"fLaC" + bytes(64)), "voice.flac")}).json
    ad_id = studio.post(NEW, data=again | {"recording": said["recording"]}).location.rsplit("/", 1)[-1]
    with world.engine.reading(world.merchant) as unit:
        assert unit.get(Ad, ad_id).brief.recording == said["recording"]
    refused = studio.post(NEW, data=again | {"voice_file": (io.BytesIO(b"MZ"), "voice.exe")})
    assert (refused.status_code, "no sound file" in refused.text) == (400, True)


def test_preview_tells_words_and_check_at_once(studio: FlaskClient, world: World) -> None:
    said = studio.post(PREVIEW, data=filled(studio, headline="For slow mornings")).json
    assert (said["done"], "For slow mornings" in said["html"]) == (False, True)
    assert "Check before rendering" in said["html"]
    with world.engine.reading(world.merchant) as unit:
        assert ads.list_ads(unit) == []


def test_preview_of_what_cannot_be_made_says_why(studio: FlaskClient) -> None:
    form = filled(studio, seconds="99")
    answer = studio.post(PREVIEW, data=form, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert "6 to 60" in answer.json["error"]["message"]


@pytest.mark.slow
def test_preview_shows_stills_and_then_moves(studio: FlaskClient, world: World) -> None:
    said = studio.post(PREVIEW, data=filled(studio)).json
    outbox = world.engine.ports.enqueue
    assert isinstance(outbox, Outbox)
    outbox.run(world.engine)
    done = studio.get(f"/studio/previews/{said['id']}").json
    assert done["done"]
    still, film = re.search(r'src="([^"]+0\.webp)"', done["html"]), re.search(r'src="([^"]+film\.mp4)"', done["html"])
    assert still is not None
    assert film is not None
    assert studio.get(still[1]).mimetype == "image/webp"
    assert studio.get(film[1], headers={"Range": "bytes=0-99"}).status_code == 206


def test_preview_is_for_the_signed_in_merchant(client: FlaskClient, studio: FlaskClient) -> None:
    said = studio.post(PREVIEW, data=filled(studio)).json
    assert client.get(f"/studio/previews/{said['id']}").status_code == 303
    assert studio.get(f"/studio/previews/{said['id']}/0.webp").status_code == 404


def test_a_swatch_shows_a_style_in_the_shops_colours(studio: FlaskClient, world: World) -> None:
    for name in world.engine.ports.styles:
        answer = studio.get(f"/studio/styles/{name}.svg")
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
        assert re.search(r'fill="#[0-9a-f]{6}"', answer.text)
    assert studio.get("/studio/styles/nope.svg").status_code == 404


def test_ad_page_shows_the_check_by_level_with_its_moments(studio: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    found = (
        Finding("price", "error", 0.0, "The film says 20, the catalogue 24; plan the film anew", 45),
        Finding("length", "note", 0.9, "Reels advise 15 s and more"),
    )
    with world.engine.unit(world.merchant) as unit:
        unit.get(Ad, ad_id).lint = Report(59, found, ("loudness",))
    page = studio.get(f"/studio/ads/{ad_id}").text
    assert 'aria-label="Check: 59 of 100"' in page
    assert page.index("Has to be put right") < page.index("Good to know")
    assert "the catalogue 24; plan the film anew" in page
    assert re.findall(r'data-seek="([\d.]+)"', page) == ["1.5"]
    assert "Not measured: It is as loud as other films" in page


def test_ad_page_offers_every_file_to_take_away(studio: FlaskClient, world: World) -> None:
    ad_id = world.ad()
    page = studio.get(f"/studio/ads/{ad_id}").text
    for part in ("film.mp4", "poster.webp", "preview.webp", "captions.vtt", "captions.srt"):
        assert f'href="/studio/ads/{ad_id}/{part}" download' in page
        assert studio.get(f"/studio/ads/{ad_id}/{part}").status_code == 200


def test_brand_is_kept_and_shown_with_its_contrast(studio: FlaskClient, world: World) -> None:
    form = fields(studio.get("/studio/brand").text, "data-brand")
    form |= {"name": "Lumen", "ink": "#101010", "paper": "#ffffff", "accent": "#ffcc00", "style": "soft"}
    form |= {"tone": "warm", "end_line": "Made slowly", "display_font": "", "text_font": ""}
    assert studio.post("/studio/brand", data=form).status_code == 303
    with world.engine.reading(world.merchant) as unit:
        brand = merchants.my_shop(unit).brand
    assert (brand.name, brand.style, brand.tone, brand.end_line) == ("Lumen", "soft", "warm", "Made slowly")
    page = studio.get("/studio/brand").text
    assert re.findall(r"data-ratio>([\d.]+)<", page) == ["19.0", "1.5", "1.5"]
    assert page.count("data-verdict hidden") == 1


def test_brand_that_cannot_be_kept_says_why_and_keeps_what_was_written(studio: FlaskClient, world: World) -> None:
    form = fields(studio.get("/studio/brand").text, "data-brand")
    form |= {"name": "Lumen", "ink": "#101010", "paper": "white", "accent": "#ffcc00", "end_line": "Made slowly"}
    answer = studio.post("/studio/brand", data=form)
    assert answer.status_code == 400
    assert "paper colour is written like" in answer.text
    assert 'value="Made slowly"' in answer.text
    with world.engine.reading(world.merchant) as unit:
        assert merchants.my_shop(unit).brand == world.shop.brand


def test_logo_is_taken_shown_and_removed(studio: FlaskClient, world: World) -> None:
    picture = (world.folder / "shelf" / "mug.png").read_bytes()
    form = fields(studio.get("/studio/brand").text, "logo/dark")
    data = form | {"logo": (io.BytesIO(picture), "logo.png")}
    assert studio.post("/studio/brand/logo/dark", data=data).status_code == 303
    assert studio.get("/studio/brand/logo/dark").data == picture
    assert studio.get("/studio/brand/logo/light").status_code == 404
    assert studio.post("/studio/brand/logo/dark", data=form | {"remove": "yes"}).status_code == 303
    assert studio.get("/studio/brand/logo/dark").status_code == 404
    assert studio.post("/studio/brand/logo/light", data=form).status_code == 400
    svg = form | {"logo": (io.BytesIO(b"<svg/>"), "logo.svg")}
    refused = studio.post("/studio/brand/logo/light", data=svg)
    assert (refused.status_code, "PNG or WebP" in refused.text) == (400, True)
