"""From a tapped product to a paid order: quoted, re-verified, reserved, paid once, refunded to the cent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adengine.core.commerce import Quote, move, quote, reverify
from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound, OutOfStock
from adengine.core.ledger import Split, post_refund, post_sale
from adengine.core.money import Money
from adengine.engine import SYSTEM, Actor, AdEngine, Unit, worker
from adengine.models import Ad, Checkout, Inbox, Licence, Order, Payment, Product, Refund, Variant, new_id
from adengine.services import experiments, ledger
from adengine.services.experiments import Deed


@dataclass(frozen=True)
class CheckoutWish:
    """What a buyer wants and which moment of which film made them want it.

    `lines` are (variant id, quantity) pairs; `request_key` makes asking twice the same as asking once.
    """

    lines: tuple[tuple[str, int], ...]
    channel: str = "page"
    ad_id: str | None = None
    second: float | None = None
    experiment_id: str | None = None
    viewer: str | None = None
    request_key: str | None = None


@dataclass(frozen=True)
class CheckoutCard:
    """A checkout as pages and agents see it. `order_id` is set once it is paid."""

    id: str
    status: str
    quote: Quote
    channel: str
    ad_id: str | None
    second: float | None
    order_id: str | None


@dataclass(frozen=True)
class RefundCard:
    id: str
    amount: Money
    status: str


@dataclass(frozen=True)
class OrderCard:
    """A paid order with the moment that earned it and what was paid back."""

    id: str
    checkout_id: str
    status: str
    quote: Quote
    total: Money
    refunded: Money
    ad_id: str | None
    second: float | None
    experiment_id: str | None
    refunds: tuple[RefundCard, ...]
    placed_at: str


def open_checkout(unit: Unit, wish: CheckoutWish) -> CheckoutCard:
    """Quote the lines at today's prices and stock; nothing is reserved before the buyer pays."""
    unit.require("checkout:write")
    row, is_new = unit.once(lambda: _asked_before(unit, wish), lambda: _opened(unit, wish))
    if is_new and row.ad_id and row.viewer:
        experiments.note(unit, Deed(f"{row.id}:open", "checkout_start", row.ad_id, row.viewer, row.experiment_id))
    return _card(unit, row)


def _asked_before(unit: Unit, wish: CheckoutWish) -> Checkout | None:
    if not wish.request_key:
        return None
    row = unit.db.scalar(select(Checkout).where(Checkout.request_key == wish.request_key))
    if row is not None and tuple((line.variant_id, line.quantity) for line in row.quote.lines) != _merged(wish.lines):
        raise Conflict("this request key was used for another basket; use a new one")
    return row


