"""Captions as files: WebVTT and SubRip."""

from __future__ import annotations

import functools

from adengine.core.speech import Cue, Spoken, Word, cues
from adengine.core.timeline import Timeline


def cues_of(timeline: Timeline) -> tuple[Cue, ...]:
    """Return what is said, timed by the voice; without a voice, what is read on the film."""
    if timeline.spoken:
        return _said(timeline.spoken, timeline.locale, timeline.fps)
    return tuple(Cue(one.start_frame, one.end_frame, one.text) for one in timeline.captions)


@functools.lru_cache(maxsize=16)
def _said(words: tuple[Word, ...], locale: str, fps: int) -> tuple[Cue, ...]:
    return cues(Spoken(words), locale, fps=fps)


def webvtt(timeline: Timeline) -> str:
    """Return the timeline's captions as a WebVTT file."""
    fps = timeline.fps
    numbered = enumerate(cues_of(timeline), 1)
    return "\n".join(["WEBVTT\n", *(_vtt_cue(number, one, fps) for number, one in numbered)])


def subrip(timeline: Timeline) -> str:
    """Return the timeline's captions as a SubRip file, which has no escapes: `<` and `>` are written as they look."""
    fps = timeline.fps
    return "\n".join(
        f"{number}\n{srt_clock(one.start, fps)} --> {srt_clock(one.end, fps)}\n{_unmarked(one.text)}\n"
        for number, one in enumerate(cues_of(timeline), 1)
    )


def clock(frame: int, fps: int) -> str:
    """Return a frame's time as WebVTT writes it."""
    seconds, thousandths = divmod(round(frame * 1000 / fps), 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths:03d}"


def srt_clock(frame: int, fps: int) -> str:
    """Return a frame's time as SubRip writes it."""
    return clock(frame, fps).replace(".", ",")


def _vtt_cue(number: int, cue: Cue, fps: int) -> str:
    return f"{number}\n{clock(cue.start, fps)} --> {clock(cue.end, fps)}\n{_escaped(cue.text)}\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unmarked(text: str) -> str:
    """Players take `<i>` for mark-up; other brackets of the same kind look nearly alike."""
    return text.replace("<", "\u2039").replace(">", "\u203a")
