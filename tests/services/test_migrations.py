"""Databases of earlier releases: their rows are read, shown and rendered again by this one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from adengine import database
from adengine.connections import connect
from adengine.engine import AdEngine, merchant_actor, shopper
from adengine.models import Ad
from adengine.services import ads, showings
from adengine.settings import Settings
from tests.conftest import empty_database
from tests.fakes import Clock, Outbox, build_test_engine
from tests.shops import draw_picture

pytestmark = pytest.mark.slow
OLD: dict[str, Any] = json.loads((Path(__file__).parents[1] / "core" / "data" / "ad_v1.json").read_text())
SHOP = "mer_first"
FILM = {
    "film": "ads/old/1/film.mp4", "poster": "ads/old/1/poster.webp", "poster_jpeg": "ads/old/1/poster.jpg",
    "captions": "ads/old/1/captions.vtt", "frames": 450, "width": 1080, "height": 1920, "duration_s": 15.0,
    "bytes": 9, "sha256": "0" * 64, "audio": True, "notes": [],
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres"])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as the first release left it: one shop, one lamp, an ad on show and one that waits."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'first.db'}"
    else:
        url = empty_database(request.getfixturevalue("postgres_url"))
    sql = connect(url)
    with sql.begin() as connection:
        command.upgrade(database.config(connection), "0001")
        fill(connection)
    sql.dispose()
    return url


def fill(connection: sa.Connection) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    tables = sa.MetaData()
    tables.reflect(connection)

    def put(table: str, **values: Any) -> None:
        connection.execute(tables.tables[table].insert().values(**values))

    put(
        "merchant",
        id=SHOP,
        name="first",
        title="First",
        currency="EUR",
        brand=OLD["storyboard"]["brand"],
        created_at=now,
    )
    put(
        "product", id="lamp", handle="lamp", title="Dusk Table Lamp", description="Woven linen shade. E27 socket.",
        vendor="First", kind="Lamp", tags=[], status="active", metafields=[], updated_at=now, merchant_id=SHOP,
    )  # fmt: skip
    put(
        "variant", id="v1", product_id="lamp", key="sku:L1", position=0, title="Sand", options=[], sku="L1", barcode="",
        currency="EUR", price_minor=8900, reserved=0, oversell=False, is_retired=False, stock=4, merchant_id=SHOP,
    )  # fmt: skip
    put(
        "image", id=1, product_id="lamp", source="a", alt="A lamp", position=1, file="a", width=600, height=700,
        has_alpha=True, problem="", merchant_id=SHOP,
    )  # fmt: skip
    for ad_id, status, film in (("ad_shown", "published", FILM), ("ad_waits", "queued", None)):
        put(
            "ad", id=ad_id, product_id="lamp", title="Lamp", status=status, reason="", to_publish=False, attempt=0,
            losses=0, frames_done=0, film=film, created_at=now, merchant_id=SHOP, **OLD,
        )  # fmt: skip


@pytest.fixture
def upgraded(first_release: str, tmp_path: Path) -> Iterator[AdEngine]:
    settings = Settings(home=str(tmp_path / "home"), database_url=first_release)
    made = build_test_engine(settings, clock=Clock(), outbox=Outbox())
    database.upgrade(made.sql)
    for name in ("a", "b", "lumi", "lumi_still"):
        draw_picture(tmp_path / f"{name}.png", "#7d8c74", alpha=name != "b")
        made.ports.files.put(name, tmp_path / f"{name}.png")
    for key in (FILM["film"], FILM["captions"]):
        made.ports.files.put(str(key), b"old bytes")
    yield made
    made.close()


def test_a_published_ad_of_the_first_release_is_shown_as_it_was(upgraded: AdEngine) -> None:
    with upgraded.reading(shopper(SHOP)) as unit:
        showing = showings.show(unit, "ad_shown", placement="page")
        assert upgraded.ports.files.local(showings.file_of(unit, "ad_shown", "film.mp4")).read_bytes() == b"old bytes"
    assert showing.appearance == "Lumi"
    assert "Woven linen shade" in showing.transcript
    assert showing.spots[0].variant.price.minor == 8900
    assert (showing.card.style, showing.card.lint) == ("editorial", None)


def test_a_waiting_ad_of_the_first_release_is_rendered_from_its_own_plan(upgraded: AdEngine) -> None:
    from workers.tasks import render

    render(upgraded, "ad_waits")
    with upgraded.reading(merchant_actor(SHOP)) as unit:
        ad = unit.get(Ad, "ad_waits")
        assert (ad.status, ad.reason) == ("ready", "")
        assert ad.film is not None
        assert ad.film.frames == 450
        assert ad.lint is not None
        assert [shot.layout for shot in ad.storyboard.shots] == ["host", "reason", "photo", "reason", "end"]
        assert ad.timeline.style.display == ("serif", 600)


def test_publishing_an_old_film_makes_it_anew_with_todays_look(upgraded: AdEngine) -> None:
    from workers.tasks import render

    render(upgraded, "ad_waits")
    with upgraded.unit(merchant_actor(SHOP)) as unit:
        assert ads.publish(unit, "ad_waits").status == "queued"
    render(upgraded, "ad_waits")
    with upgraded.reading(merchant_actor(SHOP)) as unit:
        ad = unit.get(Ad, "ad_waits")
        assert (ad.status, ad.storyboard.mood) == ("published", "warm")
        assert ad.timeline.safe.w < 880
