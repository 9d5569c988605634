"""Every template with two hundred made-up products: no text leaves its box or the safe zone, nothing covers another.

The products are the same on every run: titles of 3 to 200 characters in many scripts, prices from 0.5 KWD to
12,345,678 VND, one bare photograph to eight cut-outs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import pytest

from adengine.core.catalog import Image, Option, Product, Variant
from adengine.core.creative import Brief, Companion, plan
from adengine.core.errors import Invalid
from adengine.core.layers import Badge, Block, Box, Cameo, Logo, Picture, Text
from adengine.core.money import Money
from adengine.core.placement import safe_box
from adengine.core.rules.sight import overlap
from adengine.core.storyboard import FORMATS, Brand, CameoPart
from adengine.core.style import CAPTIONS
from adengine.core.timeline import Placed, Timeline, lay_out
from integrations import placements
from integrations.storyboards import load, load_styles
from workers.studio.inspect import Standing, set_in

FOLDER = Path(__file__).parents[2] / "templates"
TEMPLATES = load(FOLDER / "ads")
STYLES = load_styles(FOLDER / "styles")
PLACES = placements.load(FOLDER / "placements.yaml")
PRODUCTS = 200
# Sizes are sums of fractions; a box is whole pixels.
ROUNDING_PX = 2

WORDS = {
    "en": "Stoneware mug large hand thrown reactive glaze oat limited edition 350ml for coffee, tea & everything",
    "de": "Handgetöpferter Steingutbecher Spülmaschinenfest Donaudampfschifffahrtskapitänsmützenhalter groß für Tee",
    "fr": "Tasse en grès tournée à la main d'été émail réactif édition limitée pour café ; thé",
    "es": "Taza de gres hecha a mano esmalte edición limitada ¿café? ¡té!",
    "ar": "كوب خزفي كبير مصنوع يدويًا طلاء زجاجي للقهوة والشاي إصدار محدود",
    "he": "ספל קרמיקה גדול עבודת יד זיגוג לקפה ותה מהדורה מוגבלת",
    "ja": "手びねりの 陶器マグカップ 大きめ 釉薬 限定版 コーヒーと お茶のために 毎日 使える",
    "zh": "手工 陶瓷 马克杯 大号 窑变釉 限量版 咖啡与茶 日常使用",
    "ko": "수제 도자기 머그컵 대형 유약 한정판 커피와 차를 위한",
    "th": "แก้วเซรามิก ทำมือ ขนาดใหญ่ เคลือบ รุ่นจำกัด สำหรับกาแฟและชา",
    "hi": "हाथ से बना सिरेमिक मग बड़ा ग्लेज़ सीमित संस्करण कॉफ़ी और चाय",
    "ru": "Керамическая кружка ручной работы большая глазурь ограниченная серия для кофе и чая",
    "el": "Κεραμική κούπα χειροποίητη μεγάλη υάλωμα περιορισμένη έκδοση για καφέ",
    "vi": "Cốc gốm thủ công lớn men phản ứng phiên bản giới hạn cho cà phê và trà",
    "pl": "Ręcznie robiony kubek ceramiczny źdźbło szkliwo edycja limitowana 🫖 na kawę ☕ i herbatę ❤️",
}
UNSPACED = ("ja", "zh", "th")
PRICES = (
    *(Money(500, "KWD"), Money(12_345_678, "VND"), Money(2400, "EUR"), Money(199_999, "USD"), Money(1, "EUR")),
    *(Money(123_456, "JPY"), Money(2_499_900, "INR"), Money(990, "CHF"), Money(99_999_999, "PLN")),
)
SIZES = ((1600, 1600, True), (900, 1600, True), (2400, 1000, True), (1400, 2000, False), (3000, 2000, False))
LUMI = CameoPart("cam_1", "Lumi", "lumi", "lumi_still", "AI-generated performer, used with permission of its maker")
BRANDS = (
    Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A"),
    Brand("Q", "#101010", "#ffffff", "#ffdd00", logo="logo", logo_on_dark="logo", end_line="Made slowly, sold fairly"),
    Brand("Nordlicht Werkstätten für gutes Licht", "#002030", "#fffff0", "#006688", logo="logo"),
)


@dataclass(frozen=True)
class Thing:
    """Something that must not be covered, and the time it is there."""

    name: str
    box: Box
    start: int
    end: int
    shot: int | None


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_nothing_overflows_overlaps_or_leaves_the_safe_zone(name: str) -> None:
    found, planned = [], 0
    for number in range(PRODUCTS):
        for case, timeline in films(name, number):
            planned += 1
            found += [f"{case}: {fault}" for fault in faults(timeline)]
    assert planned == PRODUCTS
    assert not found, f"{len(found)} faults, the first are\n" + "\n".join(found[:20])


def test_a_text_box_outside_the_zone_and_two_texts_on_one_place_are_seen() -> None:
    _, timeline = next(films("hero", 2))
    placed = next(one for one in timeline.layers if isinstance(one.layer, Block) and one.segment == 0)
    high = replace(placed, layer=replace(placed.layer, box=replace(placed.layer.box, y=timeline.safe.y - 40)))
    assert any("outside" in fault for fault in faults(replace(timeline, layers=(high,))))
    assert any("covers" in fault for fault in faults(replace(timeline, layers=(*timeline.layers, placed))))
    flat = Block((Text("hook", "Far too tall for twenty pixels"),), Box(72, 300, 800, 20), "top", "light", 0, 60, 0)
    assert any("too small" in fault for fault in faults(replace(timeline, layers=(Placed(0, flat),))))


def test_generated_products_reach_the_edges_that_are_promised() -> None:
    made = [product_for(number, number % 2 == 0) for number in range(PRODUCTS)]
    titles = sorted(len(product.title) for _, product in made)
    assert titles[0] == 3
    assert titles[-1] == 200
    assert {len(product.images) for _, product in made} == set(range(1, 9))
    assert {locale for locale, _ in made} == set(WORDS)
    assert {product.variants[0].price for _, product in made} >= {Money(500, "KWD"), Money(12_345_678, "VND")}


def films(name: str, number: int) -> Iterator[tuple[str, Timeline]]:
    """Lay out the template for one product, in a format, style, length and cast that go round with its number.

    A product that lacks what the template needs is given it.
    """
    turn = random.Random(f"{name} {number}")
    style = sorted(STYLES)[number % len(STYLES)]
    film_format = sorted(FORMATS)[number // 2 % len(FORMATS)]
    for is_rich in (number % 3 > 0, True):
        locale, product = product_for(number, is_rich)
        brief = brief_for(name, film_format, locale, turn)
        places = turn.choice([(), (), tuple(PLACES.values()), tuple(turn.sample(sorted(PLACES.values(), key=str), 2))])
        try:
            board = plan(
                brief,
                product,
                TEMPLATES[name],
                style=STYLES[style],
                brand=BRANDS[number % len(BRANDS)],
                safe=safe_box(places, film_format),
            )
        except Invalid:
            if is_rich:
                raise
            continue
        yield f"{name} {film_format} {style} {brief.seconds} s product {number} ({locale})", lay_out(board)
        return


def brief_for(name: str, film_format: str, locale: str, turn: random.Random) -> Brief:
    voice = turn.choice(["", "", "espeak"])
    needs_cameo = TEMPLATES[name].is_for_cameo
    return Brief(
        name,
        film_format,
        turn.choice([6, 6, 6, 8, 8, 10, 10, 12, 15, 15, 15, 20, 20, 30, 60]),
        locale,
        headline=turn.choice([None, None, text(locale, turn.randint(10, 90), turn)]),
        call_to_action=turn.choice([None, None, text(locale, 28, turn)]),
        cameo=LUMI if needs_cameo or turn.random() < 0.35 else None,
        was_lowest=None,
        seed=turn.randint(0, 9),
        voice=voice,
        captions=turn.choice(CAPTIONS) if voice else "",
        companions=tuple(companion(place, locale, turn) for place in range(turn.choice([0, 0, 1, 3, 7]))),
        offer_ends=turn.choice(["", "2026-12-24"]),
        offer_code=turn.choice(["", "LUMI20"]),
    )


def product_for(number: int, is_rich: bool) -> tuple[str, Product]:
    """Return a product and its locale; a rich one has every field a template may ask for."""
    turn = random.Random(number)
    locale = sorted(WORDS)[number % len(WORDS)]
    length = {0: 3, 1: 200}.get(number % 10, turn.randint(4, 120))
    images = tuple(image(place, number, turn) for place in range(number % 8 + 1))
    price = PRICES[number % len(PRICES)]
    names = ("Sand", "Petrol", text(locale, 18, turn))
    variants = tuple(
        Variant(f"v{n}", colour, (Option("Colour", colour),), price, image=images[n % len(images)].source)
        for n, colour in enumerate(names[: 1 + number % 3])
    )
    return locale, Product(
        handle=f"product-{number}",
        title=text(locale, length, turn),
        description=". ".join(text(locale, turn.randint(20, 140), turn) for _ in range(3)) + "." if number % 4 else "",
        vendor="Nix",
        kind="Mug",
        variants=variants,
        images=images,
        metafields=tuple(metafields(locale, turn, is_rich=is_rich)),
    )


def metafields(locale: str, turn: random.Random, *, is_rich: bool) -> Iterator[tuple[str, str]]:
    fields = {f"reason_{n}": (8, 120) for n in range(1, 7)}
    fields |= {f"review_{n}": (30, 260) for n in (1, 2, 3)} | {f"step_{n}": (10, 88) for n in (1, 2, 3)}
    fields |= {"problem": (10, 88), "before": (10, 60), "after": (10, 60), "story": (20, 88), "founder": (6, 30)}
    fields |= {"in_the_box": (10, 110), "material": (6, 60), "care": (6, 60)}
    for field, (least, most) in fields.items():
        if is_rich or turn.random() < 0.4:
            yield f"custom.{field}", text(locale, turn.randint(least, most), turn)
    if is_rich:
        for n in (1, 2, 3, 4):
            ours, theirs = (text(locale, turn.randint(5, 55), turn) for _ in range(2))
            yield f"custom.versus_{n}", f"{ours} | {theirs}"
        yield "reviews.rating", '{"value": "4.67", "scale_max": "5.0"}'
        yield "reviews.rating_count", str(turn.choice([1, 12_480]))


def image(place: int, number: int, turn: random.Random) -> Image:
    # Every third product has nothing but photographs.
    sizes = SIZES[3:] if number % 3 == 0 else SIZES
    width, height, has_alpha = turn.choice(sizes)
    alt = {1: "Before", 2: "After", 3: "In its box"}.get(place, "On a table")
    return Image(f"p{place}", alt, place + 1, f"p{place}", width, height, has_alpha)


def companion(place: int, locale: str, turn: random.Random) -> Companion:
    picture = Image(f"c{place}", "", 1, f"c{place}", 1200, 1200, True)
    price = turn.choice(PRICES).display(locale)
    return Companion(f"other-{place}", f"w{place}", text(locale, turn.randint(5, 80), turn), price, picture)


def text(locale: str, length: int, turn: random.Random) -> str:
    """Return about `length` characters of the language's words; exactly as many from 3 to 200."""
    joint = "" if locale in UNSPACED else " "
    words = WORDS[locale].split(" ")
    said = ""
    while len(said) < length:
        said += (joint if said else "") + turn.choice(words)
    cut = said[:length].strip()
    return cut + "x" * (length - len(cut))


