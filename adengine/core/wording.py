"""Words of short texts as they are compared: folded, without the words that say nothing, each by its stem."""

from __future__ import annotations

import re

from adengine.core.search.letters import fold
from adengine.core.search.lexis import PURPOSE, STOP
from adengine.core.search.stems import stem

WORD = re.compile(r"[^\W_]+")


def stems(text: str) -> frozenset[str]:
    """The stems of a text's words: `Mugs for the morning` has mug and morning."""
    return frozenset(stem(word) for word in WORD.findall(fold(text)) if word not in STOP | PURPOSE)
