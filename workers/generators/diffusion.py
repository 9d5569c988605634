"""Shots made by a Wan video model (torch and diffusers), from a local folder or a hub id."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from adengine.core.clip import Clip, ClipAsk
from adengine.core.errors import ClipCancelled, ClipUnsupported, GeneratorMissing, RenderFailed
from adengine.ports import Cancelled, Progress
from workers.generators import GeneratorSettings
from workers.generators.mp4 import Frame, write_mp4
from workers.generators.photo import framed
from workers.generators.wan_folder import WanFolder, missing_package, read_wan

if TYPE_CHECKING:
    import torch

# Drawn letters are never right: labels and prices are composited from real pixels later.
NEGATIVE_PROMPT = (
    "text, captions, watermark, overexposed, static, blurred details, worst quality, jpeg artefacts, "
    "deformed, extra fingers, cluttered background"
)
# Wan 2.1 image-to-video splits text from image tokens at 512 and mixes them silently for any other length.
TEXT_TOKENS = 512
REPORT_EVERY_S = 0.5
STEPS_BEGIN, STEPS_END = 0.05, 0.9
# Activations of a 720p clip need room beside the weights.
HEADROOM = 1.25
DTYPES = ("auto", "float32", "bfloat16")


class Diffusion:
    """Keeps the last model warm for the whole process; one clip is made at a time."""

    name = "diffusion"

    def __init__(self, settings: GeneratorSettings) -> None:
        if settings.dtype not in DTYPES:
            raise GeneratorMissing(f"dtype '{settings.dtype}' is unknown; choose one of: {', '.join(DTYPES)}.")
        if settings.steps < 1:
            raise GeneratorMissing(f"A clip needs at least 1 step, not {settings.steps}.")
        self.settings = settings

    def plan(self, ask: ClipAsk) -> ClipAsk:
        """Sizes on the model's grid and within 720p, 4k+1 frames at the model's own fps, at most 5 s."""
        return self._read(weights=False).plan(ask)

    def generate(self, ask: ClipAsk, *, out: Path, progress: Progress, cancelled: Cancelled) -> Clip:
        model = self._read(weights=True)
        planned = model.plan(ask)
        if planned != ask:
            size = f"{planned.width}x{planned.height}"
            raise ClipUnsupported(f"Ask for {size}, {planned.frames} frames at {planned.fps} fps, as planned.")
        try:
            return self._made(model, ask, out, _Watch(progress, cancelled))
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
        # Outside the handler: its traceback would keep the tensors of the failed run alive.
        _free_memory()
        raise RenderFailed("The machine ran out of memory; ask for a smaller or shorter clip or set a smaller model.")

    def _made(self, model: WanFolder, ask: ClipAsk, out: Path, watch: _Watch) -> Clip:
        with _WARM.use(watch):
            loaded = _WARM.pipeline(model, model.pipeline_for(ask), self.settings, watch)
            frames = self._denoised(loaded.pipe, ask, watch)
            watch.stage(STEPS_END, "writing the clip")
            write_mp4(_eight_bit(frames, watch), ask, out=out)
        watch.progress(1.0, "clip written")
        return Clip(out, ask.width, ask.height, ask.frames, ask.fps, self._provenance(model, loaded, ask))

    def _read(self, *, weights: bool) -> WanFolder:
        return read_wan(self.settings.model, offline=self.settings.offline, weights=weights)

    def _denoised(self, pipe: Any, ask: ClipAsk, watch: _Watch) -> Any:
        import torch

        watch.stage(STEPS_BEGIN, "reading the prompt")
        photo = {"image": framed(ask.image, ask.width, ask.height)} if ask.image else {}
        guided = self.settings.guidance > 1
        try:
            return pipe(
                prompt=ask.prompt,
                negative_prompt=NEGATIVE_PROMPT if guided else None,
                width=ask.width,
                height=ask.height,
                num_frames=ask.frames,
                num_inference_steps=self.settings.steps,
                guidance_scale=self.settings.guidance,
                # Noise drawn on the CPU is the same whatever card makes the clip.
                generator=torch.Generator("cpu").manual_seed(ask.seed),
                max_sequence_length=TEXT_TOKENS,
                output_type="np",
                callback_on_step_end=watch.stepped(self.settings.steps),
                **photo,
            ).frames[0]
        finally:
            # A pipeline left by an exception keeps offloaded parts on the card.
            pipe.maybe_free_model_hooks()

    def _provenance(self, model: WanFolder, loaded: _Loaded, ask: ClipAsk) -> tuple[tuple[str, str], ...]:
        import diffusers
        import torch
        import transformers

        return (
            ("generator", self.name),
            ("model", model.name),
            ("revision", model.revision),
            ("licence", model.licence),
            ("pipeline", model.pipeline_for(ask)),
            ("seed", str(ask.seed)),
            ("steps", str(self.settings.steps)),
            ("guidance", str(self.settings.guidance)),
            ("dtype", loaded.dtype),
            ("device", loaded.device),
            ("placement", loaded.placement),
            ("torch", torch.__version__),
            ("diffusers", diffusers.__version__),
            ("transformers", transformers.__version__),
        )


@dataclass
class _Watch:
    """Carries progress out of the pipeline and a wish to stop into it."""

    progress: Progress
    cancelled: Cancelled
    _reported_at: float = field(default_factory=time.monotonic)

    def stage(self, fraction: float, words: str) -> None:
        self.stop_if_cancelled()
        self.progress(fraction, words)

    def stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise ClipCancelled("The clip was cancelled.")

    def stepped(self, steps: int) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
        def after_step(pipe: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            # Raising stops here and leaves the pipeline usable; its own interrupt flag still decodes.
            self.stop_if_cancelled()
            if time.monotonic() - self._reported_at >= REPORT_EVERY_S:
                share = (index + 1) / steps
                self.progress(STEPS_BEGIN + share * (STEPS_END - STEPS_BEGIN), f"step {index + 1} of {steps}")
                self._reported_at = time.monotonic()
            return tensors

        return after_step


def _eight_bit(frames: Any, watch: _Watch) -> Iterator[Frame]:
    for frame in frames:
        watch.stop_if_cancelled()
        if not np.isfinite(frame).all():
            raise RenderFailed(
                "The model gave no picture (values out of range); set dtype to float32 or check the weights."
            )
        yield np.asarray(np.rint(np.clip(frame, 0, 1) * 255), dtype=np.uint8)


@dataclass(frozen=True)
class _Loaded:
    pipe: Any
    dtype: str
    device: str
    placement: str


class _WarmPipeline:
    """The one model this process holds. Loading takes minutes, so it stays until another is asked for."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._key: tuple[str, ...] = ()
        self._loaded: _Loaded | None = None

    @contextmanager
    def use(self, watch: _Watch) -> Iterator[None]:
        """Wait for the turn: a pipeline's scheduler holds the state of one run."""
        while not self._turn.acquire(timeout=REPORT_EVERY_S):
            watch.stop_if_cancelled()
        try:
            yield
        finally:
            self._turn.release()

    def pipeline(self, model: WanFolder, kind: str, settings: GeneratorSettings, watch: _Watch) -> _Loaded:
        packages_present()
        device = _device(settings.device)
        dtype = _dtype(settings.dtype, device)
        key = (str(model.path), model.revision, kind, str(device), str(dtype))
        if self._loaded is None or key != self._key:
            watch.stage(0.0, f"loading {model.name}")
            # Two models rarely fit side by side: let go before loading.
            self._loaded = None
            _free_memory()
            self._loaded = _load(model, kind, device, dtype)
            self._key = key
        return self._loaded


