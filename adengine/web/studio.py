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

from adengine.core.errors import Invalid
from adengine.services import ads, catalog, experiments, showings
from adengine.services.ads import AdCard
from adengine.web import figures, forms, player, visitors
from adengine.web.visitors import engine

pages = Blueprint("studio", __name__, url_prefix="/studio")


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


@pages.get(f"/ads/<ad_id>/{player.PART}")
def media(ad_id: str, part: str) -> ResponseReturnValue:
    """An ad's file for its merchant, before it is published too."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        key = showings.file_of(unit, ad_id, part)
    return player.film_file(key, part)


@pages.get(f"/ads/<ad_id>/stream/{player.PIECE}")
def stream(ad_id: str, part: str) -> ResponseReturnValue:
    return media(ad_id, part)


@pages.post("/ads/<ad_id>/<any(publish, retire, retry):act>")
def act(ad_id: str, act: str) -> ResponseReturnValue:
    desk = visitors.desk()
    use_case = {"publish": ads.publish, "retire": ads.retire, "retry": ads.retry}[act]
    with engine().unit(desk.actor) as unit:
        use_case(unit, ad_id)
    return redirect(url_for("studio.ad", ad_id=ad_id), 303)


@contextmanager
def _kept(upload: FileStorage) -> Iterator[Path]:
    """The upload as a file alone in a folder of its own: a feed's relative picture paths start there."""
    root = engine().settings.home_path / "tmp"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix="import-") as folder:
        path = Path(folder) / (secure_filename(upload.filename or "") or "products.csv")
        upload.save(path)
        yield path
