"""Products, briefs and films for tests of the core: from one bare photograph to eight cut-outs."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from adengine.core.catalog import Image, Option, Product, Variant
from adengine.core.creative import Brief, Companion, plan, style_name
from adengine.core.money import Money
from adengine.core.placement import safe_box
from adengine.core.storyboard import FORMATS, Brand, CameoPart, Storyboard
from adengine.core.timeline import Timeline, lay_out
from integrations.storyboards import load, load_styles

ROOT = Path(__file__).parents[2] / "templates"
TEMPLATES, STYLES = load(ROOT / "ads"), load_styles(ROOT / "styles")
BRAND = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
LUMI = CameoPart("cam_1", "Lumi", "lumi", "lumi_still", "Paid partnership")
# What the most demanding templates need; every product of these tests has it unless it says otherwise.
KNOWN = (
    ("reviews.rating", '{"value": "4.67", "scale_max": "5.0"}'),
    ("reviews.rating_count", "213"),
    ("custom.review_1", "It stands on our sideboard and we like to look at it."),
    ("custom.review_2", "Warm light, plain form."),
    ("custom.versus_1", "Linen shade | Plastic shade"),
    ("custom.versus_2", "Standard socket | Built-in light"),
    ("custom.versus_3", "Switch on the cable | No switch"),
    ("custom.step_1", "Screw in a bulb"),
    ("custom.step_2", "Plug it in"),
    ("custom.step_3", "Press the switch"),
)
LAMP = Product(
    handle="lamp",
    title="Dusk Table Lamp",
    description="Woven linen shade. Standard E27 socket. Switch on the cable.",
    variants=(Variant("v1", "Chalk", (), Money(8900, "EUR")),),
    images=(
        Image("a", file="a", width=1400, height=1600, has_alpha=True),
        Image("b", file="b", width=1200, height=1800),
        Image("c", file="c", width=1600, height=900),
    ),
    metafields=KNOWN,
)
PAIR = (
    Image("before", "Before: a dull table", 4, "before", 1200, 1200),
    Image("after", "After: the same table, oiled", 5, "after", 1200, 1200),
)


def storyboard(brief: Brief, product: Product = LAMP, brand: Brand = BRAND) -> Storyboard:
    template = TEMPLATES[brief.template]
    style = STYLES[style_name(brief, brand, template)]
    return plan(brief, product, template, style=style, brand=brand, safe=safe_box((), brief.format))


def laid_out(brief: Brief, product: Product = LAMP, brand: Brand = BRAND) -> Timeline:
    return lay_out(storyboard(brief, product, brand))


def companions(count: int) -> tuple[Companion, ...]:
    return tuple(
        Companion(f"p{n}", f"w{n}", f"Companion {n}", f"€{n}.00", Image(f"i{n}", file=f"i{n}", has_alpha=n % 2 == 0))
        for n in range(count)
    )


prices = st.sampled_from([Money(500, "KWD"), Money(12_345_678, "VND"), Money(8900, "EUR"), Money(1, "USD")])
words = st.sampled_from(["Lamp", "stoneware", "a", "Überwurfhandtuchhalter", "für", "ランプ", "مصباح", "3-in-1", "Ø"])
titles = st.one_of(
    st.lists(words, min_size=1, max_size=24).map(" ".join).map(lambda text: (text + " mug")[:200]),
    st.sampled_from(
        ["Mug", "x" * 200, "مصباح طاولة من السيراميك والكتان", "手作りの陶器のマグカップ、オーク材の蓋つき"]
    ),
)


@st.composite
def products(draw: st.DrawFn) -> Product:
    """Anything a shop may have, as long as every template can be planned."""
    cutouts, photos = draw(st.integers(0, 8)), draw(st.integers(0, 3))
    pictures = [Image(f"c{n}", "", n, f"c{n}", 1400, 1600, has_alpha=True) for n in range(cutouts)]
    sides = draw(st.sampled_from([(0, 0), (640, 640), (3000, 2000), (900, 1600)]))
    pictures += [Image(f"p{n}", "", 10 + n, f"p{n}", *sides) for n in range(max(photos, 1 if not cutouts else 0))]
    pictures += PAIR if draw(st.booleans()) else ()
    count = draw(st.integers(1, 4))
    price = draw(prices)
    variants = tuple(
        Variant(f"v{n}", f"Colour {n}", (Option("Colour", f"No {n}"),), price, image=pictures[n % len(pictures)].source)
        for n in range(count)
    )
    rich = draw(st.booleans())
    reason = draw(st.sampled_from(["Linen shade", "A sentence that goes on for quite a while about one small thing"]))
    own = {"reason_1": reason, "reason_2": "Holds 350 ml", "reason_3": "Dishwasher safe", "care": "Dust it"}
    own |= {"in_the_box": "Lamp, cable, bulb", "founder": "We make few things."}
    more = (*KNOWN, *((f"custom.{key}", value) for key, value in own.items()))
    description = "Standard E27 socket. Switch on the cable. Shade 30 cm wide." if rich else ""
    return Product("any", draw(titles), description, "Vendor", "Lamp", (), "active", variants, tuple(pictures), more)


films = st.builds(
    Brief,
    template=st.sampled_from(sorted(TEMPLATES)),
    format=st.sampled_from(sorted(FORMATS)),
    seconds=st.integers(6, 60),
    locale=st.sampled_from(["en", "de", "fr", "es", "ar", "ja", "pt-BR"]),
    seed=st.integers(0, 9),
    cameo=st.sampled_from([None, LUMI]),
    was_lowest=st.just(None),
    clip=st.sampled_from([None, None, "clip"]),
    style=st.sampled_from(["", *sorted(STYLES)]),
    mood=st.sampled_from(["", "", "calm", "pulse"]),
    voice=st.sampled_from(["", "", "espeak"]),
    captions=st.sampled_from(["", "", "none", "pop"]),
    companions=st.sampled_from([(), (), companions(1), companions(7)]),
    offer_ends=st.sampled_from(["", "2026-12-24"]),
    offer_code=st.sampled_from(["", "LOAM10"]),
)
brands = st.builds(
    Brand,
    name=st.sampled_from(["Lumen & Loam", "L"]),
    ink=st.just("#2B2620"),
    paper=st.just("#F6F0E6"),
    accent=st.sampled_from(["#B4532A", "#F2E205"]),
    logo=st.sampled_from(["", "logo"]),
    logo_on_dark=st.sampled_from(["", "logo_on_dark"]),
    tone=st.sampled_from(["plain", "warm", "bold"]),
    end_line=st.sampled_from(["", "Made to last."]),
)
