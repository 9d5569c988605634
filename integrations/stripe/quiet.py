"""Keeps tokens and keys out of the logs: Stripe's library logs what it sends and gets, paths of it included."""

from __future__ import annotations

import logging

import stripe


class _OnlyTrouble(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


class _NoTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return "granted_tokens" not in record.getMessage()


# Filters, not levels: a log level set later by whoever configures logging leaves them in force.
_ONLY_TROUBLE, _NO_TOKENS = _OnlyTrouble(), _NoTokens()


def keep_quiet() -> None:
    """Let Stripe's library log trouble only, the HTTP library no token, and neither report on this machine."""
    logging.getLogger("stripe").addFilter(_ONLY_TROUBLE)
    logging.getLogger("urllib3.connectionpool").addFilter(_NO_TOKENS)
    # It would keep an id in the operator's home folder and send the platform's name along.
    stripe.enable_telemetry = False
