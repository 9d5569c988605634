"""Rules every ask must meet, whichever generator it goes to."""

from __future__ import annotations

from adengine.core.clip import ClipAsk
from adengine.core.errors import ClipUnsupported

MAX_SHAPE = 4
MAX_SEED = 2**63 - 1


def checked(ask: ClipAsk) -> ClipAsk:
    """Answer `ask` itself, or raise ClipUnsupported with what is wrong in it."""
    if min(ask.width, ask.height, ask.frames, ask.fps) < 1:
        raise ClipUnsupported(
            f"A clip needs a width, height, frame count and fps of at least 1, not {ask.width}x{ask.height}, "
            f"{ask.frames} frames at {ask.fps} fps."
        )
    if max(ask.width, ask.height) > MAX_SHAPE * min(ask.width, ask.height):
        raise ClipUnsupported(
            f"{ask.width}x{ask.height} is longer than {MAX_SHAPE}:1; ask for a squarer clip and crop it."
        )
    if not 0 <= ask.seed <= MAX_SEED:
        raise ClipUnsupported(f"A seed is a whole number from 0 to {MAX_SEED}, not {ask.seed}.")
    return ask


def up_to(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
