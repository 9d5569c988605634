"""Every rule on both sides of its threshold: a film that passes and one that does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from adengine.core.amounts import amounts, foreign
from adengine.core.cameo import Decision
from adengine.core.catalog import Image, Product, Variant
from adengine.core.film import Film
from adengine.core.flashes import worst_second
from adengine.core.layers import Badge, Block, Box, Cameo, Layer, Logo, Picture, Text
from adengine.core.lint import (
    RULES,
    Facts,
    Measured,
    Report,
    SetText,
    facts_of,
    lint,
    measured_film,
    sibling_of,
)
from adengine.core.money import Money
from adengine.core.placement import Margins, Placement, safe_box
from adengine.core.speech import Line, Word
from adengine.core.spelling import slips
from adengine.core.storyboard import Brand, CameoPart, Shot, Storyboard, Visual
from adengine.core.timeline import Placed, Timeline, lay_out
from integrations.storyboards import load_styles

FOLDER = Path(__file__).parents[2] / "templates"
PRICE_OF = "variant:v1.price"
REASON_OF = "product.metafields.custom.reason_1"
JUG = Product(
    handle="jug",
    title="Field Jug",
    variants=(Variant("v1", "Clay", (), Money(2400, "EUR")),),
    images=(Image("jug", file="jug", width=900, height=1200, has_alpha=True),),
    metafields=(("custom.reason_1", "Pours clean"), ("custom.reason_2", "Holds one litre")),
)
TEXT_BOX = Box(72, 288, 800, 400)
VISUAL = Visual("cutout", "jug", 900, 1200)
SHOTS = tuple(
    Shot(name, layout, "light", "plain", "push_in", "cut", 1, 1.2, VISUAL, (Text(role, "Field Jug"),))
    for name, layout, role in (("hook", "headline", "hook"), ("reason", "reason", "reason"), ("end card", "end", "cta"))
)
STORYBOARD = Storyboard(
    template="plain",
    format="9x16",
    seconds=9,
    locale="en",
    mood="warm",
    style=load_styles(FOLDER / "styles")["editorial"],
    safe=safe_box((), "9x16"),
    seed=0,
    brand=Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A"),
    product_id="jug",
    product_title="Field Jug",
    variant_id="v1",
    key_picture="jug",
    shots=SHOTS,
    sources=(),
)
LUMI = CameoPart("cam_1", "Lumi", "lumi", "lumi_still", "AI-generated performer")
PLACE = Placement("here", "Here", ("9x16",), (6, 15), (6, 15), ("mp4",), "wanted", "test", date(2026, 11, 21))
SET = SetText(0, "hook", "Field Jug", 10, TEXT_BOX, 80.0, 7.0)
MEASURED = Measured(
    texts=(SET,),
    audio=True,
    loudness_lufs=-14.0,
    peak_dbtp=-1.2,
    luma=(0.5,) * 270,
    change=(0.0, *(0.01,) * 269),
    bytes=5_000_000,
)
FACTS = facts_of(JUG, was_lowest=Money(3000, "EUR"), today=date(2026, 11, 21))
ALLOWED = Decision(True, "permitted", "")


def block(shot: int, start: int, end: int, *texts: Text, box: Box = TEXT_BOX) -> Placed:
    return Placed(shot, Block(texts, box, "top", "light", start, end, 0))


def picture(shot: int, start: int, end: int) -> Placed:
    return Placed(shot, Picture("jug", "cutout", Box(100, 800, 800, 800), "light", "push_in", start, end, shot == 0))


def layered(shot: int, layer: Layer) -> Placed:
    return Placed(shot, layer)


def film(*more: Placed, cuts: tuple[int, ...] = (0, 90, 180, 270), **changes: Any) -> Timeline:
    """Three shots of three seconds in which nothing is wrong, with `more` laid over them."""
    base = lay_out(STORYBOARD)
    first, last = base.segments[0], base.segments[-1]
    segments = tuple(
        replace(last if end == cuts[-1] else first, name=f"shot {n}", start=start, end=end, overlap=0)
        for n, (start, end) in enumerate(pairwise(cuts))
    )
    layers = (
        *(picture(n, start, end) for n, (start, end) in enumerate(pairwise(cuts))),
        *more,
    )
    return replace(base, frames=cuts[-1], segments=segments, layers=layers, **changes)


OPENING = block(0, 0, 90, Text("brand", "Lumen & Loam"), Text("hook", "Field Jug", sources=("product.title",)))
REASON = block(1, 90, 180, Text("reason", "Pours clean", sources=(REASON_OF,)))
ENDING = block(
    2,
    180,
    270,
    Text("title", "Field Jug", sources=("product.title",)),
    Text("price", "€24.00", sources=(PRICE_OF,)),
    Text("cta", "Shop now"),
)
SOUND = film(OPENING, REASON, ENDING)


def checked(timeline: Timeline = SOUND, **given: Any) -> Report:
    facts = {"storyboard": STORYBOARD, "measured": MEASURED, "facts": FACTS, "licence": ALLOWED, **given}
    return lint(timeline, **facts)


def measured(**changes: Any) -> Report:
    return checked(measured=replace(MEASURED, **changes))


def placed(**changes: Any) -> Report:
    return checked(placements=[replace(PLACE, **changes)])


def with_text(text: Text, **given: Any) -> Report:
    return checked(film(OPENING, REASON, ENDING, block(1, 90, 180, text, box=Box(72, 700, 800, 90))), **given)


def spoken(words: str, *, start: int = 0, end: int = 90, look: str = "subtitle", timed: bool = True) -> Report:
    said = words.split()
    step = (end - start) / len(said)
    times = tuple(Word(w, round(start + n * step), round(start + (n + 1) * step)) for n, w in enumerate(said))
    line = Line(words, start, end)
    return checked(
        film(
            *(OPENING, REASON, ENDING),
            voice="built-in",
            speech=(line,),
            spoken=times if timed else (),
            caption_look=look,
            caption_box=Box(72, 1000, 800, 200),
        )
    )


def appearing(*more: Placed, start: int = 0, licence: Decision | None = ALLOWED) -> Report:
    shot = start // 90
    cameo = Cameo("lumi", "lumi_still", Box(100, 900, 400, 400), "light", start, start, 90 * (shot + 1))
    timeline = film(OPENING, REASON, ENDING, layered(shot, cameo), *more)
    return checked(timeline, storyboard=replace(STORYBOARD, cameo=LUMI), licence=licence)


def labelled(start: int = 0, end: int = 90, words: str = LUMI.disclosure) -> Placed:
    return block(start // 90, start, end, Text("disclosure", words), box=Box(72, 740, 600, 80))


def marked(logo: Box) -> Report:
    return checked(film(OPENING, REASON, ENDING, layered(0, Logo("logo", logo, "start", 0, 90))))


def blinking(times: int) -> tuple[float, ...]:
    """One second that becomes bright and dark again `times` times, between calm ones."""
    flashes = [1.0 if frame % 6 < 3 else 0.2 for frame in range(6 * times)]
    return (*(0.2,) * 60, *flashes, *(0.2,) * (210 - 6 * times))


def still(frames: int) -> tuple[float, ...]:
    return (0.0, *(0.01,) * 100, *(0.0,) * frames, *(0.01,) * (169 - frames))


def sized(size: Box) -> Report:
    return measured(texts=(replace(SET, box=size),))


def opened_at(start: int) -> Report:
    layers = tuple(p for p in SOUND.layers if not (isinstance(p.layer, Picture) and p.layer.start == 0))
    return checked(replace(SOUND, layers=(*layers, picture(0, start, 90))))


def branded_at(start: int) -> Report:
    opening = block(0, 0, 90, Text("hook", "Field Jug", sources=("product.title",)))
    named = block(start // 90, start, 90 * (start // 90 + 1), Text("brand", "Lumen & Loam"), box=Box(72, 700, 300, 40))
    return checked(film(opening, REASON, ENDING, named))


def ending_at(start: int) -> Report:
    return checked(film(OPENING, REASON, replace(ENDING, layer=replace(ENDING.layer, start=start))))


def resting_from(start: int) -> Report:
    cuts = (0, 90, start, 270)
    reason, ending = replace(REASON.layer, end=start), replace(ENDING.layer, start=start)
    return checked(film(OPENING, replace(REASON, layer=reason), replace(ENDING, layer=ending), cuts=cuts))


def paced(frames: int) -> Report:
    """The first shot as long as asked, two of three seconds after it; a beat has 18 frames."""
    return checked(film(OPENING, REASON, ENDING, cuts=(0, frames, frames + 90, frames + 180), mood="bright"))


def sisters(words: str) -> Report:
    sister = film(OPENING, REASON, ENDING, block(1, 90, 180, Text("reason", words, sources=(REASON_OF,))))
    return checked(siblings=[sibling_of("the other one", replace(sister, template="other"))])


def opened_with(hook: str) -> Report:
    opening = block(0, 0, 90, Text("brand", "Lumen & Loam"), Text("hook", hook, sources=("brief.headline",)))
    return checked(film(opening, REASON, ENDING))


def proved(headline: str, *, locale: str = "en", ends: date | None = None, **fields: str) -> Report:
    """A film with a headline of the merchant's, of a product with more custom metafields."""
    more = tuple((f"custom.{name}", value) for name, value in fields.items())
    jug = replace(JUG, metafields=(*JUG.metafields, *more))
    facts = facts_of(jug, was_lowest=Money(3000, "EUR"), offer_ends=ends, today=date(2026, 11, 21))
    text = block(1, 90, 180, Text("hook", headline, sources=("brief.headline",)), box=Box(72, 700, 800, 90))
    return checked(film(OPENING, REASON, ENDING, text, locale=locale), facts=facts)


