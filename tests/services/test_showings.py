"""Which products somebody can buy in a film."""

from pathlib import Path

from adengine.engine import AdEngine
from adengine.models import Ad
from adengine.services import ads, catalog, planning
from adengine.services.planning import AdWish
from adengine.services.showings import shown_products
from tests.conftest import Desk
from tests.shops import write_shop


def shown(engine: AdEngine, desk: Desk, wish: AdWish) -> frozenset[str]:
    with engine.unit(desk.merchant) as unit:
        return shown_products(unit.get(Ad, ads.create_ad(unit, wish).id))


def test_film_shows_its_own_product_and_those_beside_it(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    with engine.reading(desk.merchant) as unit:
        mug, lamp = (planning.product_of(unit, handle).id for handle in ("mug", "lamp"))
    assert shown(engine, desk, AdWish("mug", "collection", seconds=10)) == {mug, lamp}
    assert shown(engine, desk, AdWish("mug", "hero", seconds=6)) == {mug}
