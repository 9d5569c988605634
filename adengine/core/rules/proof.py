"""Does something stand behind the words that the law wants proved: best, guaranteed, healthy, climate neutral?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adengine.core.lexicon import LISTS, Claim, claims_in, listed
from adengine.core.preflight import NEARLY, Case, Flaw

CATALOGUE = ("product.", "variant:", "companion:")


@dataclass(frozen=True)
class Said:
    """What is shown or spoken from `frame` on, and the source fields it was made from."""

    text: str
    frame: int
    sources: tuple[str, ...] = ()


def proof(case: Case) -> Iterator[Flaw]:
    """A claim with a field behind it is a note that names the field, so that somebody can look."""
    if not listed(case.timeline.locale):
        yield _unlisted(case)
    found: set[tuple[str, str]] = set()
    for said in _said(case):
        for claim in _claims(said.text, case):
            if (claim.entry, said.text) not in found:
                found.add((claim.entry, said.text))
                yield _judged(claim, said, case)


def _said(case: Case) -> Iterator[Said]:
    """Yield every text that is shown, and what the voice says beyond them."""
    shown: set[str] = set()
    for text in case.shown:
        shown |= {claim.entry for claim in _claims(text.text, case)}
        yield Said(text.text, text.start, tuple(part for source in text.sources for part in source.split(", ")))
    for line in case.timeline.speech:
        if any(claim.entry not in shown for claim in _claims(line.text, case)):
            yield Said(line.text, line.start)


def _claims(text: str, case: Case) -> tuple[Claim, ...]:
    """A shop's own name claims nothing: a shop may be called Best & Daughters."""
    name = case.timeline.brand.name
    return claims_in(text.replace(name, "·") if name else text)


def _judged(claim: Claim, said: Said, case: Case) -> Flaw:
    kind = claim.kind
    words = f"“{said.text}” says “{claim.words}” and so claims {kind.about}"
    if proved := _proof(claim, case):
        return Flaw("note", NEARLY, f"{words}; {proved} proves it: keep that up to date", said.frame)
    field = _field(claim, said, case)
    if field and kind.alone:
        return Flaw("note", NEARLY, f"{words}; {field} says so, too: be ready to show that it is true", said.frame)
    asked = f"{kind.law} asks for a proof: {kind.ask}, or say it in other words"
    if field:
        return Flaw("warning", 0.5, f"{words}; {field} says so, too, but {asked}", said.frame)
    return Flaw(kind.unproved, 0.3 if kind.unproved == "warning" else 0, f"{words}; {asked}", said.frame)


def _proof(claim: Claim, case: Case) -> str:
    """Return the source that proves a claim of this kind, or nothing."""
    facts = case.facts
    running = facts.offer_ends is not None and (facts.today is None or facts.today <= facts.offer_ends)
    known = facts.known | ({"brief.offer_ends"} if running else set())
    return next((source for source in claim.kind.proofs if source in known), "")


def _field(claim: Claim, said: Said, case: Case) -> str:
    """Return the field of the catalogue that makes the same claim: the text's own, or another, or nothing."""
    speakers = claim.kind.speakers or CATALOGUE
    own = [source for source in said.sources if source.startswith(speakers)]
    same = (
        field
        for field, text in case.facts.said
        if field.startswith(speakers) and claim.entry in {one.entry for one in claims_in(text)}
    )
    return next(iter(own), "") or next(same, "")


def _unlisted(case: Case) -> Flaw:
    listed_for = ", ".join(sorted(LISTS))
    words = f"There are lists of words that need a proof for {listed_for}, none for {case.timeline.locale}"
    return Flaw("note", NEARLY, f"{words}: look through the film's words yourself", 0)