def unproved(report: Report) -> list[tuple[str, str]]:
    """Level and words of what the rule about proofs found."""
    return [(finding.level, finding.words) for finding in report.findings if finding.rule == "proof"]


EIGHT_WORDS = "a jug that pours clean every single time"
REVIEWED = "Bound in linen by hand and stitched along every edge so that it lies flat when open for years to come"
Check = Callable[[], Report]
# rule, a film that just passes, one that just fails, and how bad that is.
PAIRS: list[tuple[str, Check, Check, str]] = [
    ("length", lambda: placed(allowed_s=(6, 9), advised_s=(9, 9)), lambda: placed(allowed_s=(6, 8.9)), "error"),
    ("length", lambda: placed(advised_s=(9, 12)), lambda: placed(advised_s=(10, 12)), "warning"),
    ("ratio", lambda: placed(formats=("1x1", "9x16")), lambda: placed(formats=("1x1", "16x9")), "error"),
    (
        "pixels",
        lambda: placed(least_pixels=(("9x16", (1080, 1920)),)),
        lambda: placed(least_pixels=(("9x16", (1081, 1920)),)),
        "error",
    ),
    ("file_size", lambda: placed(most_bytes=5_000_000), lambda: placed(most_bytes=4_999_999), "error"),
    ("bitrate", lambda: placed(least_kbps=4444), lambda: placed(least_kbps=4445), "error"),
    ("audio", lambda: placed(audio="needed"), lambda: measured(audio=False), "warning"),
    ("loudness", lambda: measured(loudness_lufs=-15.0), lambda: measured(loudness_lufs=-15.1), "warning"),
    ("loudness", lambda: measured(loudness_lufs=-13.0), lambda: measured(loudness_lufs=-9.9), "error"),
    ("true_peak", lambda: measured(peak_dbtp=-1.0), lambda: measured(peak_dbtp=-0.9), "warning"),
    ("captions", lambda: spoken("Pours clean every time"), lambda: spoken("Pours clean", timed=False), "error"),
    ("captions", lambda: spoken("Pours clean"), lambda: spoken("Pours clean", look=""), "warning"),
    (
        "captions",
        lambda: spoken("Unmistakably straightforward craftsmanship"),
        lambda: spoken("Unmistakably straightforward craftsmanship throughout", end=45),
        "error",
    ),
    (
        "speaking_pace",
        lambda: spoken("one two six ten two one six two"),
        lambda: spoken("one two six ten two one six two ten"),
        "warning",
    ),
    (
        "reading_time",
        lambda: with_text(Text("caption", "it holds one litre of tea", sources=(REASON_OF,))),
        lambda: with_text(Text("caption", "it holds one litre of tea and more milk", sources=(REASON_OF,))),
        "warning",
    ),
    ("safe_zone", lambda: sized(Box(60, 270, 880, 980)), lambda: sized(Box(58, 270, 880, 980)), "error"),
    (
        "contrast",
        lambda: measured(texts=(replace(SET, contrast=4.5),)),
        lambda: measured(texts=(replace(SET, contrast=4.49),)),
        "error",
    ),
    (
        "type_size",
        lambda: measured(texts=(replace(SET, size_px=24),)),
        lambda: measured(texts=(replace(SET, size_px=23.9),)),
        "warning",
    ),
    ("whole_texts", checked, lambda: measured(texts=(replace(SET, cut=True),)), "note"),
    (
        "spelling",
        lambda: with_text(Text("reason", "Pours very clean", sources=(REASON_OF,))),
        lambda: with_text(Text("reason", "Pours pours clean", sources=(REASON_OF,))),
        "warning",
    ),
    ("hook", lambda: opened_with("a jug that pours clean every time"), lambda: opened_with(EIGHT_WORDS), "warning"),
    ("call_to_action", lambda: ending_at(210), lambda: ending_at(211), "warning"),
    ("call_to_action", lambda: ending_at(240), lambda: ending_at(241), "error"),
    ("end_card", lambda: resting_from(210), lambda: resting_from(211), "warning"),
    ("product_first", lambda: opened_at(15), lambda: opened_at(16), "warning"),
    ("product_first", lambda: opened_at(29), lambda: opened_at(30), "error"),
    ("brand_early", lambda: branded_at(119), lambda: branded_at(120), "warning"),
    ("cut_pace", lambda: paced(21), lambda: paced(20), "warning"),
    ("cut_pace", lambda: paced(129), lambda: paced(130), "warning"),
    ("face_early", lambda: appearing(labelled()), lambda: appearing(labelled(90, 180), start=90), "warning"),
    ("logo_space", lambda: marked(Box(72, 688, 200, 80)), lambda: marked(Box(72, 687, 200, 80)), "warning"),
    ("flash_safe", lambda: measured(luma=blinking(3)), lambda: measured(luma=blinking(4)), "error"),
    ("flash_safe", lambda: measured(flashes=(3, 60)), lambda: measured(flashes=(4, 60)), "error"),
    ("black_frames", lambda: measured(luma=(0.03,) * 270), lambda: measured(luma=(0.5, 0.029) * 135), "error"),
    ("frozen_frames", lambda: measured(change=still(29)), lambda: measured(change=still(30)), "warning"),
    ("frozen_frames", lambda: measured(change=still(89)), lambda: measured(change=still(90)), "error"),
    ("similarity", lambda: sisters(REVIEWED), lambda: sisters("Pours clean"), "warning"),
    (
        "price",
        lambda: with_text(Text("price", "24,00\u00a0€", sources=(PRICE_OF,))),
        lambda: with_text(Text("price", "€24.01", sources=(PRICE_OF,))),
        "error",
    ),
    (
        "discount",
        lambda: with_text(Text("price", "€24.00", aside="€30.00", sources=(PRICE_OF,))),
        lambda: with_text(Text("price", "€24.00", aside="€30.01", sources=(PRICE_OF,))),
        "error",
    ),
    (
        "discount",
        lambda: with_text(Text("hook", "20% off this week", sources=("brief.headline",))),
        lambda: with_text(Text("hook", "21% off this week", sources=("brief.headline",))),
        "error",
    ),
    (
        "discount",
        lambda: checked(facts=replace(FACTS, offer_ends=date(2026, 11, 21))),
        lambda: checked(facts=replace(FACTS, offer_ends=date(2026, 11, 20))),
        "error",
    ),
    (
        "claims",
        lambda: with_text(Text("reason", "Holds one litre", sources=("product.metafields.custom.reason_2",))),
        lambda: with_text(Text("reason", "Holds one litre", sources=("product.metafields.custom.reason_9",))),
        "error",
    ),
    (
        "proof",
        lambda: with_text(Text("hook", "Glazed in the kiln", sources=("brief.headline",))),
        lambda: with_text(Text("hook", "The best jug", sources=("brief.headline",))),
        "warning",
    ),
    (
        "proof",
        lambda: proved("Climate neutral", certificate="ClimateCo 4711"),
        lambda: proved("Climate neutral"),
        "error",
    ),
    ("label", lambda: appearing(labelled()), lambda: appearing(labelled(1, 90)), "error"),
    ("licence", lambda: appearing(labelled()), lambda: appearing(labelled(), licence=None), "error"),
    ("as_asked", checked, lambda: measured(notes=("The font Plain is missing",)), "note"),
]


