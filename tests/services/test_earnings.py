"""Who earns at a film's sale, through the films it was remixed from."""

from __future__ import annotations

from pathlib import Path

import pytest

from adengine.core.ledger import Split
from adengine.engine import AdEngine
from adengine.models import Ad, Licence
from adengine.services import cameos, catalog, earnings
from tests.conftest import Desk
from tests.lineage import Films
from tests.sales import set_selling
from tests.shops import write_shop


@pytest.fixture
def films(engine: AdEngine, desk: Desk, tmp_path: Path) -> Films:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    set_selling(engine, desk, creator_bps=300)
    return Films(engine, desk.merchant, desk.shop.id)


def test_a_sale_that_no_film_made_is_the_shops_but_for_the_platform(films: Films) -> None:
    assert films.split(None) == Split(films.shop_id, (), 200)


def test_a_film_earns_its_appearance_and_its_own_maker_nothing(films: Films) -> None:
    film = films.film(licence=films.licence("lumi", 1000), creator="studio nord")
    assert films.split(film) == Split(films.shop_id, (("cam_lumi", 1000),), 200)


def test_a_remix_earns_every_appearance_and_every_earlier_maker(films: Films) -> None:
    first = films.film(licence=films.licence("nix", 400), creator="studio nord")
    second = films.film(parent=first, creator="atelier sud")
    third = films.film(licence=films.licence("lumi", 1000), parent=second, creator="studio nord")
    fourth = films.film(parent=third)
    shop = films.shop_id
    assert films.split(fourth) == Split(
        shop, (("cam_lumi", 1000), ("cam_nix", 400)), 200, (("studio nord", 600), ("atelier sud", 300))
    )
    with films.engine.reading(films.merchant) as unit:
        claims = [(one.account, one.bps, one.generation) for one in earnings.claims_of(unit, third)]
    assert claims == [
        ("cameo:cam_lumi", 1000, 0),
        ("creator:atelier sud", 300, 1),
        ("cameo:cam_nix", 400, 2),
        ("creator:studio nord", 300, 2),
    ]


def test_each_licence_earns_once_and_two_of_one_appearance_add_up(films: Films) -> None:
    one = films.licence("lumi", 1000)
    with films.engine.unit(films.merchant) as unit:
        two = films.another(unit, "cam_lumi", 50)
    first = films.film(licence=one)
    assert films.split(films.film(licence=one, parent=first)).cameos == (("cam_lumi", 1000),)
    assert films.split(films.film(licence=two, parent=first)).cameos == (("cam_lumi", 1050),)


def test_films_that_are_each_others_parents_are_counted_once(films: Films) -> None:
    first = films.film(licence=films.licence("lumi", 100), creator="a")
    second = films.film(parent=first, creator="b")
    with films.engine.unit(films.merchant) as unit:
        unit.get(Ad, first).parent_id = second
    assert films.split(first).creators == (("b", 300),)
    assert films.split(second).creators == (("a", 300),)
    assert films.split(second).cameos == (("cam_lumi", 100),)


def test_who_stands_further_back_than_the_longest_lineage_earns_nothing(films: Films) -> None:
    film = films.film(creator="origin")
    for number in range(earnings.LONGEST_LINEAGE):
        film = films.film(parent=film, creator=f"maker {number}")
    makers = [name for name, _ in films.split(film).creators]
    assert len(makers) == earnings.LONGEST_LINEAGE - 1
    assert "origin" not in makers


def test_shares_beyond_the_whole_leave_the_shop_with_nothing_and_never_with_less(films: Films) -> None:
    first = films.film(licence=films.licence("nix", 6000), creator="a")
    second = films.film(licence=films.licence("lumi", 6000), parent=first)
    split = films.split(second)
    assert split.merchant_bps == 0
    assert (split.platform_bps, split.cameos) == (164, (("cam_lumi", 4918), ("cam_nix", 4918)))
    assert split.creators == (("a", 0),)


def test_a_licence_revoked_later_keeps_what_was_sold_before_and_still_earns_in_its_film(films: Films) -> None:
    licence = films.licence("lumi", 1000)
    film = films.film(licence=licence)
    before = films.split(film)
    with films.engine.unit(films.merchant) as unit:
        cameos.withdraw(unit, licence)
        assert unit.get(Licence, licence).revoked_at is not None
    assert films.split(film) == before
