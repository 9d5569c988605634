"""Enrolling an appearance: its files are kept outside of any transaction, and it is there once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.pool import QueuePool

from adengine.core.errors import SignInNeeded
from adengine.engine import AdEngine
from adengine.models import Cameo
from adengine.services import cameos
from integrations.files import FolderFiles
from tests.conftest import Desk
from tests.shops import draw_picture


class WatchedFiles(FolderFiles):
    """The folder, which notes how many connections the engine holds at each put."""

    def __init__(self, folder: Path, engine: AdEngine) -> None:
        super().__init__(folder)
        self.engine, self.held = engine, list[int]()

    def put(self, key: str, source: Path | bytes) -> None:
        pools = (self.engine.sql.pool, self.engine.sql_reads.pool)
        self.held.append(sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool)))
        super().put(key, source)


def enrol(engine: AdEngine, desk: Desk, folder: Path) -> str:
    draw_picture(folder / "lumi.png", "#d9a441", alpha=True)
    path = folder / "lumi.png"
    return cameos.enrol(engine, desk.merchant, "lumi", title="Lumi", kind="character", clip=path, still=path)


def test_an_appearance_is_enrolled_once_and_its_files_wait_for_no_transaction(
    engine: AdEngine, desk: Desk, tmp_path: Path
) -> None:
    files = WatchedFiles(tmp_path / "kept", engine)
    engine.ports = replace(engine.ports, files=files)
    first = enrol(engine, desk, tmp_path)
    assert files.held == [0, 0]
    assert enrol(engine, desk, tmp_path) == first
    assert files.held == [0, 0]
    with engine.reading(desk.merchant) as unit:
        row = unit.get(Cameo, first)
        assert unit.db.scalar(select(func.count()).select_from(Cameo)) == 1
    assert files.has(row.clip)
    assert files.has(row.still)


def test_a_shopper_enrols_nobody_and_leaves_no_file(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    files = WatchedFiles(tmp_path / "kept", engine)
    engine.ports = replace(engine.ports, files=files)
    with pytest.raises(SignInNeeded):
        cameos.enrol(engine, desk.visitor, "lumi", title="Lumi", kind="character", clip=tmp_path, still=tmp_path)
    assert files.held == []
