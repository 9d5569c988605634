"""What the form says of a template that a product cannot fill."""

from pathlib import Path

from adengine.engine import AdEngine
from adengine.services import catalog, planning
from tests.conftest import Desk
from tests.shops import write_shop


def test_obstacle_is_a_sentence_of_its_own(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    with engine.reading(desk.merchant) as unit:
        found = planning.obstacles(unit, planning.product_of(unit, "mug"))
    assert found["how_to"] == (
        "Needs two steps that show how the product is used: write each into a product field of its own,"
        " custom.step_1 to custom.step_3."
    )
    assert found["reviews"].startswith("Needs the stars of the product's reviews: fill")
    assert all(words.endswith(".") and "step_1, step_2" not in words for words in found.values())
