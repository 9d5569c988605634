"""What every entry of GENERATORS promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from adengine.core.clip import ClipAsk
from adengine.core.errors import ClipCancelled, ClipUnsupported, Invalid, PictureUnusable
from adengine.ports import Generator
from workers.generators import GENERATORS, GeneratorSettings, generator_named

from .conftest import Listener, Models, decoded, quick

MakeSettings = Callable[[pytest.FixtureRequest], GeneratorSettings]


def _no_model(request: pytest.FixtureRequest) -> GeneratorSettings:
    return GeneratorSettings()


def _tiny_wan(request: pytest.FixtureRequest) -> GeneratorSettings:
    models: Models = request.getfixturevalue("models")
    return quick(models.both)


SETTINGS: dict[str, MakeSettings] = {"placeholder": _no_model, "diffusion": _tiny_wan}


@pytest.fixture(params=sorted(GENERATORS))
def generator(request: pytest.FixtureRequest) -> Generator:
    return generator_named(request.param, SETTINGS[request.param](request))


@pytest.fixture(params=["prompt alone", "with photo"])
def any_ask(request: pytest.FixtureRequest, ask: ClipAsk, photo: Path) -> ClipAsk:
    return replace(ask, image=photo) if request.param == "with photo" else ask


def make(generator: Generator, ask: ClipAsk, out: Path) -> np.ndarray:
    heard = Listener()
    generator.generate(ask, out=out, progress=heard.progress, cancelled=heard.cancelled)
    return decoded(out)


def test_a_clip_has_the_planned_size_rate_and_frame_count(
    generator: Generator, any_ask: ClipAsk, tmp_path: Path
) -> None:
    planned = generator.plan(any_ask)
    heard = Listener()
    clip = generator.generate(planned, out=tmp_path / "shot.mp4", progress=heard.progress, cancelled=heard.cancelled)
    frames = decoded(clip.path)
    assert frames.shape == (planned.frames, planned.height, planned.width, 3)
    assert frames.std() > 1
    asked = planned.width, planned.height, planned.frames, planned.fps
    assert (clip.width, clip.height, clip.frames, clip.fps) == asked
    assert [file.name for file in tmp_path.iterdir()] == ["shot.mp4"]


def test_the_clip_names_its_generator_and_seed(generator: Generator, ask: ClipAsk, tmp_path: Path) -> None:
    heard = Listener()
    clip = generator.generate(
        generator.plan(ask), out=tmp_path / "a.mp4", progress=heard.progress, cancelled=heard.cancelled
    )
    provenance = dict(clip.provenance)
    assert provenance["generator"] == generator.name
    assert provenance["seed"] == "7"
    assert str(tmp_path) not in str(clip.provenance)


def test_the_same_seed_gives_the_same_frames_and_another_seed_others(
    generator: Generator, any_ask: ClipAsk, tmp_path: Path
) -> None:
    planned = generator.plan(any_ask)
    first = make(generator, planned, tmp_path / "first.mp4")
    again = make(generator, planned, tmp_path / "again.mp4")
    other = make(generator, replace(planned, seed=8), tmp_path / "other.mp4")
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_progress_rises_to_one(generator: Generator, ask: ClipAsk, tmp_path: Path) -> None:
    heard = Listener()
    generator.generate(generator.plan(ask), out=tmp_path / "a.mp4", progress=heard.progress, cancelled=heard.cancelled)
    fractions = [fraction for fraction, words in heard.heard]
    assert all(earlier <= later for earlier, later in pairwise(fractions))
    assert fractions[0] < 0.5
    assert fractions[-1] == 1.0
    assert fractions.count(1.0) == 1
    assert all(words for fraction, words in heard.heard)


@pytest.mark.parametrize("nth", [1, 2, 3, 5])
def test_a_cancelled_clip_leaves_no_file_and_the_generator_usable(
    generator: Generator, ask: ClipAsk, tmp_path: Path, nth: int
) -> None:
    planned = generator.plan(ask)
    whole = make(generator, planned, tmp_path / "whole.mp4")
    impatient = Listener(stop=lambda listener: listener.asked == nth)
    with pytest.raises(ClipCancelled):
        generator.generate(
            planned,
            out=tmp_path / "stopped.mp4",
            progress=impatient.progress,
            cancelled=impatient.cancelled,
        )
    assert impatient.asked == nth, "it went on after being told to stop"
    assert [file.name for file in tmp_path.iterdir()] == ["whole.mp4"]
    np.testing.assert_array_equal(make(generator, planned, tmp_path / "after.mp4"), whole)


def test_planning_twice_changes_nothing_and_never_shortens(generator: Generator, ask: ClipAsk) -> None:
    for width, height in [(1, 1), (1081, 1919), (1080, 1920), (1190, 774), (1279, 719), (333, 500)]:
        for frames, fps in [(1, 24), (2, 30), (90, 30), (124, 25), (119, 24)]:
            wanted = replace(ask, width=width, height=height, frames=frames, fps=fps)
            planned = generator.plan(wanted)
            assert generator.plan(planned) == planned
            assert planned.frames / planned.fps >= frames / fps
            assert (planned.prompt, planned.seed, planned.image) == (ask.prompt, ask.seed, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 0}, "at least 1"),
        ({"height": -4}, "at least 1"),
        ({"frames": 0}, "at least 1"),
        ({"fps": 0}, "at least 1"),
        ({"width": 500, "height": 100}, "longer than 4:1"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"frames": 100 * 16}, "too long"),
    ],
)
def test_an_impossible_ask_is_refused_with_words(
    generator: Generator, ask: ClipAsk, tmp_path: Path, change: dict[str, int], words: str
) -> None:
    with pytest.raises(ClipUnsupported, match=words):
        generator.plan(replace(ask, **change))
    heard = Listener()
    with pytest.raises(ClipUnsupported, match=words):
        generator.generate(
            replace(ask, **change),
            out=tmp_path / "a.mp4",
            progress=heard.progress,
            cancelled=heard.cancelled,
        )
    assert heard.heard == []
    assert list(tmp_path.iterdir()) == []


def test_an_unplanned_size_is_refused_rather_than_rounded(generator: Generator, ask: ClipAsk, tmp_path: Path) -> None:
    heard = Listener()
    with pytest.raises(ClipUnsupported, match="as planned"):
        generator.generate(
            replace(generator.plan(ask), width=33),
            out=tmp_path / "a.mp4",
            progress=heard.progress,
            cancelled=heard.cancelled,
        )
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_picture_is_refused(generator: Generator, ask: ClipAsk, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    heard = Listener()
    with pytest.raises(PictureUnusable, match=r"broken\.png"):
        generator.generate(
            generator.plan(replace(ask, image=broken)),
            out=tmp_path / "a.mp4",
            progress=heard.progress,
            cancelled=heard.cancelled,
        )
    assert [file.name for file in tmp_path.iterdir()] == ["broken.png"]


def test_an_unknown_generator_lists_the_known() -> None:
    with pytest.raises(Invalid, match="no generator 'dalle'; choose one of: diffusion, placeholder"):
        generator_named("dalle", GeneratorSettings())