@pytest.mark.parametrize(("rule", "good", "bad", "level"), PAIRS, ids=[f"{n} {p[0]}" for n, p in enumerate(PAIRS)])
def test_rule_passes_on_one_side_of_its_threshold_and_finds_on_the_other(
    rule: str, good: Check, bad: Check, level: str
) -> None:
    passed = [finding for finding in good().findings if finding.rule == rule and finding.level == level]
    report = bad()
    failed = [finding for finding in report.findings if finding.rule == rule]
    assert not passed
    assert failed
    assert failed[0].level == level
    assert 0 <= failed[0].score < 1
    assert len(failed[0].words) > 20 or rule == "as_asked"


def test_every_rule_of_the_table_has_a_film_that_passes_and_one_that_does_not() -> None:
    assert {pair[0] for pair in PAIRS} == set(RULES)


def test_sound_film_has_no_finding_and_the_full_mark() -> None:
    report = checked()
    assert report == Report(100, (), ())


def test_film_with_an_error_never_passes_and_names_the_error_first() -> None:
    report = measured(texts=(replace(SET, contrast=4.0, size_px=23),))
    assert report.score <= 59
    assert [finding.level for finding in report.findings] == ["error", "warning"]
    assert report.findings[0].frame == SET.frame


def test_unmeasured_rules_are_named_and_cost_nothing() -> None:
    report = checked(measured=None)
    assert report.score == 100
    assert set(report.unchecked) == {name for name, rule in RULES.items() if rule.needs}


