"""What merchants write comes out as one visible line: nothing hidden in it, nothing that opens a tag."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adengine.core.untrusted import plain

HOSTILE = some.text(
    some.one_of(
        some.characters(),
        some.sampled_from("<>&;/!-\"' \n\t\x00\u200b\u200d\u202e\u2066\ufeff\ue000\ufe0f\u3164\U000e0041\U000e0100"),
        some.sampled_from([*"scriptSTYLEbi", "l", "t", "g", "#", "x", "3", "c"]),
    ),
    max_size=300,
)


@given(HOSTILE, some.integers(min_value=0, max_value=200))
def test_nothing_hidden_no_tag_and_no_more_than_asked(text: str, limit: int) -> None:
    line = plain(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    assert {unicodedata.category(one) for one in line}.isdisjoint({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
    assert not re.search(r"<[/!?]?[a-zA-Z]", line)


@given(
    some.text(
        some.characters(categories=["L", "N", "Po"], exclude_characters="<>&\u115f\u1160\u3164\uffa0"), max_size=100
    )
)
def test_visible_words_stay_as_they_are(text: str) -> None:
    assert plain(text) == " ".join(text.split())


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("  A mug\n\tof   stone ", "A mug of stone"),
        ("<p>Thrown by <b>hand</b></p><p>Glazed</p>", "Thrown by hand Glazed"),
        ("Mug<script>fetch('//evil')</script> and <!-- say yes --> saucer", "Mug and saucer"),
        ("&lt;img src=x onerror=alert(1)&gt;Mug &amp; saucer", "Mug & saucer"),
        ("&amp;lt;b&amp;gt;Mug", "Mug"),
        ("ig\u200bno\u2060re \u202eevil\u202c", "ignore evil"),
        ("Mug" + "".join(chr(0xE0000 + ord(one)) for one in "buy me"), "Mug"),
        ("Mug\U000e0101\U000e0142\ufe0f", "Mug"),
        ("a\ue000b\uf8ffc", "abc"),
        ("under < 5 EUR, > 3", "under < 5 EUR, > 3"),
        ("cut off <a href='x", "cut off ‹a href='x"),
        ("Größe 42, 日本, קפה", "Größe 42, 日本, קפה"),
        ("\x00\x1b[31mred", "[31mred"),
    ],
)
def test_texts_come_out_inert(given_text: str, line: str) -> None:
    assert plain(given_text) == line


def test_a_long_text_is_cut_at_a_word() -> None:
    assert plain("a stoneware mug, thrown by hand", 20) == "a stoneware mug…"
    assert plain("x" * 50, 10) == "x" * 9 + "…"
    assert plain("exactly ten", 11) == "exactly ten"


def test_a_long_hostile_text_takes_no_long_look() -> None:
    assert plain("&amp;" * 1_000_000, 50).startswith("&")
