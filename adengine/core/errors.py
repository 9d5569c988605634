"""Every refusal the product can give: a stable code, an HTTP status, and words that say what to do.

AdEngineError
├── Invalid                  400  the input cannot be used as it is
│   ├── UnknownTemplate      400
│   ├── TemplateInvalid      400
│   ├── FeedUnreadable       400
│   ├── PictureUnusable      400
│   └── ClipUnsupported      400
├── SignInNeeded             401
├── Forbidden                403
│   └── LicenceRefused       403  carries the clause that decided
├── NotFound                 404
├── Conflict                 409  the thing is not in a state that allows this
│   ├── ClipCancelled        409
│   ├── StillRunning         409  says after how many seconds to ask again
│   ├── PriceChanged         409
│   └── OutOfStock           409
├── Gone                     410
├── TooLarge                 413
├── KeyReused                422  an idempotency key came with another request before
├── PaymentDeclined          402
└── Unavailable              503  a part of the machine is missing or full; nothing was changed
    ├── RenderFailed         503
    ├── GeneratorMissing     503
    ├── VoiceMissing         503
    └── StorageFull          503
"""


class AdEngineError(Exception):
    """Base of every expected failure. `str(error)` tells a person what to do next."""

    code = "internal"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(AdEngineError):
    code = "invalid"
    status = 400


class UnknownTemplate(Invalid):
    code = "unknown_template"


class TemplateInvalid(Invalid):
    code = "template_invalid"


class FeedUnreadable(Invalid):
    code = "feed_unreadable"


class PictureUnusable(Invalid):
    code = "picture_unusable"


class ClipUnsupported(Invalid):
    """A generator cannot make the clip that was asked for (size, length, task)."""

    code = "clip_unsupported"


class PaymentDeclined(AdEngineError):
    code = "payment_declined"
    status = 402


class SignInNeeded(AdEngineError):
    code = "sign_in_needed"
    status = 401


class Forbidden(AdEngineError):
    code = "forbidden"
    status = 403


class LicenceRefused(Forbidden):
    """The licence of an appearance does not allow this use; `clause` names the term that decided."""

    code = "licence_refused"

    def __init__(self, message: str, *, clause: str) -> None:
        super().__init__(message)
        self.clause = clause


class NotFound(AdEngineError):
    code = "not_found"
    status = 404


class Conflict(AdEngineError):
    code = "conflict"
    status = 409


class ClipCancelled(Conflict):
    """Whoever asked for a generated clip no longer wants it; no file was left behind."""

    code = "cancelled"


class StillRunning(Conflict):
    """The same request is being worked on now; ask again in `retry_after_s` seconds."""

    code = "still_running"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PriceChanged(Conflict):
    code = "price_changed"


class OutOfStock(Conflict):
    code = "out_of_stock"


class Gone(AdEngineError):
    code = "gone"
    status = 410


class TooLarge(AdEngineError):
    code = "too_large"
    status = 413


class KeyReused(AdEngineError):
    code = "key_reused"
    status = 422


class Unavailable(AdEngineError):
    code = "unavailable"
    status = 503


class RenderFailed(Unavailable):
    code = "render_failed"


class GeneratorMissing(Unavailable):
    code = "generator_missing"


class VoiceMissing(Unavailable):
    code = "voice_missing"


class StorageFull(Unavailable):
    code = "storage_full"