def test_unmeasured_text_is_judged_by_the_box_it_is_laid_out_in() -> None:
    wide = block(1, 90, 180, Text("reason", "Pours clean", sources=(REASON_OF,)), box=Box(72, 1200, 800, 100))
    report = checked(film(OPENING, wide, ENDING), measured=None)
    assert [(finding.rule, finding.frame) for finding in report.findings if finding.level == "error"] == [
        ("safe_zone", 90)
    ]


def test_chosen_places_decide_the_safe_zone() -> None:
    narrow = replace(PLACE, keep_clear=(("9x16", Margins(270, 670, 60, 216), Margins(270, 670, 216, 60)),))
    assert not [f for f in checked(placements=[PLACE]).findings if f.rule == "safe_zone"]
    found = [f for f in checked(placements=[PLACE, narrow]).findings if f.rule == "safe_zone"]
    assert [(f.level, f.frame) for f in found] == [("error", 10)]


@pytest.mark.parametrize(
    ("text", "sources"),
    [("$24.00", (PRICE_OF,)), ("£24.00", (PRICE_OF,)), ("2 400 €", (PRICE_OF,)), ("€24.00", ())],
)
def test_price_in_other_money_or_without_a_source_is_refused(text: str, sources: tuple[str, ...]) -> None:
    found = with_text(Text("price", text, sources=sources)).findings
    assert ("price", "error") in {(finding.rule, finding.level) for finding in found}


