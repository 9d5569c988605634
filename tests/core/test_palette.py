import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adengine.core.palette import READABLE, Swatch, contrast, from_oklch, palette_for, to_oklch
from adengine.core.storyboard import Brand
from adengine.core.style import FAMILIES, ROLES, STAGES, Style, Tone, TypeRole
from integrations.storyboards import load_styles

STYLES = load_styles(Path(__file__).parents[2] / "templates" / "styles")
BRAND = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
TONES = (("light", Tone(0.955, 0.885, 0.3)), ("tint", Tone(0.88, 0.79, 0.55)), ("deep", Tone(0.36, 0.22, 0.45)))
PLAIN = Style(
    name="plain",
    title="Plain",
    about="For tests.",
    display=(FAMILIES[0], 600),
    strong=(FAMILIES[1], 600),
    text=(FAMILIES[1], 500),
    roles=tuple((name, TypeRole("text", 40.0, 1)) for name in ROLES),
    tones=TONES,
)
colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
tones = st.builds(Tone, st.floats(0.1, 0.99), st.floats(0.1, 0.99), st.floats(0, 3))


@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("stage", STAGES)
@given(
    swatches=st.lists(st.builds(Swatch, colours, st.floats(0.05, 1)), max_size=5),
    ink=colours,
    paper=colours,
    accent=colours,
    tone=tones,
)
def test_texts_reach_contrast_on_any_product_brand_and_style(
    stage: str, swatches: list[Swatch], ink: str, paper: str, accent: str, tone: Tone
) -> None:
    style = replace(PLAIN, tones=tuple((name, tone) for name, _ in TONES))
    made = palette_for(swatches, Brand("B", ink, paper, accent), style).stage(stage)
    for text in (made.ink, made.quiet, made.accent):
        assert min(contrast(text, ground) for ground in made.grounds) >= READABLE
    assert contrast(made.on_button, made.button) >= READABLE


def test_the_styles_tones_are_the_lightness_of_the_stages() -> None:
    made = palette_for([Swatch("#3f7a62", 1.0)], BRAND, PLAIN)
    for name, tone in TONES:
        assert to_oklch(made.stage(name).top)[0] == pytest.approx(tone.top, abs=0.02)
        assert to_oklch(made.stage(name).bottom)[0] == pytest.approx(tone.bottom, abs=0.02)


def test_stages_take_the_hue_of_the_product_and_more_of_it_where_the_style_asks() -> None:
    green = [Swatch("#3f7a62", 0.8), Swatch("#f0f0f0", 0.2)]
    loud = replace(PLAIN, tones=tuple((name, replace(tone, chroma=tone.chroma * 3)) for name, tone in TONES))
    quiet, strong = (palette_for(green, BRAND, style).tint for style in (PLAIN, loud))
    assert to_oklch(quiet.bottom)[2] == pytest.approx(to_oklch("#3f7a62")[2], abs=6)
    assert to_oklch(strong.bottom)[1] > 1.5 * to_oklch(quiet.bottom)[1]


def test_a_pale_product_gets_a_darker_pale_ground_and_a_dark_one_a_lighter_deep_ground() -> None:
    pale, dark, middle = (palette_for([Swatch(from_oklch(at, 0.02, 90), 1.0)], BRAND, PLAIN) for at in (0.9, 0.2, 0.6))
    assert to_oklch(pale.light.top)[0] < to_oklch(middle.light.top)[0] - 0.04
    assert to_oklch(dark.deep.top)[0] > to_oklch(middle.deep.top)[0] + 0.04


def test_no_two_styles_give_a_product_the_same_stages() -> None:
    green = [Swatch("#3f7a62", 0.8), Swatch("#f0f0f0", 0.2)]
    made = [palette_for(green, BRAND, style) for style in STYLES.values()]
    for place, one in enumerate(made):
        for other in made[:place]:
            apart = max(math.dist(_lab(one.stage(name).top), _lab(other.stage(name).top)) for name in STAGES[:3])
            assert apart > 0.02


def test_a_grey_product_stands_on_the_brands_paper() -> None:
    made = palette_for([Swatch("#808080", 1.0)], BRAND, PLAIN)
    assert to_oklch(made.tint.bottom)[2] == pytest.approx(to_oklch(BRAND.paper)[2], abs=8)


def _lab(colour: str) -> tuple[float, float, float]:
    lightness, chroma, hue = to_oklch(colour)
    return lightness, chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
