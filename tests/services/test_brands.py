"""The brand kit: kept whole or not at all, its logos checked as pictures are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.errors import Forbidden, Invalid, PictureUnusable
from adengine.core.storyboard import Brand
from adengine.engine import AdEngine
from adengine.services import brands, merchants
from tests.conftest import Desk
from tests.shops import draw_picture


def brand_of(engine: AdEngine, desk: Desk) -> Brand:
    with engine.reading(desk.merchant) as unit:
        return merchants.my_shop(unit).brand


def test_a_brand_is_kept_with_the_logos_it_had(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    draw_picture(tmp_path / "logo.png", "#224466", alpha=True)
    brands.keep_logo(engine, desk.merchant, "logo_on_dark", (tmp_path / "logo.png").read_bytes())
    given = Brand("Renamed", "#101010", "#ffffff", "#aa3300", style="swiss", tone="warm", end_line="Made slowly")
    with engine.unit(desk.merchant) as unit:
        brands.keep_brand(unit, given)
    kept = brand_of(engine, desk)
    assert replace(kept, logo_on_dark="") == given
    assert engine.ports.files.has(kept.logo_on_dark)
    brands.keep_logo(engine, desk.merchant, "logo_on_dark", b"")
    assert brand_of(engine, desk) == given


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 41}, "at most 40"),
        ({"end_line": "x" * 61}, "at most 60"),
        ({"accent": "red"}, "#1f2421"),
        ({"paper": "#fff"}, "paper colour"),
        ({"style": "nope"}, "choose one of"),
        ({"tone": "loud"}, "plain, warm, bold"),
        ({"text_font": "<script>"}, "no name of a font"),
    ],
)
def test_a_brand_that_cannot_be_kept_says_why_and_changes_nothing(
    engine: AdEngine, desk: Desk, change: dict[str, str], words: str
) -> None:
    with pytest.raises(Invalid, match=words), engine.unit(desk.merchant) as unit:
        brands.keep_brand(unit, replace(desk.shop.brand, **change))
    assert brand_of(engine, desk) == desk.shop.brand


def test_a_logo_is_a_picture_with_a_transparent_ground(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    draw_picture(tmp_path / "filled.png", "#224466", alpha=False)
    with pytest.raises(Invalid, match="transparent"):
        brands.keep_logo(engine, desk.merchant, "logo", (tmp_path / "filled.png").read_bytes())
    with pytest.raises(PictureUnusable):
        brands.keep_logo(engine, desk.merchant, "logo", b"<svg/>")
    assert brand_of(engine, desk).logo == ""


def test_a_visitor_changes_no_brand(engine: AdEngine, desk: Desk) -> None:
    agent = replace(desk.merchant, kind="agent", scopes=frozenset({"catalog:read"}))
    with pytest.raises(Forbidden), engine.unit(agent) as unit:
        brands.keep_brand(unit, desk.shop.brand)
    with pytest.raises(Forbidden):
        brands.keep_logo(engine, agent, "logo", b"")
