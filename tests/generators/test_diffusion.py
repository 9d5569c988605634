"""The diffusion generator over real diffusers pipelines: which model, which refusals, what is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adengine.core.clip import Clip, ClipAsk
from adengine.core.errors import ClipUnsupported, GeneratorMissing, RenderFailed
from workers.generators import GeneratorSettings
from workers.generators.diffusion import Diffusion

from .conftest import Listener, Models, decoded, quick

ROOT = Path(__file__).parents[2]


def make(settings: GeneratorSettings, ask: ClipAsk, out: Path, heard: Listener | None = None) -> Clip:
    heard = heard or Listener()
    generator = Diffusion(settings)
    return generator.generate(generator.plan(ask), out=out, progress=heard.progress, cancelled=heard.cancelled)


def test_wan_21_plans_sixteen_pixel_steps_and_its_own_rate(models: Models, ask: ClipAsk) -> None:
    plan = Diffusion(quick(models.text_to_video)).plan
    shot = replace(ask, width=1080, height=1920, frames=90, fps=30)
    assert plan(shot) == replace(shot, width=720, height=1280, frames=49, fps=16)
    assert plan(replace(ask, width=470, height=830)) == replace(ask, width=480, height=832)
    assert plan(replace(ask, frames=81)).frames == 81
    with pytest.raises(ClipUnsupported, match=r"5\.1 s is too long .* at most 81 frames at 16 fps"):
        plan(replace(ask, frames=82))


def test_wan_22_plans_thirty_two_pixel_steps_at_24_fps(models: Models, ask: ClipAsk) -> None:
    shot = replace(ask, width=1080, height=1920, frames=90, fps=30)
    planned = Diffusion(quick(models.both)).plan(shot)
    assert planned == replace(shot, width=704, height=1280, frames=73, fps=24)


def test_a_picture_model_starts_from_the_picture(models: Models, ask: ClipAsk, photo: Path, tmp_path: Path) -> None:
    settings = quick(models.image_to_video)
    clip = make(settings, replace(ask, image=photo), tmp_path / "a.mp4")
    assert dict(clip.provenance)["pipeline"] == "WanImageToVideoPipeline"
    from PIL import Image, ImageOps

    negative = tmp_path / "negative.png"
    ImageOps.invert(Image.open(photo)).save(negative)
    other = make(settings, replace(ask, image=negative), tmp_path / "b.mp4")
    assert decoded(clip.path).shape == (5, 48, 32, 3)
    assert not np.array_equal(decoded(clip.path), decoded(other.path))


def test_a_model_refuses_what_it_was_not_made_for(models: Models, ask: ClipAsk, photo: Path) -> None:
    with pytest.raises(ClipUnsupported, match="from text only"):
        Diffusion(quick(models.text_to_video)).plan(replace(ask, image=photo))
    with pytest.raises(ClipUnsupported, match="starts from a picture"):
        Diffusion(quick(models.image_to_video)).plan(ask)


def test_provenance_tells_model_content_and_versions(models: Models, ask: ClipAsk, tmp_path: Path) -> None:
    import diffusers
    import torch

    provenance = dict(make(quick(models.text_to_video), ask, tmp_path / "a.mp4").provenance)
    assert provenance.pop("revision").startswith("sha256:")
    assert provenance.pop("transformers")
    assert provenance == {
        "generator": "diffusion",
        "model": "tiny-t2v",
        "licence": "not stated",
        "pipeline": "WanPipeline",
        "seed": "7",
        "steps": "2",
        "guidance": "1.0",
        "dtype": "float32",
        "device": "cpu",
        "placement": "whole",
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
    }


def test_the_licence_comes_from_the_model_card(damaged: Path, ask: ClipAsk, tmp_path: Path) -> None:
    (damaged / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\nlicense: other\n")
    assert dict(make(quick(damaged), ask, tmp_path / "a.mp4").provenance)["licence"] == "apache-2.0"


def test_the_model_stays_warm_until_its_weights_change(damaged: Path, ask: ClipAsk, tmp_path: Path) -> None:
    def loads() -> bool:
        heard = Listener()
        make(quick(damaged), ask, tmp_path / "a.mp4", heard)
        return any("loading" in words for fraction, words in heard.heard)

    assert loads()
    assert not loads()
    config = damaged / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"flow_shift": 4.0}))
    assert loads()


def test_it_asks_whether_to_stop_at_each_step_and_frame(models: Models, ask: ClipAsk, tmp_path: Path) -> None:
    heard = Listener()
    make(quick(models.text_to_video, steps=6), ask, tmp_path / "a.mp4", heard)
    assert heard.asked >= 6 + ask.frames


def test_steps_are_reported_at_most_twice_a_second(models: Models, ask: ClipAsk, tmp_path: Path) -> None:
    # The caller's question takes as long as a real model's step would.
    heard = Listener(stop=lambda listener: time.sleep(0.04) is not None)
    began = time.monotonic()
    make(quick(models.text_to_video, steps=30), ask, tmp_path / "a.mp4", heard)
    reported = [words for fraction, words in heard.heard if words.startswith("step ")]
    assert 2 <= len(reported) <= (time.monotonic() - began) / 0.5
    assert all(words.endswith(" of 30") for words in reported)


def test_guidance_changes_the_clip(models: Models, ask: ClipAsk, tmp_path: Path) -> None:
    settings = quick(models.text_to_video)
    plain = make(settings, ask, tmp_path / "plain.mp4")
    guided = make(replace(settings, guidance=5.0), ask, tmp_path / "guided.mp4")
    assert not np.array_equal(decoded(plain.path), decoded(guided.path))


def test_bfloat16_is_loaded_when_asked_for(models: Models, ask: ClipAsk, tmp_path: Path) -> None:
    clip = make(replace(quick(models.text_to_video), dtype="bfloat16"), ask, tmp_path / "a.mp4")
    assert dict(clip.provenance)["dtype"] == "bfloat16"
    assert decoded(clip.path).std() > 1


def test_running_out_of_memory_says_what_to_do_and_keeps_the_generator(
    models: Models, ask: ClipAsk, tmp_path: Path
) -> None:
    import torch

    def exhausted(listener: Listener) -> bool:
        if listener.asked == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return False

    with pytest.raises(RenderFailed, match="smaller or shorter clip") as caught:
        make(quick(models.text_to_video), ask, tmp_path / "a.mp4", Listener(stop=exhausted))
    assert caught.value.__context__ is None, "the failed run's tensors stay alive"
    assert list(tmp_path.iterdir()) == []
    make(quick(models.text_to_video), ask, tmp_path / "b.mp4")


def test_a_model_that_gives_no_numbers_writes_no_clip(damaged: Path, ask: ClipAsk, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = damaged / "vae" / "diffusion_pytorch_model.safetensors"
    save_file(
        {name: value * float("nan") for name, value in load_file(weights).items()},
        weights,
        metadata={"format": "pt"},
    )
    with pytest.raises(RenderFailed, match="gave no picture"):
        make(quick(damaged), ask, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize(
    "weights",
    [
        "transformer/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
    ],
)
def test_half_a_weights_file_is_refused(damaged: Path, ask: ClipAsk, tmp_path: Path, weights: str) -> None:
    whole = (damaged / weights).read_bytes()
    (damaged / weights).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(GeneratorMissing, match="'damaged' cannot be loaded"):
        make(quick(damaged), ask, tmp_path / "a.mp4")
    (damaged / weights).write_bytes(whole)
    make(quick(damaged), ask, tmp_path / "a.mp4")


def test_pickled_weights_are_never_opened(damaged: Path, ask: ClipAsk, tmp_path: Path) -> None:
    weights = damaged / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.unlink()
    weights.with_suffix(".bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(GeneratorMissing, match="'damaged' cannot be loaded"):
        make(quick(damaged), ask, tmp_path / "a.mp4")


@pytest.mark.parametrize(
    "missing",
    [
        "model_index.json",
        "vae/config.json",
        "transformer/config.json",
        "tokenizer",
        "tokenizer/tokenizer.json",
        "scheduler",
    ],
)
def test_a_folder_with_a_part_missing_is_refused(damaged: Path, ask: ClipAsk, tmp_path: Path, missing: str) -> None:
    part = damaged / missing
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    with pytest.raises(GeneratorMissing, match="'damaged'"):
        make(quick(damaged), ask, tmp_path / "a.mp4")


def test_another_kind_of_pipeline_is_refused(damaged: Path, ask: ClipAsk) -> None:
    (damaged / "model_index.json").write_text('{"_class_name": "LTXPipeline"}')
    with pytest.raises(GeneratorMissing, match="'damaged' is a LTXPipeline"):
        Diffusion(quick(damaged)).plan(ask)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("", "set ADENGINE_GENERATOR_MODEL"),
        ("/no/such/folder", "no model folder at '/no/such/folder'"),
        ("some-owner/some-model", "hf download some-owner/some-model"),
    ],
)
def test_an_absent_model_says_what_to_set(ask: ClipAsk, model: str, words: str) -> None:
    pytest.importorskip("huggingface_hub", reason="the extra adengine[gpu] is not installed")
    with pytest.raises(GeneratorMissing, match=words):
        Diffusion(GeneratorSettings(model=model)).plan(ask)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dtype": "int4"}, "auto, float32, bfloat16"),
        ({"device": "toaster"}, "device 'toaster' is unknown"),
        ({"device": "cuda:97"}, "not on this machine"),
        ({"steps": 0}, "at least 1 step"),
    ],
)
def test_wrong_settings_are_refused(
    models: Models, ask: ClipAsk, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    with pytest.raises(GeneratorMissing, match=words):
        make(replace(quick(models.text_to_video), **change), ask, tmp_path / "a.mp4")


ONE_CLIP = """
import sys
from pathlib import Path
from adengine.core.clip import ClipAsk
from adengine.core.errors import GeneratorMissing
from workers.generators import GeneratorSettings, generator_named

