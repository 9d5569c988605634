"""Captions as WebVTT."""

from __future__ import annotations

from adengine.core.timeline import Timeline


def webvtt(timeline: Timeline) -> str:
    """Return the timeline's captions as a WebVTT file."""
    cues = [
        f"{number}\n{_clock(c.start_frame, timeline.fps)} --> {_clock(c.end_frame, timeline.fps)}\n{_escaped(c.text)}\n"
        for number, c in enumerate(timeline.captions, 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(frame: int, fps: int) -> str:
    milliseconds = round(frame * 1000 / fps)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
