"""The check of a film: made when it is rendered, kept with it, for its merchant alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.errors import Forbidden, SignInNeeded
from adengine.core.lint import RULES
from adengine.engine import AdEngine
from adengine.models import Ad, Variant
from adengine.services import ads, catalog, lints
from adengine.services.planning import AdWish
from tests.conftest import Desk
from tests.fakes import Outbox
from tests.shops import write_shop

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))


def make(engine: AdEngine, desk: Desk, outbox: Outbox, wish: AdWish) -> str:
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, wish).id
    outbox.run(engine)
    return ad_id


def test_a_rendered_film_is_checked_by_every_rule(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    ad_id = make(engine, desk, outbox, AdWish("mug", seconds=8, publish=True))
    with engine.reading(desk.merchant) as unit:
        card, report = ads.get_ad(unit, ad_id), lints.report_of(unit, ad_id)
    assert card.lint == report
    assert report.unchecked == ()
    assert 0 < report.score <= 100
    assert {one.rule for one in report.findings} <= set(RULES)


def test_places_and_siblings_are_part_of_the_check(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    make(engine, desk, outbox, AdWish("mug", seconds=8))
    twin = make(engine, desk, outbox, AdWish("mug", seconds=8, placements=("meta_reels",)))
    with engine.reading(desk.merchant) as unit:
        found = {one.rule for one in lints.report_of(unit, twin).findings}
    assert "similarity" in found
    assert "length" in found  # Reels advise 15 seconds and more


def test_a_plan_without_a_film_is_checked_by_what_is_known(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish("mug", seconds=8)).id
    with engine.reading(desk.merchant) as unit:
        report = lints.report_of(unit, ad_id)
    assert "loudness" in report.unchecked
    assert not report.has_errors


def test_a_price_that_changed_after_the_render_is_an_error(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    ad_id = make(engine, desk, outbox, AdWish("mug", seconds=8))
    with engine.unit(desk.merchant) as unit:
        ad = unit.get(Ad, ad_id)
        unit.get(Variant, ad.storyboard.variant_id).price_minor = 1900
        ad.lint = None
    with engine.reading(desk.merchant) as unit:
        assert "price" in {one.rule for one in lints.report_of(unit, ad_id).findings if one.level == "error"}


def test_a_headline_that_needs_a_proof_is_found_before_a_film_is_made(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        loud = ads.create_ad(unit, AdWish("mug", seconds=8, headline="Clinically proven calm")).id
        quiet = ads.create_ad(unit, AdWish("mug", seconds=8, headline="Three fingers fit")).id
    with engine.reading(desk.merchant) as unit:
        found = [one for one in lints.report_of(unit, loud).findings if one.rule == "proof"]
        assert [(one.level, one.frame) for one in found] == [("error", 0)]
        assert "proof" not in {one.rule for one in lints.report_of(unit, quiet).findings}


def test_the_check_is_between_the_merchant_and_us(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    ad_id = make(engine, desk, outbox, AdWish("mug", seconds=8, publish=True))
    agent = replace(desk.merchant, kind="agent", scopes=frozenset({"catalog:read"}))
    with engine.reading(desk.visitor) as unit:
        assert ads.get_ad(unit, ad_id).lint is None
        assert [one.lint for one in ads.list_ads(unit)] == [None]
        with pytest.raises(SignInNeeded):
            lints.report_of(unit, ad_id)
    with engine.reading(agent) as unit, pytest.raises(Forbidden):
        lints.report_of(unit, ad_id)
