"""The processes that `make bench-render` times: `python -m benchmarks.render.steps NAME ...`, each one step.

A step prints one JSON object; times inside it are seconds.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adengine.core.timeline import Timeline
    from benchmarks.render.reference import Words

STARTED = time.perf_counter()


def whole(folder: str, out: str, cache: str, quality: str, workers: str) -> dict[str, object]:
    """Render the reference film with everything that belongs to it."""
    film = _render(Path(folder), Path(out), Path(cache), quality=quality, workers=int(workers))
    return {"sha256": film, **_spent()}


def again(folder: str, out: str, cache: str) -> dict[str, object]:
    """Render a film that is in the cache already: cold (this process), then warm."""
    _render(Path(folder), Path(out), Path(cache))
    cold = time.perf_counter() - STARTED
    seconds = []
    for place in range(5):
        begun = time.perf_counter()
        _render(Path(folder), Path(out) / str(place), Path(cache))
        seconds.append(time.perf_counter() - begun)
    return {"cold_in_process_s": cold, "warm_s": sorted(seconds)[2]}


def call_to_action(folder: str, out: str, cache: str) -> dict[str, object]:
    """Render the film whose button alone says something else, and one that shares nothing with any other."""
    from benchmarks.render.reference import Words

    first = _cpu(lambda: _render(Path(folder), Path(out), Path(cache)))
    changed = _cpu(lambda: _render(Path(folder), Path(out), Path(cache), Words(call="Take it home")))
    return {"one_cpu_s": first, "changed_cpu_s": changed}


def variants(folder: str, out: str, cache: str) -> dict[str, object]:
    """Render 5 hooks x 4 prices x 5 calls to action, and before that one film alone."""
    from benchmarks.render.reference import Words

    alone = _cpu(lambda: _render(Path(folder), Path(out), Path(cache) / "alone"))
    hooks = ("Slow mornings, kept", "Made to stay", "One warm thing", "Hands around heat", "Begin again, gently")
    prices = ("$79", "$75", "$69", "$59")
    calls = ("Shop now", "See it", "Take it home", "Find yours", "Order today")
    hundred = 0.0
    for place, words in enumerate(Words(*one) for one in product(hooks, prices, calls)):
        hundred += _cpu(lambda words=words: _render(Path(folder), Path(out), Path(cache) / "all", words))  # type: ignore[misc]
        print(f"\rvariant {place + 1} of 100", end="", file=sys.stderr, flush=True)
    return {"one_cpu_s": alone, "hundred_cpu_s": hundred}


def paint(folder: str, raw: str) -> dict[str, object]:
    """Compose every frame on one thread, without encoding; with RAW not '-', write the frames there.

    Photographs are read, converted and sprites drawn in the time that counts. The clip was taken in before, once, as a
    licensed appearance is for all its films; `ingest_ms` says what that took.
    """
    import tempfile

    from benchmarks.render import ours, reference
    from benchmarks.render.reference import CLIP_FROM
    from workers.studio.making.cache import Cache
    from workers.studio.pixels.planes import Frame
    from workers.studio.scene.compose import Composer

    timeline, frame = _said(ours.timeline(Path(folder)), Path(folder)), Frame.blank(reference.WIDTH, reference.HEIGHT)
    with tempfile.TemporaryDirectory() as kept:
        begun = time.process_time()
        Composer(timeline, Path(folder).joinpath, keep=Cache(Path(kept) / "clip", 10**9)).paint(CLIP_FROM, frame)
        ingest = time.process_time() - begun
        for made in Path(kept, "clip").iterdir():
            if made.name not in ("mezzanine", "reel"):
                shutil.rmtree(made)
        composer = Composer(timeline, Path(folder).joinpath, keep=Cache(Path(kept) / "clip", 10**9))
        file = Path(raw).open("wb") if raw != "-" else None  # noqa: SIM115
        spent = 0.0
        for number in range(timeline.frames):
            begun = time.thread_time()
            composer.paint(number, frame)
            spent += time.thread_time() - begun
            if file:
                file.write(frame.y.tobytes() + frame.u.tobytes() + frame.v.tobytes())
    return {"ms_a_frame": spent * 1000 / timeline.frames, "ingest_ms": ingest * 1000}


def encode_only(folder: str, raw: str, quality: str, crf: str = "") -> dict[str, object]:
    """Encode the finished frames, parts in parallel on two threads: the least any renderer must spend.

    The parts and their order are the renderer's own, and so are the encoder's options; with CRF the preset has the
    settings that x264 ships it with, and that constant rate factor.
    """
    import numpy as np

    from adengine.core.parts import cuts
    from benchmarks.render import ours, reference
    from workers.studio.coding import QUALITIES, Coding
    from workers.studio.making.encode import encode
    from workers.studio.making.parts import effort
    from workers.studio.pixels.planes import Frame

    class Shipped(Coding):
        def options(self, level: int | None = None) -> dict[str, str]:
            return {"preset": self.quality.preset, "crf": crf}

    made = Shipped if crf else Coding
    coding = made(reference.WIDTH, reference.HEIGHT, reference.FPS, QUALITIES[quality])
    size = reference.WIDTH * reference.HEIGHT
    frames = np.fromfile(raw, np.uint8).reshape(-1, size * 3 // 2)
    film = _said(ours.timeline(Path(folder)), Path(folder))
    bounds = sorted(pairwise(cuts(film)), key=lambda span: -effort(film, *span))

    def copied(number: int, frame: Frame) -> None:
        half = frame.u.shape
        frame.y[:] = frames[number, :size].reshape(frame.y.shape)
        frame.u[:] = frames[number, size : size * 5 // 4].reshape(half)
        frame.v[:] = frames[number, size * 5 // 4 :].reshape(half)

    lock, begun, spent = threading.Lock(), time.perf_counter(), time.process_time()

    def work() -> None:
        while True:
            with lock:
                if not bounds:
                    return
                start, end = bounds.pop(0)
            encode(copied, range(start, end), coding, thumbs=(), done=lambda: None)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"wall_s": time.perf_counter() - begun, "cpu_s": time.process_time() - spent}


def apart(folder: str, voice: str, music: str) -> dict[str, object]:
    """Write the film's voice and its music with effects, each alone and neither out of the other's way, as WAV files.

    They are as loud against each other as the film has them while nobody speaks; together they stay under full scale.
    `spoken` are the seconds at which the first word begins and the last one ends.
    """
    import tempfile

    from benchmarks.render import ours
    from workers.studio.making.cache import Cache
    from workers.studio.making.track import Voice
    from workers.studio.sound.loudness import integrated, powers
    from workers.studio.sound.mix import BESIDE_SPEECH_DB, stems

    film = ours.timeline(Path(folder))
    with tempfile.TemporaryDirectory() as kept:
        speech = Voice(film, Path(folder).joinpath, Cache(Path(kept), 10**9)).speech
    under, (_, said) = stems(film.score(), None)[0], stems(film.score(), speech)
    under *= 10 ** ((integrated(2 * powers(said)) - BESIDE_SPEECH_DB - integrated(powers(under))) / 20)
    by = 0.9 / (abs(under).max() + abs(said).max())
    _write_wav(Path(voice), said[None] * by)
    _write_wav(Path(music), under * by)
    words = speech.spoken.words
    return {"spoken": (words[0].start / film.fps, words[-1].end / film.fps)}


def preview(folder: str) -> dict[str, object]:
    """Make the first preview frame in this cold process."""
    from benchmarks.render import ours
    from workers.studio import still

    still(ours.timeline(Path(folder)), 0, resolve=Path(folder).joinpath, scale=1 / 3)
    return {"since_start_s": time.perf_counter() - STARTED}


def animatic(folder: str, out: str) -> dict[str, object]:
    """Render the small quick film."""
    from benchmarks.render import ours
    from workers.studio import animatic as small

    small(ours.timeline(Path(folder)), resolve=Path(folder).joinpath, out=Path(out))
    return {"since_start_s": time.perf_counter() - STARTED}


def long_film(folder: str, out: str) -> dict[str, object]:
    """Render the reference film four times over as one of 60 s, for its memory."""
    from benchmarks.render import ours
    from workers.studio import render

    render(
        ours.four_times(Path(folder)),
        resolve=Path(folder).joinpath,
        out=Path(out),
        progress=lambda done, of: None,
        workers=2,
    )
    return _spent()


def _render(
    folder: Path, out: Path, cache: Path, words: Words | None = None, *, quality: str = "standard", workers: int = 2
) -> str:
    from benchmarks.render import ours, reference
    from workers.studio import render
    from workers.studio.making.cache import Cache

    film = render(
        ours.timeline(folder, words or reference.Words()),
        resolve=folder.joinpath,
        out=out,
        progress=lambda done, of: None,
        cache=Cache(cache, 10_000_000_000),
        quality=quality,
        workers=workers,
    )
    return film.sha256


def _said(timeline: Timeline, folder: Path) -> Timeline:
    """Give the timeline its voice's word times, as the whole render has them."""
    import tempfile

    from workers.studio.making.cache import Cache
    from workers.studio.making.track import voice_of

    with tempfile.TemporaryDirectory() as kept:
        voice = voice_of(timeline, folder.joinpath, Cache(Path(kept), 10**9))
        return timeline.with_spoken(voice.words[0]) if voice else timeline


def _write_wav(path: Path, sound: NDArray[np.float32]) -> None:
    """Write (channels, samples) at 48 kHz as a WAV file of 16 bits."""
    import wave

    from workers.studio.sound import RATE

    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(sound))
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((sound.T * 32767).astype("<i2").tobytes())


def _cpu(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def _spent() -> dict[str, object]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}


STEPS: dict[str, Callable[..., dict[str, object]]] = {
    step.__name__: step
    for step in (whole, again, call_to_action, variants, paint, encode_only, apart, preview, animatic, long_film)
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](*sys.argv[2:])))
