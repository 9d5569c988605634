"""Films made after other films: whose licences they need, who goes down with them, and who earns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.errors import Conflict, Invalid, LicenceRefused, NotFound
from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Ad, Licence
from adengine.services import ads, catalog, earnings
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.lineage import Films
from tests.sales import set_selling
from tests.shops import write_shop


@pytest.fixture
def films(engine: AdEngine, desk: Desk, tmp_path: Path) -> Films:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    set_selling(engine, desk, creator_bps=300)
    return Films(engine, desk.merchant, desk.shop.id)


def remix(films: Films, parent: str, **wish: str) -> str:
    with films.engine.unit(films.merchant) as unit:
        return ads.create_ad(unit, AdWish("mug", seconds=6, remix_of=parent, **wish)).id  # type: ignore[arg-type]


def status(films: Films, ad_id: str) -> str:
    with films.engine.reading(films.merchant) as unit:
        return unit.get(Ad, ad_id).status


def permit(films: Films, licence: str, *, remix: bool) -> None:
    """The terms that a licence was given under, with and without remixes."""
    with films.engine.unit(films.merchant) as unit:
        row = unit.get(Licence, licence)
        row.terms = replace(row.terms, remix=remix, needs_approval=False)


def test_a_remix_remembers_its_parent_and_both_makers_are_paid_their_due(films: Films) -> None:
    licence = films.licence("nix", 400)
    permit(films, licence, remix=True)
    made = remix(films, films.film(licence=licence, creator="studio nord"), creator=" atelier sud ")
    with films.engine.reading(films.merchant) as unit:
        assert unit.get(Ad, made).creator == "atelier sud"
        split = earnings.split_of(unit, made)
    assert (split.cameos, split.creators) == ((("cam_nix", 400),), (("studio nord", 300),))
    assert Money(10_000, "EUR").split([share for _, share in split.shares])[0] == Money(9_100, "EUR")


def test_a_licence_that_allows_no_remix_allows_none_of_its_descendants_either(films: Films) -> None:
    licence = films.licence("nix", 400)
    permit(films, licence, remix=True)
    child = remix(films, films.film(licence=licence))
    permit(films, licence, remix=False)
    for parent in (child, films.film(licence=licence)):
        with pytest.raises(LicenceRefused) as refused:
            remix(films, parent)
        assert refused.value.clause == "remix"


def test_a_licence_asked_for_a_remix_is_asked_whenever_the_remix_is_shown(films: Films) -> None:
    licence = films.licence("nix", 400)
    permit(films, licence, remix=True)
    made = remix(films, films.film(licence=licence))
    with films.engine.unit(films.merchant) as unit:
        ad = unit.get(Ad, made)
        assert ads.licences_of(unit, ad) == {licence: True}
        row = unit.get(Licence, licence)
        row.terms = replace(row.terms, placements=("page",))
        ads.authorize(unit, ad, "serve", ads.planning.product_of(unit, "mug"), "page")
        with pytest.raises(LicenceRefused, match="placement"):
            ads.authorize(unit, ad, "serve", ads.planning.product_of(unit, "mug"), "embed")


def test_revoking_a_licence_takes_remixes_of_its_films_down_too(films: Films) -> None:
    licence = films.licence("nix", 400)
    permit(films, licence, remix=True)
    original = films.film(licence=licence)
    child = remix(films, original)
    grandchild = remix(films, child)
    stranger = films.film()
    with films.engine.unit(films.merchant) as unit:
        assert set(ads.revoke(unit, licence)) == {original, child, grandchild}
    assert [status(films, one) for one in (original, child, grandchild)] == ["retired"] * 3
    assert status(films, stranger) == "queued"


def test_only_a_film_that_lives_can_be_remixed_and_not_forever(films: Films) -> None:
    gone = films.film()
    with films.engine.unit(films.merchant) as unit:
        ads.retire(unit, gone)
    with pytest.raises(Conflict, match="retired"):
        remix(films, gone)
    with pytest.raises(NotFound):
        remix(films, "ad_nowhere")
    last = films.film()
    for _ in range(earnings.LONGEST_LINEAGE - 1):
        last = films.film(parent=last)
    with pytest.raises(Conflict, match="too many times over"):
        remix(films, last)


def test_another_shops_film_cannot_be_remixed(engine: AdEngine, films: Films, tmp_path: Path) -> None:
    other = open_desk(engine, "other")
    catalog.import_feed(engine, other.merchant, str(write_shop(tmp_path / "other")))
    theirs = Films(engine, other.merchant, other.shop.id).film()
    with pytest.raises(NotFound):
        remix(films, theirs)


@pytest.mark.parametrize("name", ["x" * 81, "two\nlines"])
def test_a_creators_name_is_one_short_line(films: Films, name: str) -> None:
    with pytest.raises(Invalid, match="one line"):
        remix(films, films.film(), creator=name)


def test_one_key_makes_one_remix_and_is_refused_for_another(films: Films) -> None:
    parent, other = films.film(), films.film()
    first = remix(films, parent, request_key="click")
    assert remix(films, parent, request_key="click") == first
    with pytest.raises(Conflict, match="another ad"):
        remix(films, other, request_key="click")
