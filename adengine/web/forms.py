"""Forms: the token that proves a form is ours, and fields read into values or refused in words."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from flask import current_app, request, session
from itsdangerous import BadData, URLSafeTimedSerializer

from adengine.core.errors import Forbidden, Invalid
from adengine.web.visitors import engine

LONGEST_FORM_S = 12 * 3600
# These carry no cookie's authority: signed by the provider, or by a bearer token, or harmless and anonymous.
OPEN_PATHS = ("/api/", "/payments/")
OPEN_ENDPOINTS = frozenset({"player.events"})
OPEN_BLUEPRINTS = frozenset({"acp", "ucp"})


def form_token() -> str:
    """A signed value for a hidden field, tied to the signed-in session where there is one.

    A shopper's form is tied to none: it acts with nobody's authority, and an embed in another site's page has
    no cookies to tie it to.
    """
    return _signer().dumps(session.get("seat", ""))


def new_key() -> str:
    """A key for a form, so that sending it twice does its work once."""
    return uuid.uuid4().hex


def check_form() -> None:
    """Refuse a changing request that did not come from a form of ours."""
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.endpoint in OPEN_ENDPOINTS:
        return
    if request.path.startswith(OPEN_PATHS) or request.url_rule is None or request.blueprint in OPEN_BLUEPRINTS:
        return
    if not _is_same_site():
        raise Forbidden("this form was sent from another site; open the page here and send it again")
    try:
        seat = _signer().loads(request.form.get("form_token", ""), max_age=LONGEST_FORM_S)
    except BadData:
        raise Forbidden("this form is too old or incomplete; reload the page and send it again") from None
    if seat != session.get("seat", ""):
        raise Forbidden("you signed in or out since this form was shown; reload the page and send it again")


def text(name: str, *, limit: int = 200) -> str:
    """A field without surrounding space; refused when it is longer than `limit` characters."""
    value = request.form.get(name, "").strip()
    if len(value) > limit:
        raise Invalid(f"'{name.replace('_', ' ')}' is longer than {limit} characters; shorten it")
    return value


def whole(name: str, *, default: int) -> int:
    value = request.form.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise Invalid(f"'{name.replace('_', ' ')}' must be a whole number")
    return int(value)


def second_of_film() -> float | None:
    value = request.form.get("second", "").strip()
    try:
        second = float(value) if value else None
    except ValueError:
        raise Invalid("'second' must be a number of seconds") from None
    return second if second is None or 0 <= second < 3600 else None


def local_path(target: str) -> str:
    """`target` if it is a path of this site, else the studio's front page: no way out through `?next=`."""
    parts = urlsplit(target)
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if is_local and target.isprintable() and "\\" not in target else "/studio/"


def _is_same_site() -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(engine().settings.public_url).netloc}
    return origin is None or urlsplit(origin).netloc in ours


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or b"", salt="adengine form")
