"""The shop as shoppers see it: catalogue, product pages, pictures and the brand's colours."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from flask import Blueprint, Response, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from adengine.core.catalog import Image, Product
from adengine.core.errors import NotFound
from adengine.core.palette import mix, readable
from adengine.services import ads, catalog, placements, prices
from adengine.services.merchants import Shop
from adengine.web import screen, visitors
from adengine.web.visitors import engine

pages = Blueprint("shop", __name__)

FONTS = ("HankenGrotesk-Regular.otf", "HankenGrotesk-SemiBold.otf")
PICTURE_AGE_S = 30 * 86_400
BRAND_AGE_S = 300


@pages.get("/")
def front() -> ResponseReturnValue:
    return redirect(url_for("shop.catalogue", shop=engine().settings.shop))


@pages.get("/shops/<shop>/")
def catalogue(shop: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        products = [one for one in catalog.list_products(unit) if one.images]
        films = {card.product_id: card for card in reversed(ads.list_ads(unit))}
    return render_template("catalogue.html", shop=visit.shop, products=products, films=films)


@pages.get("/shops/<shop>/products/<handle>")
def product(shop: str, handle: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    viewer = visitors.viewer()
    with engine().reading(visit.actor) as unit:
        found = catalog.get_product(unit, handle)
        placed = placements.film_for(unit, found.id, viewer)
        was = {one.id: prices.was_lowest(unit, one.id, one.price) for one in found.variants}
    film = screen.of(visit.shop, placed.showing, viewer, placed.experiment_id) if placed else None
    return render_template(
        "product.html",
        shop=visit.shop,
        product=found,
        film=film,
        was=was,
        viewer=viewer,
        chosen=found.cheapest,
    )


@pages.get("/shops/<shop>/pictures/<name>")
def picture(shop: str, name: str) -> ResponseReturnValue:
    """A product's picture; its name is the digest of its content, so that it may be kept for long."""
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        key = catalog.picture_of(unit, name)
    response = send_file(engine().ports.files.local(key), conditional=True, max_age=PICTURE_AGE_S)
    response.headers["Cache-Control"] = f"public, max-age={PICTURE_AGE_S}, immutable"
    return response


@pages.get("/shops/<shop>/brand.css")
def brand(shop: str) -> ResponseReturnValue:
    """The shop's colours as variables, moved as little as needed to be readable."""
    response = Response(stylesheet(visitors.visit(shop).shop), mimetype="text/css")
    response.headers["Cache-Control"] = f"public, max-age={BRAND_AGE_S}"
    return response


@pages.get("/fonts/<name>")
def font(name: str) -> ResponseReturnValue:
    if name not in FONTS:
        raise NotFound("there is no such font")
    path = Path(str(importlib.resources.files("font_hanken_grotesk") / "files" / name))
    return send_file(path, mimetype="font/otf", conditional=True)


def stylesheet(shop: Shop) -> str:
    given = shop.brand
    ground = mix(given.paper, "#ffffff", 0.55)
    grounds = (given.paper, ground, "#ffffff")
    ink = readable(given.ink, grounds, 7.0)
    colours = {
        "ground": ground,
        "paper": given.paper,
        "ink": ink,
        "quiet": readable(mix(ink, ground, 0.3), grounds),
        "line": mix(given.paper, ink, 0.12),
        "edge": readable(mix(ink, ground, 0.5), grounds, 3.0),
        "accent": readable(given.accent, grounds),
        "button": readable(given.accent, ("#ffffff",)),
    }
    return ":root{" + "".join(f"--{name}:{colour};" for name, colour in colours.items()) + "}\n"


@pages.app_template_filter("bought_picture")
def bought_picture(variant_id: str, product: Product | None) -> Image | None:
    """The picture of the variant that is bought, else its product's first; None for another product's."""
    variant = next((one for one in product.variants if one.id == variant_id), None) if product else None
    if product is None or variant is None:
        return None
    return variant_picture(variant.image, product) or next(iter(product.images), None)


@pages.app_template_filter("variant_picture")
def variant_picture(source: str | None, product: Product) -> Image | None:
    """The picture a variant names, if it was taken in."""
    return next((one for one in product.images if source and one.source == source), None)
