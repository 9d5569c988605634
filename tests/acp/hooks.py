"""What schemathesis is told of our documents that they cannot say; it loads this file itself."""

from __future__ import annotations

from itertools import count
from typing import Any

import schemathesis

NUMBERS = count(1)


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case, _kwargs: dict[str, Any]) -> None:
    """Send each request under a key of its own: else all but the first are refused as the same one changed."""
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = f"fuzzed-{next(NUMBERS)}"


@schemathesis.serializer("audio/*")
def recording(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")
