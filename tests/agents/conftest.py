"""A shop with films for the tests of what agents are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from adengine.engine import AdEngine
from tests.agents.agents import Shop, open_shop
from tests.conftest import Desk


@pytest.fixture
def shop(engine: AdEngine, desk: Desk, tmp_path: Path) -> Shop:
    return open_shop(engine, desk, tmp_path)
