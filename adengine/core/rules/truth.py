"""Is what the film says true, allowed and labelled: prices, discounts, claims, appearances?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adengine.core.amounts import amounts, foreign, names_money, percents
from adengine.core.commerce import discount_percent
from adengine.core.layers import LABELS, Cameo
from adengine.core.money import Money
from adengine.core.preflight import Case, Flaw, Shown

CLAIMS = ("reason", "point", "quote", "stars", "price", "caption", "badge", "title")
# Percentages that are no discount: '100 % cotton'. These words and a minus sign make one.
_REDUCED = re.compile(
    r"[-−–]\s?\d+[\u00a0\u202f ]?%|[-−–]\s?%\d"
    r"|%\s*(off|less|rabatt|günstiger|reduziert|de réduction|de remise|korting)",
    re.IGNORECASE,
)


def price(case: Case) -> Iterator[Flaw]:
    prices = dict(case.facts.prices)
    for text in case.shown:
        asked = [prices[source] for source in _sources(text) if source in prices]
        if text.role == "price" and not asked:
            yield Flaw(
                "error", 0, f"“{text.text}” comes from no price of the catalogue; plan the film anew", text.start
            )
        elif asked and (text.role == "price" or names_money(text.text)):
            yield from _compared(text, asked, case)


def discount(case: Case) -> Iterator[Flaw]:
    facts = case.facts
    now = dict(facts.prices).get(f"variant:{case.storyboard.variant_id}.price")
    for text in case.shown:
        if (
            text.role == "price"
            and text.aside
            and (facts.was_lowest is None or amounts(text.aside, facts.was_lowest.currency) != (facts.was_lowest,))
        ):
            words = f"The struck price {text.aside} is not the lowest of the last 30 days; plan the film anew"
            yield Flaw("error", 0, words, text.start)
        for part in _promised(text):
            if part > _lawful(facts.was_lowest, now):
                words = f"“{text.text}” promises more than the lowest price of the last 30 days allows"
                lawful = _lawful(facts.was_lowest, now)
                yield Flaw("error", 0, f"{words} ({lawful} %); plan the film anew or change the headline", text.start)
    if facts.offer_ends and facts.today and facts.offer_ends < facts.today:
        yield Flaw("error", 0, f"The offer ended {facts.offer_ends}; give it a new end or take the film down")


def claims(case: Case) -> Iterator[Flaw]:
    for text in case.shown:
        sources = _sources(text)
        gone = [source for source in sources if _checkable(source) and source not in case.facts.known]
        if text.role in CLAIMS and not sources:
            words = f"Nothing in the catalogue stands behind “{text.text}”; write it into the product or leave it out"
            yield Flaw("error", 0, words, text.start)
        elif gone and case.facts.known:
            words = f"“{text.text}” came from {', '.join(gone)}, which is empty now; plan the film anew"
            yield Flaw("error", 0, words, text.start)


def label(case: Case) -> Iterator[Flaw]:
    cameo = case.storyboard.cameo
    wanted = cameo.disclosure.casefold() if cameo else ""
    seen = [text for text in case.shown if text.role in LABELS and wanted in text.text.casefold()] if wanted else []
    for layer in case.layers(Cameo):
        end = min(layer.end, case.timeline.frames)
        missing = next((f for f in range(layer.start, end) if not any(_covers(case, text, f) for text in seen)), None)
        if missing is not None:
            words = f"At {case.at(missing)} an appearance is seen without its label, which the law asks for"
            yield Flaw("error", 0, f"{words}: use a template that shows it throughout", missing)


def licence(case: Case) -> Iterator[Flaw]:
    if case.storyboard.cameo is None and next(case.layers(Cameo), None) is None:
        return
    if case.licence is None:
        yield Flaw("error", 0, "Nobody has decided yet whether this appearance may be used; ask for a licence")
    elif not case.licence.allowed:
        yield Flaw("error", 0, f"The licence does not allow this film ({case.licence.clause}): {case.licence.reason}")


def _sources(text: Shown) -> list[str]:
    return [part for source in text.sources for part in source.split(", ")]


def _compared(text: Shown, asked: list[Money], case: Case) -> Iterator[Flaw]:
    currency = asked[0].currency
    whole = sum(asked[1:], asked[0])
    allowed = {*asked, whole, *([case.facts.was_lowest] if case.facts.was_lowest else [])}
    shown = amounts(text.text, currency)
    other = foreign(text.text, currency)
    if other or not shown or any(amount not in allowed for amount in shown):
        words = f"The film says {text.text}, the catalogue {asked[0].display()}; plan the film anew"
        yield Flaw("error", 0, words, text.start)


def _promised(text: Shown) -> Iterator[int]:
    from_history = any("was_lowest" in source for source in text.sources)
    if from_history or _REDUCED.search(text.text):
        yield from percents(text.text)


def _lawful(was: Money | None, now: Money | None) -> int:
    return discount_percent(was, now) if was and now and now < was else 0


def _checkable(source: str) -> bool:
    return source.startswith(("product.", "variant:"))


def _covers(case: Case, text: Shown, frame: int) -> bool:
    """A shot's label goes on through the transition that follows it, as its appearance does."""
    overlap = next((s.overlap for s in case.timeline.segments if s.start == text.end), 0)
    return text.start <= frame < text.end + overlap
