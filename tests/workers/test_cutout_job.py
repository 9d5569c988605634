"""The job that cuts a picture out: found by the sweep, done once, kept by content."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Picture

from adengine.core import catalog as values
from adengine.core.errors import StorageFull
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Image
from adengine.services import catalog, cutouts
from tests.conftest import Desk
from tests.fakes import Clock, Outbox
from tests.shops import LAMP, MUG, write_shop
from workers.tasks import JOBS, sweep


def take(engine: AdEngine, desk: Desk, folder: Path) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder, [MUG, LAMP])))


def lamp(engine: AdEngine, desk: Desk) -> values.Image:
    with engine.unit(desk.merchant) as unit:
        return catalog.get_product(unit, "lamp").images[0]


def kept_files(engine: AdEngine) -> list[str]:
    return sorted(path.name for path in (engine.settings.home_path / "files" / "cutouts").glob("*"))


def test_a_product_before_a_plain_ground_is_cut_out_after_its_import(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path)
    assert [job for job, _ in sweep(engine)] == ["cutout"]
    outbox.run(engine)
    image = lamp(engine, desk)
    assert image.cutout_confidence >= 0.8
    assert image.cutout.startswith("cutouts/")
    with Picture.open(engine.ports.files.local(image.alone)) as picture:
        assert (picture.mode, picture.size) == ("RGBA", (image.width, image.height))
        # The shape of tests.shops.draw_picture: a body on an empty ground.
        assert picture.getpixel((10, 10)) == (0, 0, 0, 0)
        assert picture.getpixel((300, 400))[3] == 255  # type: ignore[index]


def test_a_job_that_runs_twice_keeps_one_cut_out(engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    jobs = sweep(engine)
    outbox.run(engine)
    first = lamp(engine, desk)
    for _, row_id in jobs * 2:
        JOBS["cutout"](engine, row_id)
    assert lamp(engine, desk) == first
    assert len(kept_files(engine)) == 1
    assert sweep(engine) == []


def test_a_cut_out_is_named_by_what_it_holds(engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path) -> None:
    take(engine, desk, tmp_path)
    sweep(engine)
    outbox.run(engine)
    first, content = kept_files(engine), engine.ports.files.local(lamp(engine, desk).alone).read_bytes()
    with engine.unit(SYSTEM) as unit:
        for image in unit.db.query(Image):
            cutouts.forget(image)
    sweep(engine)
    outbox.run(engine)
    assert kept_files(engine) == first
    assert engine.ports.files.local(lamp(engine, desk).alone).read_bytes() == content


def test_a_scene_without_a_plain_ground_stays_a_photograph(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    path = write_shop(tmp_path, [LAMP])
    Picture.effect_noise((400, 500), 120).convert("RGB").save(tmp_path / "lamp.png")
    catalog.import_feed(engine, desk.merchant, str(path))
    sweep(engine)
    outbox.run(engine)
    assert (lamp(engine, desk).alone, lamp(engine, desk).cutout_confidence, kept_files(engine)) == ("", 0.0, [])
    assert sweep(engine) == []


def test_a_picture_that_left_the_catalogue_is_no_error(
    engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path)
    ((_, image_id),) = sweep(engine)
    write_shop(tmp_path, [MUG, {**LAMP, "Image Src": ""}])
    catalog.import_feed(engine, desk.merchant, str(tmp_path / "products.csv"))
    JOBS["cutout"](engine, image_id)
    assert kept_files(engine) == []


def test_a_full_disk_leaves_the_picture_owed(
    engine: AdEngine, desk: Desk, outbox: Outbox, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(engine, desk, tmp_path)
    ((_, image_id),) = sweep(engine)

    def full(key: str, source: Path | bytes) -> None:
        raise StorageFull("no room left")

    with monkeypatch.context() as patched:
        patched.setattr(engine.ports.files, "put", full)
        with pytest.raises(StorageFull):
            JOBS["cutout"](engine, image_id)
    assert lamp(engine, desk).alone == ""
    clock.forward(days=1)
    outbox.jobs.clear()
    assert sweep(engine) == [("cutout", image_id)]
    outbox.run(engine)
    assert lamp(engine, desk).cutout_confidence >= 0.8
