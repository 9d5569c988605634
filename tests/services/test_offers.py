"""Offers that end while their film is live, on both databases: a sweep holds the film back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adengine.core.errors import Invalid, NotFound
from adengine.core.film import Film
from adengine.engine import SYSTEM, AdEngine
from adengine.services import ads, catalog, renders, showings
from adengine.services.ads import AdCard
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox
from tests.shops import MUG, OAT, write_shop
from workers.tasks import sweep

LAST_DAY = "2026-11-30"
FILM = Film(
    *("film.mp4", "poster.webp", "poster.jpg", "captions.vtt"),
    frames=180,
    width=270,
    height=480,
    duration_s=6.0,
    bytes=4,
    sha256="0" * 64,
    audio=False,
)


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", [MUG, OAT])))


def made(engine: AdEngine, desk: Desk, *, ends: str = LAST_DAY, publish: bool = True) -> str:
    """An ad whose film is a value alone: nothing here looks at a frame."""
    with engine.unit(desk.merchant) as unit:
        card = ads.create_ad(unit, AdWish("mug", "offer", seconds=6, offer_ends=ends, publish=publish))
        order = renders.claim_render(unit, card.id)
        assert order is not None
        assert renders.keep_film(unit, card.id, order.attempt, FILM)
    return card.id


def look(engine: AdEngine, desk: Desk, ad_id: str) -> AdCard:
    with engine.reading(desk.merchant) as unit:
        return ads.get_ad(unit, ad_id)


def test_film_is_shown_to_the_end_of_the_offers_last_day(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    ad_id = made(engine, desk)
    clock.now = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    sweep(engine)
    assert look(engine, desk, ad_id).status == "published"


def test_sweep_after_the_last_day_takes_the_film_down_and_says_why(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    ad_id = made(engine, desk)
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    sweep(engine)
    held = look(engine, desk, ad_id)
    assert held.status == "paused"
    assert held.reason.startswith("held back: the offer ended on 2026-11-30; make a new film")
    with engine.reading(desk.visitor) as unit:
        assert ads.list_ads(unit) == []
        with pytest.raises(NotFound):
            showings.show(unit, ad_id, placement="page")


def test_film_whose_offer_ended_is_not_published_again(
    engine: AdEngine, desk: Desk, clock: Clock, outbox: Outbox, tmp_path: Path
) -> None:
    ad_id = made(engine, desk)
    clock.forward(days=30)
    sweep(engine)
    outbox.jobs.clear()
    with pytest.raises(Invalid, match="ended on 2026-11-30"), engine.unit(desk.merchant) as unit:
        ads.publish(unit, ad_id)
    dearer = [{**MUG, "Variant Price": "30.00"}, OAT]
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", dearer)))
    assert look(engine, desk, ad_id).status == "paused"
    assert ("render", ad_id) not in outbox.jobs


def test_films_without_an_end_or_not_on_show_are_left_alone(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    endless, ready = made(engine, desk, ends=""), made(engine, desk, publish=False)
    clock.forward(days=30)
    sweep(engine)
    assert [look(engine, desk, one).status for one in (endless, ready)] == ["published", "ready"]


def test_ended_offers_of_every_shop_are_found(engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path) -> None:
    other = open_desk(engine, "other")
    catalog.import_feed(engine, other.merchant, str(write_shop(tmp_path / "other", [MUG, OAT])))
    mine, theirs = made(engine, desk), made(engine, other)
    clock.forward(days=30)
    with engine.reading(SYSTEM) as unit:
        assert set(ads.offers_ended(unit)) == {(desk.shop.id, mine), (other.shop.id, theirs)}
    sweep(engine)
    with engine.reading(SYSTEM) as unit:
        assert ads.offers_ended(unit) == []


def test_ending_an_offer_again_changes_nothing(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    ad_id = made(engine, desk)
    with engine.unit(desk.merchant) as unit:
        ads.end_offer(unit, ad_id)
    assert look(engine, desk, ad_id).status == "published"  # it runs on
    clock.forward(days=30)
    for _ in range(2):
        with engine.unit(desk.merchant) as unit:
            ads.end_offer(unit, ad_id)
    assert look(engine, desk, ad_id).status == "paused"
