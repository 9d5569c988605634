import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.speech import (
    WORDS_A_SECOND,
    Cue,
    Line,
    Spoken,
    Word,
    cues,
    estimate,
    pieces,
    word_count,
    words_a_second,
)

FPS = 30
LATIN = st.text(st.sampled_from("abcdefgh àéß'.,!?$€0123456789-—"), min_size=1, max_size=160)
EAST = st.text(
    st.sampled_from("使用让你的家充满温暖光仅售この土鍋でごはんっー、。！「」 LED9"), min_size=1, max_size=80
)
THAI = st.text(st.sampled_from("ผลิตจากฝ้ายแท้นุ่มสบายเแโ ๆ"), min_size=1, max_size=80)
TEXTS = st.one_of(LATIN, EAST, THAI)


@st.composite
def scripts(draw: st.DrawFn) -> list[Line]:
    lines, at = [], 0
    for _ in range(draw(st.integers(1, 5))):
        start = at + draw(st.integers(0, 40))
        at = start + draw(st.integers(1, 150))
        lines.append(Line(draw(TEXTS), start, at))
    return lines


def columns(text: str) -> int:
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def bare(text: str) -> str:
    return "".join(text.split())


@given(TEXTS)
def test_pieces_are_the_text_itself_with_nothing_lost(text: str) -> None:
    found = pieces(text)
    assert all(text[piece.at : piece.at + len(piece.text)] == piece.text for piece in found)
    assert "".join((piece.before if number else "") + piece.text for number, piece in enumerate(found)) == " ".join(
        text.split()
    )


def test_text_without_spaces_comes_in_short_pieces_that_no_punctuation_begins() -> None:
    found = [piece.text for piece in pieces("使用 LED 灯，让你的家充满温暖的光。仅售¥299！")]
    assert found == ["使用", "LED", "灯，", "让你的", "家充满温", "暖的光。", "仅售", "¥299！"]
    assert [piece.text for piece in pieces("「すごい」と言った。")] == ["「すごい」と", "言った。"]


def test_words_keep_their_punctuation() -> None:
    assert [piece.text for piece in pieces('Only $79.50 — "shop now!"')] == ["Only", "$79.50", "—", '"shop', 'now!"']


@given(scripts())
def test_estimated_words_rise_and_stay_inside_their_lines(lines: list[Line]) -> None:
    spoken = estimate(lines, FPS)
    assert bare("".join(word.text for word in spoken.words)) == bare("".join(line.text for line in lines))
    assert all(left.start <= left.end <= right.start for left, right in pairwise(spoken.words))
    words = iter(spoken.words)
    for line in lines:
        for _ in pieces(line.text):
            word = next(words)
            assert line.start <= word.start <= word.end <= line.end


def test_words_are_spread_by_their_length_at_a_comfortable_pace() -> None:
    words = estimate([Line("A considerable bargain", 30, 300)], FPS).words
    assert words[0].start == 33
    assert words[-1].end == 33 + round(3 / WORDS_A_SECOND[1] * FPS + 0.5)
    assert words[1].end - words[1].start > 3 * (words[0].end - words[0].start)


def test_a_crowded_line_is_spoken_faster_and_ends_in_time() -> None:
    words = estimate([Line("one two three four five six seven eight", 0, 30)], FPS).words
    assert (words[0].start, words[-1].end) == (3, 30)


@given(scripts(), st.sampled_from(["en", "de-DE", "zh-CN", "ja", "ko", "ar", "th"]))
def test_captions_fit_their_lines_and_never_overlap_or_outstay_the_voice(lines: list[Line], locale: str) -> None:
    spoken = estimate(lines, FPS)
    shown = cues(spoken, locale, fps=FPS)
    limit = 32 if locale[:2] in ("zh", "ja", "ko") else 42
    for cue in shown:
        rows = cue.text.split("\n")
        assert len(rows) <= 2
        assert all(row and columns(row) <= limit for row in rows)
        assert cue.start < cue.end
        last_said = max(word.end for word in spoken.words if word.start < cue.end)
        assert cue.end <= last_said + FPS // 2
    assert all(left.end <= right.start for left, right in pairwise(shown))


@given(st.lists(st.sampled_from(["sun", "garden,", "wonderful", "light.", "now!", "a"]), min_size=1, max_size=60))
def test_captions_say_every_word_in_order(words: list[str]) -> None:
    spoken = estimate([Line(" ".join(words), 0, 30 * len(words))], FPS)
    shown = cues(spoken, "en", fps=FPS)
    assert " ".join(cue.text for cue in shown).split() == words


@given(st.lists(st.sampled_from(["sun", "garden,", "shade", "light.", "a"]), min_size=4, max_size=60))
def test_captions_of_everyday_words_pass_at_twenty_characters_a_second(words: list[str]) -> None:
    spoken = estimate([Line(" ".join(words), 0, 30 * len(words))], FPS)
    for cue in cues(spoken, "en", fps=FPS):
        assert len(cue.text) / ((cue.end - cue.start) / FPS) <= 20


def test_captions_break_where_sentences_and_clauses_end() -> None:
    text = (
        "Meet the lamp that turns every evening into golden hour. Woven by hand from natural linen, it softens the "
        "light and hides the bulb."
    )
    shown = cues(estimate([Line(text, 0, 400)], FPS), "en", fps=FPS)
    assert [cue.text for cue in shown] == [
        "Meet the lamp that turns every\nevening into golden hour.",
        "Woven by hand from natural linen,\nit softens the light and hides the bulb.",
    ]


def test_a_caption_ends_with_its_shot_line_and_holds_for_half_a_second() -> None:
    spoken = Spoken((Word("Hello", 0, 20, "\n"), Word("there.", 20, 40), Word("Now", 90, 110, "\n")))
    assert cues(spoken, "en", fps=FPS) == (Cue(0, 55, "Hello there."), Cue(90, 125, "Now"))


def test_a_word_longer_than_a_line_is_parted() -> None:
    shown = cues(Spoken((Word("x" * 100, 0, 100, "\n"),)), "en", fps=FPS)
    assert "".join(cue.text for cue in shown).replace("\n", "") == "x" * 100
    assert all(len(row) <= 42 for cue in shown for row in cue.text.split("\n"))


def test_wide_captions_have_sixteen_characters_a_line() -> None:
    shown = cues(estimate([Line("让你的家充满温暖的光使用天然亚麻手工编织而成的灯罩", 0, 300)], FPS), "zh-CN", fps=FPS)
    assert all(len(row) <= 16 for cue in shown for row in cue.text.split("\n"))


@pytest.mark.parametrize(
    ("text", "count"), [("Only today, ships free", 4), ("让你的家充满温", 3.5), ("", 0), ("LED 灯泡", 2)]
)
def test_words_are_counted_in_scripts_with_and_without_spaces(text: str, count: float) -> None:
    assert word_count(text) == count


def test_pace_is_given_for_every_line() -> None:
    assert words_a_second([Line("one two three", 0, 30), Line("one two three", 30, 90)], FPS) == (3.0, 1.5)
