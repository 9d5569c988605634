"""Every refusal as an answer: JSON for programs, a page for people, never a traceback."""

from __future__ import annotations

import logging

from flask import Flask, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from adengine.core.errors import AdEngineError, LicenceRefused, SignInNeeded, StillRunning, TooLarge

log = logging.getLogger(__name__)

HTTP_CODES = {400: "invalid", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "invalid"}
TITLES = {
    400: "That did not work",
    401: "Please sign in",
    402: "The payment was declined",
    403: "Not allowed",
    404: "There is nothing here",
    405: "That did not work",
    409: "Something changed meanwhile",
    410: "This film was taken down",
    413: "That is too large",
    503: "Not available right now",
}
# Shoppers get our words for these: the refusal's own speak to merchants and operators.
PLAIN = {
    404: "The address may be mistyped, or what was here has gone. The front page is a good place to start.",
    405: "This address does not take that kind of request. Go back and use the buttons on the page.",
    410: "It is no longer shown anywhere. The shop may have another film of the same product.",
    500: "Something went wrong on our side. It was noted; please try again in a moment.",
}


def register(app: Flask) -> None:
    app.register_error_handler(AdEngineError, refused)
    app.register_error_handler(DataError, refused_by_database)
    app.register_error_handler(HTTPException, refused_by_http)
    app.register_error_handler(Exception, broken)


def refused(error: AdEngineError) -> ResponseReturnValue:
    if isinstance(error, SignInNeeded) and not wants_json():
        target = request.full_path.rstrip("?") if request.method == "GET" else "/studio/"
        return redirect(url_for("signin.page", next=target), 303)
    clause = error.clause if isinstance(error, LicenceRefused) else None
    said = make_response(answer(error.status, error.code, error.message, clause))
    if isinstance(error, StillRunning):
        said.headers["Retry-After"] = str(error.retry_after_s)
    return said


def refused_by_database(error: DataError) -> ResponseReturnValue:
    """PostgreSQL keeps no NUL, and SQLite no surrogate: what holds one names nothing we know."""
    log.info("a value could not be sent to the database: %s", type(error.orig).__name__)
    return answer(400, "invalid", "this holds characters that cannot be kept; send plain text")


def refused_by_http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, RequestEntityTooLarge):
        limit = (request.max_content_length or 0) // 1024
        return answer(413, TooLarge.code, f"this is larger than the {limit:,} KiB taken here; send less at once")
    status = error.code or 500
    if status < 400:
        return error.get_response()
    said = answer(status, HTTP_CODES.get(status, "invalid"), PLAIN.get(status, error.description or error.name))
    if isinstance(error, MethodNotAllowed):
        said = make_response(said)
        said.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return said


def broken(error: Exception) -> ResponseReturnValue:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return answer(500, "internal", PLAIN[500])


def answer(status: int, code: str, message: str, clause: str | None = None) -> ResponseReturnValue:
    if wants_json():
        said = {"code": code, "message": message} | ({"clause": clause} if clause else {})
        return {"error": said}, status
    in_studio = request.path.startswith("/studio")
    words = message if in_studio or status not in PLAIN else PLAIN[status]
    title = TITLES.get(status, "Something went wrong")
    shop = g.get("shop")
    home = "/studio/" if in_studio else f"/shops/{shop.name}/" if shop else "/"
    page = render_template("error.html", status=status, title=title, words=words, home=home, shop=shop)
    return page, status


def wants_json() -> bool:
    """True for programs: the API, beacons, payment providers, and scripts that ask for JSON."""
    if request.path.startswith(("/api/", "/payments/")) or request.path.endswith("/events"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]
