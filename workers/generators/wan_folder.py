"""Finds a Wan model in diffusers layout and reads what it can do, without loading a model library."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from math import floor, sqrt
from pathlib import Path
from typing import Any

from adengine.core.clip import ClipAsk
from adengine.core.errors import ClipUnsupported, GeneratorMissing
from workers.generators.asks import checked, up_to

TEXT_TO_VIDEO = "WanPipeline"
IMAGE_TO_VIDEO = "WanImageToVideoPipeline"

# Wan is trained up to 720p and about five seconds; beyond that it is slow and drifts.
MAX_PIXELS = 1280 * 720
MAX_SECONDS = 5

_HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")
_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "README.md"]


@dataclass(frozen=True)
class WanFolder:
    """A model on disk. `grid` is the pixel step of its sizes, `stride` the k of its k*n+1 frame counts."""

    path: Path
    name: str
    revision: str
    licence: str
    makes: str
    takes_both: bool
    grid: int
    stride: int
    fps: int

    def pipeline_for(self, ask: ClipAsk) -> str:
        """Name the diffusers class that serves `ask`. Raises ClipUnsupported when this model cannot."""
        wanted = IMAGE_TO_VIDEO if ask.image else TEXT_TO_VIDEO
        if wanted == self.makes or self.takes_both:
            return wanted
        if ask.image:
            raise ClipUnsupported(f"{self.name} makes video from text only; drop the picture or set an I2V model.")
        raise ClipUnsupported(f"{self.name} starts from a picture; add one or set a text-to-video model.")

    def plan(self, ask: ClipAsk) -> ClipAsk:
        """The nearest clip this model makes: its own fps, no shorter than asked, sizes on its grid."""
        self.pipeline_for(checked(ask))
        frames = up_to(-(-ask.frames * self.fps // ask.fps) - 1, self.stride) + 1
        longest = MAX_SECONDS * self.fps + 1
        if frames > longest:
            raise ClipUnsupported(
                f"{ask.frames / ask.fps:.1f} s is too long for {self.name}; split the shot, "
                f"it makes at most {longest} frames at {self.fps} fps ({MAX_SECONDS} s)."
            )
        width, height = self._snapped(ask.width, ask.height)
        return replace(ask, width=width, height=height, frames=frames, fps=self.fps)

    def _snapped(self, width: int, height: int) -> tuple[int, int]:
        up = up_to(width, self.grid), up_to(height, self.grid)
        if up[0] * up[1] <= MAX_PIXELS:
            return up
        scale = min(1.0, sqrt(MAX_PIXELS / (width * height)))
        # The hair above keeps 1080 * (2 / 3) at 720 where floating point says 719.9999.
        columns, rows = (floor(side * scale / self.grid + 1e-9) for side in (width, height))
        return columns * self.grid, rows * self.grid


def read_wan(model: str, *, offline: bool, weights: bool) -> WanFolder:
    """Describe the model at a folder or hub id; `weights` asks for more than its configs.

    Raises GeneratorMissing with the operator's next step when it is absent or is no Wan pipeline.
    """
    path, revision = _located(model, offline=offline, weights=weights)
    name = path.name if not revision else model
    index = _config(path, "model_index.json", name)
    makes = str(index.get("_class_name"))
    if makes not in (TEXT_TO_VIDEO, IMAGE_TO_VIDEO):
        raise GeneratorMissing(f"'{name}' is a {makes}; this generator runs {TEXT_TO_VIDEO} and {IMAGE_TO_VIDEO}.")
    if weights:
        _parts_present(path, index, name)
    vae = _config(path, "vae/config.json", name)
    # Wan 2.2 may keep only its second expert.
    expert = "transformer" if (path / "transformer").is_dir() else "transformer_2"
    patch = int(_config(path, f"{expert}/config.json", name)["patch_size"][1])
    takes_both = bool(index.get("expand_timesteps"))
    return WanFolder(
        path=path,
        name=name,
        revision=revision or _fingerprint(path),
        licence=_licence(path),
        makes=makes,
        takes_both=takes_both,
        grid=int(vae.get("scale_factor_spatial", 8)) * patch,
        stride=int(vae.get("scale_factor_temporal", 4)),
        # No config says it: the 5B that takes both was trained at 24 fps, all others at 16.
        fps=24 if takes_both else 16,
    )


def _located(model: str, *, offline: bool, weights: bool) -> tuple[Path, str]:
    if not model:
        raise GeneratorMissing(
            "No video model is set; set ADENGINE_GENERATOR_MODEL to a folder in diffusers layout or a hub id "
            "such as Wan-AI/Wan2.2-TI2V-5B-Diffusers."
        )
    # A relative folder looks like a hub id, so the disk is asked first.
    if Path(model).is_dir():
        return Path(model), ""
    if not _HUB_ID.fullmatch(model):
        raise GeneratorMissing(f"There is no model folder at '{model}'; check ADENGINE_GENERATOR_MODEL.")
    snapshot = _snapshot(model, offline=offline, weights=weights)
    return snapshot, snapshot.name


def _snapshot(model: str, *, offline: bool, weights: bool) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise missing_package(error) from error
    try:
        files = _FILES if weights else ["*.json", "README.md"]
        return Path(snapshot_download(model, local_files_only=offline, allow_patterns=files))
    except LocalEntryNotFoundError as error:
        raise GeneratorMissing(
            f"'{model}' is neither a folder here nor in the download cache; run `hf download {model}` first."
        ) from error
    except HfHubHTTPError as error:
        raise GeneratorMissing(f"'{model}' cannot be downloaded ({error}); check its name and your access.") from error


def missing_package(error: ImportError) -> GeneratorMissing:
    return GeneratorMissing(
        f"The package '{error.name}' cannot be imported; video models need `pip install 'adengine[gpu]'`."
    )


def _config(path: Path, file: str, name: str) -> dict[str, Any]:
    try:
        config = json.loads((path / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GeneratorMissing(
            f"'{name}' has no readable {file}, so it is no whole diffusers model; download it again."
        ) from error
    if not isinstance(config, dict):
        raise GeneratorMissing(f"{file} of '{name}' is not a JSON object; download the model again.")
    return config


def _parts_present(path: Path, index: dict[str, Any], name: str) -> None:
    """Raise GeneratorMissing for a part the index names and the folder lacks."""
    for part, classes in index.items():
        if isinstance(classes, list) and classes[0] and not any((path / part).glob("*")):
            raise GeneratorMissing(f"'{name}' lacks its {part}; download it again.")
    # transformers makes up an empty tokenizer where the vocabulary is missing: every prompt reads the same.
    if not any((path / "tokenizer" / file).is_file() for file in ("tokenizer.json", "spiece.model")):
        raise GeneratorMissing(f"The tokenizer of '{name}' has no vocabulary; download it again.")


def _fingerprint(path: Path) -> str:
    """Configs by content, weights by size: reading 60 GB to name a clip's origin would take minutes."""
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.suffix in (".json", ".safetensors")):
        digest.update(file.relative_to(path).as_posix().encode())
        digest.update(file.read_bytes() if file.suffix == ".json" else str(file.stat().st_size).encode())
    return f"sha256:{digest.hexdigest()}"


def _licence(path: Path) -> str:
    """What the model card's header states."""
    card = path / "README.md"
    if not card.is_file():
        return "not stated"
    header = card.read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
    stated = re.search(r"^license:\s*(\S+)", header, re.MULTILINE)
    return stated[1] if stated else "not stated"
