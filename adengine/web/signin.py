"""Signing in to the studio with a merchant's token, and out again."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from adengine.core.errors import Forbidden, SignInNeeded
from adengine.web import forms, visitors

pages = Blueprint("signin", __name__)


@pages.get("/sign-in")
def page() -> ResponseReturnValue:
    """The form, or the one link that `adengine demo` prints, which signs in at once."""
    token = request.args.get("token", "")
    return _sign_in(token) if token else _form("")


@pages.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    return _sign_in(forms.text("token"))


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect("/sign-in", 303)


def _sign_in(token: str) -> ResponseReturnValue:
    try:
        visitors.merchant_of(token.strip())
    except (SignInNeeded, Forbidden) as refusal:
        return _form(refusal.message), refusal.status
    session.clear()
    session.permanent = True
    session["token"], session["seat"] = token.strip(), forms.new_key()
    return redirect(forms.local_path(request.values.get("next", "")), 303)


def _form(said: str) -> str:
    return render_template("sign_in.html", said=said, next=forms.local_path(request.values.get("next", "")))
