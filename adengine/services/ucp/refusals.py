"""Which failures are an answer of the business, told in its document, and which are none at all."""

from __future__ import annotations

from adengine.core.errors import AdEngineError, Conflict, Gone, KeyReused, NotFound, StillRunning
from adengine.core.untrusted import plain
from adengine.services.ucp.envelope import nothing
from adengine.services.ucp.messages import error
from adengine.services.ucp.shapes import ErrorDocument, Severity

# Raised, these stop a request for reasons that lie in the request or in us, not in the goods.
NO_ANSWERS = (StillRunning, KeyReused)
FOR_GOOD = frozenset({"not_found", "gone"})


class Refused(Conflict):
    """A refusal in the protocol's own words: `path` is a JSONPath into the checkout or cart."""

    def __init__(self, code: str, message: str, *, path: str = "", severity: Severity = "recoverable") -> None:
        super().__init__(message)
        self.code, self.path, self.severity = code, path, severity


def is_answer(fault: AdEngineError) -> bool:
    """Whether the shop answers this as a business: it is not there, not so any more, or cannot be done now."""
    return isinstance(fault, NotFound | Gone | Conflict) and not isinstance(fault, NO_ANSWERS)


def told(fault: AdEngineError) -> ErrorDocument:
    """The document that says what stands in the way."""
    if isinstance(fault, Refused):
        return nothing([error(fault.code, fault.message, severity=fault.severity, path=fault.path)])
    severity: Severity = "unrecoverable" if fault.code in FOR_GOOD else "recoverable"
    return nothing([error(fault.code, plain(fault.message, 300), severity=severity)])
