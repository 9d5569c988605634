"""How agents pay here, by the name of the payments port: their handler, and whether they can show its 3D Secure."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.services.acp.refusals import Refused
from adengine.services.acp.shapes import PaymentHandler

VERSION = "2026-04-17"
SUPPORTED_VERSIONS = (VERSION,)
HANDLER_VERSION = "2026-01-22"
DISCOUNT = "discount"
DISCOUNT_FIELDS = (
    "$.CheckoutSessionCreateRequest.discounts",
    "$.CheckoutSessionUpdateRequest.discounts",
    "$.CheckoutSession.discounts",
)


@dataclass(frozen=True)
class Way:
    """One payment handler. `interventions` are what an agent can do for its buyer in place.

    Where 3ds is not among them, a payment that asks for it is finished on our own page.
    """

    id: str
    title: str
    psp: str
    needs_delegation: bool
    interventions: tuple[str, ...]
    tokens: tuple[str, ...] = ()


WAYS = {
    "sandbox": Way(
        id="sandbox",
        title="Sandbox (no money moves)",
        psp="sandbox",
        needs_delegation=False,
        interventions=("3ds",),
        tokens=("spt_sandbox_ok", "spt_sandbox_declined", "spt_sandbox_3ds", "spt_sandbox_expired"),
    ),
    # Stripe runs 3D Secure itself, on a page of its own: an agent has no cryptogram to bring.
    "stripe": Way(
        id="card_tokenized",
        title="Card",
        psp="stripe",
        needs_delegation=True,
        interventions=(),
    ),
}


def handler_document(way: Way, merchant_id: str) -> PaymentHandler:
    """The protocol's tokenized card handler, as this shop runs it; `merchant_id` is the seller at the provider."""
    config: dict[str, str | bool | list[str]] = {
        "merchant_id": merchant_id,
        "psp": way.psp,
        "supports_3ds": "3ds" in way.interventions,
    }
    if way.tokens:
        config["tokens"] = list(way.tokens)
    return {
        "id": way.id,
        "name": "dev.acp.tokenized.card",
        "display_name": way.title,
        "version": HANDLER_VERSION,
        "spec": "https://acp.dev/handlers/tokenized.card",
        "requires_delegate_payment": way.needs_delegation,
        "requires_pci_compliance": False,
        "psp": way.psp,
        "config_schema": "https://acp.dev/schemas/handlers/tokenized.card/config.json",
        "instrument_schemas": ["https://acp.dev/schemas/handlers/tokenized.card/instrument.json"],
        "config": config,
        "display_order": 1,
    }


def need_version(asked: str) -> None:
    """Refuse a request for a version of the protocol that is not spoken here."""
    if asked in SUPPORTED_VERSIONS:
        return
    code = "unsupported_api_version" if asked else "missing_api_version"
    raise Refused(code, f"ask for API-Version {VERSION}", versions=tuple(reversed(SUPPORTED_VERSIONS)))