def test_struck_price_without_a_known_lowest_is_refused() -> None:
    text = Text("price", "€24.00", aside="€30.00", sources=(PRICE_OF,))
    assert checked(film(OPENING, REASON, ENDING, block(1, 90, 180, text)), facts=facts_of(JUG)).has_errors


def test_percentage_of_a_material_is_no_discount() -> None:
    report = with_text(Text("reason", "100 % stoneware", sources=(REASON_OF,)), facts=facts_of(JUG))
    assert not [finding for finding in report.findings if finding.rule == "discount"]


def test_badge_is_judged_by_the_sources_of_its_storyboard() -> None:
    shot = replace(
        STORYBOARD.shots[0], texts=(Text("badge", "-20\u00a0%", sources=(f"brief.was_lowest, {PRICE_OF}",)),)
    )
    storyboard = replace(STORYBOARD, shots=(shot, *STORYBOARD.shots[1:]))
    badge = layered(0, Badge("-20\u00a0%", Box(700, 790, 200, 200), "light", 20, 90))
    lawful = checked(film(OPENING, REASON, ENDING, badge), storyboard=storyboard)
    unlawful = checked(film(OPENING, REASON, ENDING, badge), storyboard=storyboard, facts=facts_of(JUG))
    assert not lawful.findings
    assert {finding.rule for finding in unlawful.findings} == {"discount"}


