import json
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from adengine.core.errors import TemplateInvalid
from adengine.core.style import CAPTIONS, FAMILIES, ROLES, TONES, Style, style_from
from integrations.storyboards import load, load_styles

ROOT = Path(__file__).parents[2] / "templates"
STYLES, TEMPLATES = load_styles(ROOT / "styles"), load(ROOT / "ads")
BACKED = ("pill", "box", "highlight", "button")


def mapping(**change: object) -> dict[str, object]:
    whole = yaml.safe_load((ROOT / "styles" / "editorial.yaml").read_text())
    return {**whole, **change}


def look(style: Style) -> tuple[object, ...]:
    """What makes two films look alike: type, ground, forms, motion, captions, badge, alignment, tones."""
    return (
        style.display,
        style.ground,
        (style.corner, style.role("cta").case, style.role("hook").case),
        (style.entrance, style.energy),
        style.captions,
        style.badge,
        style.align,
        style.tones,
        style.transitions,
    )


def test_there_are_six_styles_and_every_template_names_one() -> None:
    assert len(STYLES) == 6
    assert {template.style for template in TEMPLATES.values()} == set(STYLES)


@pytest.mark.parametrize(("one", "other"), list(combinations(sorted(STYLES), 2)))
def test_two_styles_share_little_of_their_look(one: str, other: str) -> None:
    pairs = list(zip(look(STYLES[one]), look(STYLES[other]), strict=True))
    assert STYLES[one].display[0] != STYLES[other].display[0]
    assert STYLES[one].ground != STYLES[other].ground
    assert sum(a == b for a, b in pairs) <= 3


@pytest.mark.parametrize("name", sorted(STYLES))
def test_style_sets_every_role_and_tone_and_backs_what_stands_on_pictures(name: str) -> None:
    style = STYLES[name]
    assert tuple(role for role, _ in style.roles) == ROLES
    assert tuple(tone for tone, _ in style.tones) == TONES
    assert style.role("disclosure").form in BACKED
    assert style.role("cta").form == "button"
    assert style.role("caption").form in BACKED
    assert style.captions in CAPTIONS
    assert {style.display[0], style.strong[0], style.text[0]} <= set(FAMILIES)


@pytest.mark.parametrize("name", sorted(STYLES))
def test_small_print_is_large_enough_for_a_phone(name: str) -> None:
    assert min(role.size for _, role in STYLES[name].roles) >= 30
    assert STYLES[name].role("hook").size > STYLES[name].role("title").size > STYLES[name].role("label").size


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"ground": "lava"}, "ground"),
        ({"display": {"family": "comic"}}, "display.family"),
        ({"roles": {}}, "roles"),
        ({"tones": {"light": {"top": 1, "bottom": 1, "chroma": 1}}}, "tones"),
        ({"transitions": {"fade": "explode"}}, "transitions.fade"),
        ({"energy": 0}, "energy"),
        ({"sparkle": True}, "sparkle"),
        ({"backdrops": ["pyramid"]}, "backdrops"),
    ],
)
def test_wrong_style_is_refused_with_the_path_of_the_field(change: dict[str, object], path: str) -> None:
    with pytest.raises(TemplateInvalid, match=path):
        style_from(mapping(**change), "mine")


def test_style_is_read_as_it_is_written() -> None:
    style = style_from(mapping(corner=0, transitions={"fade": "cut"}), "mine")
    assert (style.name, style.corner) == ("mine", 0)
    assert style.transition("fade") == "cut"
    assert style.transition("wipe") == "wipe"


def test_schema_takes_what_the_reader_takes() -> None:
    schema = Draft202012Validator(json.loads((ROOT / "styles" / "schema.json").read_text()))
    assert not list(schema.iter_errors(mapping()))
    assert list(schema.iter_errors(mapping(ground="lava")))
