"""Cancelling the making of a film: what stops, what stays, and that it is for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from adengine.core.errors import Conflict, NotFound, SignInNeeded
from adengine.engine import AdEngine
from adengine.models import Ad, Shot
from adengine.services import ads, catalog, renders
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Outbox
from tests.shops import MUG, OAT, write_shop


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", [MUG, OAT])))


def order(engine: AdEngine, desk: Desk, **wish: str) -> str:
    with engine.unit(desk.merchant) as unit:
        return ads.create_ad(unit, AdWish("mug", seconds=6, **wish)).id


def cancelled(engine: AdEngine, desk: Desk, ad_id: str) -> ads.AdCard:
    with engine.unit(desk.merchant) as unit:
        return ads.cancel(unit, ad_id)


def test_a_queued_film_is_retired_and_no_worker_takes_it(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    ad_id = order(engine, desk)
    card = cancelled(engine, desk, ad_id)
    assert (card.status, card.reason) == ("retired", "cancelled by the merchant")
    outbox.run(engine)
    with engine.unit(desk.merchant) as unit:
        assert renders.claim_render(unit, ad_id) is None
        assert unit.get(Ad, ad_id).attempt == 0
        assert renders.owed(unit) == []


def test_a_render_under_way_loses_its_place(engine: AdEngine, desk: Desk) -> None:
    ad_id = order(engine, desk)
    with engine.unit(desk.merchant) as unit:
        claimed = renders.claim_render(unit, ad_id)
    assert claimed is not None
    cancelled(engine, desk, ad_id)
    with engine.unit(desk.merchant) as unit:
        assert not renders.beat(unit, ad_id, claimed.attempt, 10)
        renders.fail_render(unit, ad_id, claimed.attempt, "too late to say")
        assert (unit.get(Ad, ad_id).status, unit.get(Ad, ad_id).reason) == ("retired", "cancelled by the merchant")


def test_a_shot_under_way_loses_its_place(engine: AdEngine, desk: Desk) -> None:
    ad_id = order(engine, desk, generator="placeholder")
    with engine.unit(desk.merchant) as unit:
        (shot_id,) = ads.shots_of(unit, ad_id)
        claimed = renders.claim_shot(unit, shot_id)
    assert claimed is not None
    cancelled(engine, desk, ad_id)
    with engine.unit(desk.merchant) as unit:
        assert not renders.beat_shot(unit, shot_id, claimed.attempt, 0.5)
        assert unit.get(Shot, shot_id).progress == 0.0


def test_cancelling_twice_changes_nothing_and_is_for_good(engine: AdEngine, desk: Desk) -> None:
    ad_id = order(engine, desk)
    first = cancelled(engine, desk, ad_id)
    with engine.unit(desk.merchant) as unit:
        assert ads.cancel(unit, ad_id, "another reason") == first
    with engine.unit(desk.merchant) as unit, pytest.raises(Conflict):
        ads.retry(unit, ad_id)
    with engine.unit(desk.merchant) as unit, pytest.raises(Conflict):
        ads.publish(unit, ad_id)


def test_a_film_that_is_made_is_not_cancelled(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    ad_id = order(engine, desk)
    outbox.run(engine)
    assert cancelled(engine, desk, ad_id).status == "ready"
    with engine.unit(desk.merchant) as unit:
        ads.queue_film(unit, unit.get(Ad, ad_id))  # as when the shop's data changed
    assert cancelled(engine, desk, ad_id).status == "queued"


def test_a_film_that_failed_stays_failed(engine: AdEngine, desk: Desk) -> None:
    ad_id = order(engine, desk)
    with engine.unit(desk.merchant) as unit:
        claimed = renders.claim_render(unit, ad_id)
        assert claimed is not None
        renders.fail_render(unit, ad_id, claimed.attempt, "the disk is full")
    card = cancelled(engine, desk, ad_id)
    assert (card.status, card.reason) == ("failed", "the disk is full")


def test_only_its_merchant_may_cancel(engine: AdEngine, desk: Desk) -> None:
    ad_id = order(engine, desk)
    with engine.unit(desk.visitor) as unit, pytest.raises(SignInNeeded):
        ads.cancel(unit, ad_id)
    with engine.unit(open_desk(engine, "other").merchant) as unit, pytest.raises(NotFound):
        ads.cancel(unit, ad_id)
