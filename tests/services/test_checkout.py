"""Checkout, payment, order, refund and their ledger on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adengine.core.catalog import Variant
from adengine.core.errors import Conflict, Forbidden, NotFound, OutOfStock, PriceChanged
from adengine.core.money import Money
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Ad, Order, Payment
from adengine.services import ads, catalog, checkout, ledger
from adengine.services.checkout import CheckoutCard, CheckoutWish
from adengine.services.planning import AdWish
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.shops import LAMP, MUG, OAT, write_shop


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, tmp_path: Path) -> Variant:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    return stocked(engine, desk)


def stocked(engine: AdEngine, desk: Desk) -> Variant:
    with engine.unit(desk.merchant) as unit:
        return catalog.get_product(unit, "mug").variants[0]


def opened(engine: AdEngine, desk: Desk, variant: Variant, quantity: int = 1, key: str | None = None) -> CheckoutCard:
    with engine.unit(desk.visitor) as unit:
        return checkout.open_checkout(unit, CheckoutWish(((variant.id, quantity),), request_key=key))


def decide(engine: AdEngine, desk: Desk, checkout_id: str, outcome: str = "paid") -> str | None:
    url = checkout.pay(engine, desk.visitor, checkout_id)
    return checkout.take_event(engine, *message(engine, url, outcome))


def message(engine: AdEngine, url: str, outcome: str = "paid") -> tuple[bytes, str]:
    sandbox = engine.ports.payments
    assert isinstance(sandbox, SandboxPayments)
    return sandbox.decide(url.rsplit("/", 1)[-1], outcome)


def bought(engine: AdEngine, desk: Desk, variant: Variant, quantity: int = 1) -> str:
    order_id = decide(engine, desk, opened(engine, desk, variant, quantity).id)
    assert order_id is not None
    return order_id


def accounts(engine: AdEngine, desk: Desk) -> dict[str, int]:
    with engine.unit(desk.merchant) as unit:
        return {one.account.split(":")[0]: one.amount.minor for one in ledger.balances(unit)}


def orders(engine: AdEngine) -> int:
    with engine.unit(SYSTEM) as unit:
        return unit.db.scalar(select(func.count()).select_from(Order)) or 0


def test_a_paid_checkout_becomes_one_order_with_a_balanced_ledger(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage, 2)
    with engine.unit(desk.visitor) as unit:
        order = checkout.get_order(unit, order_id)
    assert (order.status, order.total) == ("paid", Money(4800, "EUR"))
    assert accounts(engine, desk) == {"clearing": -4800, "merchant": 4704, "platform": 96}
    assert stocked(engine, desk).stock == 3


def test_the_same_payment_event_again_changes_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    said = message(engine, checkout.pay(engine, desk.visitor, card.id))
    ids = {checkout.take_event(engine, *said) for _ in range(3)}
    assert len(ids) == 1
    assert (orders(engine), stocked(engine, desk).stock) == (1, 4)
    assert accounts(engine, desk)["clearing"] == -2400


def test_paying_twice_opens_one_payment(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    assert checkout.pay(engine, desk.visitor, card.id) == checkout.pay(engine, desk.visitor, card.id)


def test_asking_twice_with_one_key_opens_one_checkout(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    first = opened(engine, desk, sage, key="click-1")
    assert opened(engine, desk, sage, key="click-1").id == first.id


def test_events_arriving_together_make_one_order(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    said = message(engine, checkout.pay(engine, desk.visitor, opened(engine, desk, sage).id))
    answers: list[str | None] = []
    threads = [threading.Thread(target=lambda: answers.append(checkout.take_event(engine, *said))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert (orders(engine), accounts(engine, desk)["clearing"]) == (1, -2400)


def test_the_last_piece_is_sold_once(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    cards = [opened(engine, desk, sage, 5) for _ in range(3)]
    refused: list[Exception] = []

    def pay(card: CheckoutCard) -> None:
        try:
            decide(engine, desk, card.id)
        except OutOfStock as error:
            refused.append(error)

    threads = [threading.Thread(target=pay, args=(card,)) for card in cards]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(refused), orders(engine), stocked(engine, desk).stock) == (2, 1, 0)


def test_a_price_that_moved_is_told_before_anything_is_reserved(
    engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path
) -> None:
    card = opened(engine, desk, sage)
    dearer = write_shop(tmp_path / "shop", [{**MUG, "Variant Price": "29.00"}, OAT, LAMP])
    catalog.import_feed(engine, desk.merchant, str(dearer))
    with pytest.raises(PriceChanged, match=r"€24\.00 to €29\.00"):
        checkout.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 5
    with engine.unit(desk.visitor) as unit:
        assert checkout.requote(unit, card.id).quote.total == Money(2900, "EUR")
    assert decide(engine, desk, card.id) is not None


def test_sold_out_meanwhile_refuses_and_keeps_the_checkout_open(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage, 3)
    bought(engine, desk, sage, 3)
    with pytest.raises(OutOfStock, match="only 2"):
        checkout.pay(engine, desk.visitor, card.id)
    with engine.unit(desk.visitor) as unit:
        assert checkout.get_checkout(unit, card.id).status == "open"


def test_a_declined_payment_gives_the_goods_back_and_can_be_tried_again(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage, 5)
    assert decide(engine, desk, card.id, "declined") is None
    assert stocked(engine, desk).stock == 5
    assert decide(engine, desk, card.id) is not None
    assert accounts(engine, desk)["clearing"] == -12000


def test_an_unpaid_checkout_expires_and_gives_the_goods_back(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock
) -> None:
    card = opened(engine, desk, sage, 5)
    url = checkout.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 0
    clock.forward(hours=1)
    with engine.unit(SYSTEM) as unit:
        assert checkout.expire(unit) == 1
    assert stocked(engine, desk).stock == 5
    assert checkout.take_event(engine, *message(engine, url)) is not None  # money that came gets its order
    assert (orders(engine), stocked(engine, desk).stock) == (1, 0)


def test_refunds_claw_back_to_the_cent_and_never_more(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    for number, part in enumerate((1, 777, 1622)):
        checkout.refund(engine, desk.merchant, order_id, amount=Money(part, "EUR"), request_key=f"r{number}")
    assert set(accounts(engine, desk).values()) == {0}
    with engine.unit(desk.visitor) as unit:
        assert checkout.get_order(unit, order_id).status == "refunded"
    with pytest.raises(Conflict):
        checkout.refund(engine, desk.merchant, order_id, amount=Money(1, "EUR"), request_key="more")


def test_a_refund_asked_twice_is_paid_once(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    for _ in range(3):
        card = checkout.refund(engine, desk.merchant, order_id, amount=Money(1000, "EUR"), request_key="same")
    assert (card.refunded, card.status, len(card.refunds)) == (Money(1000, "EUR"), "partly_refunded", 1)
    assert accounts(engine, desk)["clearing"] == -1400


def test_a_refund_broken_off_before_the_provider_is_finished_by_the_sweep(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    from workers.tasks import sweep

    order_id = bought(engine, desk, sage)
    with engine.unit(desk.merchant) as unit:
        checkout._claim_refund(unit, order_id, Money(500, "EUR"), "broken")  # the process died right after this
    sweep(engine)
    sweep(engine)
    with engine.unit(desk.visitor) as unit:
        assert checkout.get_order(unit, order_id).refunded == Money(500, "EUR")
    assert accounts(engine, desk)["clearing"] == -1900


def test_a_forged_payment_event_is_refused_and_changes_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    body, signature = message(engine, checkout.pay(engine, desk.visitor, opened(engine, desk, sage).id))
    for forged in ((body, "0" * 64), (body.replace(b"paid", b"PAID"), signature)):
        with pytest.raises(Forbidden):
            checkout.take_event(engine, *forged)
    assert orders(engine) == 0


def test_another_shop_can_neither_see_nor_pay_nor_refund(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    order_id = bought(engine, desk, sage)
    other = open_desk(engine, "other")
    with pytest.raises(NotFound):
        checkout.pay(engine, other.visitor, card.id)
    with pytest.raises(NotFound):
        checkout.refund(engine, other.merchant, order_id, request_key="theirs")
    with engine.unit(other.merchant) as unit:
        assert ledger.balances(unit) == []
        assert checkout.list_orders(unit) == []
        with pytest.raises(NotFound):
            checkout.get_order(unit, order_id)
        with pytest.raises(NotFound):
            checkout.open_checkout(unit, CheckoutWish(((sage.id, 1),)))


def test_a_shopper_cannot_refund(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    from adengine.core.errors import SignInNeeded

    with pytest.raises(SignInNeeded):
        checkout.refund(engine, desk.visitor, order_id, request_key="cheeky")
    assert accounts(engine, desk)["clearing"] == -2400


@pytest.fixture(autouse=True)
def _no_leaks(engine: AdEngine) -> Iterator[None]:
    """Whatever a test did: the whole ledger sums to zero."""
    yield
    with engine.unit(SYSTEM) as unit:
        assert sum(one.amount.minor for one in ledger.balances(unit)) == 0


def test_a_payment_for_a_price_that_no_longer_stands_buys_nothing_and_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path
) -> None:
    card = opened(engine, desk, sage)
    old = checkout.pay(engine, desk.visitor, card.id)
    checkout.take_event(engine, *message(engine, old, "declined"))
    dearer = write_shop(tmp_path / "shop", [{**MUG, "Variant Price": "240.00"}, OAT, LAMP])
    catalog.import_feed(engine, desk.merchant, str(dearer))
    with engine.unit(desk.visitor) as unit:
        checkout.requote(unit, card.id)
    late = engine.ports.payments
    assert isinstance(late, SandboxPayments)
    assert checkout.take_event(engine, *late.decide(old.rsplit("/", 1)[-1], "paid")) is None
    assert (orders(engine), accounts(engine, desk)) == (0, {})
    assert paid_back(engine) == [2400]
    assert decide(engine, desk, card.id) is not None
    assert accounts(engine, desk)["clearing"] == -24000


def paid_back(engine: AdEngine) -> list[int]:
    """Sweep twice; answers the amounts that were sent back."""
    from workers.tasks import sweep

    with engine.unit(SYSTEM) as unit:
        assert checkout.owed_paybacks(unit) != []
    sweep(engine)
    sweep(engine)
    with engine.unit(SYSTEM) as unit:
        assert checkout.owed_paybacks(unit) == []
        return list(unit.db.scalars(select(Payment.minor).where(Payment.status == "refunded")))


def test_a_checkout_paid_twice_is_one_order_and_the_second_money_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage)
    first = checkout.pay(engine, desk.visitor, card.id)
    checkout.take_event(engine, *message(engine, first, "declined"))
    second = checkout.pay(engine, desk.visitor, card.id)
    assert first != second
    order_id = checkout.take_event(engine, *message(engine, first))
    assert checkout.take_event(engine, *message(engine, second)) == order_id
    assert (orders(engine), accounts(engine, desk)["clearing"]) == (1, -2400)
    assert paid_back(engine) == [2400]


def test_a_decline_that_arrives_after_the_payment_changes_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    url = checkout.pay(engine, desk.visitor, card.id)
    order_id = checkout.take_event(engine, *message(engine, url))
    assert checkout.take_event(engine, *message(engine, url, "declined")) is None
    with engine.unit(SYSTEM) as unit:
        assert unit.db.scalars(select(Payment.status)).all() == ["paid"]
    assert order_id is not None
    checkout.refund(engine, desk.merchant, order_id, request_key="all")
    assert set(accounts(engine, desk).values()) == {0}


def test_a_refund_the_provider_refuses_is_marked_and_blocks_no_other(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage)
    ours = engine.ports
    stranger = SandboxPayments(secret=b"another key", public_url="http://127.0.0.1")
    engine.ports = replace(ours, payments=stranger)
    with pytest.raises(Forbidden):
        checkout.refund(engine, desk.merchant, order_id, request_key="refused")
    engine.ports = ours
    with engine.unit(SYSTEM) as unit:
        assert checkout.owed_refunds(unit) == []
    assert accounts(engine, desk)["clearing"] == -2400
    checkout.refund(engine, desk.merchant, order_id, amount=Money(400, "EUR"), request_key="part")
    assert accounts(engine, desk)["clearing"] == -2000


def test_a_key_used_for_another_basket_is_refused(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    opened(engine, desk, sage, 1, key="click-1")
    with pytest.raises(Conflict, match="another basket"):
        opened(engine, desk, sage, 2, key="click-1")


def test_one_key_sent_at_the_same_time_opens_one_checkout(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(opened(engine, desk, sage, key="click-1").id)) for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_checkout_whose_time_ran_out_can_be_priced_anew(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock
) -> None:
    card = opened(engine, desk, sage)
    checkout.pay(engine, desk.visitor, card.id)
    clock.forward(hours=1)
    with engine.unit(SYSTEM) as unit:
        checkout.expire(unit)
    with pytest.raises(Conflict, match="ran out"):
        checkout.pay(engine, desk.visitor, card.id)
    with engine.unit(desk.visitor) as unit:
        assert checkout.requote(unit, card.id).status == "open"
    assert decide(engine, desk, card.id) is not None


def test_only_a_film_on_show_of_what_is_bought_is_credited(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        shown = ads.create_ad(unit, AdWish("mug", seconds=6)).id
        other = ads.create_ad(unit, AdWish("lamp", seconds=6)).id
        hidden = ads.create_ad(unit, AdWish("mug", seconds=7)).id
        for ad_id in (shown, other):
            unit.get(Ad, ad_id).status = "published"
    for ad_id, credited in ((shown, shown), (other, None), (hidden, None), ("ad_nowhere", None)):
        with engine.unit(desk.visitor) as unit:
            wish = CheckoutWish(((sage.id, 1),), ad_id=ad_id, second=1.0)
            card = checkout.open_checkout(unit, wish)
        assert (card.ad_id, card.second) == (credited, 1.0 if credited else None)
