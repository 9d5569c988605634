"""Words that the law wants proved are found in three languages, and what only sounds like them is not."""

from collections import Counter
from pathlib import Path

import pytest

from adengine.core.lexicon import KINDS, LISTS, claims_in, listed
from integrations.storyboards import load

TEMPLATES = load(Path(__file__).parents[2] / "templates" / "ads")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("The world’s best mug, 100% organic", ["superlative", "environment"]),
        ("#1 in Europe", ["superlative"]),
        ("Clinically-proven to CALM skin", ["clinical"]),
        ("Kills 99.9% of bacteria", ["health"]),
        ("Money‑back guarantee", ["guarantee", "guarantee"]),
        ("Only 3 left, hurry", ["urgency", "urgency"]),
        ("I lost 5 kg in a week", ["experience"]),
        ("Lost 5 kg in a week", ["health"]),
        ("Klimaneutrale Tasse, unser Bestseller", ["environment", "superlative"]),
        ("Dermatologisch getestet und gesund", ["clinical", "health"]),
        ("Nur noch 12 Stück, nur heute", ["urgency", "urgency"]),
        ("Von Ärzten empfohlen", ["clinical"]),
        ("Satisfait ou remboursé", ["guarantee"]),
        ("Testée dermatologiquement, neutre en CO₂", ["clinical", "environment"]),
        ("N° 1 des tasses en France", ["superlative"]),
        ("J’adore, et ma peau aussi", ["experience", "experience"]),
        ("Jusqu’à minuit : dernière chance", ["urgency"]),
    ],
)
def test_claim_is_found_as_what_it_is(text: str, kinds: list[str]) -> None:
    names = {id(kind): name for name, kind in KINDS.items()}
    assert [names[id(claim.kind)] for claim in claims_in(text)] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "Forest green bottle",
        "Best before 2027",
        "Works best with fresh coffee",
        "Organic shapes, thrown by hand",
        "Lowest price in the last 30 days: €49.00",
        "Besteht aus Steinzeug",
        "Am besten bei 40 °C waschen",
        "Niedrigster Preis der letzten 30 Tage: 49,00 €",
        "Deckel abnehmen",
        "Prix le plus bas des 30 derniers jours : 49,00 €",
        "Un bois durable",
        "Plus que parfait",
        "The handle leaves room for three fingers",
        "",
    ],
)
def test_words_that_only_sound_alike_claim_nothing(text: str) -> None:
    assert claims_in(text) == ()


def test_claim_keeps_the_words_it_was_made_in() -> None:
    (claim,) = claims_in("Eine nachhaltige Tasse")
    assert (claim.words, claim.entry) == ("nachhaltige", "nachhaltig*")


def test_every_list_holds_every_kind_and_finds_each_of_its_own_entries() -> None:
    for language, words in LISTS.items():
        assert set(words.claims) == set(KINDS)
        for kind, entries in words.claims.items():
            missed = [entry for entry in entries if KINDS[kind] not in _kinds(entry)]
            assert not missed, f"{language}, {kind}: {missed}"


def test_no_entry_stands_twice_in_a_list() -> None:
    for language, words in LISTS.items():
        counted = Counter(entry for entries in words.claims.values() for entry in entries)
        assert [entry for entry, count in counted.items() if count > 1] == [], language


@pytest.mark.parametrize("locale", ["en", "en-GB", "de-AT", "fr"])
def test_language_of_a_locale_has_a_list(locale: str) -> None:
    assert listed(locale)
    assert not listed("ja")


def test_no_phrase_of_the_templates_claims_what_has_to_be_proved() -> None:
    phrases = {
        phrase
        for template in TEMPLATES.values()
        for language in template.words.values()
        for tones in language.values()
        for phrase in tones.values()
    }
    assert len(phrases) > 100
    assert [phrase for phrase in phrases if claims_in(phrase)] == []


def _kinds(entry: str) -> list[object]:
    return [claim.kind for claim in claims_in(entry.replace("{n}", "5").replace("*", "e"))]