def test_claim_with_a_proof_in_the_catalogue_is_a_note_that_names_the_field() -> None:
    found = unproved(proved("Clinically proven", study="Dermatest 2026, 40 people"))
    assert [level for level, _ in found] == ["note"]
    assert "product.metafields.custom.study proves it" in found[0][1]


def test_promise_that_the_catalogue_makes_itself_is_a_note_that_names_the_field() -> None:
    found = unproved(proved("Guaranteed to pour clean", reason_3="Guaranteed for five years"))
    assert [level for level, _ in found] == ["note"]
    assert "product.metafields.custom.reason_3 says so" in found[0][1]


def test_shops_own_word_is_no_proof_of_an_environmental_claim() -> None:
    found = unproved(proved("Sustainable clay", reason_3="Made of sustainable clay"))
    assert [level for level, _ in found] == ["warning"]
    assert "product.metafields.custom.reason_3" in found[0][1]
    assert "custom.certificate" in found[0][1]


def test_text_of_a_field_has_that_field_behind_it() -> None:
    report = with_text(Text("reason", "Our best glaze", sources=(REASON_OF,)))
    assert [level for level, words in unproved(report) if REASON_OF in words] == ["note"]


def test_only_buyers_and_founders_may_tell_what_they_went_through() -> None:
    assert [level for level, _ in unproved(proved("I love it", review_1="I love it, and so does she"))] == ["note"]
    assert [level for level, _ in unproved(proved("I love it", reason_3="I love it"))] == ["error"]


@pytest.mark.parametrize(
    ("ends", "level"), [(date(2026, 11, 21), "note"), (date(2026, 11, 20), "error"), (None, "error")]
)
def test_pressure_of_time_needs_an_offer_that_really_ends(ends: date | None, level: str) -> None:
    assert [level for level, _ in unproved(proved("Last chance", ends=ends))] == [level]


def test_claim_that_is_only_spoken_is_found() -> None:
    report = spoken("Clinically proven, they say")
    assert [level for level, _ in unproved(report)] == ["error"]
    spoken_and_shown = film(OPENING, REASON, ENDING, speech=(Line("Pours clean.", 90, 180),))
    assert unproved(checked(spoken_and_shown)) == []


def test_shops_own_name_claims_nothing() -> None:
    brand = replace(SOUND.brand, name="Best & Daughters")
    named = block(
        1, 90, 180, Text("label", "From Best & Daughters", sources=("brand.name",)), box=Box(72, 700, 800, 90)
    )
    assert unproved(checked(film(OPENING, REASON, ENDING, named, brand=brand))) == []


def test_language_without_a_word_list_is_named() -> None:
    found = unproved(proved("きれいに注げる", locale="ja"))
    assert [level for level, _ in found] == ["note"]
    assert "none for ja" in found[0][1]


@pytest.mark.parametrize("licence", [Decision(False, "territory", "not in Austria"), None])
def test_refused_or_missing_licence_is_an_error_with_its_clause(licence: Decision | None) -> None:
    found = [f for f in appearing(labelled(), licence=licence).findings if f.rule == "licence"]
    assert [finding.level for finding in found] == ["error"]
    assert licence is None or "territory" in found[0].words


