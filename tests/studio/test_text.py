"""Type as it is set and painted: what fits, where lines end, which way they run, and what no font shows."""

import itertools
import random
import re
from dataclasses import replace

import numpy as np
import pytest

from adengine.core.errors import RenderFailed
from adengine.core.layers import BlockDraw, Box, CaptionDraw, Item
from adengine.core.palette import Stage, contrast
from adengine.core.speech import pieces
from adengine.core.style import BADGES, CAPTIONS, FAMILIES, FORMS, Style, TypeRole
from workers.studio.letters import scripts
from workers.studio.letters.fonts import FILES, Face, branded, notes, shelf
from workers.studio.letters.forms import rating
from workers.studio.letters.lettering import Sprite, badge, spoken, typeset
from workers.studio.letters.text import advance, broken, fitted, height, line_ems, words_of

STAGE = Stage(
    "#efe6d8", "#ddcfba", "#d3c0a5", "#fbf5ea", "#3a2a18", "#2b2620", "#5c5347", "#a1431c", "#b4532a", "#ffffff"
)
ROLES = {
    "brand": TypeRole("strong", 44, 1, 1.2, 0.1, colour="quiet"),
    "hook": TypeRole("display", 164, 5, 1.02, -0.022, 26),
    "title": TypeRole("display", 108, 4, 1.06, -0.018, 26),
    "point": TypeRole("strong", 50, 3, 1.22, 0, 18),
    "quote": TypeRole("display", 86, 7, 1.14, -0.012, 24),
    "stars": TypeRole("strong", 64, 1, 1.1, 0, 16, colour="accent"),
    "price": TypeRole("strong", 128, 1, 1.08, -0.025, 30),
    "caption": TypeRole("strong", 48, 3, 1.28, 0, 32, "pill"),
    "badge": TypeRole("strong", 78, 2, 1.1, -0.02),
    "disclosure": TypeRole("text", 32, 2, 1.25, 0, 12, "pill"),
    "cta": TypeRole("strong", 58, 1, 1.2, 0, 40, "button"),
}
STYLE = Style(
    "own", "Own", "", ("serif", 600), ("grotesk", 600), ("grotesk", 500), tuple(ROLES.items()), (), shadow=0.5
)
BOX = Box(60, 270, 880, 980)
FACE = Face("grotesk", 600)
ENGLISH = "Hand-thrown stoneware vase that holds long stems for days & weeks"
WORDS = {
    "de": "Handgetöpferter Steingutbecher Donaudampfschifffahrtskapitänsmütze groß für 350 ml Tee",
    "en": ENGLISH,
    "fr": "Tasse en grès d'été ; émail « réactif » édition limitée !",
    "ar": "كوب خزفي كبير مصنوع يدويًا Lumen 54.00 € للقهوة والشاي",
    "he": "ספל קרמיקה גדול עבודת יד Lumen ב-54₪ לקפה ותה",
    "ja": "「手仕事」で作られた、花がもっと美しく見える30cmの陶器の花瓶。コーヒー、1,200円！",
    "zh": "手工制作的陶瓷花瓶，让您的家焕然一新，仅售1,200元！",
    "ko": "손으로 빚은 도자기 꽃병, 당신의 공간을 새롭게",
    "th": "แจกันเซรามิกทำมือที่ทำให้บ้านของคุณสวยงามขึ้น",
    "hi": "हाथ से बना क्षत्रिय शैली का सुंदर मिट्टी का फूलदान",
    "ru": "Керамическая ваза ручной работы высотой 30 см",
    "vi": "Bình gốm thủ công đẹp cho mọi ngôi nhà Việt",
    "ka": "ხელნაკეთი კერამიკული ვაზა",
    "emoji": "We ❤️ flowers 🌷 👨‍👩‍👧‍👦 🇩🇪🇫🇷 1️⃣ ☕ 👍🏽 ok ♥",
}


def item(role: str, text: str, aside: str = "") -> Item:
    return Item(role, text, aside, (1.0,) * (text.count(" ") + 1))


def block(*items: Item, box: Box = BOX, stage: str = "light") -> BlockDraw:
    return BlockDraw(items, box, "top", stage)


def lines_of(text: str, role: str = "title", style: Style = STYLE, locale: str = "", box: Box = BOX) -> list[str]:
    return [
        "".join((" " if word.spaced and place else "") + word.text for place, word in enumerate(line))
        for line in fitted(block(item(role, text), box=box), style, locale)[0].lines
    ]


