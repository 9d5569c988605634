"""Can the film's words be read, heard and followed, and do they end in an invitation?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from adengine.core import spelling
from adengine.core.facts import HOOK_WORDS
from adengine.core.layers import LABELS, Box, Logo
from adengine.core.palette import READABLE
from adengine.core.placement import safe_box
from adengine.core.preflight import Case, Flaw, Level, Shown, ramp
from adengine.core.speech import (
    CHARACTERS_A_SECOND,
    TOO_FAST_WORDS_A_SECOND,
    Cue,
    Spoken,
    cues,
    word_count,
    words_a_second,
)

TOO_FAST_CHARACTERS = 26
BREATHLESS_WORDS_A_SECOND = 3.6
# On-screen text of an advert: a third of a second a word to read, half of that to take in at all.
SECONDS_A_WORD, LEAST_SECONDS_A_WORD = 0.3, 0.15
HOLD_S, LEAST_HOLD_S = 2.0, 1.0
# In pixels of a frame 1080 wide: about the size of an app's own small print on a phone, and what cannot be read.
SMALL_PX, TINY_PX = 24.0, 16.0
# Read elsewhere, or as a picture: the shop's name, the number of a reason, and legal small print.
NOT_READ = ("brand", "eyebrow", "number", "stars", *LABELS)
TOLERANCE_PX = 1


def captions(case: Case) -> Iterator[Flaw]:
    film = case.timeline
    if not film.speech:
        return
    if not film.spoken:
        yield Flaw("error", 0, "The film speaks but has no captions; render it again so that its words are timed")
        return
    if not film.caption_look:
        words = "Most feeds start muted, and the film's captions are switched off; choose a caption look"
        yield Flaw("warning", 0.5, words)
    for cue in cues(Spoken(film.spoken), film.locale, fps=film.fps):
        speed = len(cue.text) * film.fps / (cue.end - cue.start)
        if speed > CHARACTERS_A_SECOND:
            level: Level = "error" if speed > TOO_FAST_CHARACTERS else "warning"
            score = ramp(speed, TOO_FAST_CHARACTERS * 1.5, CHARACTERS_A_SECOND)
            yield Flaw(level, score, _fast(case, cue, speed), cue.start)


def speaking_pace(case: Case) -> Iterator[Flaw]:
    film = case.timeline
    if not film.voice:
        return
    for line, pace in zip(film.speech, words_a_second(film.speech, film.fps), strict=True):
        if pace >= TOO_FAST_WORDS_A_SECOND:
            level: Level = "error" if pace >= BREATHLESS_WORDS_A_SECOND else "warning"
            words = f"“{line.text}” would be spoken at {pace:.1f} words a second; listeners follow up to 3"
            score = ramp(pace, BREATHLESS_WORDS_A_SECOND * 1.4, TOO_FAST_WORDS_A_SECOND)
            yield Flaw(level, score, f"{words}: shorten it or make the film longer", line.start)


def reading_time(case: Case) -> Iterator[Flaw]:
    """Texts that were read in an earlier shot, as a title on the end card, are known and need no time."""
    fps, known = case.timeline.fps, set[str]()
    for _, group in groupby(sorted(case.shown, key=lambda text: text.shot), key=lambda text: text.shot):
        texts = [text for text in group if text.role not in NOT_READ and text.text not in known]
        known |= {text.text for text in texts}
        words = sum(word_count(text.text) for text in texts)
        seconds = max((text.frames for text in texts), default=0) / fps
        if seconds < words * SECONDS_A_WORD:
            level: Level = "error" if seconds < words * LEAST_SECONDS_A_WORD else "warning"
            said = f"{words:.0f} new words stand there for {seconds:.1f} s; people need {words * SECONDS_A_WORD:.1f}"
            score = ramp(seconds / words, 0, SECONDS_A_WORD)
            yield Flaw(level, score, f"{said}: shorten “{_longest(texts)}” or make the film longer", texts[0].start)


def safe_zone(case: Case) -> Iterator[Flaw]:
    film = case.timeline
    zone = safe_box(case.placements, film.format, rtl=case.rtl) if case.placements else film.safe
    for name, box, frame in _standing(case):
        if outside := _outside(box, zone):
            words = f"{name} reaches {outside} px into the part that apps cover with their own buttons"
            yield Flaw("error", ramp(outside, 200, 0), f"{words}: shorten it, or choose fewer places", frame)


def contrast(case: Case) -> Iterator[Flaw]:
    for text in case.measured.texts:
        if 0 < text.contrast < READABLE:
            words = f"“{text.text}” stands out {text.contrast:.1f}:1 from its ground; {READABLE}:1 is needed to read it"
            score = ramp(text.contrast, 1, READABLE)
            yield Flaw("error", score, f"{words}. Choose another picture or other brand colours", text.frame)


def type_size(case: Case) -> Iterator[Flaw]:
    part = 1080 / min(case.timeline.width, case.timeline.height)
    for text in case.measured.texts:
        size = text.size_px * part
        if size < SMALL_PX:
            level: Level = "error" if size < TINY_PX else "warning"
            words = f"“{text.text}” is set at {size:.0f} px, too small for a phone; shorten it"
            yield Flaw(level, ramp(size, TINY_PX / 2, SMALL_PX), words, text.frame)


def whole_texts(case: Case) -> Iterator[Flaw]:
    cut = {text.text: text.frame for text in case.measured.texts if text.cut}
    shortened = {text.text: text.start for text in case.shown if text.text.endswith("…")}
    for text, frame in {**cut, **shortened}.items():
        yield Flaw("note", 0.7, f"“{text}” did not fit whole; write a shorter one to choose the words yourself", frame)


def spelled(case: Case) -> Iterator[Flaw]:
    seen: dict[str, int] = {}
    for shown in case.shown:
        seen.setdefault(shown.text, shown.start)
    for line in case.timeline.speech:
        seen.setdefault(line.text, line.start)
    for text, frame in seen.items():
        for slip in spelling.slips(text):
            yield Flaw("warning", 0.4, f"In “{text}” {slip}; correct it in the product or the brief", frame)


def hook(case: Case) -> Iterator[Flaw]:
    for text in case.shown:
        count = word_count(text.text)
        if text.shot == 0 and text.role == "hook" and count > HOOK_WORDS:
            words = (
                f"The film opens with {count:.0f} words, “{text.text}”; people take in {HOOK_WORDS} as they scroll by"
            )
            score = ramp(count, HOOK_WORDS * 3, HOOK_WORDS)
            yield Flaw("warning", score, f"{words}: write a shorter headline or title", text.start)


def call_to_action(case: Case) -> Iterator[Flaw]:
    film, last = case.timeline, len(case.timeline.segments) - 1
    button = next((text for text in case.shown if text.role == "cta" and text.shot == last), None)
    if button is None or button.end < film.frames:
        yield Flaw("error", 0, "The film does not end with a call to action; give its last shot one", film.frames - 1)
        return
    seconds = button.frames / film.fps
    if seconds < HOLD_S:
        level: Level = "error" if seconds < LEAST_HOLD_S else "warning"
        words = f"“{button.text}” is seen for {seconds:.1f} s; hold it for {HOLD_S:.0f} s: make the film longer"
        yield Flaw(level, ramp(seconds, 0, HOLD_S), words, button.start)


def end_card(case: Case) -> Iterator[Flaw]:
    rest = case.last.start + case.last.overlap
    seconds = (case.timeline.frames - rest) / case.timeline.fps
    if seconds < HOLD_S:
        level: Level = "error" if seconds < LEAST_HOLD_S else "warning"
        words = f"The end card rests for {seconds:.1f} s; hold it for {HOLD_S:.0f} s: make the film longer"
        yield Flaw(level, ramp(seconds, 0, HOLD_S), words, rest)


def _fast(case: Case, cue: Cue, speed: float) -> str:
    flat = cue.text.replace("\n", " ")
    return f"The caption “{flat}” at {case.at(cue.start)} runs at {speed:.0f} characters a second; shorten what is said"


def _longest(texts: list[Shown]) -> str:
    return max((text.text for text in texts), key=word_count)


def _standing(case: Case) -> Iterator[tuple[str, Box, int]]:
    """Yield what must not be covered: texts as measured, else as laid out, and the shop's mark."""
    if case.measured.texts:
        yield from ((f"“{text.text}”", text.box, text.frame) for text in case.measured.texts)
    else:
        yield from ((f"“{text.text}”", text.box, text.start) for text in case.shown)
    for layer in case.layers(Logo):
        yield "The logo", layer.box, layer.start
    if case.timeline.caption_look and case.timeline.speech:
        yield "The captions", case.timeline.caption_box, 0


def _outside(box: Box, zone: Box) -> int:
    """Return how many pixels the box reaches beyond the zone; one is rounding."""
    worst = max(zone.x - box.x, zone.y - box.y, box.right - zone.right, box.bottom - zone.bottom)
    return worst if worst > TOLERANCE_PX else 0