def _merged(lines: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Lines as a quote counts them: a variant named twice is one line."""
    counted: dict[str, int] = {}
    for variant_id, quantity in lines:
        counted[variant_id] = counted.get(variant_id, 0) + quantity
    return tuple(counted.items())


def _opened(unit: Unit, wish: CheckoutWish) -> Checkout:
    priced = _quote(unit, wish.lines)
    ad_id = _earning_ad(unit, wish.ad_id, priced)
    return unit.own(
        Checkout,
        id=new_id("chk"),
        request_key=wish.request_key,
        status="open",
        quote=priced,
        channel=wish.channel[:20],
        ad_id=ad_id,
        second=wish.second if ad_id else None,
        experiment_id=experiments.running_with(unit, wish.experiment_id, ad_id),
        viewer=wish.viewer,
        payment_id=None,
        created_at=unit.now(),
        expires_at=priced.expires_at,
    )


def _earning_ad(unit: Unit, ad_id: str | None, priced: Quote) -> str | None:
    """The ad to credit: one on show now, of a product in the basket. Any other name earns nothing."""
    ad = unit.db.get(Ad, ad_id) if ad_id else None
    sold = {line.product_id for line in priced.lines}
    return ad.id if ad and ad.status == "published" and ad.product_id in sold else None


def get_checkout(unit: Unit, checkout_id: str) -> CheckoutCard:
    unit.require("checkout:write")
    return _card(unit, unit.get(Checkout, checkout_id))


def requote(unit: Unit, checkout_id: str) -> CheckoutCard:
    """Price a checkout anew, after the buyer was told that its price changed or its time ran out."""
    unit.require("checkout:write")
    row = unit.get(Checkout, checkout_id, lock=True)
    if row.status not in {"open", "expired"}:
        raise Conflict(f"this checkout is {row.status}; only an open one can be priced anew")
    if row.status == "expired":
        row.status, row.payment_id = move("checkout", row.status, "open"), None
    row.quote = _quote(unit, tuple((line.variant_id, line.quantity) for line in row.quote.lines))
    row.expires_at = row.quote.expires_at
    return _card(unit, row)


def pay(engine: AdEngine, actor: Actor, checkout_id: str) -> str:
    """Verify price and stock again, reserve the goods, and answer the address where the buyer pays.

    Claim, call, keep: called twice it answers the same address, since the payment's id is the provider's key.
    """
    with engine.unit(actor) as unit:
        unit.require("checkout:write")
        payment = _claim_payment(unit, checkout_id)
        asked, title = payment.amount, unit.get(Checkout, checkout_id).quote.lines[0].title
        if payment.url:
            return payment.url
    page = engine.ports.payments.open(asked, reference=checkout_id, description=title, key=payment.id)
    with engine.unit(actor) as unit:
        row = unit.get(Payment, payment.id, lock=True)
        row.external_id, row.url = page.external_id, page.url
    return page.url


def take_event(engine: AdEngine, body: bytes, signature: str) -> str | None:
    """Take in what the payment provider says: an order, its postings and its credit, all or nothing, once.

    Answers the order id, or None when there is none. A repeated message changes nothing.
    """
    said = engine.ports.payments.event(body, signature)
    with engine.unit(SYSTEM) as unit:
        payment = unit.db.scalar(select(Payment).where(Payment.external_id == said.external_id))
        if payment is None:
            raise NotFound("this payment is not known here (yet); send the message again later")
        merchant_id, checkout_id, payment_id = payment.merchant_id, payment.checkout_id, payment.id
    try:
        with engine.unit(worker(merchant_id)) as unit:
            unit.db.add(Inbox(provider=said.provider, external_id=said.event_id, at=unit.now()))
            unit.db.flush()
            row = unit.get(Checkout, checkout_id, lock=True)
            payment = unit.get(Payment, payment_id, lock=True)
            if said.outcome == "paid":
                return _paid(unit, row, payment, said.amount)
            _declined(unit, row, payment)
            return None
    except IntegrityError:
        with engine.unit(SYSTEM) as unit:
            if unit.db.get(Inbox, (said.provider, said.event_id)) is None:
                raise
            return unit.db.scalar(select(Order.id).where(Order.checkout_id == checkout_id))


def refund(
    engine: AdEngine, actor: Actor, order_id: str, *, amount: Money | None = None, request_key: str
) -> OrderCard:
    """Pay an order back, all that is left or part of it; credits are clawed back pro rata, once per key."""
    with engine.unit(actor) as unit:
        unit.require("orders:write")
        claimed, external_id = _claim_refund(unit, order_id, amount, request_key)
        done, back, refund_id = claimed.status == "paid", claimed.amount, claimed.id
    if not done:
        try:
            engine.ports.payments.refund(external_id, back, key=refund_id)
        except (Invalid, Forbidden):
            with engine.unit(actor) as unit:
                unit.get(Refund, refund_id, lock=True).status = "failed"
            raise
        with engine.unit(actor) as unit:
            _keep_refund(unit, refund_id)
    with engine.unit(actor) as unit:
        return order_card(unit.get(Order, order_id))


def get_order(unit: Unit, order_id: str) -> OrderCard:
    """An order by its unguessable id: whoever holds the id may read it."""
    unit.require("checkout:write")
    return order_card(unit.get(Order, order_id))


def list_orders(unit: Unit) -> list[OrderCard]:
    unit.require("orders:read")
    return [order_card(row) for row in unit.db.scalars(select(Order).order_by(Order.created_at.desc(), Order.id))]


def expire(unit: Unit) -> int:
    """Give back the goods reserved for checkouts whose time to pay ran out; answers how many."""
    rows = unit.db.scalars(
        select(Checkout)
        .where(Checkout.status == "paying", Checkout.expires_at < unit.now())
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for row in rows:
        _release(unit, row)
        row.status = move("checkout", row.status, "expired")
    return len(rows)


def owed_refunds(unit: Unit) -> list[tuple[str, str, str]]:
    """Refunds claimed but not paid, as (merchant id, order id, request key): a crash left them half-way."""
    rows = unit.db.scalars(select(Refund).where(Refund.status == "claimed"))
    return [(row.merchant_id, row.order_id, row.request_key) for row in rows]


def owed_paybacks(unit: Unit) -> list[tuple[str, str]]:
    """(merchant id, payment id) of money that was taken and bought nothing."""
    rows = unit.db.scalars(select(Payment).where(Payment.status == "to_refund"))
    return [(row.merchant_id, row.id) for row in rows]


def pay_back(engine: AdEngine, actor: Actor, payment_id: str) -> None:
    """Send such a payment back; its id is the key, so that doing it twice pays once."""
    with engine.unit(actor) as unit:
        payment = unit.get(Payment, payment_id)
        external_id, amount = payment.external_id or "", payment.amount
    engine.ports.payments.refund(external_id, amount, key=payment_id)
    with engine.unit(actor) as unit:
        unit.get(Payment, payment_id, lock=True).status = "refunded"


def order_card(row: Order) -> OrderCard:
    return OrderCard(
        id=row.id,
        checkout_id=row.checkout_id,
        status=row.status,
        quote=row.quote,
        total=row.total,
        refunded=row.refunded,
        ad_id=row.ad_id,
        second=row.second,
        experiment_id=row.experiment_id,
        refunds=tuple(RefundCard(one.id, one.amount, one.status) for one in row.refunds),
        placed_at=row.created_at.isoformat(timespec="seconds"),
    )


def _quote(unit: Unit, lines: tuple[tuple[str, int], ...]) -> Quote:
    asks = []
    for variant_id, quantity in lines:
        row = unit.get(Variant, variant_id)
        if row.is_retired:
            raise OutOfStock("this variant is no longer sold; choose another")
        asks.append((unit.get(Product, row.product_id).value(), row.value(), quantity))
    return quote(asks, now=unit.now())


def _claim_payment(unit: Unit, checkout_id: str) -> Payment:
    row = unit.get(Checkout, checkout_id, lock=True)
    if row.status == "paying" and row.payment_id:
        return unit.get(Payment, row.payment_id)
    if row.quote.has_expired(unit.now()):
        raise Conflict("this offer's time ran out; ask for a new price and confirm it")
    move("checkout", row.status, "paying")
    lines = tuple((line.variant_id, line.quantity) for line in row.quote.lines)
    for variant_id, _ in sorted(lines):
        unit.get(Variant, variant_id, lock=True)
    reverify(row.quote, _quote(unit, lines))
    for variant_id, quantity in lines:
        unit.get(Variant, variant_id).reserved += quantity
    payment = unit.own(
        Payment,
        id=new_id("pay"),
        checkout_id=row.id,
        provider=unit.ports.payments.name,
        external_id=None,
        url=None,
        status="opened",
        quote=row.quote,
        minor=row.quote.total.minor,
        currency=row.quote.currency,
        created_at=unit.now(),
    )
    unit.db.flush()
    row.status, row.payment_id = move("checkout", row.status, "paying"), payment.id
    return payment


def _paid(unit: Unit, row: Checkout, payment: Payment, taken: Money) -> str | None:
    order = unit.db.scalar(select(Order).where(Order.checkout_id == row.id))
    if payment.status == "paid":
        return order.id if order else None
    if order is not None or payment.quote.lines != row.quote.lines or taken != payment.amount:
        # A second payment of one checkout, or one for a price that no longer stands: it goes back, with a trace.
        payment.status, payment.minor = "to_refund", taken.minor
        return order.id if order else None
    if row.status == "paying":
        _release(unit, row)
    for line in sorted(row.quote.lines, key=lambda one: one.variant_id):
        variant = unit.get(Variant, line.variant_id, lock=True)
        if variant.stock is not None:
            variant.stock -= line.quantity
    row.status = move("checkout", row.status, "paid")
    payment.status = "paid"
    order = unit.own(
        Order,
        id=new_id("ord"),
        checkout_id=row.id,
        payment_id=payment.id,
        status="paid",
        currency=row.quote.currency,
        total_minor=row.quote.total.minor,
        refunded_minor=0,
        quote=row.quote,
        ad_id=row.ad_id,
        second=row.second,
        experiment_id=row.experiment_id,
        created_at=unit.now(),
        refunds=[],
    )
    unit.db.flush()
    sale = post_sale(order.id, row.quote, _split(unit, row.ad_id), provider=unit.ports.payments.name)
    ledger.post(unit, order.id, sale)
    if row.ad_id and row.viewer:
        paid = row.quote.total.minor
        experiments.note(
            unit, Deed(f"{order.id}:paid", "purchase", row.ad_id, row.viewer, row.experiment_id, minor=paid)
        )
    return order.id


def _declined(unit: Unit, row: Checkout, payment: Payment) -> None:
    if payment.status != "opened":
        return
    payment.status = "declined"
    if row.status == "paying" and row.payment_id == payment.id:
        _release(unit, row)
        row.status, row.payment_id = move("checkout", row.status, "open"), None


def _release(unit: Unit, row: Checkout) -> None:
    for line in sorted(row.quote.lines, key=lambda one: one.variant_id):
        unit.get(Variant, line.variant_id, lock=True).reserved -= line.quantity


def _split(unit: Unit, ad_id: str | None) -> Split:
    ad = unit.get(Ad, ad_id) if ad_id else None
    licence = unit.get(Licence, ad.licence_id) if ad and ad.licence_id else None
    cameos = ((licence.cameo_id, licence.terms.share_bps),) if licence else ()
    return Split(unit.merchant_id, cameos, int(unit.settings.platform_fee_bps))


def _claim_refund(unit: Unit, order_id: str, amount: Money | None, request_key: str) -> tuple[Refund, str]:
    order = unit.get(Order, order_id, lock=True)
    external_id = unit.get(Payment, order.payment_id).external_id or ""
    before = unit.db.scalar(select(Refund).where(Refund.order_id == order.id, Refund.request_key == request_key))
    if before is not None and amount is not None and before.amount != amount:
        raise Conflict("this request key was used for another amount; use a new one")
    if before is not None and before.status != "failed":
        return before, external_id
    left = (
        order.total
        - order.refunded
        - sum((one.amount for one in order.refunds if one.status == "claimed"), Money(0, order.currency))
    )
    asked = left if amount is None else amount
    if asked.minor <= 0:
        raise Invalid("nothing is left to refund" if amount is None else "a refund must be more than nothing")
    if left < asked:
        raise Conflict(f"only {left.display()} of this order is left to refund; ask for that or less")
    if before is not None:
        before.status = "claimed"
        return before, external_id
    row = unit.own(
        Refund,
        id=new_id("ref"),
        order_id=order.id,
        request_key=request_key,
        status="claimed",
        currency=asked.currency,
        minor=asked.minor,
        created_at=unit.now(),
    )
    unit.db.flush()
    return row, external_id


def _keep_refund(unit: Unit, refund_id: str) -> None:
    order_id = unit.get(Refund, refund_id).order_id
    order = unit.get(Order, order_id, lock=True)
    row = unit.get(Refund, refund_id, lock=True)
    if row.status == "paid":
        return
    sale = ledger.sale_of(unit, order.id)
    ledger.post(
        unit,
        order.id,
        post_refund(order.id, row.id, sale=sale, amount=row.amount, refunded_before=order.refunded),
    )
    order.refunded_minor += row.minor
    order.status = move("order", order.status, "refunded" if order.refunded == order.total else "partly_refunded")
    row.status = "paid"
    checkout = unit.get(Checkout, order.checkout_id)
    if order.ad_id and checkout.viewer:
        deed = Deed(f"{row.id}:refund", "refund", order.ad_id, checkout.viewer, order.experiment_id, minor=-row.minor)
        experiments.note(unit, deed)


def _card(unit: Unit, row: Checkout) -> CheckoutCard:
    order_id = unit.db.scalar(select(Order.id).where(Order.checkout_id == row.id))
    return CheckoutCard(row.id, row.status, row.quote, row.channel, row.ad_id, row.second, order_id)
