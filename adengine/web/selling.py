"""Selling in the studio: taxes, ways to ship, links, shares, and the codes that lower a price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import AdEngineError
from adengine.services import selling
from adengine.web import forms, visitors
from adengine.web.selling_forms import Sheet, fields_of, read_code, read_selling, rows_to_show
from adengine.web.visitors import Desk, engine

pages = Blueprint("selling", __name__, url_prefix="/studio/selling")


@pages.get("")
def page() -> ResponseReturnValue:
    desk = visitors.desk()
    done = next((name for name in ("kept", "made", "withdrawn") if name in request.args), "")
    return _page(desk, done=done)


@pages.post("")
def keep() -> ResponseReturnValue:
    """Keep taxes, ways to ship, links and shares together; nothing is kept where a field is wrong."""
    desk = visitors.desk()
    sheet = Sheet(request.form)
    given = read_selling(sheet, currency=desk.shop.currency)
    if given is None:
        return _page(desk, sheet=sheet), 400
    with engine().unit(desk.actor) as unit:
        # Policies are kept by file or API only; the form knows nothing of them.
        selling.set_selling(unit, replace(given, policies=selling.selling_of(unit).policies))
    return redirect(url_for("selling.page", kept=1), 303)


@pages.post("/codes")
def add_code() -> ResponseReturnValue:
    desk = visitors.desk()
    sheet = Sheet(request.form)
    given = read_code(sheet, currency=desk.shop.currency)
    if given is None:
        return _page(desk, code=sheet), 400
    try:
        with engine().unit(desk.actor) as unit:
            selling.add_code(unit, given)
    except AdEngineError as refusal:
        sheet.wrong("products" if refusal.code == "not_found" else "code", refusal)
        return _page(desk, code=sheet), refusal.status
    return redirect(url_for("selling.page", made=given.code, _anchor="codes"), 303)


@pages.post("/codes/withdraw")
def withdraw_code() -> ResponseReturnValue:
    desk = visitors.desk()
    code = forms.text("code")
    with engine().unit(desk.actor) as unit:
        selling.withdraw_code(unit, code)
    return redirect(url_for("selling.page", withdrawn=code, _anchor="codes"), 303)


def _page(desk: Desk, *, sheet: Sheet | None = None, code: Sheet | None = None, done: str = "") -> str:
    with engine().reading(desk.actor) as unit:
        kept = selling.selling_of(unit)
        codes = selling.list_codes(unit)
    given: Mapping[str, str] = sheet.fields if sheet else fields_of(kept)
    return render_template(
        "studio_selling.html",
        desk=desk,
        given=given,
        wrong=sheet.errors if sheet else {},
        rates=rows_to_show(given, "rate"),
        ways=rows_to_show(given, "way"),
        code=code.fields if code else {},
        wrong_code=code.errors if code else {},
        codes=codes,
        done=done,
        named=request.args.get(done, "")[:40],
    )
