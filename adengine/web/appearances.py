"""Licensed appearances in the studio: their terms in words, their films, and withdrawing a licence."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from adengine.core.cameo import ANY, Terms
from adengine.core.errors import NotFound
from adengine.services import ads, cameos
from adengine.services.ads import AdCard
from adengine.services.cameos import Appearance
from adengine.web import visitors
from adengine.web.visitors import Desk, engine

pages = Blueprint("appearances", __name__, url_prefix="/studio/appearances")


@pages.get("")
def listing() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        found = cameos.list_appearances(unit)
        films = ads.list_ads(unit)
    shown = [(one, terms_in_words(one.terms), _films(one, films)) for one in found]
    return render_template("studio_appearances.html", desk=desk, shown=shown)


@pages.get("/<licence_id>/revoke")
def confirm(licence_id: str) -> ResponseReturnValue:
    """Say which films will go off before the licence is withdrawn."""
    desk = visitors.desk()
    appearance = _appearance(desk, licence_id)
    with engine().reading(desk.actor) as unit:
        films = [one for one in _films(appearance, ads.list_ads(unit)) if one.status != "retired"]
    return render_template("studio_revoke.html", desk=desk, appearance=appearance, films=films)


@pages.post("/<licence_id>/revoke")
def revoke(licence_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().unit(desk.actor) as unit:
        ads.revoke(unit, licence_id)
    return redirect(url_for("appearances.listing"), 303)


@pages.get("/<licence_id>/portrait")
def portrait(licence_id: str) -> ResponseReturnValue:
    appearance = _appearance(visitors.desk(), licence_id)
    response = send_file(engine().ports.files.local(appearance.still), conditional=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def terms_in_words(terms: Terms) -> list[tuple[str, str]]:
    """(what, words) for every term a merchant has to know."""
    until = f"until {terms.ends:%d %B %Y}" if terms.ends else "without an end"
    endorsement = "may recommend the product" if terms.endorsement else "may present it, but not recommend it"
    never = (*terms.forbidden_kinds, *(f"“{word}”" for word in terms.forbidden_words))
    return [
        ("For", _all(terms.purposes, "nothing")),
        ("Where", _all(terms.placements, "nowhere", everything="every placement")),
        ("Countries", _all(terms.territories, "none", everything="every country")),
        ("When", f"from {terms.starts:%d %B %Y} {until}"),
        ("Products", _all(terms.product_kinds, "none", everything="every kind")),
        ("Never with", ", ".join(never) or "-"),
        ("Languages", _all(terms.languages, "none", everything="every language")),
        ("Speaking", endorsement),
        ("Films", "as many as you like" if terms.max_ads is None else f"at most {terms.max_ads} at a time"),
        ("Drafts", "each one needs their approval" if terms.needs_approval else "no approval needed"),
        ("Share", f"{terms.share_bps / 100:g} % of net sales" if terms.share_bps else "no share of sales"),
    ]


def _all(names: tuple[str, ...], none: str, *, everything: str = "") -> str:
    return everything if ANY in names else ", ".join(names) or none


def _films(appearance: Appearance, films: list[AdCard]) -> list[AdCard]:
    return [one for one in films if one.licence_id == appearance.licence_id]


def _appearance(desk: Desk, licence_id: str) -> Appearance:
    with engine().reading(desk.actor) as unit:
        found = next((one for one in cameos.list_appearances(unit) if one.licence_id == licence_id), None)
    if found is None:
        raise NotFound("there is no such licence here")
    return found
