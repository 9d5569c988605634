"""Paid orders written straight into the tables, and a payment provider that remembers what it sent to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from adengine.core.buyer import Address
from adengine.core.catalog import Product, Variant
from adengine.core.errors import Conflict, Unavailable
from adengine.core.ledger import Split, post_sale
from adengine.core.money import Money
from adengine.core.quote import Quote, quote
from adengine.core.selling import Discount, Selling, ShippingRate, TaxRate, TaxTable
from adengine.engine import AdEngine, Unit
from adengine.models import Checkout, Merchant, Order, Payee, Payment, Refund, new_id
from adengine.services import ledger, payouts
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GERMAN = Selling(
    taxes=TaxTable((TaxRate("DE", 1900, "MwSt."),)),
    shipping=(ShippingRate("post", "Post", Money(490, "EUR")),),
)
PLAIN = Selling()
BERLIN = Address("Lumi", "Lampenweg 1", "Berlin", "10115", "DE")


class Bank(SandboxPayments):
    """The sandbox with a memory: one transfer or reversal a key, never more than a charge or a transfer holds.

    `mood` is `ok`, `down` (nothing is done), `lost` (it is done, and the answer is lost) or `refuses`.
    """

    def __init__(self) -> None:
        super().__init__(secret=b"bank of the tests", public_url="http://bank.invalid")
        self.mood = "ok"
        self.sent: dict[str, tuple[str, str, int]] = {}
        self.back: dict[str, tuple[str, int]] = {}
        self.refused: set[str] = set()

    def transfer(self, payee: str, amount: Money, *, order_id: str, charge_id: str, key: str) -> str:
        name = super().transfer(payee, amount, order_id=order_id, charge_id=charge_id, key=key)
        self._decide(key, key in self.sent)
        self.sent[key] = (charge_id, name, amount.minor)
        drawn = sum(minor for charge, _, minor in self.sent.values() if charge == charge_id) - self._returned(charge_id)
        assert drawn <= int(self._unseal("charge", charge_id)[0]), "more was sent than was paid"
        self._answer()
        return name

    def reverse(self, transfer_id: str, amount: Money, *, key: str) -> None:
        super().reverse(transfer_id, amount, key=key)
        self._decide(key, key in self.back)
        self.back[key] = (transfer_id, amount.minor)
        whole = next(minor for _, name, minor in self.sent.values() if name == transfer_id)
        assert sum(minor for name, minor in self.back.values() if name == transfer_id) <= whole
        self._answer()

    @property
    def gone(self) -> int:
        """What left for payees and did not come back."""
        return sum(minor for _, _, minor in self.sent.values()) - sum(minor for _, minor in self.back.values())

    def _returned(self, charge_id: str) -> int:
        names = {name for charge, name, _ in self.sent.values() if charge == charge_id}
        return sum(minor for name, minor in self.back.values() if name in names)

    def _decide(self, key: str, is_known: bool) -> None:
        if self.mood == "down":
            raise Unavailable("the bank does not answer")
        if key in self.refused or (self.mood == "refuses" and not is_known):
            self.refused.add(key)  # a key that was refused stays refused
            raise Conflict("the account has no longer that much")

    def _answer(self) -> None:
        if self.mood == "lost":
            raise Unavailable("the answer was lost")


def use_bank(engine: AdEngine) -> Bank:
    """Give the engine a bank for its payments."""
    bank = Bank()
    engine.ports = replace(engine.ports, payments=bank)
    return bank


def price(minor: int, *, selling: Selling = PLAIN, off: int = 0, quantity: int = 1, currency: str = "EUR") -> Quote:
    """A quote of one mug, sent to Berlin where the shop ships, less a code of `off` basis points."""
    mug = Variant(id="var_mug", title="Sage", options=(), price=Money(minor, currency))
    known = {"OFF": (Discount("OFF", "A discount", bps=off), 0)} if off else {}
    return quote(
        [(Product("mug", "Stoneware Mug", id="prod_mug", kind="Mug"), mug, quantity)],
        now=NOW,
        selling=selling,
        codes=["OFF"] if off else [],
        known=known,
        address=BERLIN if selling.shipping else None,
    )


def sell(unit: Unit, priced: Quote, split: Split, *, ad_id: str | None = None, second: float | None = None) -> str:
    """Write a paid order with its sale in the ledger; answers its id."""
    bank = unit.ports.payments
    assert isinstance(bank, SandboxPayments)
    checkout_id, payment_id, order_id = new_id("chk"), new_id("pay"), new_id("ord")
    unit.own(
        Checkout, id=checkout_id, request_key=None, status="paid", quote=priced, channel="page", ad_id=ad_id,
        second=second, experiment_id=None, viewer=None, payment_id=payment_id, created_at=unit.now(),
        expires_at=unit.now(),
    )  # fmt: skip
    unit.db.flush()
    unit.own(
        Payment, id=payment_id, checkout_id=checkout_id, provider=bank.name, external_id=payment_id, url=None,
        status="paid", quote=priced, minor=priced.total.minor, currency=priced.currency, created_at=unit.now(),
        charge_id=bank._seal("charge", priced.total.minor, priced.currency, payment_id),
    )  # fmt: skip
    unit.db.flush()
    unit.own(
        Order, id=order_id, checkout_id=checkout_id, payment_id=payment_id, status="paid", currency=priced.currency,
        total_minor=priced.total.minor, refunded_minor=0, quote=priced, ad_id=ad_id, second=second,
        experiment_id=None, created_at=unit.now(), refunds=[],
    )  # fmt: skip
    unit.db.flush()
    ledger.post(unit, order_id, post_sale(order_id, priced, split, provider=bank.name))
    return order_id


def refund(unit: Unit, order_id: str, minor: int) -> str:
    """Post a refund and claw transfers back, as services.orders does it."""
    order = unit.get(Order, order_id, lock=True)
    refund_id = new_id("ref")
    unit.own(
        Refund, id=refund_id, order_id=order_id, request_key=refund_id, status="paid", currency=order.currency,
        minor=minor, created_at=unit.now(),
    )  # fmt: skip
    ledger.record_refund(unit, order_id, refund_id, Money(minor, order.currency))
    order.refunded_minor += minor
    order.status = "refunded" if order.refunded == order.total else "partly_refunded"
    payouts.claw_back(unit, order_id, refund_id)
    return refund_id


def payee(unit: Unit, account: str, *, ready: bool = True) -> str:
    """Somebody who can be paid."""
    row = unit.own(
        Payee, id=new_id("pye"), account=account, provider=unit.ports.payments.name,
        external_id=unit.ports.payments.enrol_payee(email="lumi@example.com", country="DE", key=account),
        status="ready" if ready else "invited", email="lumi@example.com", country="DE", problem="",
        created_at=unit.now(),
    )  # fmt: skip
    unit.db.flush()
    return row.id


def set_selling(engine: AdEngine, desk: Desk, **changes: int) -> None:
    with engine.unit(desk.merchant) as unit:
        merchant = unit.db.get_one(Merchant, desk.shop.id)
        merchant.selling = replace(merchant.selling, **changes)  # type: ignore[arg-type]
