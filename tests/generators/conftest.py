"""Pictures, tiny model folders and an ask, shared by the generator tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from adengine.core.clip import ClipAsk
from workers.generators import GeneratorSettings


@dataclass(frozen=True)
class Models:
    text_to_video: Path
    image_to_video: Path
    both: Path


@dataclass
class Listener:
    """Stands at the caller's end: hears progress, and stops the clip when `stop` says so."""

    stop: Callable[[Listener], bool] = lambda listener: False
    heard: list[tuple[float, str]] = field(default_factory=list)
    asked: int = 0

    def progress(self, fraction: float, words: str) -> None:
        self.heard.append((fraction, words))

    def cancelled(self) -> bool:
        self.asked += 1
        return self.stop(self)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Whole Wan folders with random weights; tests that damage one copy it first."""
    pytest.importorskip("torch", reason="the extra adengine[gpu] is not installed")
    pytest.importorskip("diffusers", reason="the extra adengine[gpu] is not installed")
    import torch

    # Threads that wait for each other cost more than these tiny tensors do.
    torch.set_num_threads(1)
    from .tiny_wan import build_both, build_image_to_video, build_text_to_video

    root = tmp_path_factory.mktemp("models")
    return Models(
        build_text_to_video(root / "tiny-t2v"),
        build_image_to_video(root / "tiny-i2v"),
        build_both(root / "tiny-both"),
    )


@pytest.fixture
def damaged(models: Models, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models.text_to_video, tmp_path / "damaged"))


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red box on a white ground, wider than high."""
    picture = Image.new("RGB", (120, 60), "white")
    picture.paste((200, 30, 40), (20, 10, 100, 50))
    path = tmp_path_factory.mktemp("photos") / "box.png"
    picture.save(path)
    return path


@pytest.fixture
def ask() -> ClipAsk:
    return ClipAsk(prompt="a red box on a table", width=32, height=48, frames=5, fps=16, seed=7)


def quick(model: Path, *, steps: int = 2) -> GeneratorSettings:
    return GeneratorSettings(model=str(model), device="cpu", steps=steps, guidance=1.0)


def decoded(path: Path) -> NDArray[np.uint8]:
    """All frames of a clip as RGB: (frames, height, width, 3)."""
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
