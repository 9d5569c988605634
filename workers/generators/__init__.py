"""Video generators: one contract, and the table of names an operator may choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adengine.core.errors import Invalid
from adengine.ports import Generator


@dataclass(frozen=True)
class GeneratorSettings:
    """What an operator may set. `model` is a folder in diffusers layout or a hub id (`owner/name`).

    `device` is auto, cpu, cuda or cuda:N; `dtype` is auto, float32 or bfloat16. Weights distilled to a
    few steps want `guidance=1.0`. With `offline` nothing is ever downloaded.
    """

    model: str = ""
    device: str = "auto"
    dtype: str = "auto"
    steps: int = 40
    guidance: float = 5.0
    offline: bool = True


def generator_named(name: str, settings: GeneratorSettings) -> Generator:
    """Make the generator of that name. Raises Invalid, which lists the known names."""
    if name not in GENERATORS:
        raise Invalid(f"there is no generator '{name[:60]}'; choose one of: {', '.join(sorted(GENERATORS))}")
    return GENERATORS[name](settings)


# Imported on use: a worker that only makes placeholders never loads a model library.
def _placeholder(settings: GeneratorSettings) -> Generator:
    from workers.generators.placeholder import Placeholder

    return Placeholder()


def _diffusion(settings: GeneratorSettings) -> Generator:
    from workers.generators.diffusion import Diffusion

    return Diffusion(settings)


GENERATORS: dict[str, Callable[[GeneratorSettings], Generator]] = {
    "placeholder": _placeholder,
    "diffusion": _diffusion,
}
