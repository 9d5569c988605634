"""Every refusal as the protocol's flat error: a type, a code, words, and where in the request the fault is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NotRequired

# pydantic makes the OpenAPI document of these, and below Python 3.12 it takes this TypedDict only.
from typing_extensions import TypedDict

from adengine.core.errors import AdEngineError, KeyReused, SignInNeeded, StillRunning, TooLarge

ErrorType = Literal["invalid_request", "processing_error", "service_unavailable"]
# Our codes that the protocol has its own names for.
CODES = {
    KeyReused.code: "idempotency_conflict",
    StillRunning.code: "idempotency_in_flight",
    SignInNeeded.code: "unauthorized",
    TooLarge.code: "request_too_large",
}


class ErrorDocument(TypedDict):
    type: ErrorType
    code: str
    message: str
    param: NotRequired[str]
    supported_versions: NotRequired[list[str]]


class Refused(AdEngineError):
    """A refusal in the protocol's own words: `param` is an RFC 9535 JSONPath into the request."""

    def __init__(
        self, code: str, message: str, *, param: str = "", status: int = 400, versions: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.param, self.versions = code, status, param, versions


@dataclass(frozen=True)
class Refusal:
    """An error as it is sent."""

    status: int
    document: ErrorDocument
    headers: dict[str, str] = field(default_factory=dict)


def refusal_of(error: AdEngineError) -> Refusal:
    """The answer to a request that ended in `error`."""
    document: ErrorDocument = {"type": _type(error.status), "code": _code(error.code), "message": error.message}
    if isinstance(error, Refused):
        if error.param:
            document["param"] = error.param
        if error.versions:
            document["supported_versions"] = list(error.versions)
    wait_s = error.retry_after_s if isinstance(error, StillRunning) else int(error.status == 503)
    return Refusal(error.status, document, {"Retry-After": str(wait_s)} if wait_s else {})


def _type(status: int) -> ErrorType:
    if status == 503:
        return "service_unavailable"
    return "processing_error" if status >= 500 else "invalid_request"


def _code(code: str) -> str:
    return CODES.get(code, code)
