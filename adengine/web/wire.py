"""What commerce protocols share on the wire: bounded bodies, names given back, every failure in their own words."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from adengine.core.errors import AdEngineError, NotFound, SignInNeeded, TooLarge

LARGEST_BODY = 1_000_000
ECHOED = 255

log = logging.getLogger(__name__)

Refuse = Callable[[AdEngineError], Response]
Fail = Callable[[str, str, int], Response]  # (code, words, status): what is no refusal of ours


def speak(pages: Blueprint, prefixes: Sequence[str], *, refuse: Refuse, fail: Fail, nothing: str) -> None:
    """Have a protocol's pages answer in its words, whatever happens; `nothing` is said of addresses without a call."""

    def refused(error: AdEngineError) -> Response:
        answer = refuse(error)
        if isinstance(error, SignInNeeded):
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    def refused_by_http(error: HTTPException) -> Response:
        if isinstance(error, RequestEntityTooLarge):
            return refused(TooLarge(f"a body has at most {LARGEST_BODY // 1000} kB here; send less"))
        answer = fail("invalid", error.description or error.name, error.code or 500)
        if isinstance(error, MethodNotAllowed):
            answer.allow.update(error.valid_methods or ())
        return answer

    def broken(error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        return fail("internal", "something went wrong on our side; try again", 500)

    def nowhere() -> Response | None:
        # Where no call was found, no blueprint was either: its own handlers do not hear of it.
        match request.routing_exception:
            case MethodNotAllowed() as error if inside.match(request.path):
                return _echo(refused_by_http(error))
            case HTTPException(code=404) if inside.match(request.path):
                return _echo(refused(NotFound(nothing)))
        return None

    inside = re.compile("|".join(re.sub("<.+?>", "[^/]+", prefix) + "/" for prefix in prefixes))
    pages.before_app_request(nowhere)
    pages.before_request(_bound)
    pages.after_request(_echo)
    pages.register_error_handler(AdEngineError, refused)
    # PostgreSQL keeps no NUL, and SQLite no surrogate: what holds one names nothing we know.
    pages.register_error_handler(DataError, lambda _: refused(NotFound("there is nothing of that name here")))
    pages.register_error_handler(HTTPException, refused_by_http)
    pages.register_error_handler(Exception, broken)


def _bound() -> None:
    request.max_content_length = LARGEST_BODY


def _echo(response: Response) -> Response:
    """Give every answer the names that its request went by."""
    for name in ("Request-Id", "Idempotency-Key"):
        sent = request.headers.get(name, "")
        if 0 < len(sent) <= ECHOED and sent.isascii() and sent.isprintable():
            response.headers[name] = sent
    response.headers.setdefault("Cache-Control", "no-store")
    return response
