"""Captions as WebVTT."""

from __future__ import annotations

from adengine.core.timeline import Caption, Timeline


def webvtt(timeline: Timeline) -> str:
    """Return the timeline's captions as a WebVTT file."""
    cues = (_cue(number, caption, timeline.fps) for number, caption in enumerate(timeline.captions, 1))
    return "\n".join(["WEBVTT\n", *cues])


def _cue(number: int, caption: Caption, fps: int) -> str:
    start, end = _clock(caption.start_frame, fps), _clock(caption.end_frame, fps)
    return f"{number}\n{start} --> {end}\n{_escaped(caption.text)}\n"


def _clock(frame: int, fps: int) -> str:
    milliseconds = round(frame * 1000 / fps)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
