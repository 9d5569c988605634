"""The merchant's studio: products and their films, imports, and one ad from wish to live."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from adengine.core.creative import FORMATS, LONGEST_S, SHORTEST_S
from adengine.core.errors import AdEngineError, Invalid
from adengine.services import ads, cameos, catalog, experiments, showings
from adengine.services.ads import AdCard, AdWish
from adengine.web import figures, forms, player, visitors
from adengine.web.visitors import Desk, engine

pages = Blueprint("studio", __name__, url_prefix="/studio")

GENERATORS = {
    "studio": "Studio: the product's own pictures, on this machine",
    "diffusion": "Generated shots: a video model makes moving clips",
}


@pages.get("/")
def products() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        found = catalog.list_products(unit)
        films: dict[str, list[AdCard]] = {}
        for card in ads.list_ads(unit):
            films.setdefault(card.product_id, []).append(card)
    return render_template("studio_products.html", desk=desk, products=found, films=films)


@pages.get("/import")
def import_form() -> ResponseReturnValue:
    return render_template("studio_import.html", desk=visitors.desk(), report=None, said="")


@pages.post("/import")
def import_feed() -> ResponseReturnValue:
    """Take a product CSV in and show, row by row, what was not taken."""
    desk = visitors.desk()
    upload = request.files.get("feed")
    if upload is None or not upload.filename:
        said = "Choose a product CSV first."
        return render_template("studio_import.html", desk=desk, report=None, said=said), 400
    try:
        with _kept(upload) as path:
            report = catalog.import_feed(engine(), desk.actor, str(path))
    except Invalid as refusal:
        return render_template("studio_import.html", desk=desk, report=None, said=refusal.message), refusal.status
    return render_template("studio_import.html", desk=desk, report=report, said="")


@pages.get("/products/<handle>")
def product(handle: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        found = catalog.get_product(unit, handle)
        films = ads.list_ads(unit, product_id=found.id)
        running = experiments.running_for(unit, found.id)
    return render_template("studio_product.html", desk=desk, product=found, films=films, running=running)


@pages.post("/products/<handle>/compare")
def compare(handle: str) -> ResponseReturnValue:
    """Start an experiment between the films that were ticked."""
    desk = visitors.desk()
    with engine().unit(desk.actor) as unit:
        title = catalog.get_product(unit, handle).title
        experiment_id = experiments.start(
            unit, forms.text("name", limit=120) or title, request.form.getlist("ad_id")[:20]
        )
    return redirect(url_for("results.page", experiment_id=experiment_id), 303)


@pages.get("/products/<handle>/new")
def new_ad(handle: str) -> ResponseReturnValue:
    return _new_ad(visitors.desk(), handle, "")


@pages.post("/products/<handle>/new")
def create_ad(handle: str) -> ResponseReturnValue:
    desk = visitors.desk()
    try:
        with engine().unit(desk.actor) as unit:
            card = ads.create_ad(unit, _wish(handle))
    except AdEngineError as refusal:
        return _new_ad(desk, handle, refusal.message), refusal.status
    return redirect(url_for("studio.ad", ad_id=card.id), 303)


@pages.get("/ads/<ad_id>")
def ad(ad_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        card = ads.get_ad(unit, ad_id)
        found = catalog.get_product(unit, card.product_id)
    embed = url_for("player.embed", shop=desk.shop.name, ad_id=ad_id)
    public = engine().settings.public_url.rstrip("/")
    return render_template("studio_ad.html", desk=desk, ad=card, product=found, embed=public + embed)


@pages.get("/ads/<ad_id>/status")
def status(ad_id: str) -> ResponseReturnValue:
    """The ad's job as JSON, for the page that watches it."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        card = ads.get_ad(unit, ad_id)
    return {
        "status": card.status,
        "words": figures.state(card.status),
        "percent": card.percent,
        "reason": card.reason,
        "settled": card.is_settled,
        "shots": [round(100 * progress) for _, progress in card.shots],
    }


@pages.get("/ads/<ad_id>/<any('film.mp4', 'poster.webp', 'captions.vtt'):part>")
def media(ad_id: str, part: str) -> ResponseReturnValue:
    """An ad's file for its merchant, before it is published too."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        key = showings.file_of(unit, ad_id, part)
    return player.film_file(key, part)


@pages.post("/ads/<ad_id>/<any(publish, retire, retry):act>")
def act(ad_id: str, act: str) -> ResponseReturnValue:
    desk = visitors.desk()
    use_case = {"publish": ads.publish, "retire": ads.retire, "retry": ads.retry}[act]
    with engine().unit(desk.actor) as unit:
        use_case(unit, ad_id)
    return redirect(url_for("studio.ad", ad_id=ad_id), 303)


def _new_ad(desk: Desk, handle: str, said: str) -> str:
    with engine().reading(desk.actor) as unit:
        found = catalog.get_product(unit, handle)
        appearances = [one for one in cameos.list_appearances(unit) if one.revoked_at is None]
    return render_template(
        "studio_new_ad.html",
        desk=desk,
        product=found,
        appearances=appearances,
        templates=sorted(engine().ports.templates.values(), key=lambda one: (one.needs_cameo, one.title)),
        generators=GENERATORS,
        formats=FORMATS,
        shortest=SHORTEST_S,
        longest=LONGEST_S,
        given=request.form,
        said=said,
    )


def _wish(handle: str) -> AdWish:
    return AdWish(
        product=handle,
        template=forms.text("template", limit=60),
        format=forms.text("format", limit=10) or "9x16",
        seconds=forms.whole("seconds", default=15),
        headline=forms.text("headline") or None,
        call_to_action=forms.text("call_to_action") or None,
        cameo=forms.text("appearance", limit=80) or None,
        generator=forms.text("generator", limit=40) or "studio",
        publish=forms.text("publish", limit=5) == "yes",
        request_key=forms.text("key", limit=64) or None,
    )


@contextmanager
def _kept(upload: FileStorage) -> Iterator[Path]:
    """The upload as a file alone in a folder of its own: a feed's relative picture paths start there."""
    root = engine().settings.home_path / "tmp"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix="import-") as folder:
        path = Path(folder) / (secure_filename(upload.filename or "") or "products.csv")
        upload.save(path)
        yield path
