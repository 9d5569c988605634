"""Films of the demo shop's own products, planned as the product plans them: for tests of every template."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image as Picture

from adengine.core.catalog import Image, Product
from adengine.core.creative import Brief, Companion, plan
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.placement import safe_box
from adengine.core.storyboard import Brand, CameoPart, Storyboard
from adengine.core.timeline import Timeline, lay_out
from integrations import placements
from integrations.feed import read_feed
from integrations.storyboards import load, load_styles

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "adengine" / "demo" / "shop"
TEMPLATES = load(ROOT / "templates" / "ads")
STYLES = load_styles(ROOT / "templates" / "styles")
PLACES = placements.load(ROOT / "templates" / "placements.yaml")
FEEDS = (PLACES["tiktok_feed"], PLACES["meta_reels"])
BRAND = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
LUMI = CameoPart("cam_1", "Lumi", "", "../cameo/lumi.webp", "AI-generated performer")


def taken_in(product: Product) -> Product:
    return replace(product, images=tuple(with_file(image) for image in product.images))


def with_file(image: Image) -> Image:
    with Picture.open(SHOP / image.source) as picture:
        alpha = picture.mode == "RGBA"
        return replace(image, file=image.source, width=picture.width, height=picture.height, has_alpha=alpha)


PRODUCTS = tuple(map(taken_in, read_feed(SHOP / "products.csv", currency="EUR").products))


def beside(product: Product) -> tuple[Companion, ...]:
    others = [other for other in PRODUCTS if other.handle != product.handle and other.cheapest][:3]
    return tuple(
        Companion(other.handle, other.cheapest.id, other.title, other.cheapest.price.display(), other.images[0])
        for other in others
        if other.cheapest
    )


def was(product: Product) -> Money:
    assert product.cheapest
    return Money(product.cheapest.price.minor * 5 // 4, "EUR")


def planned(name: str, product: Product, film_format: str = "9x16", *, style: str = "") -> Storyboard:
    brief = Brief(
        name,
        film_format,
        cameo=LUMI if TEMPLATES[name].is_for_cameo else None,
        was_lowest=was(product),
        companions=beside(product),
        offer_ends="2026-12-24",
    )
    safe = safe_box(FEEDS if film_format == "9x16" else (), film_format)
    return plan(brief, product, TEMPLATES[name], style=STYLES[style or TEMPLATES[name].style], brand=BRAND, safe=safe)


def told(name: str, film_format: str = "9x16") -> Iterator[tuple[Product, Storyboard, Timeline]]:
    for product in PRODUCTS:
        try:
            board = planned(name, product, film_format)
        except Invalid:
            continue
        yield product, board, lay_out(board)
