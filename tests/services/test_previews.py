"""Previews: drawn once, seen picture by picture, dropped when nobody looks, thrown away after a day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adengine.core.errors import Invalid, NotFound
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Preview
from adengine.services import catalog, previews
from adengine.services.planning import AdAsk
from adengine.services.previews import PreviewCard
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox
from tests.shops import write_shop

ASK = AdAsk("mug", seconds=6)


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))


def ask(engine: AdEngine, desk: Desk, wish: AdAsk = ASK, instead_of: str = "") -> PreviewCard:
    with engine.unit(desk.merchant) as unit:
        return previews.ask_preview(unit, wish, instead_of=instead_of)


def look(engine: AdEngine, desk: Desk, preview_id: str) -> PreviewCard:
    with engine.reading(desk.merchant) as unit:
        return previews.get_preview(unit, preview_id)


def test_a_wish_that_cannot_be_met_is_refused_before_anything_is_drawn(
    engine: AdEngine, desk: Desk, outbox: Outbox
) -> None:
    with pytest.raises(Invalid, match="6 to 60"):
        ask(engine, desk, replace(ASK, seconds=90))
    with engine.reading(desk.merchant) as unit:
        assert unit.db.scalar(select(func.count()).select_from(Preview)) == 0
    assert outbox.jobs == []


def test_words_and_check_are_there_at_once(engine: AdEngine, desk: Desk) -> None:
    card = ask(engine, desk)
    assert (card.status, card.pictures, card.moves) == ("queued", 0, False)
    assert "Stoneware Mug" in card.said[0]
    assert len(card.moments) == len(card.said)
    assert {"contrast", "loudness"} <= set(card.lint.unchecked)
    assert not card.lint.has_errors


@pytest.mark.slow
def test_stills_come_one_by_one_and_then_it_moves(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    card = ask(engine, desk)
    outbox.run(engine)
    done = look(engine, desk, card.id)
    assert (done.status, done.pictures, done.moves) == ("ready", len(card.moments), True)
    assert "contrast" not in done.lint.unchecked
    with engine.reading(desk.merchant) as unit:
        still = engine.ports.files.local(previews.file_of(unit, card.id, "0.webp")).read_bytes()
        film = engine.ports.files.local(previews.file_of(unit, card.id, "film.mp4")).read_bytes()
        with pytest.raises(NotFound):
            previews.file_of(unit, card.id, "99.webp")
    assert (still[8:12], film[4:8]) == (b"WEBP", b"ftyp")


@pytest.mark.slow
def test_the_same_film_is_drawn_once(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    first = ask(engine, desk)
    outbox.run(engine)
    again = ask(engine, desk)
    assert (again.id, again.status, outbox.jobs) == (first.id, "ready", [])


def test_what_nobody_looks_at_any_more_is_not_drawn(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    old = ask(engine, desk)
    with engine.unit(desk.merchant) as unit:
        order = previews.claim(unit, old.id)
    assert order is not None
    new = ask(engine, desk, replace(ASK, style="bold"), old.id)
    with engine.unit(desk.merchant) as unit:
        assert not previews.beat(unit, old.id, order.attempt)
        assert previews.claim(unit, new.id) is not None
    assert ask(engine, desk).status == "queued"  # wanted again


def test_a_preview_whose_worker_fell_silent_is_drawn_by_another(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    card = ask(engine, desk)
    for expected in (1, 2):
        with engine.unit(desk.merchant) as unit:
            order = previews.claim(unit, card.id)
        assert order is not None
        assert order.attempt == expected
        clock.forward(minutes=10)
        with engine.unit(SYSTEM) as unit:
            assert previews.owed(unit) == [("sketch", card.id)]
    with engine.unit(desk.merchant) as unit:
        assert previews.claim(unit, card.id) is not None
    clock.forward(minutes=10)
    with engine.unit(SYSTEM) as unit:
        assert previews.owed(unit) == []
    failed = look(engine, desk, card.id)
    assert (failed.status, "three times" in failed.reason) == ("failed", True)


@pytest.mark.slow
def test_previews_of_yesterday_are_thrown_away_with_their_files(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock
) -> None:
    from workers.tasks import sweep

    card = ask(engine, desk)
    outbox.run(engine)
    with engine.reading(desk.merchant) as unit:
        key = previews.file_of(unit, card.id, "film.mp4")
    sweep(engine)
    assert engine.ports.files.has(key)
    clock.forward(hours=25)
    sweep(engine)
    assert not engine.ports.files.has(key)
    with pytest.raises(NotFound):
        look(engine, desk, card.id)


def test_another_shop_sees_no_preview_and_drops_none(engine: AdEngine, desk: Desk) -> None:
    card = ask(engine, desk)
    other = open_desk(engine, "other")
    with engine.reading(other.merchant) as unit, pytest.raises(NotFound):
        previews.get_preview(unit, card.id)
    with engine.unit(other.merchant) as unit:
        previews._drop(unit, card.id)
    assert look(engine, desk, card.id).status == "queued"
