"""A basket on its way to being paid: opened, changed, priced anew, given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from adengine.core.buyer import Address, Buyer, Touch, Trace
from adengine.core.commerce import move
from adengine.core.errors import Conflict, Invalid, NotFound
from adengine.core.quote import Quote, need_sellable, reverify
from adengine.engine import Unit
from adengine.models import Ad, Checkout, Code, Order, Payment, new_id
from adengine.rows import of_shop
from adengine.services import experiments, selling, showings, stock
from adengine.services.experiments import Deed
from adengine.services.selling import Lines

LONGEST_NOTES = 5000
CHANGEABLE = frozenset({"open", "expired"})
EMPTY = {"buyer": None, "address": None, "option_id": "", "codes": (), "notes": ""}
ORDERED = of_shop(select(Order.id).where(Order.checkout_id == bindparam("checkout_id")))


@dataclass(frozen=True)
class CheckoutWish:
    """What a buyer wants and which moment of which film made them want it.

    `lines` are (variant id, quantity) pairs; `request_key` makes asking twice the same as asking once. `interventions`
    and `extensions` are what the agent and we both can do: its later requests do not say it again.
    """

    lines: Lines
    channel: str = "page"
    ad_id: str | None = None
    second: float | None = None
    experiment_id: str | None = None
    viewer: str | None = None
    request_key: str | None = None
    buyer: Buyer | None = None
    address: Address | None = None
    option_id: str = ""
    codes: tuple[str, ...] = ()
    notes: str = ""
    locale: str = ""
    first_touch: Touch | None = None
    interventions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What is to be different; None leaves a field as it is, `clear` names those to empty.

    A change of nothing prices the basket anew.
    """

    lines: Lines | None = None
    buyer: Buyer | None = None
    address: Address | None = None
    option_id: str | None = None
    codes: tuple[str, ...] | None = None
    notes: str | None = None
    clear: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = sorted(self.clear - set(EMPTY))
        if unknown:
            raise Invalid(f"{', '.join(unknown)} cannot be emptied; these can: {', '.join(sorted(EMPTY))}")


@dataclass(frozen=True)
class CheckoutCard:
    """A checkout as pages and agents see it. `order_id` is set once it is paid.

    `status` is open, paying, paid, expired or cancelled; `trouble` what became of the last try to pay: nothing,
    `payment_declined`, `needs_authentication` or `payment_pending`. `codes` are as given; what they do stands in the
    quote. `agent_id` is the agent that opened it.
    """

    id: str
    status: str
    quote: Quote
    channel: str
    ad_id: str | None
    second: float | None
    order_id: str | None
    buyer: Buyer | None
    address: Address | None
    codes: tuple[str, ...]
    notes: str
    locale: str
    trouble: str
    created_at: datetime
    expires_at: datetime
    agent_id: str | None = None


def open_checkout(unit: Unit, wish: CheckoutWish) -> CheckoutCard:
    """Price the lines at today's prices and stock; nothing is reserved before the buyer pays.

    What cannot be had is told in the quote (`left`, `needs`), not refused. Raises NotFound for an unknown variant.
    """
    unit.require("checkout:write")
    if wish.request_key:
        row, is_new = unit.once(lambda: _asked_before(unit, wish), lambda: _opened(unit, wish))
    else:
        row, is_new = _opened(unit, wish), True
    if is_new and row.ad_id and row.viewer:
        experiments.note(unit, Deed(f"{row.id}:open", "checkout_start", row.ad_id, row.viewer, row.experiment_id))
    return card_of(unit, row)


def open_in_stock(unit: Unit, wish: CheckoutWish) -> CheckoutCard:
    """Open a checkout as `open_checkout` does, or raise OutOfStock naming how many remain of what cannot be had."""
    card = open_checkout(unit, wish)
    if any(line.left is not None for line in card.quote.lines):
        need_sellable(card.quote)
    return card


def get_checkout(unit: Unit, checkout_id: str, *, lock: bool = False) -> CheckoutCard:
    """The checkout, locked until the unit ends if asked; an agent sees only what it opened itself."""
    unit.require("checkout:write")
    return card_of(unit, row_of(unit, checkout_id, lock=lock))


