"""Inflections of a word share a stem; other words do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.search.stems import every_stem, stem


@pytest.mark.parametrize(
    "words",
    [
        "headphone headphones",
        "battery batteries",
        "charge charging charged charges",
        "cancelling canceling cancel",
        "case cases",
        "game gaming games",
        "glass glasses",
        "watch watches",
        "mount mounted mounting mounts",
        "knife knives",
        "box boxes",
    ],
)
def test_english_inflections_share_a_stem(words: str) -> None:
    assert len({stem(one) for one in words.split()}) == 1


@pytest.mark.parametrize("pair", ["charge charger", "organ organizer", "print printer", "wire wireless", "cap case"])
def test_other_things_have_other_stems(pair: str) -> None:
    assert len({stem(one) for one in pair.split()}) == 2


@pytest.mark.parametrize(
    ("language", "words"), [("de", "lampe lampen"), ("de", "tasse tassen"), ("fr", "chaises chaise")]
)
def test_german_and_french_plurals_share_a_stem(language: str, words: str) -> None:
    assert len({stem(one, language) for one in words.split()}) == 1


def test_a_model_keeps_its_letters() -> None:
    assert every_stem("1000xm5") == ("1000xm5",)


@given(st.from_regex(r"[a-z]{1,20}", fullmatch=True))
def test_any_word_has_stems(word: str) -> None:
    assert all(every_stem(word))
