"""What every answer tells the browser it may do."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from adengine.web.visitors import engine

EMBEDS = frozenset({"player.embed"})


def guard(response: Response) -> Response:
    """Allow our own files only, no inline code, and frames only where an embed is meant to stand."""
    ancestors = "*" if request.endpoint in EMBEDS else "'none'"
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "media-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {_payment_pages()}",
            "base-uri 'none'",
            f"frame-ancestors {ancestors}",
        )
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _payment_pages() -> str:
    # Browsers hold the redirect that answers a form to form-action too, and payment pages live elsewhere.
    settings = engine().settings
    parts = urlsplit(settings.public_url)
    return f"{parts.scheme}://{parts.netloc}" if settings.payments == "sandbox" else "https:"
