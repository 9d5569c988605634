"""What is seen and when: the product, the shop, the face; cuts, flashes, black and still frames; look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from adengine.core import flashes
from adengine.core.layers import Badge, Block, Box, Cameo, Clip, Compare, Logo, Picture
from adengine.core.preflight import Case, Flaw, Level, Measured, Sibling, ramp
from adengine.core.timeline import Timeline

PRODUCT_S, BRAND_S, FACE_S = 1.0, 4.0, 3.0
SHORTEST_SHOT_S, LONGEST_SHOT_S = 1.0, 4.0
BLACK_LUMA = 0.03
# Less than a hundredth of a grey level in the mean: nothing on the frame moves.
STILL_CHANGE = 0.00004
STILL_S, DEAD_S = 1.0, 3.0
# One published analysis says feeds hold back adverts that are 60 % alike; a second one denies it: a warning.
ALIKE, SAME = 0.6, 0.95


def product_first(case: Case) -> Iterator[Flaw]:
    fps = case.timeline.fps
    looks: list[Picture | Clip | Compare] = [*case.layers(Picture), *case.layers(Clip), *case.layers(Compare)]
    starts = [layer.start for layer in looks]
    first = min(starts, default=None)
    if first is None:
        yield Flaw("error", 0, "The film never shows the product; choose a template that does, or add a picture", 0)
    elif first >= PRODUCT_S * fps:
        words = f"The product is first seen at {case.at(first)}; show it in the first second"
        yield Flaw("error", ramp(first / fps, 4, PRODUCT_S), words, first)
    elif first > PRODUCT_S / 2 * fps:
        yield Flaw("warning", 0.7, f"The product is first seen at {case.at(first)}; half a second is better", first)


def brand_early(case: Case) -> Iterator[Flaw]:
    fps, name = case.timeline.fps, case.timeline.brand.name.casefold()
    starts = [text.start for text in case.shown if name in text.text.casefold() or text.role == "brand"]
    first = min([*starts, *(layer.start for layer in case.layers(Logo))], default=None)
    if first is None:
        yield Flaw("error", 0, "The film never says whose it is; let a scene show the shop's name or logo")
    elif first >= BRAND_S * fps:
        words = f"The shop's name is first seen at {case.at(first)}; show it in the first {BRAND_S:.0f} s"
        yield Flaw("warning", ramp(first / fps, 12, BRAND_S), words, first)


def cut_pace(case: Case) -> Iterator[Flaw]:
    film = case.timeline
    # Cuts fall on the beat of the music: half a beat is no fault of the plan.
    slack = film.beat_frames / 2
    for segment in film.segments:
        frames, seconds = segment.end - segment.start, (segment.end - segment.start) / film.fps
        if frames > LONGEST_SHOT_S * film.fps + slack:
            words = f"The shot “{segment.name}” lasts {seconds:.1f} s; cut after {LONGEST_SHOT_S:.0f} s at the latest"
            yield Flaw("warning", ramp(seconds, 10, LONGEST_SHOT_S), f"{words}: make the film shorter", segment.start)
        elif frames < SHORTEST_SHOT_S * film.fps - slack:
            words = f"The shot “{segment.name}” lasts {seconds:.1f} s; people need {SHORTEST_SHOT_S:.0f} s to see it"
            yield Flaw("warning", ramp(seconds, 0, SHORTEST_SHOT_S), f"{words}: make the film longer", segment.start)


def face_early(case: Case) -> Iterator[Flaw]:
    if case.storyboard.cameo is None:
        return
    first = min((layer.start for layer in case.layers(Cameo)), default=None)
    if first is None:
        words = f"{case.storyboard.cameo.name} was asked for and is never seen; choose a template with an appearance"
        yield Flaw("error", 0, words)
    elif first >= FACE_S * case.timeline.fps:
        words = f"{case.storyboard.cameo.name} is first seen at {case.at(first)}; a face works in the first seconds"
        yield Flaw("warning", ramp(first / case.timeline.fps, 12, FACE_S), words, first)


def logo_space(case: Case) -> Iterator[Flaw]:
    texts = [(f"“{text.text}”", text.box, text.frame, text.frame + 1) for text in case.measured.texts]
    if not texts:
        texts = [(f"“{text.text}”", text.box, text.start, text.end) for text in case.shown]
    people = [("the appearance", layer.box, layer.start, layer.end) for layer in case.layers(Cameo)]
    for logo in case.layers(Logo):
        for name, box, start, end in (*texts, *people):
            if start < logo.end and logo.start < end and overlap(logo.box, box):
                words = f"{name} stands inside the clear space of the logo; shorten it or leave the logo out"
                yield Flaw("warning", 0.3, words, max(start, logo.start))


def flash_safe(case: Case) -> Iterator[Flaw]:
    whole, part = flashes.worst_second(case.measured.luma, case.timeline.fps), case.measured.flashes
    count, frame = max(whole, part or whole, key=lambda pair: pair[0])
    if count > flashes.MOST_A_SECOND:
        what = "The picture" if count == whole[0] else "A part of the picture"
        words = f"{what} flashes {count} times in a second; more than {flashes.MOST_A_SECOND} can cause seizures"
        yield Flaw("error", 0, f"{words}: use a calmer clip or calmer transitions", frame)


def black_frames(case: Case) -> Iterator[Flaw]:
    black = [frame for frame, value in enumerate(case.measured.luma) if value < BLACK_LUMA]
    if black:
        words = f"{len(black)} frames are black; look at the clip or picture shown there and replace it"
        yield Flaw("error", ramp(len(black), 30, 0), words, black[0])


def frozen_frames(case: Case) -> Iterator[Flaw]:
    length, frame = _longest_still(case.measured.change)
    seconds = length / case.timeline.fps
    if seconds >= STILL_S:
        level: Level = "error" if seconds >= DEAD_S else "warning"
        words = f"Nothing moves for {seconds:.1f} s; the film looks stuck: replace the clip or choose more motion"
        yield Flaw(level, ramp(seconds, DEAD_S * 1.5, STILL_S / 2), words, frame)


def alike(case: Case) -> Iterator[Flaw]:
    own = sibling_of("", case.timeline, case.measured)
    for sibling in case.siblings:
        part = likeness(own, sibling)
        if part >= ALIKE:
            level: Level = "error" if part >= SAME else "warning"
            words = f"This film is {part:.0%} like “{sibling.name}”; people tire of it and feeds may hold it back"
            yield Flaw(level, ramp(part, 1, ALIKE / 2), f"{words}: change its opening, template or pictures")


def sibling_of(name: str, timeline: Timeline, measured: Measured | None = None) -> Sibling:
    """Return what is compared of a film: its words, its look shot by shot, its thumbs where they were measured."""
    texts = [text.text for placed in timeline.layers if isinstance(placed.layer, Block) for text in placed.layer.texts]
    badges = [placed.layer.text for placed in timeline.layers if isinstance(placed.layer, Badge)]
    words = frozenset(re.findall(r"\w+", " ".join((*texts, *badges)).casefold()))
    shots = (
        f"{place.layer.kind} {place.segment} {getattr(place.layer, 'file', '')} {getattr(place.layer, 'stage', '')}"
        for place in timeline.layers
        if not isinstance(place.layer, Block | Badge)
    )
    look = frozenset((f"template {timeline.template}", f"style {timeline.style.name}", *shots))
    return Sibling(name, words, look, measured.thumbs if measured else ())


def likeness(one: Sibling, other: Sibling) -> float:
    """Return 0..1: half words and half look (Jaccard); where both have thumbs, these are half of the look."""
    words, look = _jaccard(one.words, other.words), _jaccard(one.look, other.look)
    if one.thumbs and len(one.thumbs) == len(other.thumbs):
        look = (look + 1 - _distance(one.thumbs, other.thumbs)) / 2
    return (words + look) / 2


def overlap(one: Box, other: Box) -> bool:
    """Say whether two boxes share a pixel."""
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _distance(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return 0 for equal thumbs and 1 from a mean difference of a quarter of full grey on."""
    pairs = [abs(a - b) for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True)]
    return min(1.0, 4 * sum(pairs) / len(pairs))


def _longest_still(change: Sequence[float]) -> tuple[int, int]:
    best, run = (0, 0), 0
    for frame, value in enumerate(change):
        run = run + 1 if frame and value < STILL_CHANGE else 0
        if run > best[0]:
            best = run, frame - run
    return best
