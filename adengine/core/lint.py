"""Pre-flight check of a film: every rule with a score, a reason a merchant understands, and the frame it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from adengine.core.cameo import Decision
from adengine.core.placement import Placement
from adengine.core.preflight import Case, Facts, Flaw, Level, Measured, SetText, Sibling, facts_of, measured_film
from adengine.core.rules import file, proof, sight, truth, words
from adengine.core.rules.sight import sibling_of
from adengine.core.storyboard import Storyboard
from adengine.core.timeline import Timeline

__all__ = [
    "RULES",
    "Facts",
    "Finding",
    "Measured",
    "Report",
    "Rule",
    "SetText",
    "Sibling",
    "facts_of",
    "lint",
    "measured_film",
    "sibling_of",
]
# No film with an error gets a better mark than this.
WORST_PASS = 59


@dataclass(frozen=True)
class Finding:
    """What a rule found. `score` is 0 (worst) to 1 (fine); `words` say why and what to do."""

    rule: str
    level: Level
    score: float
    words: str
    frame: int | None = None


@dataclass(frozen=True)
class Report:
    """A film's mark of 100, what was found, worst first, and the rules that nothing was measured for."""

    score: int
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(finding.level == "error" for finding in self.findings)


@dataclass(frozen=True)
class Rule:
    """What a rule checks, its function, its weight in the mark, and the field of Measured it cannot do without."""

    about: str
    check: Callable[[Case], Iterator[Flaw]]
    weight: int = 1
    needs: str = ""


RULES: dict[str, Rule] = {
    "length": Rule("The film is as long as its places take, and as they advise", file.length, 2),
    "ratio": Rule("Its places take its format", file.ratio, 3),
    "pixels": Rule("It has the pixels its places ask for", file.pixels, 1),
    "file_size": Rule("The file is not too large for its places", file.file_size, 1, "bytes"),
    "bitrate": Rule("The file has the bits a second its places ask for", file.bitrate, 1, "bytes"),
    "audio": Rule("It has sound where sound is needed", file.audio, 2, "audio"),
    "loudness": Rule("It is as loud as other films, -14 LUFS", file.loudness, 1, "loudness_lufs"),
    "true_peak": Rule("Its loudest moment stays under -1 dBTP", file.true_peak, 1, "peak_dbtp"),
    "captions": Rule("What is said is captioned, and slowly enough to read", words.captions, 2),
    "speaking_pace": Rule("The voice says less than three words a second", words.speaking_pace, 2),
    "reading_time": Rule("Every text stands for 0.3 s a word", words.reading_time, 2),
    "safe_zone": Rule("No text lies where apps put their own buttons", words.safe_zone, 3),
    "contrast": Rule("Text stands out 4.5:1 from its ground (WCAG 2.2, 1.4.3)", words.contrast, 3, "texts"),
    "type_size": Rule("No text is too small for a phone", words.type_size, 1, "texts"),
    "whole_texts": Rule("No text had to be cut", words.whole_texts, 1),
    "spelling": Rule("No doubled words, stray spaces, open brackets, mixed scripts (no dictionary)", words.spelled, 1),
    "hook": Rule("It opens with seven words or fewer", words.hook, 1),
    "call_to_action": Rule("It ends with a call to action, held for two seconds", words.call_to_action, 3),
    "end_card": Rule("The end card rests for two seconds", words.end_card, 2),
    "product_first": Rule("The product is seen in the first second", sight.product_first, 3),
    "brand_early": Rule("The shop is named in the first four seconds", sight.brand_early, 2),
    "cut_pace": Rule("Shots last one to four seconds", sight.cut_pace, 2),
    "face_early": Rule("A licensed appearance is seen in the first three seconds", sight.face_early, 1),
    "logo_space": Rule("Nothing stands in the logo's clear space", sight.logo_space, 1),
    "flash_safe": Rule("No more than three flashes a second (WCAG 2.2, 2.3.1)", sight.flash_safe, 3, "luma"),
    "black_frames": Rule("No frame is black", sight.black_frames, 2, "luma"),
    "frozen_frames": Rule("The picture never stands still for a second", sight.frozen_frames, 2, "change"),
    "similarity": Rule("It is not the same film as one of its siblings", sight.alike, 1),
    "price": Rule("Every price is the catalogue's price", truth.price, 3),
    "discount": Rule("Struck prices and percentages count from the lowest price of 30 days", truth.discount, 3),
    "claims": Rule("Something in the catalogue stands behind every claim", truth.claims, 3),
    "proof": Rule("Words that the law wants proved have a proof in the catalogue", proof.proof, 3),
    "label": Rule("An appearance is labelled from its first frame to its last", truth.label, 3),
    "licence": Rule("The licence allows the appearance", truth.licence, 3),
    "as_asked": Rule("The film is as it was asked for: nothing had to be replaced", file.as_asked, 1),
}


def lint(
    timeline: Timeline,
    *,
    storyboard: Storyboard,
    measured: Measured | None = None,
    placements: Iterable[Placement] = (),
    facts: Facts | None = None,
    licence: Decision | None = None,
    siblings: Iterable[Sibling] = (),
) -> Report:
    """Check a film by every rule of RULES.

    A rule whose measurement is missing is named in `unchecked` and leaves the mark alone. The mark is the mean of
    the rules' worst scores by weight; with an error it is at most 59.
    """
    case = Case(
        timeline,
        storyboard,
        measured or Measured(),
        tuple(placements),
        facts or Facts(),
        licence,
        tuple(siblings),
    )
    unchecked = tuple(name for name, rule in RULES.items() if not _can(rule, case.measured))
    found = {name: _findings(name, rule, case) for name, rule in RULES.items() if name not in unchecked}
    findings = sorted((one for some in found.values() for one in some), key=_worst_first)
    return Report(_mark(found), tuple(findings), unchecked)


def _can(rule: Rule, measured: Measured) -> bool:
    # False is a measurement: there is no sound.
    return not rule.needs or (value := getattr(measured, rule.needs)) is False or bool(value)


def _findings(name: str, rule: Rule, case: Case) -> tuple[Finding, ...]:
    return tuple(Finding(name, flaw.level, flaw.score, flaw.words, flaw.frame) for flaw in rule.check(case))


def _worst_first(finding: Finding) -> tuple[int, float, int]:
    return ("error", "warning", "note").index(finding.level), finding.score, finding.frame or 0


def _mark(found: dict[str, tuple[Finding, ...]]) -> int:
    worst = {name: min((finding.score for finding in some), default=1.0) for name, some in found.items()}
    whole = sum(RULES[name].weight for name in worst)
    mark = round(100 * sum(RULES[name].weight * score for name, score in worst.items()) / whole)
    failed = any(finding.level == "error" for some in found.values() for finding in some)
    return min(mark, WORST_PASS) if failed else mark
