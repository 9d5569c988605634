"""What an agent may ask of a shop, the same over HTTP and MCP: sessions opened, changed, paid and given up; carts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import select

from adengine.core.errors import Conflict, NotFound, OutOfStock, PriceChanged
from adengine.core.quote import Quote, need_sellable
from adengine.engine import Unit
from adengine.models import Variant
from adengine.services import carts, checkout, paying, requests, selling
from adengine.services.acp import asks, wishes
from adengine.services.acp.messages import NEEDS, info, price_changed, troubles
from adengine.services.acp.refusals import Refused
from adengine.services.acp.replies import Caller, Reply, ask_of, keep_answer, once, refused, reply_of, text_of
from adengine.services.acp.sessions import status_of
from adengine.services.acp.shapes import Cart, CheckoutSession, Message
from adengine.services.acp.showing import agreed_with, shown_cart, shown_session
from adengine.services.acp.ways import DISCOUNT, WAYS
from adengine.services.acp.words import say
from adengine.services.checkout import Change, CheckoutCard, CheckoutWish
from adengine.services.paying import Completion
from adengine.services.requests import Answer

NO_BODY = b"{}"
PASSED = frozenset({"authenticated", "attempt_acknowledged", "informational"})
PROOF = ("three_ds_cryptogram", "electronic_commerce_indicator", "transaction_id", "version")


class _Replayed(Exception):
    """Ends a unit early: this request was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


class _NotConfirmed(Conflict):
    """Ends a unit early: the buyer's bank did not confirm the payment."""


def create_session(caller: Caller, body: bytes) -> Reply:
    """Open a checkout for the agent's buyer: 201."""

    def act(unit: Unit) -> tuple[int, CheckoutSession]:
        ask = asks.read(asks.CreateAsk, body)
        _need_one_parcel(ask.get("fulfillment_groups"))
        details = ask.get("fulfillment_details")
        wish = CheckoutWish(
            lines=wishes.lines_of(ask["line_items"]),
            channel="acp",
            buyer=wishes.buyer_of(ask.get("buyer"), details),
            address=wishes.address_of(details),
            codes=wishes.codes_of(ask),
            notes=ask.get("order_notes") or "",
            locale=ask.get("locale") or "",
            first_touch=wishes.touch_of(ask.get("affiliate_attribution")),
            interventions=_interventions(unit, ask["capabilities"]),
            extensions=tuple(one for one in wishes.extensions_of(ask["capabilities"]) if one == DISCOUNT),
        )
        with _naming_items(unit, ask["line_items"]):
            card = checkout.open_checkout(unit, wish)
        _need_currency(card.quote, ask["currency"])
        return 201, shown_session(unit, caller, card, more=_ignored(ask.get("buyer")))

    return once(caller, "/checkout_sessions", body, act)


def get_session(caller: Caller, session_id: str) -> Reply:
    """The session as it stands: 200."""
    with caller.engine.reading(caller.actor) as unit:
        return Reply(200, text_of(shown_session(unit, caller, checkout.get_checkout(unit, session_id))))


def update_session(caller: Caller, session_id: str, body: bytes) -> Reply:
    """Change what was sent, keep the rest, clear what is null: 200."""

    def act(unit: Unit) -> tuple[int, CheckoutSession]:
        before = checkout.get_checkout(unit, session_id, lock=True)
        ask = asks.read(asks.UpdateAsk, body)
        _need_one_parcel(ask.get("fulfillment_groups"))
        change = wishes.change_of(ask, _names(before.quote, ask), has_buyer=before.buyer is not None)
        with _naming_items(unit, ask.get("line_items") or []):
            card = checkout.change_checkout(unit, session_id, change)
        if change.option_id and card.quote.option_id != change.option_id:
            where = "$.selected_fulfillment_options[0].option_id"
            raise Refused("invalid", "this is none of the session's fulfillment_options", param=where)
        return 200, shown_session(unit, caller, card, more=_ignored(ask.get("buyer")))

    return once(caller, f"/checkout_sessions/{session_id}", body, act)


