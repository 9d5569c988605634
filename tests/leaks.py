"""Hears everything that is logged, and says what of it should not have been: for tests of privacy.

    with leaks.heard() as said:
        ...                                  # buy something
    assert leaks.among(said, token, email) == []

Every logger there is or comes to be speaks at DEBUG meanwhile, with tracebacks and arguments, but for the talkative
libraries that the product silences at every level (adengine/logs.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from adengine.logs import TALKATIVE

SHORTEST_SECRET = 4


class Ear(logging.Handler):
    """Keeps each record as text: what a log file would hold of it, and what any other formatter could."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.name} {record.levelname}: {self.format(record)} {record.args!r}")


@contextmanager
def heard() -> Iterator[list[str]]:
    """All that is logged inside the block, from every logger, one text a record."""
    ear, root = Ear(), logging.getLogger()
    for name in TALKATIVE:
        logging.getLogger(name)
    loggers = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    before = [(one, one.level, one.disabled, one.propagate) for one in loggers]
    disabled = root.manager.disable
    for one in loggers:
        one.setLevel(logging.WARNING if one.name.split(".")[0] in TALKATIVE else logging.DEBUG)
        one.disabled, one.propagate = False, True
    logging.disable(logging.NOTSET)
    root.addHandler(ear)
    try:
        yield ear.said
    finally:
        root.removeHandler(ear)
        logging.disable(disabled)
        for one, level, was_disabled, propagated in before:
            one.setLevel(level)
            one.disabled, one.propagate = was_disabled, propagated


def among(texts: Iterable[str], *secrets: str) -> list[str]:
    """The texts that hold a secret, in any case, each cut to its surroundings."""
    assert all(len(secret) >= SHORTEST_SECRET for secret in secrets), "too short to be told from chance"
    found = []
    for text in texts:
        low = text.lower()
        found += [
            text[max(0, low.index(one.lower()) - 200) : low.index(one.lower()) + 60]
            for one in secrets
            if one.lower() in low
        ]
    return found