_WARM = _WarmPipeline()


def packages_present() -> None:
    """Import what a Wan pipeline needs, or raise GeneratorMissing.

    ftfy and accelerate are asked for by name because without them diffusers fails late, with a NameError
    at the first prompt and a ValueError about low_cpu_mem_usage.
    """
    try:
        for package in ("ftfy", "torch", "transformers", "accelerate", "diffusers"):
            import_module(package)
    except ImportError as error:
        raise missing_package(error) from error


def _device(wanted: str) -> torch.device:
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise GeneratorMissing(f"device '{wanted}' is unknown; set auto, cpu, cuda or cuda:N.") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise GeneratorMissing(f"device '{wanted}' is not on this machine; set ADENGINE_GENERATOR_DEVICE=auto.")
    return device


def _dtype(wanted: str, device: torch.device) -> torch.dtype:
    import torch

    if wanted == "auto":
        # bfloat16 on a CPU is emulated: minutes where float32 takes seconds.
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[wanted]


def _load(model: WanFolder, kind: str, device: torch.device, dtype: torch.dtype) -> _Loaded:
    import diffusers
    from safetensors import SafetensorError

    try:
        pipe = getattr(diffusers, kind).from_pretrained(
            str(model.path),
            dtype=dtype,
            local_files_only=True,
            # Without it a missing safetensors file falls back to a pickle, which can run code.
            use_safetensors=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise GeneratorMissing(
            f"The model '{model.name}' cannot be loaded ({_first_line(error)}); download it again."
        ) from error
    pipe.set_progress_bar_config(disable=True)
    return _Loaded(pipe, str(dtype).removeprefix("torch."), _device_words(device), _placed(pipe, device))


def _placed(pipe: Any, device: torch.device) -> str:
    import torch

    modules = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    weights = sum(value.numel() * value.element_size() for module in modules for value in module.parameters())
    if device.type == "cuda" and weights * HEADROOM > torch.cuda.mem_get_info(device)[0]:
        pipe.enable_model_cpu_offload(device=device)
        return "one part at a time on the card"
    pipe.to(device)
    return "whole"


def _device_words(device: torch.device) -> str:
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _is_out_of_memory(error: RuntimeError) -> bool:
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _free_memory() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
