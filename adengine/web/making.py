"""A new film in the studio: the form with everything to choose from, and its preview before anything is rendered."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from adengine.core.creative import RECORDING
from adengine.core.errors import AdEngineError
from adengine.core.palette import palette_for
from adengine.core.storyboard import FORMATS
from adengine.services import ads, cameos, catalog, planning, previews, recordings
from adengine.services.choices import choices
from adengine.services.planning import AdWish
from adengine.services.previews import PreviewCard
from adengine.web import forms, player, visitors
from adengine.web.visitors import Desk, engine

pages = Blueprint("making", __name__, url_prefix="/studio")

GENERATORS = {
    "studio": ("Studio", "The product's own pictures, on this machine"),
    "diffusion": ("Generated shots", "A video model makes moving clips"),
}
SWATCH_AGE_S = 300


@pages.get("/products/<handle>/new")
def form(handle: str) -> ResponseReturnValue:
    return _form(visitors.desk(), handle, "")


@pages.post("/products/<handle>/new")
def create(handle: str) -> ResponseReturnValue:
    desk = visitors.desk()
    try:
        wish = _wish(desk, handle)
        with engine().unit(desk.actor) as unit:
            card = ads.create_ad(unit, wish)
    except AdEngineError as refusal:
        return _form(desk, handle, refusal.message), refusal.status
    return redirect(url_for("studio.ad", ad_id=card.id), 303)


@pages.post("/products/<handle>/preview")
def preview(handle: str) -> ResponseReturnValue:
    """Ask for the preview of what the form says; answers it as it stands."""
    desk = visitors.desk()
    wish = _wish(desk, handle)
    with engine().unit(desk.actor) as unit:
        card = previews.ask_preview(unit, wish, instead_of=forms.text("instead_of", limit=40))
    return {**_shown(card), "recording": wish.recording}


@pages.get("/previews/<preview_id>")
def progress(preview_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        return _shown(previews.get_preview(unit, preview_id))


@pages.get("/previews/<preview_id>/<part>")
def media(preview_id: str, part: str) -> ResponseReturnValue:
    """A still, by its number, or the moving preview."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        key = previews.file_of(unit, preview_id, part)
    return player.film_file(key, "film.mp4" if part == "film.mp4" else "poster.webp")


@pages.get("/styles/<name>.svg")
def swatch(name: str) -> ResponseReturnValue:
    """A style in the shop's colours, as a little picture."""
    desk = visitors.desk()
    style = engine().ports.styles.get(name)
    if style is None:
        return "", 404
    palette = palette_for((), desk.shop.brand, style)
    drawn = render_template("swatch.svg", palette=palette, style=style, serif=style.display[0] in ("serif", "heritage"))
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"private, max-age={SWATCH_AGE_S}"
    return response


def _shown(card: PreviewCard) -> dict[str, object]:
    return {
        "id": card.id,
        "done": card.is_settled,
        "html": render_template("preview.html", preview=card),
    }


def _form(desk: Desk, handle: str, said: str) -> str:
    with engine().reading(desk.actor) as unit:
        found = catalog.get_product(unit, handle)
        appearances = [one for one in cameos.list_appearances(unit) if one.revoked_at is None]
        others = [one for one in catalog.list_products(unit) if one.id != found.id and one.cheapest and one.images]
        obstacles = planning.obstacles(unit, found)
        listed = choices(unit)
        examples = {card.template: card for card in reversed(ads.list_ads(unit)) if card.film and card.is_shown}
    templates = sorted(listed.templates, key=lambda one: one.name in obstacles)
    return render_template(
        "studio_new_ad.html",
        desk=desk,
        product=found,
        appearances=appearances,
        others=others,
        obstacles=obstacles,
        choices=listed,
        templates=templates,
        examples=examples,
        several=[one.name for one in engine().ports.templates.values() if planning.shows_several(one)],
        sizes=FORMATS,
        generators=GENERATORS,
        given=request.form,
        said=said,
    )


def _wish(desk: Desk, handle: str) -> AdWish:
    voice = forms.text("voice", limit=40)
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
        style=forms.text("style", limit=60),
        mood=forms.text("mood", limit=40),
        locale=forms.text("locale", limit=20) or "en",
        voice=voice,
        recording=_recording(desk) if voice == RECORDING else "",
        captions=forms.text("captions", limit=20),
        placements=tuple(request.form.getlist("placement")[:40]),
        companions=_companions(),
        offer_ends=forms.text("offer_ends", limit=10),
        offer_code=forms.text("offer_code", limit=60),
        request_key=forms.text("key", limit=64) or None,
    )


def _companions() -> tuple[str, ...]:
    """Products ticked beside this one; a template that shows one product takes none, whatever was ticked before."""
    template = engine().ports.templates.get(forms.text("template", limit=60))
    if template is None or not planning.shows_several(template):
        return ()
    return tuple(request.form.getlist("companion")[:20])


def _recording(desk: Desk) -> str:
    """The recording that is sent along, or the one that was kept when the form was sent before."""
    upload: FileStorage | None = request.files.get("voice_file")
    if upload is None or not upload.filename:
        return forms.text("recording", limit=200)
    return recordings.keep_recording(engine(), desk.actor, upload.read())
