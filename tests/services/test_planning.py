"""What a wish becomes: every choice reaches the storyboard, and defaults are the shop's and the template's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.creative import Brief
from adengine.core.errors import Invalid, TooLarge
from adengine.core.layers import Box
from adengine.core.storyboard import Storyboard
from adengine.engine import AdEngine
from adengine.models import Ad, Merchant
from adengine.services import ads, catalog, planning, recordings
from adengine.services.choices import choices
from adengine.services.planning import VOICES, AdAsk, AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Outbox
from tests.shops import LAMP, MUG, OAT, write_shop
from workers.studio.sound import voices

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(20)
CUP = {**MUG, "Handle": "cup", "Title": "Espresso Cup", "Variant SKU": "CUP", "Variant Price": "14.00"}


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", [MUG, OAT, LAMP, CUP])))


def plan(engine: AdEngine, desk: Desk, ask: AdAsk) -> tuple[Brief, Storyboard]:
    with engine.reading(desk.merchant) as unit:
        made = planning.planned(unit, ask)
    return made.brief, made.storyboard


def test_every_choice_of_a_wish_reaches_the_storyboard(engine: AdEngine, desk: Desk) -> None:
    ask = AdAsk(
        "mug", "offer", format="4x5", seconds=20, style="swiss", mood="calm", locale="de", voice="espeak",
        captions="pop", headline="Nur jetzt", offer_ends="2027-01-31", offer_code="MUG10",
    )  # fmt: skip
    _, told = plan(engine, desk, ask)
    assert (told.format, told.seconds, told.style.name, told.mood) == ("4x5", 20, "swiss", "calm")
    assert (told.locale, told.voice, told.caption_look) == ("de", "espeak", "pop")
    words = " ".join(text.text for shot in told.shots for text in shot.texts)
    assert "Nur jetzt" in words
    assert "MUG10" in words


def test_without_a_style_the_brands_is_taken_and_then_the_templates(engine: AdEngine, desk: Desk) -> None:
    assert plan(engine, desk, AdAsk("mug", "three_reasons"))[1].style.name == "swiss"
    with engine.unit(desk.merchant) as unit:
        unit.db.get_one(Merchant, desk.shop.id).brand = replace(desk.shop.brand, style="soft")
    assert plan(engine, desk, AdAsk("mug", "three_reasons"))[1].style.name == "soft"
    assert plan(engine, desk, AdAsk("mug", "three_reasons", style="bold"))[1].style.name == "bold"


def test_text_keeps_clear_of_the_buttons_of_the_places_that_were_chosen(engine: AdEngine, desk: Desk) -> None:
    everywhere = plan(engine, desk, AdAsk("mug"))[1].safe
    stories = plan(engine, desk, AdAsk("mug", placements=("meta_stories",)))[1].safe
    assert stories == Box(65, 269, 950, 1267)
    assert everywhere.w < stories.w
    assert everywhere.h < stories.h


def test_a_collection_shows_other_products_of_the_shop_that_can_be_bought(engine: AdEngine, desk: Desk) -> None:
    brief, told = plan(engine, desk, AdAsk("mug", "collection"))
    assert [one.title for one in brief.companions] == ["Espresso Cup", "Table Lamp"]  # the same kind first
    (grid,) = [shot for shot in told.shots if shot.layout == "grid"]
    assert len({row.product_id for row in grid.rows}) == 3
    named, _ = plan(engine, desk, AdAsk("mug", "collection", companions=("lamp", "mug", "lamp")))
    assert [one.title for one in named.companions] == ["Table Lamp"]


def test_a_companion_that_is_sold_out_is_refused_by_name(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    gone = {**LAMP, "Variant Inventory Qty": "0"}
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", [MUG, OAT, gone, CUP])))
    with pytest.raises(Invalid, match="'Table Lamp' is sold out"):
        plan(engine, desk, AdAsk("mug", "collection", companions=("lamp",)))
    brief, _ = plan(engine, desk, AdAsk("mug", "collection"))
    assert [one.title for one in brief.companions] == ["Espresso Cup"]


@pytest.mark.slow
def test_a_companions_new_price_makes_the_film_anew(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    with engine.unit(desk.merchant) as unit:
        wish = AdWish("mug", "collection", seconds=10, publish=True)
        ad_id = ads.create_ad(unit, wish).id
    outbox.run(engine)
    rows = [MUG, OAT, {**LAMP, "Variant Price": "79.00"}, CUP]
    report = catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", rows)))
    assert (report.ads_refreshed, outbox.jobs) == (1, [("render", ad_id)])
    with engine.reading(desk.merchant) as unit:
        ad = unit.get(Ad, ad_id)
        assert (ad.status, ad.lint) == ("queued", None)
        assert "79.00" in repr(ad.timeline.layers)
        assert "89.00" not in repr(ad.timeline.layers)


def test_a_template_that_a_product_cannot_fill_says_what_to_fill_in(engine: AdEngine, desk: Desk) -> None:
    with engine.reading(desk.merchant) as unit:
        found = planning.obstacles(unit, planning.product_of(unit, "mug"))
    assert "custom.review_1" in found["reviews"]
    assert "licensed" in found["cameo_endorsement"]
    assert not {"hero", "offer", "collection", "three_reasons"} & set(found)


def test_the_voices_offered_are_the_studios(engine: AdEngine, desk: Desk) -> None:
    assert set(VOICES) == set(voices.VOICES)
    with engine.reading(desk.merchant) as unit:
        listed = choices(unit)
    assert len(listed.templates) == len(engine.ports.templates) >= 12
    assert {"de", "en", "fr"} <= set(listed.languages)


def test_a_recording_is_kept_once_and_only_for_its_shop(engine: AdEngine, desk: Desk) -> None:
    key = recordings.keep_recording(engine, desk.merchant, WAV)
    assert recordings.keep_recording(engine, desk.merchant, WAV) == key
    assert plan(engine, desk, AdAsk("mug", voice="recording", recording=key))[1].recording == key
    other = open_desk(engine, "other")
    with engine.reading(other.merchant) as unit, pytest.raises(Invalid, match="upload it again"):
        recordings.checked(unit, key, voice="recording")


@pytest.mark.parametrize(
    ("data", "error"), [(b"MZ not a sound", Invalid), (b"", Invalid), (b"RIFF" + bytes(15_000_000), TooLarge)]
)
def test_a_file_that_is_no_recording_is_refused(
    engine: AdEngine, desk: Desk, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        recordings.keep_recording(engine, desk.merchant, data)
