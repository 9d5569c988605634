"""Paying a checkout for its buyer: asked first, charged once, or handed over for the buyer to pay."""

from __future__ import annotations

from collections.abc import Sequence

from adengine.core.errors import AdEngineError, Conflict, NotFound, OutOfStock, PriceChanged
from adengine.core.money import Money
from adengine.core.untrusted import plain
from adengine.engine import Unit
from adengine.services import checkout, merchants, paying, requests
from adengine.services.acp.replies import Caller
from adengine.services.acp.ways import WAYS
from adengine.services.acp.words import say
from adengine.services.checkout import Change, CheckoutCard
from adengine.services.paying import Completion
from adengine.services.ucp import asks, wishes
from adengine.services.ucp.access import own_checkout
from adengine.services.ucp.messages import error, warning
from adengine.services.ucp.refusals import NO_ANSWERS, Refused, is_answer, told
from adengine.services.ucp.replies import Replayed, answer_of, ask_of, document_of, looked, need_key
from adengine.services.ucp.shapes import Checkout, ErrorDocument, Message
from adengine.services.ucp.showing import UNFINISHED, has_expired, shown_checkout, status_of


def complete_checkout(
    caller: Caller, checkout_id: str, ask: asks.CompleteAsk, *, agreed: Money | None = None
) -> Checkout | ErrorDocument:
    """Charge the agent's token and make the order, once; `agreed` is the total that the buyer said yes to, if asked.

    Without a token or an agent, or where something is missing, nothing is charged: the buyer goes on at continue_url.
    Raises Unavailable when the payment provider does not answer: the same request again goes on with that payment.
    """
    need_key(caller)
    asked = ask_of(caller, f"/checkout-sessions/{checkout_id}/complete", ask)
    kept: list[Checkout] = []

    def begin(unit: Unit) -> None:
        before = requests.begin(unit, asked)
        if before is not None:
            raise Replayed(before)
        _need_completable(unit, own_checkout(unit, checkout_id), agreed)

    def keep(unit: Unit, card: CheckoutCard) -> None:
        kept.append(shown_checkout(unit, caller, card))
        requests.keep(unit, asked, answer_of(kept[-1]))

    try:
        token = wishes.token_of(ask, WAYS[caller.engine.ports.payments.name].id)
        if not token or caller.actor.agent_id is None:
            return hand_over(caller, checkout_id)
        paying.complete(caller.engine, caller.actor, checkout_id, Completion(token), begin=begin, keep=keep)
        return kept[-1]
    except Replayed as replayed:
        return document_of(replayed.answer)  # type: ignore[return-value]
    except (OutOfStock, PriceChanged) as changed:
        return _priced_anew(caller, checkout_id, changed)
    except NO_ANSWERS:
        raise  # somebody else is at it: what they took up stays theirs
    except Exception as fault:
        if isinstance(fault, AdEngineError) and is_answer(fault):
            return told(fault)
        with caller.engine.unit(caller.actor) as unit:
            requests.drop(unit, asked)
        raise


def hand_over(caller: Caller, checkout_id: str) -> Checkout | ErrorDocument:
    """The checkout as it stands, for its buyer to finish on the shop's page. Nothing is charged."""

    def look(unit: Unit) -> Checkout:
        words = error(
            "buyer_pays_there", say("pays_there", "en"), severity="requires_buyer_review", path="$.continue_url"
        )
        said = [] if caller.actor.agent_id is None else [words]
        return shown_checkout(unit, caller, own_checkout(unit, checkout_id), more=said, hands_over=True)

    return looked(caller.engine.reading(caller.actor), look)


def decline_checkout(caller: Caller, checkout_id: str) -> Checkout | ErrorDocument:
    """The checkout as it stands after its buyer said no. Nothing is charged."""

    def look(unit: Unit) -> Checkout:
        card = own_checkout(unit, checkout_id)
        no = error("not_confirmed", say("not_agreed", "en"), severity="requires_buyer_review")
        is_open = status_of(card, caller.actor, now=unit.now()) in UNFINISHED
        return shown_checkout(unit, caller, card, more=[no] if is_open else [])

    return looked(caller.engine.reading(caller.actor), look)


def to_confirm(caller: Caller, checkout_id: str, ask: asks.CompleteAsk) -> tuple[Money, str] | None:
    """The total that completing would charge now, and how a person is asked for it; None where nothing would be."""
    with caller.engine.reading(caller.actor) as unit:
        try:
            card = own_checkout(unit, checkout_id)
            has_token = bool(wishes.token_of(ask, WAYS[unit.ports.payments.name].id))
        except (NotFound, Refused):
            return None
        # One that is being paid is asked about, too: on the shop's page, perhaps, and now with a token.
        can_be_paid = status_of(card, caller.actor, now=unit.now()) in {"ready_for_complete", "complete_in_progress"}
        if not has_token or not can_be_paid or caller.actor.agent_id is None:
            return None
        goods = ", ".join(f"{one.quantity} x {plain(one.title, 80)}" for one in card.quote.lines[:5])
        more = f" and {len(card.quote.lines) - 5} more" if len(card.quote.lines) > 5 else ""
        shop, total = plain(merchants.my_shop(unit).title, 80), card.quote.total
        return total, f"Pay {total.display()} to {shop} for {goods}{more}?"


def _need_completable(unit: Unit, card: CheckoutCard, agreed: Money | None) -> None:
    """Refuse to pay for a checkout that is not ready, or costs something else than was agreed, before any claim."""
    status = status_of(card, unit.actor, now=unit.now())
    if status == "canceled":
        raise Refused("canceled", say("canceled", "en"), severity="unrecoverable")
    if status == "completed":
        return
    if agreed is not None and card.quote.total != agreed:
        raise PriceChanged(f"the total is {card.quote.total.display()} now")
    if status == "complete_in_progress":
        return
    if status == "requires_escalation":
        raise Refused("requires_3ds", say("needs_authentication", "en"), severity="requires_buyer_review")
    if has_expired(card, unit.now()):
        raise Refused("expired", say("expired", "en"))
    if card.buyer is None:
        raise Refused("missing", say("needs_buyer", "en"), path="$.buyer.email")
    if any(line.left is not None for line in card.quote.lines):
        raise OutOfStock("some of it cannot be had any more")
    if card.quote.needs:
        raise Refused("missing", say(f"needs_{card.quote.needs[0]}", "en"), path="$.fulfillment")


def _priced_anew(caller: Caller, checkout_id: str, changed: Conflict) -> Checkout | ErrorDocument:
    """The checkout at what it costs now, and why nothing was charged."""

    def act(unit: Unit) -> Checkout:
        card = checkout.change_checkout(unit, checkout_id, Change())
        more: Sequence[Message] = ()
        if isinstance(changed, PriceChanged):
            words = say("price_changed", "en", total=card.quote.total.display())
            more = [warning("price_changed", words)]
        return shown_checkout(unit, caller, card, more=more)

    return looked(caller.engine.unit(caller.actor), act)
