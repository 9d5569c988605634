"""A film with a generated shot: a real diffusers pipeline, tiny and random, loaded and composited."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from adengine import database
from adengine.engine import AdEngine
from adengine.services import ads, catalog, receipts
from adengine.services.planning import AdWish
from adengine.settings import Settings
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox, build_test_engine
from tests.shops import write_shop

pytest.importorskip("diffusers", reason="diffusers is not installed (pip install 'adengine[gpu]')")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, outbox: Outbox) -> Iterator[AdEngine]:
    """The product with a tiny Wan image-to-video model set as its generator."""
    home = tmp_path_factory.mktemp("generated")
    from tests.generators.tiny_wan import build_image_to_video

    model = build_image_to_video(home / "model")
    settings = Settings(
        home=str(home),
        generator_model=str(model),
        generator_device="cpu",
        generator_steps="1",
        generator_guidance="1.0",
    )
    made = build_test_engine(settings, clock=Clock(), outbox=outbox)
    database.upgrade(made.sql)
    yield made
    made.close()


@pytest.fixture(scope="module")
def desk(engine: AdEngine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = open_desk(engine)
    catalog.import_feed(engine, made.merchant, str(write_shop(tmp_path_factory.mktemp("shop"))))
    return made


def test_a_generated_shot_is_made_by_the_model_and_shown_in_the_film(
    engine: AdEngine, desk: Desk, outbox: Outbox
) -> None:
    with engine.unit(desk.merchant) as unit:
        plain = ads.create_ad(unit, AdWish("lamp", seconds=6, publish=True)).id
        shot = ads.create_ad(unit, AdWish("lamp", seconds=6, generator="diffusion", publish=True)).id
    assert ("generate", shot) not in outbox.jobs
    outbox.run(engine)
    with engine.reading(desk.merchant) as unit:
        card, receipt = ads.get_ad(unit, shot), receipts.receipt(unit, shot)
    assert (card.status, card.reason) == ("published", "")
    assert receipt is not None
    told = dict(receipt.generated)
    assert (told["generator"], told["seed"], told["steps"]) == ("diffusion", "0", "1")
    assert difference(engine, plain, shot) > 10


def difference(engine: AdEngine, one: str, other: str) -> float:
    """Mean difference of the frame one second in, in levels of 255."""
    return float(np.abs(second(engine, one).astype(float) - second(engine, other)).mean())


def second(engine: AdEngine, ad_id: str) -> np.ndarray:
    path: Path = engine.ports.files.local(f"ads/{ad_id}/1/film.mp4")
    with av.open(BytesIO(path.read_bytes())) as opened:
        for number, frame in enumerate(opened.decode(opened.streams.video[0])):
            if number == 30:
                return frame.to_ndarray(format="rgb24")
    raise AssertionError("the film ended early")
