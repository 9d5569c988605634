"""What is logged, and what never is: buyers, tokens and whole rows stay out at every level."""

from __future__ import annotations

import logging
import sys

# Libraries that write down what passes through them: addresses with their query, headers, bodies, rows.
TALKATIVE = ("botocore", "httpcore", "httpx", "mcp", "multipart", "python_multipart", "sqlalchemy", "stripe", "urllib3")


def start_logging(level: str) -> None:
    """Log to standard error from `level` on; talkative libraries say only what went wrong."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
