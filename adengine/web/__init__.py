"""The pages: shop, player, checkout and the merchant's studio, over the same use cases as API and agents."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from flask import Flask, Request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from adengine.engine import AdEngine
from adengine.web import (
    acp,
    after_payment,
    api,
    appearances,
    branding,
    checkout,
    figures,
    forms,
    headers,
    making,
    orders,
    partners,
    payouts,
    player,
    refusals,
    results,
    sandbox,
    selling,
    shop,
    signin,
    statements,
    studio,
    ucp,
    visitors,
)

LOOK = Path(__file__).resolve().parents[2] / "templates"
PAGES, STATIC = LOOK / "pages", LOOK / "static"
LARGEST_UPLOAD = 16 * 1024 * 1024
STATIC_DAYS = 365


def create_app(engine: AdEngine) -> Flask:
    """The web application over a built engine."""
    app = Flask("adengine.web", template_folder=str(PAGES), static_folder=str(STATIC))
    app.extensions["adengine"] = engine
    app.session_interface = Sessions()
    app.secret_key = engine.settings.secret()
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=STATIC_DAYS),
        SESSION_COOKIE_NAME="adengine_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=engine.settings.public_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
    )
    refusals.register(app)
    app.before_request(forms.check_form)
    app.after_request(headers.guard)
    app.after_request(visitors.keep_viewer)
    _dress(app)
    for part in (
        shop,
        player,
        checkout,
        after_payment,
        signin,
        studio,
        making,
        branding,
        selling,
        orders,
        statements,
        payouts,
        partners,
        results,
        appearances,
    ):
        app.register_blueprint(part.pages)
    if engine.settings.payments == "sandbox":
        app.register_blueprint(sandbox.pages)
    app.register_blueprint(api.blueprint(engine), url_prefix="/api")
    app.register_blueprint(acp.blueprint(engine))
    app.register_blueprint(ucp.blueprint(engine))
    return app


class Sessions(SecureCookieSessionInterface):
    """Flask's own, which readies its signature for every request, also for those that bring no cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def _dress(app: Flask) -> None:
    """Give templates the functions they call, and static files an address that changes with their content."""
    prints = {one.name: hashlib.sha256(one.read_bytes()).hexdigest()[:10] for one in STATIC.glob("*.*")}

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=prints[name])

    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=asset, form_token=forms.form_token, new_key=forms.new_key)
    app.jinja_env.globals.update(pays_in_place=checkout.pays_in_place)
    app.jinja_env.filters.update(figures.FILTERS)
