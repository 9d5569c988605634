from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adengine.core.clip import ClipAsk
from workers.generators.placeholder import Placeholder

from .conftest import Listener, decoded


def make(ask: ClipAsk, out: Path) -> NDArray[np.uint8]:
    heard = Listener()
    Placeholder().generate(ask, out=out, progress=heard.progress, cancelled=heard.cancelled)
    return decoded(out)


def red(frame: NDArray[np.uint8]) -> int:
    return int(((frame[..., 0] > 150) & (frame[..., 1] < 110)).sum())


def test_the_whole_product_is_shown_and_comes_slowly_nearer(ask: ClipAsk, photo: Path, tmp_path: Path) -> None:
    frames = make(replace(ask, width=360, height=640, frames=16, image=photo), tmp_path / "a.mp4")
    np.testing.assert_allclose(frames[0, 320, 180], (200, 30, 40), atol=6)
    # The photo is 120 wide with a box of 80 x 40: uncut, at three times its size, on its own white.
    assert abs(red(frames[0]) - 240 * 120) < 700
    assert frames[0, 5, 180].min() > 245
    assert 1.10 < red(frames[-1]) / red(frames[0]) < 1.20


def test_light_sweeps_across(ask: ClipAsk, photo: Path, tmp_path: Path) -> None:
    frames = make(replace(ask, width=360, height=640, frames=16, image=photo), tmp_path / "a.mp4")
    box = frames[:, 290:350, 80:280, 1].astype(float)
    brightest = [int(frame.mean(axis=0).argmax()) for frame in box[6:10]]
    assert box.mean(axis=(1, 2)).max() - box[0].mean() > 10
    assert len(set(brightest)) > 1


def test_without_a_picture_it_is_a_soft_gradient_that_moves(ask: ClipAsk, tmp_path: Path) -> None:
    frames = make(replace(ask, width=180, height=320, frames=8), tmp_path / "a.mp4").astype(float)
    assert np.abs(np.diff(frames[0], axis=1)).max() < 12
    assert np.abs(frames[-1] - frames[0]).mean() > 1


def test_nothing_pretends_to_be_generated(ask: ClipAsk, tmp_path: Path) -> None:
    heard = Listener()
    clip = Placeholder().generate(ask, out=tmp_path / "a.mp4", progress=heard.progress, cancelled=heard.cancelled)
    assert clip.provenance == (
        ("generator", "placeholder"),
        ("model", "none"),
        ("source", "gradient"),
        ("seed", "7"),
    )