def change_checkout(unit: Unit, checkout_id: str, change: Change) -> CheckoutCard:
    """Change what is bought, by whom, to where or under which codes, and price it anew; one that expired opens again.

    Raises Conflict once it is being paid, paid or cancelled.
    """
    unit.require("checkout:write")
    row = row_of(unit, checkout_id, lock=True)
    if row.status not in CHANGEABLE:
        raise Conflict(f"this checkout is {row.status}; only an open one can be changed or priced anew")
    status = move("checkout", row.status, "open") if row.status == "expired" else row.status
    changed = _changed(change)
    quote = _priced(unit, row, changed, lines_of(row.quote) if change.lines is None else change.lines)
    unit.put(row, status=status, payment_id=None, trouble="", **changed, quote=quote, expires_at=quote.expires_at)
    return card_of(unit, row)


def reopen_checkout(unit: Unit, checkout_id: str) -> CheckoutCard:
    """Let the buyer change a checkout whose payment page they left; the goods kept for it are free again.

    Should that page be paid all the same, the money buys the same goods at the same price or goes back.
    """
    unit.require("checkout:write")
    row = row_of(unit, checkout_id, lock=True)
    if row.status == "paying":
        if row.payment_id and unit.get(Payment, row.payment_id).method == "token":
            raise Conflict("this checkout is being paid; ask again in a moment")
        stock.give_back(unit, [row])
        row.status, row.payment_id = move("checkout", row.status, "open"), None
    return card_of(unit, row)


def cancel_checkout(unit: Unit, checkout_id: str, trace: Trace | None = None) -> CheckoutCard:
    """Give a checkout up, and the goods kept for it back; money that arrives for it later goes back too.

    Raises Conflict when it is paid or cancelled.
    """
    unit.require("checkout:write")
    row = row_of(unit, checkout_id, lock=True)
    if row.status in {"paid", "cancelled"}:
        raise Conflict(f"this checkout is {row.status} and cannot be cancelled")
    if row.status == "paying":
        stock.give_back(unit, [row])
    row.status = move("checkout", row.status, "cancelled")
    row.trace = trace
    return card_of(unit, row)


def row_of(unit: Unit, checkout_id: str, *, lock: bool = False) -> Checkout:
    """The checkout's row, for whoever may see it."""
    row = unit.get(Checkout, checkout_id, lock=lock)
    if unit.actor.kind == "agent" and row.agent_id != unit.actor.agent_id:
        raise NotFound(f"there is no checkout '{checkout_id[:60]}' here")
    return row


def card_of(unit: Unit, row: Checkout, *, order_id: str | None = None) -> CheckoutCard:
    """The row as its card; the order it became is looked up unless it is given."""
    return CheckoutCard(
        id=row.id,
        status=row.status,
        quote=row.quote,
        channel=row.channel,
        ad_id=row.ad_id,
        second=row.second,
        order_id=order_id or order_id_of(unit, row),
        buyer=row.buyer,
        address=row.address,
        codes=row.codes,
        notes=row.notes,
        locale=row.locale,
        trouble=row.trouble,
        created_at=row.created_at,
        expires_at=row.expires_at,
        agent_id=row.agent_id,
    )


def order_id_of(unit: Unit, row: Checkout) -> str | None:
    """The order that the checkout became; None until it is paid."""
    return str(unit.ask(ORDERED, checkout_id=row.id)[0].id) if row.status == "paid" else None


def takes_codes(unit: Unit) -> bool:
    """Whether the shop has discount codes at all, so that a page need not ask for one in vain."""
    unit.require("checkout:write")
    return unit.db.scalar(select(Code.id).where(Code.is_withdrawn.is_(False)).limit(1)) is not None


def lines_of(quote: Quote) -> Lines:
    return tuple((line.variant_id, line.quantity) for line in quote.lines)


def verified_now(unit: Unit, row: Checkout) -> Quote:
    """What the checkout costs at this moment, nobody else changing its goods until the unit ends; its own quote stays.

    Raises OutOfStock, PriceChanged or Conflict where its buyer would not get what was promised.
    """
    codes, address, option_id = row.codes, row.address, row.option_id
    fresh = selling.price(unit, lines_of(row.quote), codes=codes, address=address, option_id=option_id, lock=True)
    need_sellable(fresh)
    reverify(row.quote, fresh)
    return fresh