def clip(name, model, out):
    generator = generator_named(name, GeneratorSettings(model=model, device="cpu", steps=1, guidance=1.0))
    ask = generator.plan(ClipAsk("a box", 32, 32, 5, 16, 1))
    return generator.generate(ask, out=Path(out), progress=lambda *_: None, cancelled=lambda: False)
"""


def run_alone(script: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ONE_CLIP + script, *arguments],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


WITHOUT_A_PACKAGE = """
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
try:
    clip("diffusion", sys.argv[2], sys.argv[3])
except GeneratorMissing as error:
    print(error)
"""


@pytest.mark.parametrize("package", ["ftfy", "torch", "diffusers"])
def test_a_missing_package_names_the_extra(models: Models, tmp_path: Path, package: str) -> None:
    words = run_alone(WITHOUT_A_PACKAGE, package, str(models.text_to_video), str(tmp_path / "a.mp4"))
    assert f"'{package}'" in words
    assert "pip install 'adengine[gpu]'" in words


NO_MODEL_LIBRARY = """
clip("placeholder", "", sys.argv[2])
generator_named("diffusion", GeneratorSettings(model=sys.argv[1])).plan(ClipAsk("a box", 32, 32, 5, 16, 1))
print({"torch", "diffusers", "transformers"} & set(sys.modules))
"""


def test_placeholders_and_plans_load_no_model_library(models: Models, tmp_path: Path) -> None:
    said = run_alone(NO_MODEL_LIBRARY, str(models.text_to_video), str(tmp_path / "a.mp4"))
    assert said.strip() == "set()"


WITHOUT_A_NETWORK = """
import socket

def refused(*arguments, **keywords):
    raise AssertionError("it tried to reach the network")

socket.socket.connect = socket.getaddrinfo = refused
print(dict(clip("diffusion", "some-owner/tiny-wan", sys.argv[1]).provenance))
"""


def test_a_downloaded_hub_model_needs_no_network(models: Models, tmp_path: Path) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    repo = tmp_path / "hub" / "models--some-owner--tiny-wan"
    shutil.copytree(models.text_to_video, repo / "snapshots" / revision)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(revision)
    said = run_alone(WITHOUT_A_NETWORK, str(tmp_path / "a.mp4"), HF_HUB_CACHE=str(tmp_path / "hub"))
    assert "'model': 'some-owner/tiny-wan'" in said
    assert f"'revision': '{revision}'" in said
    assert len(decoded(tmp_path / "a.mp4")) == 5
