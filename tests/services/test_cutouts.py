"""Cut-outs as jobs: owed once per picture, tried a few times, redone when the picture changes."""

from __future__ import annotations

from pathlib import Path

from PIL import Image as Picture
from PIL import ImageDraw
from sqlalchemy import select

from adengine.core import catalog as values
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Ad, Image
from adengine.services import ads, catalog, cutouts
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.shops import LAMP, MUG, draw_picture, write_shop


def take(engine: AdEngine, desk: Desk, folder: Path) -> catalog.ImportReport:
    return catalog.import_feed(engine, desk.merchant, str(write_shop(folder, [MUG, LAMP])))


def owed(engine: AdEngine) -> list[str]:
    with engine.unit(SYSTEM) as unit:
        return [row_id for job, row_id in cutouts.owed(unit) if job == "cutout"]


def picture_of(engine: AdEngine, desk: Desk, handle: str) -> values.Image:
    with engine.unit(desk.merchant) as unit:
        return catalog.get_product(unit, handle).images[0]


def keep(engine: AdEngine, desk: Desk, image_id: str, key: str, confidence: float) -> None:
    with engine.unit(desk.merchant) as unit:
        file = cutouts.claim(unit, image_id)
        assert file
    with engine.unit(desk.merchant) as unit:
        cutouts.keep(unit, image_id, file, key, confidence)


def test_an_import_owes_a_cut_out_for_what_has_no_transparency(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    (image_id,) = owed(engine)
    with engine.unit(desk.merchant) as unit:
        assert unit.get(Image, image_id).source == "lamp.png"
        mug = unit.db.scalars(select(Image).where(Image.source == "mug.png")).one()
        assert cutouts.claim(unit, mug.id) is None


def test_a_cut_out_is_kept_with_its_picture_and_not_owed_again(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    (image_id,) = owed(engine)
    assert picture_of(engine, desk, "lamp").alone == ""
    keep(engine, desk, image_id, "cutouts/a.webp", 0.93)
    kept = picture_of(engine, desk, "lamp")
    assert (kept.cutout, kept.cutout_confidence, kept.alone) == ("cutouts/a.webp", 0.93, "cutouts/a.webp")
    mug = picture_of(engine, desk, "mug")
    assert mug.alone == mug.file
    assert owed(engine) == []
    with engine.unit(desk.merchant) as unit:
        assert cutouts.claim(unit, image_id) is None


def test_importing_the_same_bytes_again_changes_nothing(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    keep(engine, desk, owed(engine)[0], "cutouts/a.webp", 0.93)
    again = take(engine, desk, tmp_path)
    assert (again.updated, again.unchanged) == (0, 2)
    assert picture_of(engine, desk, "lamp").cutout == "cutouts/a.webp"
    assert owed(engine) == []


def test_a_picture_that_gave_no_cut_out_is_not_tried_again(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    keep(engine, desk, owed(engine)[0], "", 0.0)
    take(engine, desk, tmp_path)
    assert (owed(engine), picture_of(engine, desk, "lamp").alone) == ([], "")


def test_a_changed_picture_loses_its_cut_out_and_is_owed_anew(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    (image_id,) = owed(engine)
    keep(engine, desk, image_id, "cutouts/a.webp", 0.93)
    path = write_shop(tmp_path, [MUG, LAMP])
    draw_picture(tmp_path / "lamp.png", "#335577", alpha=False)
    catalog.import_feed(engine, desk.merchant, str(path))
    changed = picture_of(engine, desk, "lamp")
    assert (changed.cutout, changed.cutout_confidence, changed.alone) == ("", 0.0, "")
    assert owed(engine) == [image_id]


def test_a_cut_out_of_a_picture_that_changed_meanwhile_is_not_kept(
    engine: AdEngine, desk: Desk, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path)
    (image_id,) = owed(engine)
    with engine.unit(desk.merchant) as unit:
        file = cutouts.claim(unit, image_id)
    assert file
    path = write_shop(tmp_path, [MUG, LAMP])
    draw_picture(tmp_path / "lamp.png", "#335577", alpha=False)
    catalog.import_feed(engine, desk.merchant, str(path))
    with engine.unit(desk.merchant) as unit:
        cutouts.keep(unit, image_id, file, "cutouts/old.webp", 0.99)
    assert picture_of(engine, desk, "lamp").alone == ""
    assert owed(engine) == [image_id]


def test_a_silent_worker_s_picture_is_sent_again_after_a_while_only(
    engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path)
    (image_id,) = owed(engine)
    assert owed(engine) == []
    clock.forward(seconds=cutouts.NUDGE_EVERY * int(engine.settings.lease_s) + 1)
    assert owed(engine) == [image_id]


def test_a_picture_that_ends_every_worker_is_given_up(
    engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path)
    claims = []
    for _ in range(cutouts.MOST_TRIES + 1):
        for image_id in owed(engine):
            with engine.unit(desk.merchant) as unit:
                claims.append(cutouts.claim(unit, image_id) is not None)
        clock.forward(days=1)
    assert claims == [True] * cutouts.MOST_TRIES + [False]
    assert owed(engine) == []


def test_a_large_catalogue_is_sent_in_portions(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    path = write_shop(tmp_path, [LAMP])
    rows = [LAMP]
    for number in range(cutouts.AT_ONCE + 4):
        made = Picture.new("RGB", (100, 100), (240, 240, 240))
        ImageDraw.Draw(made).ellipse((20, 20, 80, 80), fill=(number, 40, 90))
        made.save(tmp_path / f"p{number}.png")
        rows.append({"Handle": "lamp", "Image Src": f"p{number}.png"})
    write_shop(tmp_path, rows)
    catalog.import_feed(engine, desk.merchant, str(path))
    first, second = owed(engine), owed(engine)
    assert (len(first), len(second), set(first) & set(second)) == (cutouts.AT_ONCE, 5, set())


def test_another_shop_cuts_out_its_own_pictures_only(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    other = open_desk(engine, "other")
    take(engine, other, tmp_path)
    assert len(owed(engine)) == 2
    with engine.unit(other.merchant) as unit:
        assert unit.db.scalars(select(Image.source).where(Image.cutout_due.is_not(None))).all() == ["lamp.png"]


def test_a_cut_out_made_later_serves_new_films_and_leaves_planned_ones_as_they_were(
    engine: AdEngine, desk: Desk, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path)
    with engine.unit(desk.merchant) as unit:
        early = ads.create_ad(unit, AdWish("lamp", seconds=6)).id
    keep(engine, desk, owed(engine)[0], "cutouts/a.webp", 0.93)
    with engine.unit(desk.merchant) as unit:
        late = ads.create_ad(unit, AdWish("lamp", seconds=6)).id
        ad = unit.get(Ad, early)
        assert not ads.replan(unit, ad, catalog.get_product(unit, "lamp"))
        shown = {shot.visual.file for shot in ad.storyboard.shots}
        assert "cutouts/a.webp" not in shown
        assert "cutouts/a.webp" in {shot.visual.file for shot in unit.get(Ad, late).storyboard.shots}
        assert not ads.replan(unit, unit.get(Ad, late), catalog.get_product(unit, "lamp"))