def earns(unit: Unit, ad: Ad, quote: Quote) -> bool:
    """Whether a film shows anything that is bought here."""
    return not showings.shown_products(ad).isdisjoint(line.product_id for line in quote.lines)


def credited_to(unit: Unit, row: Checkout, touch: Touch | None) -> str | None:
    """The film that the checkout credits: its own, else the one that an affiliate names, where that is on show."""
    return row.ad_id or (_earning_ad(unit, touch.creative_id, row.quote) if touch else None)


def _asked_before(unit: Unit, wish: CheckoutWish) -> Checkout | None:
    key = _key(unit, wish)
    if key is None:
        return None
    row = unit.db.scalar(select(Checkout).where(Checkout.request_key == key))
    if row is not None and _merged(row.asked or lines_of(row.quote)) != _merged(wish.lines):
        raise Conflict("this request key was used for another basket; use a new one")
    return row


def _key(unit: Unit, wish: CheckoutWish) -> str | None:
    """An agent's keys are its own: another's may look the same."""
    if not wish.request_key or unit.actor.agent_id is None:
        return wish.request_key or None
    return f"{unit.actor.agent_id}:{wish.request_key}"


def _merged(lines: Lines) -> Lines:
    """Lines as a quote counts them: a variant named twice is one line."""
    counted: dict[str, int] = {}
    for variant_id, quantity in lines:
        counted[variant_id] = counted.get(variant_id, 0) + quantity
    return tuple(counted.items())


def _opened(unit: Unit, wish: CheckoutWish) -> Checkout:
    quote = selling.price(unit, wish.lines, codes=wish.codes, address=wish.address, option_id=wish.option_id)
    ad_id = _earning_ad(unit, wish.ad_id, quote)
    touched = wish.first_touch if ad_id is None else None
    return unit.made(
        Checkout,
        id=new_id("chk"),
        request_key=_key(unit, wish),
        asked=wish.lines,
        status="open",
        quote=quote,
        channel=wish.channel[:20],
        ad_id=ad_id or (_earning_ad(unit, touched.creative_id, quote) if touched else None),
        second=wish.second if ad_id else None,
        experiment_id=experiments.running_with(unit, wish.experiment_id, ad_id),
        viewer=wish.viewer,
        payment_id=None,
        created_at=unit.now(),
        expires_at=quote.expires_at,
        agent_id=unit.actor.agent_id,
        buyer=wish.buyer,
        address=wish.address,
        option_id=wish.option_id,
        codes=wish.codes,
        notes=_bounded(wish.notes),
        locale=wish.locale[:20],
        trouble="",
        first_touch=wish.first_touch,
        interventions=wish.interventions,
        extensions=wish.extensions,
    )


def _earning_ad(unit: Unit, ad_id: str | None, quote: Quote) -> str | None:
    """The ad to credit: one on show now that shows something in the basket. Any other name earns nothing."""
    ad = unit.db.get(Ad, ad_id) if ad_id else None
    return ad.id if ad and ad.status == "published" and earns(unit, ad, quote) else None


def _changed(change: Change) -> dict[str, Any]:
    said = {
        "buyer": change.buyer,
        "address": change.address,
        "option_id": change.option_id,
        "codes": change.codes,
        "notes": None if change.notes is None else _bounded(change.notes),
    }
    given = {name: value for name, value in said.items() if value is not None}
    return {name: EMPTY[name] for name in change.clear} | given


def _priced(unit: Unit, row: Checkout, changed: Mapping[str, Any], lines: Lines) -> Quote:
    asked = {name: changed.get(name, getattr(row, name)) for name in ("codes", "address", "option_id")}
    return selling.price(unit, lines, **asked)


def _bounded(notes: str) -> str:
    if len(notes) > LONGEST_NOTES:
        raise Invalid(f"the notes of an order have at most {LONGEST_NOTES} characters")
    return notes
