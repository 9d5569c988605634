"""What tests of checkouts, payments and orders do again and again: a shop with five mugs, and ways to buy them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import func, select

from adengine.core.buyer import Address, Buyer
from adengine.core.catalog import Variant
from adengine.core.money import Money
from adengine.core.selling import Selling, ShippingRate, TaxRate, TaxTable
from adengine.engine import SYSTEM, Actor, AdEngine
from adengine.models import Agent, Order, Token, new_id
from adengine.services import catalog, checkout, ledger, paying, selling
from adengine.services.checkout import CheckoutCard, CheckoutWish
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk
from tests.shops import write_shop

LUMI = Buyer("lumi@example.com", "Lumi", "Nix")
HOME = Address("Lumi Nix", "Lichtweg 1", "Berlin", "10115", "DE")


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


# Prices hold 19 % tax; the post takes 4.90, nothing from 60.00 on; a courier takes 9.90.
GERMAN = Selling(
    taxes=TaxTable((TaxRate("DE", 1900, "MwSt"),), included=True),
    shipping=(
        ShippingRate("post", "Post", euros(490), ("DE", "AT"), free_over=euros(6000)),
        ShippingRate("courier", "Courier", euros(990), ("DE",), days=(1, 1)),
    ),
)


def stock_shop(engine: AdEngine, desk: Desk, folder: Path) -> Variant:
    """Five sage mugs at 24.00 and three lamps at 89.00; answers the mug."""
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder)))
    return stocked(engine, desk)


def stocked(engine: AdEngine, desk: Desk, handle: str = "mug") -> Variant:
    with engine.unit(desk.merchant) as unit:
        return catalog.get_product(unit, handle).variants[0]


def sell_by(engine: AdEngine, desk: Desk, terms: Selling) -> None:
    with engine.unit(desk.merchant) as unit:
        selling.set_selling(unit, terms)


def agent_of(engine: AdEngine, desk: Desk, name: str = "agent") -> Actor:
    """An agent that the shop lets in."""
    with engine.unit(desk.merchant) as unit:
        token = Token(
            id=new_id("tok"),
            merchant_id=desk.shop.id,
            kind="agent",
            scopes="catalog:read checkout:write",
            digest=name,
            created_at=unit.now(),
        )
        unit.db.add(token)
        unit.db.flush()
        row = unit.own(Agent, name=name, token_id=token.id, created_at=unit.now())
        unit.db.flush()
        return Actor("agent", desk.shop.id, frozenset({"catalog:read", "checkout:write"}), row.id)


def opened(
    engine: AdEngine, desk: Desk, variant: Variant, quantity: int = 1, *, actor: Actor | None = None, **more: object
) -> CheckoutCard:
    wish = replace(CheckoutWish(((variant.id, quantity),)), **more)  # type: ignore[arg-type]
    with engine.unit(actor or desk.visitor) as unit:
        return checkout.open_checkout(unit, wish)


def seen(engine: AdEngine, desk: Desk, checkout_id: str) -> CheckoutCard:
    with engine.unit(desk.visitor) as unit:
        return checkout.get_checkout(unit, checkout_id)


def sandbox(engine: AdEngine) -> SandboxPayments:
    found = engine.ports.payments
    assert isinstance(found, SandboxPayments)
    return found


def message(engine: AdEngine, url: str, outcome: str = "paid") -> tuple[bytes, str]:
    return sandbox(engine).decide(url.rsplit("/", 1)[-1], outcome)


def decide(engine: AdEngine, desk: Desk, checkout_id: str, outcome: str = "paid") -> str | None:
    url = paying.pay(engine, desk.visitor, checkout_id)
    return paying.take_event(engine, *message(engine, url, outcome))


def bought(engine: AdEngine, desk: Desk, variant: Variant, quantity: int = 1, **more: object) -> str:
    order_id = decide(engine, desk, opened(engine, desk, variant, quantity, **more).id)
    assert order_id is not None
    return order_id


def accounts(engine: AdEngine, desk: Desk) -> dict[str, int]:
    with engine.unit(desk.merchant) as unit:
        return {one.account.split(":")[0]: one.amount.minor for one in ledger.balances(unit)}


def orders_made(engine: AdEngine) -> int:
    with engine.unit(SYSTEM) as unit:
        return unit.db.scalar(select(func.count()).select_from(Order)) or 0


def together(acts: list[Callable[[], object]]) -> list[object]:
    """Do all acts at once; answers what they answered or raised."""
    answers: list[object] = []

    def do(act: Callable[[], object]) -> None:
        try:
            answers.append(act())
        except Exception as error:
            answers.append(error)

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return answers


@contextmanager
def nothing_leaks(engine: AdEngine) -> Iterator[None]:
    """Whatever is done inside: the whole ledger sums to zero, and no goods stay reserved for nobody."""
    yield
    with engine.unit(SYSTEM) as unit:
        assert sum(one.amount.minor for one in ledger.balances(unit)) == 0