def complete_session(caller: Caller, session_id: str, body: bytes) -> Reply:
    """Pay with a token: 200 with the order, or with what stands in its way. One order whatever happens.

    Raises Unavailable when the payment provider does not answer: the same request again goes on with the same payment.
    """
    asked = ask_of(caller, f"/checkout_sessions/{session_id}/complete", body)
    kept: list[Answer] = []

    def begin(unit: Unit) -> None:
        answer = requests.begin(unit, asked)
        if answer is not None:
            raise _Replayed(answer)
        _need_completable(unit, caller, session_id, ask)

    def keep(unit: Unit, card: CheckoutCard) -> None:
        kept.append(Answer(200, text_of(shown_session(unit, caller, card))))
        requests.keep(unit, asked, kept[-1])

    try:
        ask = asks.read(asks.CompleteAsk, body)
        how = _completion(caller, session_id, ask)
        paying.complete(caller.engine, caller.actor, session_id, how, begin=begin, keep=keep)
        return reply_of(kept[-1])
    except _Replayed as replayed:
        return reply_of(replayed.answer, is_replay=True)
    except (OutOfStock, PriceChanged, _NotConfirmed) as changed:
        return keep_answer(caller, asked, Answer(200, _priced_anew(caller, session_id, changed)))
    except Exception as error:
        return refused(caller, asked, error)


def cancel_session(caller: Caller, session_id: str, body: bytes) -> Reply:
    """Give the checkout up, and what was reserved back: 200, or 405 once it is paid or cancelled."""

    def act(unit: Unit) -> tuple[int, CheckoutSession]:
        ask = asks.read(asks.CancelAsk, body or NO_BODY)
        checkout.get_checkout(unit, session_id, lock=True)
        try:
            card = checkout.cancel_checkout(unit, session_id, wishes.trace_of(ask.get("intent_trace")))
        except Conflict as fault:
            raise Refused("not_cancelable", fault.message, status=405) from None
        return 200, shown_session(unit, caller, card)

    return once(caller, f"/checkout_sessions/{session_id}/cancel", body or NO_BODY, act)


def create_cart(caller: Caller, body: bytes) -> Reply:
    """Keep a basket: 201."""

    def act(unit: Unit) -> tuple[int, Cart]:
        ask = asks.read(asks.CartCreateAsk, body)
        with _naming_items(unit, ask["line_items"]):
            card = carts.open_cart(unit, wishes.lines_of(ask["line_items"]), buyer=wishes.buyer_of(ask.get("buyer")))
        return 201, shown_cart(unit, caller, card)

    return once(caller, "/carts", body, act)


def get_cart(caller: Caller, cart_id: str) -> Reply:
    with caller.engine.reading(caller.actor) as unit:
        return Reply(200, text_of(shown_cart(unit, caller, carts.get_cart(unit, cart_id))))


def replace_cart(caller: Caller, cart_id: str, body: bytes) -> Reply:
    """Put another basket in the place of the whole cart: 200. A key is not needed: doing it twice does the same."""

    def act(unit: Unit) -> tuple[int, Cart]:
        carts.get_cart(unit, cart_id)
        ask = asks.read(asks.CartUpdateAsk, body)
        lines, buyer = wishes.lines_of(ask["line_items"]), wishes.buyer_of(ask.get("buyer"))
        with _naming_items(unit, ask["line_items"]):
            card = carts.replace_cart(unit, cart_id, lines, buyer=buyer)
        return 200, shown_cart(unit, caller, card)

    if caller.key:
        return once(caller, f"/carts/{cart_id}", body, act)
    with caller.engine.unit(caller.actor) as unit:
        status, document = act(unit)
        return Reply(status, text_of(document))


def cancel_cart(caller: Caller, cart_id: str, body: bytes) -> Reply:
    """Give a cart up: 200 with the cart as it was, and 404 from then on."""

    def act(unit: Unit) -> tuple[int, Cart]:
        return 200, shown_cart(unit, caller, carts.cancel_cart(unit, cart_id))

    return once(caller, f"/carts/{cart_id}/cancel", body or NO_BODY, act)


def _completion(caller: Caller, session_id: str, ask: asks.CompleteAsk) -> Callable[[Unit], Completion]:
    """How the buyer pays. A passed challenge counts only where one was asked for."""
    token = wishes.token_of(ask["payment_data"], WAYS[caller.engine.ports.payments.name].id)
    touch = wishes.touch_of(ask.get("affiliate_attribution"))
    result = ask.get("authentication_result")

    def how(unit: Unit) -> Completion:
        was_asked = checkout.get_checkout(unit, session_id).trouble == "needs_authentication"
        offered = bool(selling.selling_of(unit).privacy_url)
        return Completion(
            token=token,
            buyer=wishes.buyer_of(ask.get("buyer")),
            authenticated=was_asked and result is not None and _has_passed(result),
            last_touch=touch,
            consents=wishes.consents_of(ask.get("marketing_consents"), offered=offered),
            notes=ask.get("order_notes") or "",
        )

    return how