def faults(timeline: Timeline) -> Iterator[str]:
    things = []
    for placed in timeline.layers:
        layer = placed.layer
        if isinstance(layer, Block):
            box = extent(placed, timeline)
            words = " / ".join(one.text[:24] for one in layer.texts)
            things.append(Thing(f"'{words}'", box, layer.start, shown_until(placed, timeline), placed.segment))
            if not contains(layer.box, box):
                yield f"box {boxed(layer.box)} is too small for '{words}', which takes {boxed(box)}"
        elif isinstance(layer, Badge | Logo | Cameo):
            name = f"badge '{layer.text}'" if isinstance(layer, Badge) else layer.kind
            things.append(Thing(name, layer.box, layer.start, shown_until(placed, timeline), placed.segment))
    if timeline.caption_look and timeline.speech:
        for place, shot in enumerate(timeline.segments):
            if not shot.is_written:
                things.append(Thing("captions", timeline.caption_box, shot.start, shot.end, place))
    for thing in things:
        if thing.name != "cameo" and not contains(timeline.safe, thing.box):
            yield f"{thing.name} at {boxed(thing.box)} is outside the safe zone {boxed(timeline.safe)}"
    for one, other in combinations(things, 2):
        together = one.start < other.end and other.start < one.end
        same_shot = one.shot == other.shot or None in (one.shot, other.shot)
        if together and same_shot and overlap(shrunk(one.box), shrunk(other.box)):
            yield f"{one.name} at {boxed(one.box)} covers {other.name} at {boxed(other.box)}"


def extent(placed: Placed, timeline: Timeline) -> Box:
    """Return the box of a block's texts as they are set."""
    assert isinstance(placed.layer, Block)
    standing = Standing(placed.segment or 0, placed.layer, shown_until(placed, timeline) - 1)
    boxes = [made.box for made in set_in(standing, timeline)]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)


def shown_until(placed: Placed, timeline: Timeline) -> int:
    assert not isinstance(placed.layer, Picture)
    end = timeline.frames if placed.segment is None else timeline.segments[placed.segment].end
    return min(placed.layer.end, end)


def contains(outer: Box, inner: Box) -> bool:
    return (
        inner.x >= outer.x - ROUNDING_PX
        and inner.y >= outer.y - ROUNDING_PX
        and inner.right <= outer.right + ROUNDING_PX
        and inner.bottom <= outer.bottom + ROUNDING_PX
    )


def shrunk(box: Box) -> Box:
    return Box(box.x + ROUNDING_PX, box.y + ROUNDING_PX, box.w - 2 * ROUNDING_PX, box.h - 2 * ROUNDING_PX)


def boxed(box: Box) -> str:
    return f"{box.x},{box.y} {box.w}x{box.h}"