def ink(sprite: Sprite, *, above: int = 24) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what can be seen, in frame pixels at scale 1."""
    rows, columns = np.nonzero(sprite.pixels[..., 3] > above)
    return sprite.x + columns.min(), sprite.y + rows.min(), sprite.x + columns.max() + 1, sprite.y + rows.max() + 1


def titles() -> list[tuple[str, str]]:
    """Two hundred titles of 3 to 200 characters in many scripts, the same on every run."""
    chance = random.Random(7)
    made = []
    for number in range(200):
        locale, text = list(WORDS.items())[number % len(WORDS)]
        words = text.split(" ")
        title, wanted = chance.choice(words), chance.choice((3, 12, 30, 60, 120, 200))
        while len(title) < wanted:
            title += ("" if locale in ("ja", "zh", "th") else " ") + chance.choice(words)
        made.append((locale, title[: max(3, wanted)].strip()))
    return made


def test_two_hundred_titles_in_many_scripts_stay_inside_their_block():
    for number, (locale, title) in enumerate(titles()):
        role = ("title", "hook", "point", "quote")[number % 4]
        asked = block(item("brand", "Lumen & Loam"), item(role, title, "tick" if role == "point" else ""))
        sized = fitted(asked, STYLE, locale)
        assert height(sized) <= BOX.h, title
        assert all(one.w <= BOX.w + 1 for one in sized), title
        for made in typeset(asked, STAGE, STYLE, 1.0, locale):
            left, _, right, bottom = ink(made.whole)
            # Letters may lean a little past their advance.
            assert left >= BOX.x - 0.1 * made.size, title
            assert right <= BOX.right + 0.1 * made.size, title
            assert bottom <= BOX.bottom + 0.3 * made.size, title


def test_large_type_fits_a_box_lower_than_its_smallest_size():
    low = Box(72, 592, 88, 60)
    assert height(fitted(block(item("hook", "1"), box=low), STYLE)) <= low.h


def test_measured_lines_are_as_wide_as_the_painted_ones():
    for locale, text in WORDS.items():
        one = fitted(block(item("title", text)), STYLE, locale)[0]
        shaped = [
            shelf().paragraph(line, one.face, one.size, "#000000", one.role.tracking).MaxIntrinsicWidth
            for line in lines_of(text, locale=locale)
        ]
        measured = [line_ems(line, one.face, one.role.tracking) * one.size for line in one.lines]
        assert shaped == pytest.approx(measured, abs=0.03 * one.size), text


def test_no_title_ends_in_a_lonely_short_word():
    for text in ("A vase that stands on its own two feet in", "Extraordinarily comfortable cushions to", ENGLISH):
        last = lines_of(text)[-1]
        assert len(last.split()) > 1 or len(last) > 6, lines_of(text)


def test_lines_of_a_headline_are_of_about_the_same_width():
    widths = [len(line) for line in lines_of("Fresh flowers every week for a whole year", "hook")]
    assert max(widths) - min(widths) <= 8


def test_numbers_keep_their_units_and_prices_their_currency():
    glued = scripts.glued("30 cm tall, 350 ml, CHF 9.90, 12 000 kr, 54 €, No. 5, vrai ! « oui » 20 %")
    parts = ("30\u00a0cm", "350\u00a0ml", "CHF\u00a09.90", "12\u00a0000\u00a0kr", "54\u00a0€", "No.\u00a05")
    assert all(part in glued for part in (*parts, "vrai\u00a0!", "«\u00a0oui\u00a0»", "20\u00a0%"))
    assert "9.90, 12" in glued
    assert [atom.text for atom in scripts.atoms("only 30 cm or 1,200円だけ")] == [
        "only",
        "30\u00a0cm",
        "or",
        "1,200円",
        "だ",
        "け",
    ]


@pytest.mark.parametrize("room", [2.2, 3.1, 4.4, 6.0, 9.5])
def test_kinsoku_holds_at_every_width(room):
    for locale in ("ja", "zh"):
        words = words_of(WORDS[locale], Face("grotesk", 600, "JP"), 0.0)
        lines = ["".join(word.text for word in line) for line in broken(words, FACE, 0.0, room)]
        assert "".join(lines) == WORDS[locale]
        assert not any(line[0] in "、。，！」" for line in lines)
        assert not any(line[-1] in "「" for line in lines)
        assert not any(
            re.search("[0-9,]$", line) and re.match("[0-9,円元]", after) for line, after in itertools.pairwise(lines)
        )


def test_thai_ends_lines_between_words_and_never_inside_a_cluster():
    assert [word.text for word in words_of("ภาษาไทยง่ายนิดเดียว", FACE, 0.0)] == ["ภาษา", "ไทย", "ง่าย", "นิด", "เดียว"]


def test_what_reads_as_one_character_stays_whole():
    assert scripts.clusters("क्षत्रिय") == ["क्ष", "त्रि", "य"]
    assert scripts.clusters("👨‍👩‍👧‍👦🇩🇪🇫🇷❤️1️⃣👍🏽") == ["👨‍👩‍👧‍👦", "🇩🇪", "🇫🇷", "❤️", "1️⃣", "👍🏽"]
    assert scripts.clusters("เดียว") == ["เดี", "ย", "ว"]


def test_a_soft_hyphen_shows_only_where_the_line_ends_there():
    words = words_of("Wohn\u00adzimmer\u00adlampe", FACE, 0.0)
    assert [[w.text for w in line] for line in broken(words, FACE, 0.0, 20)] == [["Wohn", "zimmer", "lampe"]]
    narrow = broken(words, FACE, 0.0, advance("zimmerl", FACE, 0.0))
    assert ["".join(w.text for w in line) for line in narrow] == ["Wohn-", "zimmer-", "lampe"]


def test_a_word_longer_than_the_line_is_broken_with_a_hyphen_instead_of_shrinking_everything():
    asked = block(item("title", "Donaudampfschifffahrtsgesellschaftskapitän"), item("price", "54,00\u00a0€"))
    title, price = fitted(asked, STYLE)
    assert title.lines[0][-1].text.endswith("-")
    assert price.size == price.role.size


def test_capitals_follow_the_language():
    assert scripts.upper("istanbul ışığı", "tr") == "İSTANBUL IŞIĞI"
    assert scripts.upper("istanbul", "en") == "ISTANBUL"
    assert scripts.upper("Straße καφές ქართული عربي") == "STRASSE ΚΑΦΕΣ ქართული عربي"
    roles = ROLES | {"title": replace(ROLES["title"], case="upper")}
    assert lines_of("çiçek için", style=replace(STYLE, roles=tuple(roles.items())), locale="tr") == ["ÇİÇEK İÇİN"]


def test_prices_and_latin_names_are_isolated_in_right_to_left_text():
    def held(text: str) -> list[str]:
        return [text[start:end] for start, end in scripts.isolates(text)]

    assert held("السعر $79 فقط -20% CASA مع 54.00 €") == ["$79", "-20%", "CASA", "54.00 €"]
    assert held("מחיר ב-54₪ iPhone (2024) חדש!") == ["54₪", "iPhone (2024)"]
    assert held("٥٤ كرسي") == []


def test_the_dollar_sign_stays_before_its_number_in_arabic():
    asked = block(item("title", "السعر $79"))
    words = dict(typeset(asked, STAGE, STYLE, 1.0, "ar")[0].words)
    alone = typeset(block(item("title", "$79")), STAGE, STYLE, 1.0)[0].words[0][1]
    assert words[1].w == pytest.approx(alone.w, abs=4)
    dollar = typeset(block(item("title", "$")), STAGE, STYLE, 1.0)[0].words[0][1]
    inside = words[1].pixels[..., 3].astype(int)[: dollar.pixels.shape[0], : dollar.pixels.shape[1] - 8]
    apart = dollar.pixels[..., 3].astype(int)[: inside.shape[0], : inside.shape[1]]
    assert np.corrcoef(inside.ravel(), apart[: inside.shape[0]].ravel())[0, 1] > 0.6


@pytest.mark.parametrize("locale", ["ar", "he"])
def test_right_to_left_blocks_stand_on_the_right_and_their_words_come_from_there(locale):
    short = {"ar": "كوب كبير", "he": "ספל גדול"}[locale]
    made = typeset(block(item("brand", "Lumen"), item("title", short), item("cta", short)), STAGE, STYLE, 1.0, locale)
    for one in made[:2]:
        assert ink(one.whole)[2] == pytest.approx(BOX.right, abs=10)
    first, second = (dict(made[1].words)[place] for place in (0, 1))
    assert first.x > second.x
    _, arrow = made[2].words[-1]
    assert all(arrow.x < word.x for _, word in made[2].words[:-1])


def test_words_of_japanese_come_in_one_after_the_other():
    text = "花がもっと美しく見える陶器の花瓶"
    count = len(scripts.clusters(text)) // 4
    parts = len(pieces(text))
    made = typeset(block(Item("title", text, "", (1.0,) * parts)), STAGE, STYLE, 1.0, "ja")[0]
    assert parts > count
    assert {place for place, _ in made.words} == set(range(parts))


def test_the_words_of_a_text_make_up_the_whole():
    for locale in ("en", "ar", "th"):
        made = typeset(block(item("title", WORDS[locale])), STAGE, STYLE, 1.0, locale)[0]
        seen = sum(int(word.pixels[..., 3].astype(int).sum()) for _, word in made.words)
        assert seen == pytest.approx(int(made.whole.pixels[..., 3].astype(int).sum()), rel=0.003)


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37, 2.0])
def test_sprites_lie_on_even_pixels_and_have_even_sides(scale):
    asked = block(item("title", ENGLISH), item("price", "€54.00", "€64.00"), item("cta", "Shop now"), stage="veil:x")
    sprites = [s for made in typeset(asked, STAGE, STYLE, scale) for s in (made.whole, *(w for _, w in made.words))]
    sprites += [badge("-20%", Box(71, 33, 251, 251), STAGE, STYLE, scale)]
    caption = spoken(CaptionDraw((("Made", "by", "hand"),), 1, "karaoke", Box(33, 801, 777, 201)), STAGE, STYLE, scale)
    for sprite in (*sprites, *caption.at(1)):
        x, y = sprite.corner(scale)
        assert (x % 2, y % 2, sprite.image.width() % 2, sprite.image.height() % 2) == (0, 0, 0, 0)
        assert (x, y) == pytest.approx((sprite.x * scale, sprite.y * scale), abs=1e-6)


def test_emoji_are_drawn_in_colour_and_spaces_beside_them_are_ordinary():
    for emoji in ("❤️", "🌷", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽"):
        pixels = typeset(block(item("title", emoji)), STAGE, STYLE, 1.0)[0].whole.pixels.astype(int)
        solid = pixels[pixels[..., 3] > 250][:, :3]
        assert np.ptp(solid, axis=0).max() > 40, emoji
        assert advance(emoji, FACE, 0.0) < 1.5, emoji
    assert advance("a 🌷", FACE, 0.0) - advance("a🌷", FACE, 0.0) == pytest.approx(advance(" ", FACE, 0.0), abs=0.01)


def test_a_sign_without_a_selector_stays_a_letter():
    pixels = typeset(block(item("title", "♥")), STAGE, STYLE, 1.0)[0].whole.pixels
    assert {tuple(pixel) for pixel in pixels[pixels[..., 3] == 255][:, :3]} == {(0x20, 0x26, 0x2B)}


def test_a_character_no_font_shows_is_named_and_left_out():
    lonely = "\U000e0fff"
    assert notes(["Vase \ue0a5"], STYLE) == (
        "No font on this machine shows \ue0a5 (U+E0A5); left out. Install one (Noto covers most).",
    )
    assert shelf().missing("Vase" + lonely) == lonely
    with_it, without = (
        typeset(block(item("title", text)), STAGE, STYLE, 1.0)[0].whole for text in ("Vas\ue0a5e", "Vase")
    )
    assert np.array_equal(with_it.pixels, without.pixels)


def test_a_family_without_a_texts_letters_gives_way_for_the_whole_text_and_is_named():
    assert shelf().covering(WORDS["vi"], Face("grotesk", 600)) == Face("geometric", 600)
    assert shelf().covering(WORDS["en"], Face("grotesk", 600)) == Face("grotesk", 600)
    said = notes([WORDS["vi"]], STYLE)
    assert said == ("The font 'grotesk' lacks letters of some texts; they are set in 'geometric'.",) * len(said)
    assert said


def test_every_family_of_a_style_is_shipped_in_every_weight_it_names():
    assert set(FILES) == set(FAMILIES)
    for family, (_, _, weights) in FILES.items():
        widths = [advance("Hamburgefonts", Face(family, weight), 0.0) for weight in weights]
        assert len({round(width, 3) for width in widths}) == len(weights), family


def test_a_brands_own_font_is_used_where_it_is_installed_and_named_where_not():
    style, said = branded(STYLE, "Noto Sans", "Nowhere Grotesk")
    assert style.display == ("Noto Sans", 600)
    assert style.strong == STYLE.strong
    assert len(said) == 1
    assert said[0].startswith("The brand's font 'Nowhere Grotesk' is not installed here")


def test_the_stars_are_filled_as_far_as_the_rating_says():
    def filled(value: str) -> float:
        made = typeset(block(item("stars", value)), STAGE, STYLE, 1.0)[0]
        pixels = made.words[0][1].pixels.astype(int)
        solid = pixels[pixels[..., 3] == 255]
        accent = (np.abs(solid[:, :3] - (0x1C, 0x43, 0xA1)).sum(1) < 30).sum()
        return float(accent / len(solid))

    assert filled("5") == pytest.approx(1.0, abs=0.01)
    assert filled("2.5") == pytest.approx(0.5, abs=0.03)
    assert filled("0") == 0.0
    assert filled("4,0") == pytest.approx(0.8, abs=0.03)
    assert rating("٤٫٣") == 4.3
    with pytest.raises(RenderFailed, match="from 0 to 5"):
        rating("ten")


def test_a_struck_price_too_wide_for_its_line_stands_below():
    price = fitted(block(item("price", "12.345.678\u00a0₫", "15.345.678\u00a0₫")), STYLE)[0]
    assert price.under > 0
    assert price.trail == 0
    assert fitted(block(item("price", "€54.00", "€64.00")), STYLE)[0].under == 0


@pytest.mark.parametrize("form", FORMS)
def test_text_is_readable_on_the_form_it_stands_on(form):
    roles = ROLES | {"title": TypeRole("display", 90, 3, 1.15, form=form)}
    style = replace(STYLE, roles=tuple(roles.items()))
    made = typeset(block(item("title", "Only in blue")), STAGE, style, 1.0)[0]
    ground = made.backing.pixels if made.backing and form != "underline" else np.array([[[0xD8, 0xE6, 0xEF, 255]]])
    tones = {
        name: "#" + bytes(int(c) for c in np.median(pixels[pixels[..., 3] == 255][:, 2::-1], axis=0)).hex()
        for name, pixels in (("text", made.words[0][1].pixels), ("ground", ground))
    }
    assert contrast(tones["text"], tones["ground"]) >= 4.5
    assert (made.backing is None) == (form == "plain")


def test_text_over_a_photograph_carries_a_soft_shadow():
    over, plain = (
        typeset(block(item("title", "Vase"), stage=stage), STAGE, STYLE, 1.0)[0].whole for stage in ("veil:x", "light")
    )
    faint = (over.pixels[..., 3] > 0) & (over.pixels[..., 3] < 128)
    assert over.w > plain.w + 8
    assert faint.mean() > 2 * ((plain.pixels[..., 3] > 0) & (plain.pixels[..., 3] < 128)).mean()
    assert (
        typeset(block(item("title", "Vase"), stage="veil:x"), STAGE, replace(STYLE, shadow=0.0), 1.0)[0].whole.w
        == plain.w
    )


LINES = (("It", "keeps", "its", "shape,", "its", "colour"), ("and", "my", "flowers", "fresh", "for", "days."))
ARABIC = (("تحتفظ", "بشكلها", "ولونها", "مع", "Column", "Vase"), ("بسعر", "54.00 €", "لأيام"))
PLACE = Box(60, 1000, 860, 200)


@pytest.mark.parametrize("look", CAPTIONS)
@pytest.mark.parametrize("lines", [LINES, ARABIC, (("花が", "もっと", "美しく"),)])
def test_captions_stay_inside_their_box_whatever_word_is_spoken(look, lines):
    made = spoken(CaptionDraw(lines, -1, look, PLACE), STAGE, STYLE, 1.0)
    for active in range(-1, sum(map(len, lines))):
        for sprite in made.at(active):
            left, top, right, bottom = ink(sprite)
            assert left >= PLACE.x - 8
            assert right <= PLACE.right + 8
            assert top >= PLACE.y - 8
            assert bottom <= PLACE.bottom + 8


@pytest.mark.parametrize("look", ["karaoke", "pop"])
def test_the_spoken_word_is_picked_out_where_it_stands(look):
    made = spoken(CaptionDraw(LINES, -1, look, PLACE), STAGE, STYLE, 1.0)
    assert len(made.at(-1)) == 1
    places = []
    for active in range(12):
        whole, word = made.at(active)
        assert whole.x - 8 <= word.x
        assert word.x + word.w <= whole.x + whole.w + 8
        places.append((round(word.y), word.x))
    if look == "karaoke":
        assert places[:6] == sorted(places[:6], key=lambda place: place[1])
        assert places[6][1] < places[5][1]


def test_right_to_left_captions_are_spoken_from_the_right():
    made = spoken(CaptionDraw(ARABIC, -1, "karaoke", PLACE), STAGE, STYLE, 1.0)
    xs = [made.at(active)[1].x for active in range(4)]
    assert xs == sorted(xs, reverse=True)


def test_big_words_come_in_groups_of_at_most_three():
    made = spoken(CaptionDraw(LINES, -1, "pop", PLACE), STAGE, STYLE, 1.0)
    firsts = [group.first for group in made.groups] + [12]
    assert all(0 < after - first <= 3 for first, after in itertools.pairwise(firsts))
    assert made.at(0)[0] is made.groups[0].whole
    assert made.at(11)[0] is made.groups[-1].whole


@pytest.mark.parametrize("look", CAPTIONS)
@pytest.mark.parametrize("ground", [0, 255])
def test_captions_are_readable_on_any_ground(look, ground):
    """Lay the caption on black and on white: around its letters the plate or the outline must reach 4.5:1."""
    (whole,) = spoken(CaptionDraw((("HHH",),), -1, look, PLACE), STAGE, STYLE, 1.0).at(-1)
    pixels = whole.pixels.astype(float)
    laid = pixels[..., :3] + ground * (1 - pixels[..., 3:] / 255)
    middle = laid[laid.shape[0] // 2 :: 2][:8]
    tones = [tuple(round(c) for c in pixel[::-1]) for pixel in middle.reshape(-1, 3)]
    common = [tone for tone in set(tones) if tones.count(tone) >= 24]
    ratios = [contrast(*("#" + bytes(tone).hex() for tone in (one, other))) for one in common for other in common]
    assert max(ratios) >= 4.5


@pytest.mark.parametrize("shape", BADGES)
@pytest.mark.parametrize("text", ["-20%", "Save 20 % today", "NEW", "٪٢٠ خصم", "お得", "-12,5\u00a0%"])
def test_a_badges_text_stays_inside_its_form(shape, text):
    box, style = Box(700, 300, 240, 240), replace(STYLE, badge=shape)
    made = badge(text, box, STAGE, style, 1.0)
    left, top, right, bottom = ink(made, above=200)
    assert (left, top) >= (box.x - 2, box.y - 2)
    assert right <= box.right + 2
    assert bottom <= box.bottom + 2
    # The form's own edge is all of one colour: no letter reaches it.
    blank = badge("", box, STAGE, style, 1.0).pixels.astype(int)
    lettered = np.abs(made.pixels.astype(int) - blank).max(2) > 30
    outside = blank[..., 3] < 250
    assert lettered.any()
    assert not (lettered & outside).any()


def test_texts_of_one_list_are_set_in_one_size() -> None:
    short, long = item("point", "No cable"), item("point", "Up to twelve hours of music at a comfortable volume")
    box = Box(60, 270, 320, 120)
    both = [block(one, box=box)._replace(peers=((other,),)) for one, other in ((short, long), (long, short))]
    sizes = {fitted(one, STYLE)[0].size for one in both}
    assert len(sizes) == 1
    assert fitted(block(short, box=box), STYLE)[0].size > sizes.pop()


def test_block_can_be_centred_in_a_style_that_sets_from_the_start() -> None:
    usual, centred = (
        typeset(block(item("title", "Mug"))._replace(align=align), STAGE, STYLE, 1.0)[0].whole
        for align in ("", "center")
    )
    assert abs(usual.x - BOX.x) < 24
    assert abs(centred.x + centred.w / 2 - (BOX.x + BOX.w / 2)) < 8


def test_a_word_is_made_smaller_before_it_is_broken() -> None:
    assert lines_of("Solid oak throughout", "hook", box=Box(60, 270, 380, 900)) == ["Solid oak", "throughout"]
