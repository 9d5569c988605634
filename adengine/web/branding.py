"""The brand kit in the studio: name, colours with their contrast, logos, style, tone, end line and fonts."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import AdEngineError
from adengine.core.palette import contrast
from adengine.core.storyboard import Brand
from adengine.core.template import TONES
from adengine.services import brands
from adengine.services.brands import COLOUR, Side
from adengine.services.choices import choices
from adengine.web import forms, visitors
from adengine.web.visitors import Desk, engine

pages = Blueprint("branding", __name__, url_prefix="/studio/brand")

SIDES: dict[str, Side] = {"light": "logo", "dark": "logo_on_dark"}
# WCAG 2.2, 1.4.3: text on its ground. The button's words are white.
READABLE = 4.5


@pages.get("")
def kit() -> ResponseReturnValue:
    desk = visitors.desk()
    return _kit(desk, desk.shop.brand, "", kept="kept" in request.args)


@pages.post("")
def keep() -> ResponseReturnValue:
    desk = visitors.desk()
    given = desk.shop.brand
    try:
        given = _brand()
        with engine().unit(desk.actor) as unit:
            brands.keep_brand(unit, given)
    except AdEngineError as refusal:
        return _kit(desk, given, refusal.message), refusal.status
    return redirect(url_for("branding.kit", kept=1), 303)


@pages.post("/logo/<any(light, dark):ground>")
def keep_logo(ground: str) -> ResponseReturnValue:
    """Take a logo in, or away where no file was chosen."""
    desk = visitors.desk()
    upload = request.files.get("logo")
    removed = forms.text("remove", limit=5) == "yes"
    if not removed and (upload is None or not upload.filename):
        return _kit(desk, desk.shop.brand, "Choose a picture of your logo first."), 400
    try:
        data = b"" if removed or upload is None else upload.read()
        brands.keep_logo(engine(), desk.actor, SIDES[ground], data)
    except AdEngineError as refusal:
        return _kit(desk, desk.shop.brand, refusal.message), refusal.status
    return redirect(url_for("branding.kit", kept=1), 303)


@pages.get("/logo/<any(light, dark):ground>")
def logo(ground: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        key = brands.logo_of(unit, SIDES[ground])
    return send_file(engine().ports.files.local(key), conditional=True)


def _brand() -> Brand:
    return Brand(
        name=forms.text("name"),
        ink=forms.text("ink", limit=20),
        paper=forms.text("paper", limit=20),
        accent=forms.text("accent", limit=20),
        style=forms.text("style", limit=60),
        tone=forms.text("tone", limit=20) or "plain",
        end_line=forms.text("end_line"),
        display_font=forms.text("display_font"),
        text_font=forms.text("text_font"),
    )


def _kit(desk: Desk, given: Brand, said: str, *, kept: bool = False) -> str:
    with engine().reading(desk.actor) as unit:
        listed = choices(unit)
    return render_template(
        "studio_brand.html",
        desk=desk,
        given=given,
        kept_logos=desk.shop.brand,
        pairs=_pairs(given),
        styles=listed.styles,
        tones=TONES,
        said=said,
        kept=kept,
    )


def _pairs(given: Brand) -> list[tuple[str, str, str, float, bool]]:
    """What stands on what: (words, id of the front colour, id of the ground, contrast, whether it is enough)."""
    pairs = (
        ("Text on paper", "ink", "paper"),
        ("Accent on paper", "accent", "paper"),
        ("White on accent", "", "accent"),
    )
    shown = []
    for words, front, ground in pairs:
        colours = getattr(given, front) if front else "#ffffff", getattr(given, ground)
        if all(COLOUR.fullmatch(one) for one in colours):
            ratio = contrast(*colours)
            shown.append((words, front, ground, ratio, ratio >= READABLE))
    return shown
