"""Stripe as the port Payments: our ids are the idempotency keys, and nothing of Stripe's crosses this edge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import stripe
from stripe.checkout import Session

from adengine.core.errors import Forbidden, Invalid
from adengine.core.money import Money
from adengine.ports import Charge, PayeeState, PaymentEvent, PaymentIntent, PaymentPage, Purchase, TokenLimits
from integrations.stripe import events
from integrations.stripe.amounts import to_stripe
from integrations.stripe.answers import charge_of, declined_by, limits_of, name_of, payee_of
from integrations.stripe.events import METHOD, PAYMENT, REFUND
from integrations.stripe.quiet import keep_quiet
from integrations.stripe.refusals import in_our_words

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParamsPaymentMethodData

API_VERSION = "2026-10-28.endive"
# Shared payment tokens are not in a released version of Stripe's API yet.
PREVIEW_VERSION = "2026-09-30.preview"
TOKEN = re.compile(r"spt_[A-Za-z0-9_]{1,200}")
PATIENCE_S = 30.0
REPEATS = 2
CAN_BE_CANCELLED = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


class StripePayments:
    """The platform's own Stripe account takes the money; payees are its connected accounts.

    `webhook_secrets` are those of its endpoints, separated by spaces: the account's own and the connected accounts'.
    Payees of the `recipient_countries` get Stripe's recipient agreement, which accounts abroad need.
    """

    name = events.PROVIDER
    signature_header = "Stripe-Signature"

    def __init__(
        self,
        *,
        key: str,
        webhook_secrets: str,
        public_url: str,
        publishable_key: str = "",
        recipient_countries: str = "",
        api_base: str = "",
        api_version: str = API_VERSION,
        patience_s: float = PATIENCE_S,
        repeats: int = REPEATS,
    ) -> None:
        if not key.startswith(("sk_", "rk_")):
            raise Invalid("Stripe needs the account's secret key (sk_... or rk_...); set ADENGINE_STRIPE_KEY")
        self.secrets = webhook_secrets.split()
        if not self.secrets:
            raise Invalid("Stripe's messages can only be believed by their secret; set ADENGINE_STRIPE_WEBHOOK_SECRET")
        self.public_url, self.publishable_key = public_url.rstrip("/"), publishable_key
        self.recipient_countries = frozenset(recipient_countries.upper().split())
        self.key, self.api_version = key, api_version
        keep_quiet()
        self.http = stripe.RequestsClient(timeout=patience_s)
        self.client = stripe.StripeClient(
            key,
            stripe_version=api_version,
            base_addresses={"api": api_base.rstrip("/")} if api_base else None,
            max_network_retries=repeats,
            http_client=self.http,
        )

    def examine(self) -> str:
        """Ask Stripe whose key this is, and say it in a line for `adengine doctor`."""
        with in_our_words("asking for the account"):
            account = self.client.v1.accounts.retrieve_current()
        mode = "test mode" if "_test_" in self.key else "live"
        takes = "takes payments" if account.charges_enabled else "takes no payments yet: finish its setup at Stripe"
        return f"{mode}, an account in {account.country} that {takes}; API {self.api_version}"

    def open(self, amount: Money, what: Purchase, *, key: str) -> PaymentPage:
        """A Checkout Session for the whole amount: what it is made of, our own page has shown.

        It gets no end of its own, since a call repeated later would have to name another one; `close` ends it.
        """
        ours = {PAYMENT: key, METHOD: "page", "checkout": what.checkout_id}
        with in_our_words("opening a payment page"):
            session = self.client.v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "client_reference_id": what.checkout_id,
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": amount.currency.lower(),
                                "unit_amount": to_stripe(amount),
                                "product_data": {"name": what.title[:250]},
                            },
                        }
                    ],
                    # The price is the one that the buyer confirmed, never one that Stripe converts.
                    "adaptive_pricing": {"enabled": False},
                    "metadata": ours,
                    "payment_intent_data": {
                        "description": what.title[:250],
                        "transfer_group": what.order_id,
                        "metadata": ours,
                    },
                    "success_url": f"{self.public_url}/checkouts/{what.checkout_id}?outcome=paid",
                    "cancel_url": f"{self.public_url}/checkouts/{what.checkout_id}",
                },
                _keyed("open", key),
            )
        return PaymentPage(session.id, session.url or "")

    def intent(self, amount: Money, what: Purchase, *, key: str) -> PaymentIntent:
        if not self.publishable_key:
            raise Invalid("paying in the player needs ADENGINE_STRIPE_PUBLISHABLE_KEY (pk_...)")
        with in_our_words("opening a payment"):
            made = self.client.v1.payment_intents.create(
                {
                    "amount": to_stripe(amount),
                    "currency": amount.currency.lower(),
                    "description": what.title[:250],
                    "transfer_group": what.order_id,
                    "metadata": {PAYMENT: key, METHOD: "intent", "checkout": what.checkout_id},
                    "automatic_payment_methods": {"enabled": True},
                },
                _keyed("intent", key),
            )
        return PaymentIntent(made.id, made.client_secret or "", self.publishable_key)

    def limits(self, token: str) -> TokenLimits:
        path = f"/v1/shared_payment/granted_tokens/{_checked(token)}"
        with in_our_words("reading a payment token"):
            return limits_of(self.client.raw_request("get", path, stripe_version=PREVIEW_VERSION).data)

    def charge(self, token: str, amount: Money, what: Purchase, *, key: str, authenticated: bool = False) -> Charge:
        """Charge a shared payment token. Repeated after a challenge, Stripe says again that it wants one: asked anew,
        it tells what became of it."""
        granted = {"shared_payment_granted_token": _checked(token)}
        with in_our_words("charging a payment token"):
            try:
                made = self.client.v1.payment_intents.create(
                    {
                        "amount": to_stripe(amount),
                        "currency": amount.currency.lower(),
                        "confirm": True,
                        "description": what.title[:250],
                        "transfer_group": what.order_id,
                        "metadata": {PAYMENT: key, METHOD: "token", "checkout": what.checkout_id},
                        # Nobody sits before a browser that could be sent elsewhere.
                        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                        # The released library does not know this way to pay.
                        "payment_method_data": cast("PaymentIntentCreateParamsPaymentMethodData", granted),
                    },
                    _keyed("charge", key) | {"stripe_version": PREVIEW_VERSION},
                )
            except stripe.CardError as error:
                return declined_by(error)
        return self.find(made.id) if authenticated else charge_of(made)

    def find(self, external_id: str) -> Charge:
        with in_our_words("looking for a payment"):
            if not _is_page(external_id):
                return charge_of(self._intent(external_id))
            page = self._page(external_id)
            if page.status == "expired":
                return Charge(external_id, "declined", "expired")
            if not page.payment_intent:
                return Charge(external_id, "pending", page.status or "")
            return charge_of(self._intent(name_of(page.payment_intent)), page=external_id)

    def close(self, external_id: str) -> None:
        with in_our_words("closing a payment"):
            if _is_page(external_id):
                if self._page(external_id).status == "open":
                    self.client.v1.checkout.sessions.expire(external_id)
            elif self._intent(external_id).status in CAN_BE_CANCELLED:
                self.client.v1.payment_intents.cancel(external_id)

    def refund(self, external_id: str, amount: Money, *, key: str) -> None:
        with in_our_words("paying back"):
            intent = name_of(self._page(external_id).payment_intent) if _is_page(external_id) else external_id
            if not intent:
                raise Invalid("nothing was paid on this page, so nothing can be paid back")
            made = self.client.v1.refunds.create(
                {"payment_intent": intent, "amount": to_stripe(amount), "metadata": {REFUND: key}},
                _keyed("refund", key),
            )
        if made.status in {"failed", "canceled"}:
            raise Invalid(f"the bank refused the money that was to go back ({made.failure_reason or made.status})")

    def event(self, body: bytes, signature: str) -> PaymentEvent:
        said = self._verified(body, signature)
        with in_our_words("reading a message"):
            return events.read(said, self._intent)

    def enrol_payee(self, *, email: str, country: str, key: str) -> str:
        """An account that Stripe asks who they are and that sees its money in Stripe's light dashboard.

        The platform stands in for what the account may come to owe, which separate transfers require.
        """
        agreement = "recipient" if country.upper() in self.recipient_countries else "full"
        with in_our_words("enrolling a payee"):
            account = self.client.v1.accounts.create(
                {
                    "country": country.upper(),
                    "email": email,
                    "controller": {
                        "losses": {"payments": "application"},
                        "fees": {"payer": "application"},
                        "requirement_collection": "stripe",
                        "stripe_dashboard": {"type": "express"},
                    },
                    "capabilities": {"transfers": {"requested": True}},
                    "tos_acceptance": {"service_agreement": agreement},
                    "metadata": {"payee": key},
                },
                _keyed("payee", key),
            )
        return account.id

    def onboarding_url(self, payee: str, *, return_url: str) -> str:
        with in_our_words("inviting a payee"):
            link = self.client.v1.account_links.create(
                {
                    "account": payee,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    # Who comes with a link that is used up starts again where a new one is made.
                    "refresh_url": return_url,
                }
            )
        return link.url

    def payee(self, payee: str) -> PayeeState:
        with in_our_words("looking for a payee"):
            return payee_of(self.client.v1.accounts.retrieve(payee))

    def transfer(self, payee: str, amount: Money, *, order_id: str, charge_id: str, key: str) -> str:
        """Draw a transfer from the charge, which puts it into the charge's transfer group: the order's."""
        with in_our_words("transferring to a payee"):
            made = self.client.v1.transfers.create(
                {
                    "amount": to_stripe(amount),
                    "currency": amount.currency.lower(),
                    "destination": payee,
                    "source_transaction": charge_id,
                    "metadata": {"order": order_id, "transfer": key},
                },
                _keyed("transfer", key),
            )
        return made.id

    def reverse(self, transfer_id: str, amount: Money, *, key: str) -> None:
        with in_our_words("taking back a transfer"):
            self.client.v1.transfers.reversals.create(
                transfer_id, {"amount": to_stripe(amount), "metadata": {"reversal": key}}, _keyed("reverse", key)
            )

    def _verified(self, body: bytes, signature: str) -> stripe.Event:
        for secret in self.secrets:
            try:
                said = self.client.construct_event(body, signature, secret)
            except (stripe.SignatureVerificationError, ValueError, TypeError, AttributeError):
                continue  # not this endpoint's secret, or no message of Stripe's at all
            if all(hasattr(said, name) for name in ("id", "type", "data")):
                return said
        raise Forbidden("the message is not signed by Stripe, or was signed too long ago")

    def _page(self, session_id: str) -> Session:
        return self.client.v1.checkout.sessions.retrieve(session_id)

    def _intent(self, intent_id: str) -> stripe.PaymentIntent:
        return self.client.v1.payment_intents.retrieve(intent_id)


def _keyed(act: str, key: str) -> stripe.RequestOptions:
    """Our id as the idempotency key; Stripe has one room for all of them, so the act stands before it."""
    return {"idempotency_key": f"{act}-{key}"}


def _checked(token: str) -> str:
    if not TOKEN.fullmatch(token):
        raise Invalid("this is no payment token of Stripe's; it begins with spt_")
    return token


def _is_page(external_id: str) -> bool:
    return external_id.startswith("cs_")
