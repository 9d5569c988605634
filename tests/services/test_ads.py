"""Ads from wish to take-down, with licensed appearances, on both databases."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from adengine.core.cameo import Terms
from adengine.core.errors import Conflict, GeneratorMissing, Gone, Invalid, LicenceRefused, NotFound, UnknownTemplate
from adengine.core.money import Money
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Ad, Grant, Merchant
from adengine.services import ads, cameos, catalog, receipts, renders, showings
from adengine.services.ads import AdCard
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox
from tests.shops import LAMP, MUG, OAT, draw_picture, write_shop

pytestmark = pytest.mark.slow
QUICK = AdWish("mug", seconds=6, publish=True)


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))


@pytest.fixture
def licence(engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path) -> str:
    """Lumi, a character drawn here, licensed for everything an ad needs; answers the licence id."""
    return license_lumi(engine, desk, terms_for(desk, clock), tmp_path)


def terms_for(desk: Desk, clock: Clock) -> Terms:
    return Terms(
        subject="Lumi",
        purposes=("advertising",),
        placements=("page", "mcp", "api", "embed"),
        territories=("*",),
        starts=clock.now,
        merchant_ids=(desk.shop.id,),
        endorsement=True,
        needs_approval=False,
        share_bps=500,
    )


def license_lumi(engine: AdEngine, desk: Desk, terms: Terms, folder: Path) -> str:
    draw_picture(folder / "lumi.png", "#d9a441", alpha=True)
    path = folder / "lumi.png"
    cameo_id = cameos.enrol(engine, desk.merchant, "lumi", title="Lumi", kind="character", clip=path, still=path)
    with engine.unit(desk.merchant) as unit:
        return cameos.license_cameo(unit, cameo_id, terms)


def create(engine: AdEngine, desk: Desk, wish: AdWish = QUICK) -> AdCard:
    with engine.unit(desk.merchant) as unit:
        return ads.create_ad(unit, wish)


def look(engine: AdEngine, desk: Desk, ad_id: str) -> AdCard:
    with engine.unit(desk.merchant) as unit:
        return ads.get_ad(unit, ad_id)


def test_an_ad_is_queued_rendered_and_published(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    card = create(engine, desk)
    assert (card.status, outbox.jobs) == ("queued", [("render", card.id)])
    outbox.run(engine)
    done = look(engine, desk, card.id)
    assert done.film is not None
    assert (done.status, done.percent, done.film.frames) == ("published", 100, 180)
    with engine.unit(desk.visitor) as unit:
        showing = showings.show(unit, card.id, placement="page")
        assert engine.ports.files.local(showings.file_of(unit, card.id, "film.mp4")).stat().st_size == done.film.bytes
    assert showing.spots[0].variant.price == Money(2400, "EUR")
    assert all(0 <= spot.start_s < spot.end_s <= 6 for spot in showing.spots)


def test_asking_twice_with_one_key_makes_one_ad(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    wish = replace(QUICK, request_key="click-1")
    assert create(engine, desk, wish).id == create(engine, desk, wish).id
    assert len(outbox.jobs) == 1


def test_a_render_message_that_comes_twice_renders_once(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    card = create(engine, desk)
    outbox.jobs *= 3
    outbox.run(engine)
    assert look(engine, desk, card.id).film is not None
    with engine.unit(desk.merchant) as unit:
        assert unit.get(ads.Ad, card.id).attempt == 1


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        (AdWish("nothing"), NotFound, "adengine products"),
        (AdWish("mug", template="nope"), UnknownTemplate, "choose one of"),
        (AdWish("mug", cameo="nobody"), NotFound, "licensed here"),
        (AdWish("mug", format="3x7"), Invalid, "9x16"),
        (AdWish("mug", seconds=3), Invalid, "6 to 60"),
        (AdWish("mug", template="cameo_endorsement"), Invalid, "licensed appearance"),
        (AdWish("mug", style="nope"), Invalid, "choose one of bold, editorial"),
        (AdWish("mug", mood="sad"), Invalid, "choose one of"),
        (AdWish("mug", voice="nope"), Invalid, "espeak, recording"),
        (AdWish("mug", voice="recording"), Invalid, "upload one"),
        (AdWish("mug", voice="recording", recording="recordings/mer_x/a.wav"), Invalid, "upload it again"),
        (AdWish("mug", recording="recordings/mer_x/a.wav"), Invalid, "choose it or leave"),
        (AdWish("mug", captions="loud"), Invalid, "choose none or one of"),
        (AdWish("mug", locale="xx-yy"), Invalid, "pt-BR"),
        (AdWish("mug", placements=("nowhere",)), Invalid, "choose of amazon"),
        (AdWish("mug", placements=("youtube_shorts",), format="1x1"), Invalid, "takes 9x16"),
        (AdWish("mug", companions=("lamp",)), Invalid, "for several choose collection"),
        (AdWish("mug", "collection", companions=("vase",)), NotFound, "adengine products"),
        (AdWish("mug", offer_ends="soon"), Invalid, "2027-01-31"),
        (AdWish("mug", offer_ends="2026-11-20"), Invalid, "ended on 2026-11-20"),
        (AdWish("mug", offer_code="two words"), Invalid, "no spaces"),
        (AdWish("mug", generator="magic"), Invalid, "choose one of"),
        (AdWish("mug", generator="diffusion"), GeneratorMissing, "ADENGINE_GENERATOR_MODEL"),
    ],
)
def test_a_wish_that_cannot_be_met_says_why_and_leaves_nothing(
    engine: AdEngine, desk: Desk, outbox: Outbox, wish: AdWish, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        create(engine, desk, wish)
    with engine.unit(desk.merchant) as unit:
        assert ads.list_ads(unit) == []
    assert outbox.jobs == []


def test_a_worker_that_was_overtaken_keeps_nothing(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    card = create(engine, desk)
    with engine.unit(desk.merchant) as unit:
        first = renders.claim_render(unit, card.id)
        assert renders.claim_render(unit, card.id) is None
    assert first is not None
    clock.forward(minutes=5)  # the first worker fell silent
    with engine.unit(SYSTEM) as unit:
        assert renders.owed(unit) == [("render", card.id)]
    with engine.unit(desk.merchant) as unit:
        second = renders.claim_render(unit, card.id)
        assert second is not None
        assert second.attempt == first.attempt + 1
        assert not renders.beat(unit, card.id, first.attempt, 10)
        renders.fail_render(unit, card.id, first.attempt, "too late")
    assert look(engine, desk, card.id).status == "rendering"


def test_a_lost_message_is_found_by_the_sweep(engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock) -> None:
    from workers.tasks import sweep

    sweep(engine)
    outbox.run(engine)  # the catalogue's own jobs: cut-outs
    card = create(engine, desk)
    outbox.jobs.clear()
    assert sweep(engine) == []  # its message may still be on the way
    clock.forward(seconds=30)
    assert sweep(engine) == [("render", card.id)]
    assert sweep(engine) == []  # a long queue is not flooded with the same nudge


def test_a_job_that_kills_every_worker_fails_in_words(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    card = create(engine, desk)
    for _ in range(5):
        with engine.unit(desk.merchant) as unit:
            assert renders.claim_render(unit, card.id) is not None
        clock.forward(minutes=10)
        with engine.unit(SYSTEM) as unit:
            renders.owed(unit)
    failed = look(engine, desk, card.id)
    assert (failed.status, "five times" in failed.reason) == ("failed", True)
    with engine.unit(desk.merchant) as unit:
        assert ads.retry(unit, card.id).status == "queued"


def test_a_picture_that_broke_fails_the_ad_in_words_and_it_can_be_tried_again(
    engine: AdEngine, desk: Desk, outbox: Outbox
) -> None:
    card = create(engine, desk)
    with engine.unit(desk.merchant) as unit:
        files = {one.file for one in catalog.get_product(unit, "mug").images}
    whole = {key: engine.ports.files.local(key).read_bytes() for key in files}
    for key in files:
        engine.ports.files.put(key, b"\x89PNG broken")
    outbox.run(engine)
    failed = look(engine, desk, card.id)
    assert (failed.status, failed.film) == ("failed", None)
    assert failed.reason
    for key, data in whole.items():
        engine.ports.files.put(key, data)
    with engine.unit(desk.merchant) as unit:
        ads.retry(unit, card.id)
    outbox.run(engine)
    assert look(engine, desk, card.id).status == "published"


def test_a_new_price_pauses_the_film_and_repaints_it(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    card = create(engine, desk)
    outbox.run(engine)
    before = look(engine, desk, card.id).film
    dearer = write_shop(tmp_path / "shop", [{**MUG, "Variant Price": "21.50"}, OAT, LAMP])
    report = catalog.import_feed(engine, desk.merchant, str(dearer))
    assert (report.ads_refreshed, outbox.jobs) == (1, [("render", card.id)])
    with engine.unit(desk.visitor) as unit, pytest.raises(NotFound):
        showings.show(unit, card.id, placement="page")
    outbox.run(engine)
    after = look(engine, desk, card.id)
    assert (after.status, after.film != before) == ("published", True)
    assert catalog.import_feed(engine, desk.merchant, str(dearer)).ads_refreshed == 0


def test_a_retired_ad_is_gone_from_every_surface(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    card = create(engine, desk)
    outbox.run(engine)
    with engine.unit(desk.merchant) as unit:
        ads.retire(unit, card.id)
        ads.retire(unit, card.id)
    with engine.unit(desk.visitor) as unit:
        assert ads.list_ads(unit) == []
        for act in (
            lambda: showings.show(unit, card.id, placement="page"),
            lambda: showings.file_of(unit, card.id, "film.mp4"),
        ):
            with pytest.raises(Gone):
                act()
    with engine.unit(desk.merchant) as unit, pytest.raises(Conflict):
        ads.publish(unit, card.id)


def test_another_shop_cannot_touch_an_ad(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    card = create(engine, desk)
    outbox.run(engine)
    other = open_desk(engine, "other")
    for act in (ads.get_ad, ads.publish, ads.retire, receipts.receipt, ads.retry):
        with engine.unit(other.merchant) as unit, pytest.raises(NotFound):
            act(unit, card.id)
    assert look(engine, desk, card.id).status == "published"


# ---- licensed appearances ----

ENDORSED = AdWish("mug", "cameo_endorsement", seconds=8, cameo="lumi", publish=True)


def test_every_step_asks_the_licence_and_keeps_the_decision(
    engine: AdEngine, desk: Desk, outbox: Outbox, licence: str
) -> None:
    card = create(engine, desk, ENDORSED)
    outbox.run(engine)
    assert look(engine, desk, card.id).status == "published"
    with engine.unit(desk.merchant) as unit:
        kept = unit.db.execute(select(Grant.moment, Grant.allowed).where(Grant.ad_id == card.id).order_by(Grant.id))
        assert [tuple(row) for row in kept] == [("plan", True), ("render", True), ("publish", True)]
    with engine.unit(desk.visitor) as unit:
        showing = showings.show(unit, card.id, placement="page")
    assert (showing.appearance, showing.disclosure) == ("Lumi", "AI-generated")


def test_any_template_shows_an_appearance_but_only_an_endorsement_needs_the_right_to_recommend(
    engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    license_lumi(engine, desk, replace(terms_for(desk, clock), endorsement=False), tmp_path)
    shown = create(engine, desk, AdWish("mug", "hero", seconds=6, cameo="lumi"))
    assert (shown.template, shown.licence_id is not None) == ("hero", True)
    with pytest.raises(LicenceRefused, match="endorsement"):
        create(engine, desk, AdWish("mug", seconds=8, cameo="lumi"))


def test_a_film_with_an_appearance_and_no_template_is_the_endorsement(
    engine: AdEngine, desk: Desk, licence: str
) -> None:
    assert create(engine, desk, AdWish("mug", seconds=8, cameo="lumi")).template == "cameo_endorsement"


def test_revoking_takes_every_film_down_at_once(engine: AdEngine, desk: Desk, outbox: Outbox, licence: str) -> None:
    shown = create(engine, desk, ENDORSED)
    outbox.run(engine)
    waiting = create(engine, desk, replace(ENDORSED, seconds=9))
    with engine.unit(desk.merchant) as unit:
        assert sorted(ads.revoke(unit, licence)) == sorted([shown.id, waiting.id])
    outbox.run(engine)
    assert [look(engine, desk, one.id).status for one in (shown, waiting)] == ["retired", "retired"]
    with engine.unit(desk.visitor) as unit:
        assert ads.list_ads(unit) == []
        with pytest.raises(Gone):
            showings.file_of(unit, shown.id, "film.mp4")
    with pytest.raises(LicenceRefused, match="revoked") as refusal:
        create(engine, desk, ENDORSED)
    assert refusal.value.clause == "revoked"


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"placements": ("api",)}, "placement"),
        ({"endorsement": False}, "endorsement"),
        ({"forbidden_words": ("stoneware",)}, "words"),
        ({"forbidden_kinds": ("mug",)}, "kind"),
        ({"territories": ("FR",)}, "territory"),
        ({"max_ads": 0}, "max_ads"),
    ],
)
def test_a_refusal_names_the_clause_that_decided(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock, tmp_path: Path, change: dict[str, object], clause: str
) -> None:
    license_lumi(engine, desk, replace(terms_for(desk, clock), **change), tmp_path)  # type: ignore[arg-type]
    with pytest.raises(LicenceRefused) as refusal:
        create(engine, desk, ENDORSED)
    assert (refusal.value.clause, outbox.jobs) == (clause, [])


def test_a_licence_that_ends_while_a_film_waits_refuses_the_render(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock, tmp_path: Path
) -> None:
    ends = replace(terms_for(desk, clock), ends=clock.now.replace(hour=13))
    license_lumi(engine, desk, ends, tmp_path)
    card = create(engine, desk, ENDORSED)
    clock.forward(hours=2)
    outbox.run(engine)
    refused = look(engine, desk, card.id)
    assert (refused.status, refused.film) == ("refused", None)
    assert "'ends'" in refused.reason


def test_a_licence_that_ends_stops_a_published_film(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock, tmp_path: Path
) -> None:
    ends = replace(terms_for(desk, clock), ends=clock.now.replace(hour=13))
    license_lumi(engine, desk, ends, tmp_path)
    card = create(engine, desk, ENDORSED)
    outbox.run(engine)
    clock.forward(hours=2)
    with engine.unit(desk.visitor) as unit:
        assert ads.list_ads(unit) == []
        for act in (
            lambda: showings.show(unit, card.id, placement="page"),
            lambda: showings.file_of(unit, card.id, "poster.webp"),
        ):
            with pytest.raises(LicenceRefused, match="ended"):
                act()


def test_a_licence_that_needs_approval_is_not_published_without(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock, tmp_path: Path
) -> None:
    license_lumi(engine, desk, replace(terms_for(desk, clock), needs_approval=True), tmp_path)
    card = create(engine, desk, ENDORSED)
    outbox.run(engine)
    held = look(engine, desk, card.id)
    assert held.status == "refused"
    assert "'approval'" in held.reason


def test_a_generated_clip_goes_into_the_film(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    card = create(engine, desk, replace(QUICK, generator="placeholder"))
    assert (card.status, outbox.jobs[0][0]) == ("shooting", "generate")
    outbox.run(engine)
    assert look(engine, desk, card.id).status == "published"
    with engine.unit(desk.merchant) as unit:
        receipt = receipts.receipt(unit, card.id)
    assert receipt is not None
    assert ("generator", "placeholder") in receipt.generated


# ---- what is shown stays true ----


def sold_out_and_dearer(engine: AdEngine, desk: Desk, folder: Path) -> None:
    rows = [{**MUG, "Variant Price": "30.00", "Variant Inventory Qty": "0"}, OAT, LAMP]
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder, rows)))


def dearer(engine: AdEngine, desk: Desk, folder: Path) -> None:
    rows = [{**MUG, "Variant Price": "30.00"}, OAT, LAMP]
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder, rows)))


def said(engine: AdEngine, desk: Desk, ad_id: str) -> str:
    with engine.reading(desk.merchant) as unit:
        return repr(unit.get(Ad, ad_id).timeline.layers)


def test_a_finished_film_that_says_something_old_is_made_anew_before_it_is_published(
    engine: AdEngine, desk: Desk, outbox: Outbox
) -> None:
    card = create(engine, desk, replace(QUICK, publish=False))
    outbox.run(engine)
    with engine.unit(desk.merchant) as unit:
        unit.db.get_one(Merchant, desk.shop.id).brand = replace(desk.shop.brand, name="Renamed")
    with engine.unit(desk.merchant) as unit:
        assert ads.publish(unit, card.id).status == "queued"
    outbox.run(engine)
    assert look(engine, desk, card.id).status == "published"
    assert "Renamed" in said(engine, desk, card.id)


def test_a_film_that_failed_is_planned_from_todays_data_when_tried_again(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    card = create(engine, desk)
    outbox.jobs.clear()
    with engine.unit(desk.merchant) as unit:
        order = renders.claim_render(unit, card.id)
        assert order is not None
        renders.fail_render(unit, card.id, order.attempt, "it broke")
    dearer(engine, desk, tmp_path / "shop")
    with engine.unit(desk.merchant) as unit:
        ads.retry(unit, card.id)
    assert "30.00" in said(engine, desk, card.id)
    assert "24.00" not in said(engine, desk, card.id)


def test_a_sold_out_product_s_film_is_neither_shown_nor_published(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    live = create(engine, desk)
    outbox.run(engine)
    ready = create(engine, desk, replace(QUICK, publish=False, seconds=7))
    outbox.run(engine)
    waiting = create(engine, desk, replace(QUICK, seconds=8))
    sold_out_and_dearer(engine, desk, tmp_path / "shop")
    outbox.run(engine)
    assert [look(engine, desk, one.id).status for one in (live, ready, waiting)] == ["paused", "ready", "failed"]
    for one in (live, ready):
        with pytest.raises(Invalid), engine.unit(desk.merchant) as unit:
            ads.publish(unit, one.id)
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    assert look(engine, desk, live.id).status == "published"  # true again: the very film that was shown


def test_a_key_used_for_another_ad_is_refused(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    create(engine, desk, replace(QUICK, request_key="click-1"))
    with pytest.raises(Conflict, match="another ad"):
        create(engine, desk, replace(QUICK, request_key="click-1", seconds=9))
    assert len(outbox.jobs) == 1


def test_a_list_holds_only_films_the_licence_allows_in_that_place(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock, tmp_path: Path
) -> None:
    license_lumi(engine, desk, replace(terms_for(desk, clock), placements=("page",)), tmp_path)
    card = create(engine, desk, ENDORSED)
    outbox.run(engine)
    with engine.reading(desk.visitor) as unit:
        assert [one.id for one in ads.list_ads(unit)] == [card.id]
        assert ads.list_ads(unit, placement="mcp") == []
        with pytest.raises(LicenceRefused):
            ads.get_ad(unit, card.id, placement="mcp")


def test_revoking_while_an_ad_is_being_published_ends_with_the_ad_down(
    engine: AdEngine, desk: Desk, outbox: Outbox, licence: str
) -> None:
    card = create(engine, desk, replace(ENDORSED, publish=False))
    outbox.run(engine)
    began = threading.Event()
    failed: list[Exception] = []

    def revoke() -> None:
        began.wait()
        try:
            with engine.unit(desk.merchant) as unit:
                ads.revoke(unit, licence)
        except Exception as error:
            failed.append(error)

    other = threading.Thread(target=revoke)
    other.start()
    with engine.unit(desk.merchant) as unit:
        unit.get(Ad, card.id, lock=True)
        began.set()
        time.sleep(0.5)  # the other holds the licence by now and waits for the ad
        ads.publish(unit, card.id)
    other.join()
    assert failed == []
    assert look(engine, desk, card.id).status == "retired"