def test_label_with_other_words_does_not_count() -> None:
    found = [f for f in appearing(labelled(words="Great to see you")).findings if f.rule == "label"]
    assert [(finding.level, finding.frame) for finding in found] == [("error", 0)]


def test_film_without_product_brand_or_button_fails_three_rules() -> None:
    bare = replace(film(REASON), layers=(REASON,))
    rules = {finding.rule for finding in checked(bare).findings if finding.level == "error"}
    assert rules == {"product_first", "brand_early", "call_to_action"}


def test_twin_is_an_error_and_thumbs_tell_twins_apart() -> None:
    twin = sibling_of("twin", SOUND, replace(MEASURED, thumbs=((0.1, 0.2),)))
    same = checked(measured=replace(MEASURED, thumbs=((0.1, 0.2),)), siblings=[twin])
    other = checked(measured=replace(MEASURED, thumbs=((0.9, 0.9),)), siblings=[twin])
    assert [finding.level for finding in same.findings] == ["error"]
    assert [finding.level for finding in other.findings] == ["warning"]


def test_render_figures_become_measurements_of_0_to_1() -> None:
    made = Film(
        *("film.mp4", "p.webp", "p.jpg", "c.vtt"),
        frames=2,
        width=1080,
        height=1920,
        duration_s=0.1,
        bytes=10,
        sha256="",
        audio=True,
        loudness_lufs=-14.2,
        luma=(16, 235),
        stir=(0, 21900),
    )
    result = measured_film(made)
    assert (result.luma, result.change) == ((0.0, 1.0), (0.0, 1.0))
    assert (result.loudness_lufs, result.peak_dbtp, result.audio) == (-14.2, None, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pours pours clean", 1),
        ("Bora Bora, so so good", 0),
        ("Two  spaces", 1),
        ("Done .", 1),
        ("Open (bracket", 1),
        ("Holds (350 ml) :)", 0),
        ("Pаris in Cyrillic", 1),
        ("Warum nicht ?", 0),
        ("陶器のマグ（350 ml）", 0),
        ("«Тёплый» свет", 0),
    ],
)
def test_slips_are_found_without_a_dictionary(text: str, found: int) -> None:
    assert len(list(slips(text))) == found


@pytest.mark.parametrize("money", [Money(500, "KWD"), Money(1_234_567_800, "VND"), Money(123_456, "INR")])
@pytest.mark.parametrize("locale", ["en", "de", "fr", "ar", "ar-EG", "hi", "fa", "ja", "pl", "de-CH", "bn", "sv"])
def test_written_price_reads_back_as_the_same_money(money: Money, locale: str) -> None:
    shown = money.display(locale)
    assert amounts(shown, money.currency) == (money,)
    assert not foreign(shown, money.currency)


def test_number_beside_no_currency_is_no_price() -> None:
    assert amounts("Lowest price of 30 days: €49.00", "EUR") == (Money(4900, "EUR"),)


def test_small_changes_of_brightness_are_no_flashes() -> None:
    assert worst_second([0.5, 0.55] * 60, 30) == (0, 0)
    assert worst_second([0.1, 0.9] * 15, 30)[0] == 14
    assert worst_second([], 30) == (0, 0)


def test_facts_of_a_product_hold_what_its_fields_say() -> None:
    facts = facts_of(replace(JUG, description="Thrown by hand.", vendor=" "))
    assert facts.said[:2] == (("product.title", "Field Jug"), ("product.description", "Thrown by hand."))
    assert ("product.vendor", " ") not in facts.said
    assert "product.vendor" not in facts.known


def test_facts_of_a_product_hold_its_own_and_its_companions_prices() -> None:
    lamp = replace(JUG, handle="lamp", variants=(Variant("v9", "Chalk", (), Money(8900, "EUR")),))
    facts = facts_of(JUG, companions=(lamp,))
    assert dict(facts.prices) == {PRICE_OF: Money(2400, "EUR"), "variant:v9.price": Money(8900, "EUR")}
    assert isinstance(facts, Facts)
    assert REASON_OF in facts.known
