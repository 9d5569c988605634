"""How fast a film cuts: how many shots its length asks for, and cuts on the beat that end on its last frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

FPS = 30
LONGEST_SHOT_S = 4.0
# Price and button stay for two seconds after they came in.
END_CARD_S = 2.4
# A film that opens with one picture for longer has lost its viewers.
HOOK_S = 2.9


def shot_count(seconds: int, beat: int) -> tuple[int, int]:
    """Return the fewest shots that keep every one short enough, and how many the film's pace asks for."""
    longest = _longest(seconds) // beat
    rest = seconds * FPS - _end_frames(END_CARD_S, seconds, beat)
    hook = min(longest, round(HOOK_S * FPS) // beat)
    fewest = 2 + max(0, math.ceil((rest - hook * beat) / (longest * beat)))
    # A short film cuts about every two seconds, a long one breathes.
    pace = 1.35 + 0.05 * seconds if seconds <= 15 else 2.1 + 0.02 * (seconds - 15)
    return fewest, max(fewest, round(seconds / pace))


def longest_s(beat: int) -> float:
    """Return the longest a shot may last in whole beats."""
    return round(LONGEST_SHOT_S * FPS) // beat * beat / FPS


def fits(least_s: Sequence[float], seconds: int, beat: int) -> bool:
    """Say whether the shots' least times, in whole beats, leave room for the end card."""
    return sum(_beats(one, beat) for one in least_s[:-1]) * beat + _end_frames(least_s[-1], seconds, beat) <= (
        seconds * FPS
    )


def cuts(least_s: Sequence[float], shares: Sequence[float], seconds: int, beat: int) -> tuple[int, ...]:
    """Return the first frame of every shot and the film's length; cuts fall on the beat.

    Beats above the least go to the shot that has the fewest for its share, up to the longest that the film's
    length allows, then up to four seconds.
    """
    frames = seconds * FPS
    least = [_beats(one, beat) for one in least_s[:-1]]
    end = _end_frames(max(least_s[-1], _share_of_end(shares, seconds)), seconds, beat)
    end = max(_end_frames(least_s[-1], seconds, beat), min(end, frames - sum(least) * beat))
    room = (frames - end) // beat
    while sum(least) > room and max(least) > 1:
        least[least.index(max(least))] -= 1
    limits = [(one // beat) for one in (_longest(seconds), round(LONGEST_SHOT_S * FPS))]
    beats = _spread(least, shares[:-1], room, limits, hook=round(HOOK_S * FPS) // beat)
    edges = [0]
    for count in beats:
        edges.append(edges[-1] + count * beat)
    return (*edges, frames)


def _spread(least: list[int], shares: Sequence[float], room: int, limits: Sequence[int], *, hook: int) -> list[int]:
    """Hand out beats one by one; `limits` give way one after the other where all shots have reached them."""
    counts = list(least)
    while sum(counts) < room:
        open_ = next((some for limit in limits if (some := _below(counts, limit, hook))), list(range(len(counts))))
        counts[min(open_, key=lambda place: (counts[place] + 1) / shares[place])] += 1
    return counts


def _below(counts: list[int], limit: int, hook: int) -> list[int]:
    return [place for place, count in enumerate(counts) if count < (limit if place else min(limit, hook))]


def _beats(seconds: float, beat: int) -> int:
    return max(1, math.ceil(seconds * FPS / beat - 1e-9))


def _end_frames(least_s: float, seconds: int, beat: int) -> int:
    """Return the shortest end card that starts on the beat."""
    least = round(max(least_s, END_CARD_S) * FPS)
    return least + (seconds * FPS - least) % beat


def _share_of_end(shares: Sequence[float], seconds: int) -> float:
    return min(LONGEST_SHOT_S - 1, seconds * shares[-1] / sum(shares))


def _longest(seconds: int) -> int:
    """Return the frames that no shot but the last exceeds while others are shorter."""
    return round(FPS * min(LONGEST_SHOT_S, 2.5 if seconds <= 15 else 2.5 + 0.1 * (seconds - 15)))