def _has_passed(result: asks.AuthenticationAsk) -> bool:
    """Whether the bank confirmed the buyer; its proof has to be there then."""
    if result["outcome"] not in PASSED:
        return False
    details = result.get("outcome_details") or {}
    for name in PROOF:
        if name not in details:
            where = f"$.authentication_result.outcome_details.{name}"
            raise Refused("missing", f"{name} is required for this outcome", param=where)
    return True


def _need_completable(unit: Unit, caller: Caller, session_id: str, ask: asks.CompleteAsk) -> None:
    """Refuse to pay for a session that is not ready, before anything is claimed."""
    card = checkout.get_checkout(unit, session_id, lock=True)
    status = status_of(card, agreed_with(caller, checkout.row_of(unit, session_id)), now=unit.now())
    if status in {"canceled", "expired"}:
        raise Refused(f"session_{status}", say(status, "en"), status=409)
    if status == "not_ready_for_payment":
        _need_nothing(card.quote)
    if card.buyer is None and not ask.get("buyer") and status != "completed":
        raise Refused("missing", "buyer is required: nobody could be told of the order", param="$.buyer")
    result = ask.get("authentication_result")
    if status == "authentication_required" and result is None:
        words = "the buyer's bank asks for 3D Secure; send its result as authentication_result"
        raise Refused("requires_3ds", words, param="$.authentication_result")
    if card.trouble == "needs_authentication" and result is not None and not _has_passed(result):
        raise _NotConfirmed("the buyer's bank did not confirm the payment")


def _need_nothing(quote: Quote) -> None:
    need_sellable(replace(quote, needs=()))
    for need in quote.needs:
        raise Refused("not_ready_for_payment", say(f"needs_{need}", "en"), param=NEEDS[need][1], status=409)


def _priced_anew(caller: Caller, session_id: str, changed: Conflict) -> str:
    """The session at what it costs now, and why nothing was charged."""
    with caller.engine.unit(caller.actor) as unit:
        card = checkout.change_checkout(unit, session_id, Change())
        language = agreed_with(caller, checkout.row_of(unit, session_id)).language
        more: list[Message] = []
        if isinstance(changed, PriceChanged):
            more = [price_changed(say("price_changed", language, total=card.quote.total.display(language)))]
        if isinstance(changed, _NotConfirmed):
            more = [*troubles("authentication_failed", language)]
        return text_of(shown_session(unit, caller, card, more=more))


def _names(quote: Quote, ask: asks.UpdateAsk) -> frozenset[str]:
    """What an agent may call the lines of a session by: their own ids and those of their items."""
    items = {line.variant_id for line in quote.lines} | {item["id"] for item in ask.get("line_items") or ()}
    return frozenset(items | {f"li_{item}" for item in items})


def _need_currency(quote: Quote, currency: str) -> None:
    if quote.currency != currency.upper():
        words = f"these items are sold in {quote.currency.lower()}"
        raise Refused("unsupported_currency", words, param="$.currency")


def _need_one_parcel(groups: Sequence[asks.GroupAsk] | None) -> None:
    if groups:
        words = "a basket is sent to one address in one parcel; use fulfillment_details"
        raise Refused("unsupported", words, param="$.fulfillment_groups")


@contextmanager
def _naming_items(unit: Unit, items: Sequence[asks.ItemAsk]) -> Iterator[None]:
    """Say which item it is that cannot be priced."""
    try:
        yield
    except NotFound:
        found = set(unit.db.scalars(select(Variant.id).where(Variant.id.in_([item["id"] for item in items]))))
        number = next((at for at, item in enumerate(items) if item["id"] not in found), 0)
        words = f"there is no item '{items[number]['id'][:60]}' here" if items else "an item is no longer there"
        raise Refused("invalid_item_id", words, param=f"$.line_items[{number}].id") from None


def _ignored(buyer: asks.BuyerAsk | None) -> list[Message]:
    """What was sent and does nothing here."""
    return [info("exemption_ignored", "en")] if buyer and buyer.get("tax_exemption") else []


def _interventions(unit: Unit, wanted: asks.CapabilitiesAsk) -> tuple[str, ...]:
    """What the agent and we both can do when a bank asks."""
    asked_for = wishes.interventions_of(wanted)
    return tuple(one for one in WAYS[unit.ports.payments.name].interventions if one in asked_for)
