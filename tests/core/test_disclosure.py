from datetime import date

import pytest

from adengine.core.disclosure import EU, RULES, label_for


@pytest.mark.parametrize("territory", ["US", "us-ny", "US-CA", "", "*"])
def test_a_synthetic_performer_is_named_where_new_york_may_see_it(territory):
    label = label_for("character", True, territory)
    assert label.text == "AI-generated performer"
    assert "396-b" in label.source


@pytest.mark.parametrize("territory", EU.split())
def test_every_eu_country_has_the_label_of_the_ai_act(territory):
    label = label_for("character", True, territory)
    assert label.text == "AI-generated"
    assert "Art. 50" in label.source


def test_a_generated_real_person_is_told_from_a_character():
    for territory in [*RULES, "BR"]:
        character, person = (label_for(kind, True, territory).text for kind in ("character", "person"))
        assert character
        assert person
        assert character != person


def test_china_reads_its_label_in_chinese():
    assert label_for("character", True, "CN").text == "人工智能生成"


def test_other_places_get_the_label_platforms_ask_for():
    label = label_for("person", True, "BR")
    assert label.text == "AI-generated, used with permission"
    assert "platform" in label.source


@pytest.mark.parametrize("territory", ["", "US", "DE", "CN", "BR"])
def test_what_was_not_generated_needs_no_label(territory):
    assert label_for("person", False, territory).text == ""


def test_every_label_says_why_by_which_source_and_when_that_was_checked():
    for territory in [*RULES, "BR"]:
        label = label_for("character", True, territory)
        assert len(label.why) > 20
        assert label.source
        assert label.checked_on == date(2026, 11, 21)


def test_there_are_27_eu_countries():
    assert len(set(EU.split())) == 27
