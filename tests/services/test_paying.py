"""From basket to order, by page, intent and token: once, whatever comes when, on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adengine.core.buyer import Consent, Touch
from adengine.core.cameo import Terms
from adengine.core.catalog import Variant
from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound, OutOfStock, PriceChanged, Unavailable
from adengine.core.money import Money
from adengine.core.selling import Discount
from adengine.engine import SYSTEM, AdEngine, worker
from adengine.models import Ad, Checkout, Code, Grant, Inbox, Order, Payment, Posting
from adengine.models import Variant as VariantRow
from adengine.ports import Charge, Purchase
from adengine.services import ads, cameos, catalog, checkout, orders, paying, selling
from adengine.services.checkout import Change, CheckoutCard
from adengine.services.paying import Completion
from adengine.services.planning import AdWish
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk, counting, open_desk
from tests.fakes import Clock, Outbox
from tests.services.buying import (
    GERMAN,
    HOME,
    LUMI,
    accounts,
    agent_of,
    bought,
    decide,
    euros,
    message,
    nothing_leaks,
    opened,
    orders_made,
    sandbox,
    seen,
    sell_by,
    stock_shop,
    stocked,
    together,
)
from tests.shops import LAMP, MUG, OAT, draw_picture, write_shop

OK = Completion("spt_sandbox_ok")


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, tmp_path: Path) -> Variant:
    return stock_shop(engine, desk, tmp_path / "shop")


@pytest.fixture(autouse=True)
def _books(engine: AdEngine) -> Iterator[None]:
    with nothing_leaks(engine):
        yield


def reprice(engine: AdEngine, desk: Desk, folder: Path, price: str) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder, [{**MUG, "Variant Price": price}, OAT, LAMP])))


def priced_anew(engine: AdEngine, desk: Desk, checkout_id: str) -> CheckoutCard:
    with engine.unit(desk.visitor) as unit:
        return checkout.change_checkout(unit, checkout_id, Change())


def expired(engine: AdEngine, clock: Clock) -> int:
    clock.forward(hours=1)
    with engine.unit(SYSTEM) as unit:
        return paying.expire(unit)


def payments_of(engine: AdEngine) -> list[tuple[str, int]]:
    with engine.unit(SYSTEM) as unit:
        return [(row.status, row.minor) for row in unit.db.scalars(select(Payment).order_by(Payment.created_at))]


def paid_back(engine: AdEngine) -> list[int]:
    """Send back what is owed, twice; answers the amounts that were sent back."""
    for _ in range(2):
        with engine.unit(SYSTEM) as unit:
            owed = paying.owed_paybacks(unit)
        for merchant_id, payment_id in owed:
            paying.pay_back(engine, worker(merchant_id), payment_id)
    return [minor for status, minor in payments_of(engine) if status == "refunded"]


class Ledgered(SandboxPayments):
    """The sandbox with a memory: how often each key was charged, and whatever a test has it do before answering."""

    def __init__(self, engine: AdEngine) -> None:
        ours = sandbox(engine)
        super().__init__(secret=ours.secret, public_url=ours.public_url)
        self.charged: list[str] = []
        self.refusing: list[Exception] = []
        self.answers: dict[str, Charge] = {}
        engine.ports = replace(engine.ports, payments=self)

    def charge(self, token: str, amount: Money, what: Purchase, *, key: str, authenticated: bool = False) -> Charge:
        self.charged.append(key)
        if self.refusing:
            raise self.refusing.pop(0)
        made = super().charge(token, amount, what, key=key, authenticated=authenticated)
        return self.answers.get(token, made)


# --- by page


def test_a_paid_checkout_becomes_one_order_with_a_balanced_ledger(
    engine: AdEngine, desk: Desk, sage: Variant, outbox: Outbox
) -> None:
    order_id = bought(engine, desk, sage, 2)
    with engine.unit(desk.visitor) as unit:
        order = orders.get_order(unit, order_id)
    assert (order.status, order.total, order.placed_status) == ("paid", euros(4800), "owed")
    assert accounts(engine, desk) == {"clearing": -4800, "merchant": 4704, "platform": 96}
    assert stocked(engine, desk).stock == 3
    assert ("place", order_id) in outbox.jobs


def test_the_same_payment_event_again_changes_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    said = message(engine, paying.pay(engine, desk.visitor, card.id))
    ids = {paying.take_event(engine, *said) for _ in range(3)}
    assert len(ids) == 1
    assert (orders_made(engine), stocked(engine, desk).stock) == (1, 4)
    assert accounts(engine, desk)["clearing"] == -2400


def test_paying_twice_opens_one_payment(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    assert paying.pay(engine, desk.visitor, card.id) == paying.pay(engine, desk.visitor, card.id)


def test_events_arriving_together_make_one_order(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    said = message(engine, paying.pay(engine, desk.visitor, opened(engine, desk, sage).id))
    answers = together([lambda: paying.take_event(engine, *said)] * 8)
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert (orders_made(engine), accounts(engine, desk)["clearing"]) == (1, -2400)


def test_the_last_piece_is_sold_once(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    cards = [opened(engine, desk, sage, 5) for _ in range(3)]
    answers = together([lambda card=card: decide(engine, desk, card.id) for card in cards])
    assert sum(isinstance(one, OutOfStock) for one in answers) == 2
    assert (orders_made(engine), stocked(engine, desk).stock) == (1, 0)


def test_a_price_that_moved_is_told_before_anything_is_reserved(
    engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path
) -> None:
    card = opened(engine, desk, sage)
    reprice(engine, desk, tmp_path / "shop", "29.00")
    with pytest.raises(PriceChanged, match=r"€24\.00 to €29\.00"):
        paying.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 5
    assert priced_anew(engine, desk, card.id).quote.total == euros(2900)
    assert decide(engine, desk, card.id) is not None


def test_sold_out_meanwhile_refuses_and_keeps_the_checkout_open(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage, 3)
    bought(engine, desk, sage, 3)
    with pytest.raises(OutOfStock, match="only 2"):
        paying.pay(engine, desk.visitor, card.id)
    assert seen(engine, desk, card.id).status == "open"


def test_what_a_basket_still_needs_is_told_before_it_is_paid(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    sell_by(engine, desk, GERMAN)
    card = opened(engine, desk, sage)
    with pytest.raises(Conflict, match="address"):
        paying.pay(engine, desk.visitor, card.id)
    assert (payments_of(engine), stocked(engine, desk).stock) == ([], 5)


def test_a_declined_payment_gives_the_goods_back_and_can_be_tried_again(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage, 5)
    assert decide(engine, desk, card.id, "declined") is None
    assert (stocked(engine, desk).stock, seen(engine, desk, card.id).trouble) == (5, "payment_declined")
    assert decide(engine, desk, card.id) is not None
    assert accounts(engine, desk)["clearing"] == -12000


def test_a_forged_payment_event_is_refused_and_changes_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    body, signature = message(engine, paying.pay(engine, desk.visitor, opened(engine, desk, sage).id))
    for forged in ((body, "0" * 64), (body.replace(b"paid", b"PAID"), signature)):
        with pytest.raises(Forbidden):
            paying.take_event(engine, *forged)
    assert orders_made(engine) == 0


def test_a_provider_that_refuses_to_open_a_page_leaves_the_checkout_open(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    class Closed(SandboxPayments):
        def open(self, amount: Money, what: Purchase, *, key: str):  # type: ignore[no-untyped-def]
            raise Invalid("this account takes no payments")

    ours = sandbox(engine)
    engine.ports = replace(engine.ports, payments=Closed(secret=ours.secret, public_url=ours.public_url))
    card = opened(engine, desk, sage, 5)
    with pytest.raises(Invalid, match="no payments"):
        paying.pay(engine, desk.visitor, card.id)
    assert (seen(engine, desk, card.id).status, stocked(engine, desk).stock) == ("open", 5)


# --- late, twice, too early


def test_an_unpaid_checkout_expires_and_late_money_buys_what_is_still_there(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock
) -> None:
    card = opened(engine, desk, sage, 5)
    url = paying.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 0
    assert expired(engine, clock) == 1
    assert stocked(engine, desk).stock == 5
    assert paying.take_event(engine, *message(engine, url)) is not None
    assert (orders_made(engine), stocked(engine, desk).stock) == (1, 0)


def test_goods_of_two_shops_are_given_back_in_one_sweep(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock, tmp_path: Path
) -> None:
    other = open_desk(engine, "other")
    theirs = stock_shop(engine, other, tmp_path / "other")
    paying.pay(engine, desk.visitor, opened(engine, desk, sage, 5).id)
    paying.pay(engine, other.visitor, opened(engine, other, theirs, 2).id)
    assert (stocked(engine, desk).stock, stocked(engine, other).stock) == (0, 3)
    assert expired(engine, clock) == 2
    assert (stocked(engine, desk).stock, stocked(engine, other).stock) == (5, 5)


def test_late_money_for_goods_that_are_gone_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock
) -> None:
    url = paying.pay(engine, desk.visitor, opened(engine, desk, sage, 5).id)
    expired(engine, clock)
    bought(engine, desk, sage)
    assert paying.take_event(engine, *message(engine, url)) is None
    assert (orders_made(engine), stocked(engine, desk).stock) == (1, 4)
    assert paid_back(engine) == [12000]


def test_late_money_for_another_price_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock, tmp_path: Path
) -> None:
    url = paying.pay(engine, desk.visitor, opened(engine, desk, sage).id)
    expired(engine, clock)
    reprice(engine, desk, tmp_path / "shop", "29.00")
    assert paying.take_event(engine, *message(engine, url)) is None
    assert (orders_made(engine), paid_back(engine)) == (0, [2400])


def test_money_for_a_cancelled_checkout_goes_back(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    url = paying.pay(engine, desk.visitor, card.id)
    with engine.unit(desk.visitor) as unit:
        checkout.cancel_checkout(unit, card.id)
    assert paying.take_event(engine, *message(engine, url)) is None
    assert (orders_made(engine), paid_back(engine)) == (0, [2400])


def test_a_payment_for_a_price_that_no_longer_stands_buys_nothing_and_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path
) -> None:
    card = opened(engine, desk, sage)
    old = paying.pay(engine, desk.visitor, card.id)
    paying.take_event(engine, *message(engine, old, "declined"))
    reprice(engine, desk, tmp_path / "shop", "240.00")
    priced_anew(engine, desk, card.id)
    assert paying.take_event(engine, *message(engine, old)) is None
    assert (orders_made(engine), accounts(engine, desk)) == (0, {})
    assert paid_back(engine) == [2400]
    assert decide(engine, desk, card.id) is not None
    assert accounts(engine, desk)["clearing"] == -24000


def test_a_checkout_paid_twice_is_one_order_and_the_second_money_goes_back(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage)
    first = paying.pay(engine, desk.visitor, card.id)
    paying.take_event(engine, *message(engine, first, "declined"))
    second = paying.pay(engine, desk.visitor, card.id)
    assert first != second
    order_id = paying.take_event(engine, *message(engine, first))
    assert paying.take_event(engine, *message(engine, second)) == order_id
    assert (orders_made(engine), accounts(engine, desk)["clearing"]) == (1, -2400)
    assert paid_back(engine) == [2400]


def test_a_decline_that_arrives_after_the_payment_changes_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    url = paying.pay(engine, desk.visitor, opened(engine, desk, sage).id)
    order_id = paying.take_event(engine, *message(engine, url))
    assert order_id is not None
    assert paying.take_event(engine, *message(engine, url, "declined")) is None
    assert payments_of(engine) == [("paid", 2400)]


def test_a_page_nobody_should_pay_any_more_is_closed(engine: AdEngine, desk: Desk, sage: Variant, clock: Clock) -> None:
    left = opened(engine, desk, sage)
    paying.pay(engine, desk.visitor, left.id)
    paying.intent(engine, desk.visitor, opened(engine, desk, sage).id)
    with engine.unit(SYSTEM) as unit:
        assert paying.owed_closings(unit) == []
    with engine.unit(desk.visitor) as unit:
        checkout.reopen_checkout(unit, left.id)
    expired(engine, clock)
    with engine.unit(SYSTEM) as unit:
        owed = paying.owed_closings(unit)
    assert len(owed) == 2
    for merchant_id, payment_id in owed:
        paying.close(engine, worker(merchant_id), payment_id)
    assert [status for status, _ in payments_of(engine)] == ["closed", "closed"]


def test_an_event_that_comes_before_the_providers_answer_was_kept_makes_the_order(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    class Quick(SandboxPayments):
        def open(self, amount: Money, what: Purchase, *, key: str):  # type: ignore[no-untyped-def]
            page = super().open(amount, what, key=key)
            heard.append(paying.take_event(engine, *self.decide(page.external_id, "paid")))
            return page

    heard: list[str | None] = []
    ours = sandbox(engine)
    engine.ports = replace(engine.ports, payments=Quick(secret=ours.secret, public_url=ours.public_url))
    card = opened(engine, desk, sage)
    paying.pay(engine, desk.visitor, card.id)
    assert heard == [seen(engine, desk, card.id).order_id]
    assert (orders_made(engine), payments_of(engine)) == (1, [("paid", 2400)])


def test_an_event_about_a_payment_that_is_not_there_is_sent_again_later(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    page = sandbox(engine).open(euros(2400), Purchase("chk_none", "ord_none", "x"), key="pay_none")
    with pytest.raises(NotFound, match="later"):
        paying.take_event(engine, *sandbox(engine).decide(page.external_id, "paid"))
    with engine.unit(SYSTEM) as unit:
        assert unit.db.scalar(select(func.count()).select_from(Inbox)) == 0


# --- in the player


def test_the_player_pays_in_place(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    made = paying.intent(engine, desk.visitor, card.id)
    assert paying.intent(engine, desk.visitor, card.id) == made
    order_id = paying.take_event(engine, *sandbox(engine).decide(made.external_id, "paid"))
    assert order_id == seen(engine, desk, card.id).order_id
    with engine.unit(SYSTEM) as unit:
        assert unit.db.scalars(select(Payment.method)).all() == ["intent"]


def test_a_page_after_an_intent_reserves_nothing_twice(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage, 3)
    made = paying.intent(engine, desk.visitor, card.id)
    url = paying.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 2
    order_id = paying.take_event(engine, *sandbox(engine).decide(made.external_id, "paid"))
    assert paying.take_event(engine, *message(engine, url)) == order_id
    assert (orders_made(engine), stocked(engine, desk).stock, paid_back(engine)) == (1, 2, [7200])


# --- by token


def test_a_token_buys_at_once_and_everything_said_stands_in_the_order(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    sell_by(engine, desk, GERMAN)
    agent = agent_of(engine, desk)
    card = opened(engine, desk, sage, 2, actor=agent, address=HOME, option_id="courier")
    touch = Touch("network", token="secret")
    how = replace(OK, buyer=LUMI, last_touch=touch, consents=(Consent("email", True),), notes="a gift")
    done = paying.complete(engine, agent, card.id, how)
    assert (done.status, done.trouble) == ("paid", "")
    with engine.unit(SYSTEM) as unit:
        order = unit.get(Order, done.order_id or "")
        assert (order.buyer, order.address, order.notes, order.agent_id) == (LUMI, HOME, "a gift", agent.agent_id)
        assert (order.last_touch, order.consents) == (touch, (Consent("email", True),))
        assert unit.get(Payment, order.payment_id).charge_id != ""
    # 57.90 hold 9.24 of tax; two per cent of the goods without it are the platform's.
    assert accounts(engine, desk) == {"clearing": -5790, "merchant": 4785, "platform": 81, "tax": 924}


def test_completing_again_answers_the_same_order(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    provider = Ledgered(engine)
    card = opened(engine, desk, sage)
    first = paying.complete(engine, desk.visitor, card.id, OK)
    assert paying.complete(engine, desk.visitor, card.id, Completion("spt_sandbox_declined")) == first
    assert len(provider.charged) == 1


def test_a_declined_token_leaves_the_checkout_open_and_another_one_pays(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage, 5)
    declined = paying.complete(engine, desk.visitor, card.id, Completion("spt_sandbox_declined"))
    assert (declined.status, declined.trouble, declined.order_id) == ("open", "payment_declined", None)
    assert stocked(engine, desk).stock == 5
    paid = paying.complete(engine, desk.visitor, card.id, OK)
    assert (paid.status, paid.trouble) == ("paid", "")
    assert [status for status, _ in payments_of(engine)] == ["declined", "paid"]


@pytest.mark.parametrize(
    "token", ["spt_sandbox_expired", "spt_sandbox_ok.2399.EUR", "spt_sandbox_ok.9999.USD", "spt_x"]
)
def test_a_token_that_does_not_allow_this_is_never_charged(
    engine: AdEngine, desk: Desk, sage: Variant, token: str
) -> None:
    provider = Ledgered(engine)
    card = paying.complete(engine, desk.visitor, opened(engine, desk, sage).id, Completion(token))
    assert (card.status, card.trouble, provider.charged) == ("open", "payment_declined", [])
    assert stocked(engine, desk).stock == 5


def test_a_challenge_is_asked_for_and_the_same_payment_goes_on_after_it(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    provider = Ledgered(engine)
    card = opened(engine, desk, sage, 5)
    how = Completion("spt_sandbox_3ds")
    asked = paying.complete(engine, desk.visitor, card.id, how)
    assert (asked.status, asked.trouble, stocked(engine, desk).stock) == ("open", "needs_authentication", 5)
    paid = paying.complete(engine, desk.visitor, card.id, replace(how, authenticated=True))
    assert (paid.status, len(set(provider.charged)), payments_of(engine)) == ("paid", 1, [("paid", 12000)])


def test_a_challenge_for_an_old_price_is_not_gone_on_with(
    engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path
) -> None:
    card = opened(engine, desk, sage)
    how = Completion("spt_sandbox_3ds")
    paying.complete(engine, desk.visitor, card.id, how)
    reprice(engine, desk, tmp_path / "shop", "29.00")
    with pytest.raises(PriceChanged):
        paying.complete(engine, desk.visitor, card.id, replace(how, authenticated=True))
    priced_anew(engine, desk, card.id)
    assert paying.complete(engine, desk.visitor, card.id, how).trouble == "needs_authentication"
    assert [minor for _, minor in payments_of(engine)] == [2400, 2900]


def test_a_provider_that_does_not_answer_is_asked_again_with_the_same_key(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    provider = Ledgered(engine)
    provider.refusing = [Unavailable("no answer")]
    card = opened(engine, desk, sage, 5)
    with pytest.raises(Unavailable):
        paying.complete(engine, desk.visitor, card.id, OK)
    assert (seen(engine, desk, card.id).status, stocked(engine, desk).stock) == ("paying", 0)
    with pytest.raises(Conflict, match="another payment"):
        paying.complete(engine, desk.visitor, card.id, Completion("spt_sandbox_ok.99999.EUR"))
    with pytest.raises(Conflict, match="another payment"):
        paying.pay(engine, desk.visitor, card.id)
    assert paying.complete(engine, desk.visitor, card.id, OK).status == "paid"
    assert len(set(provider.charged)) == 1


def test_a_pending_payment_is_asked_after_and_settled(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    provider = Ledgered(engine)
    provider.answers[OK.token] = Charge("", "pending")
    card = opened(engine, desk, sage)
    external_id = provider.open(euros(2400), Purchase(card.id, "ord_x", "x"), key="pay_x").external_id
    provider.answers[OK.token] = Charge(external_id, "pending")
    waiting = paying.complete(engine, desk.visitor, card.id, OK)
    assert (waiting.status, waiting.trouble) == ("paying", "payment_pending")
    with engine.unit(SYSTEM) as unit:
        ((merchant_id, payment_id),) = paying.pending(unit)
    paying.settle(engine, worker(merchant_id), payment_id)
    assert seen(engine, desk, card.id).trouble == "payment_pending"
    provider.find = lambda external_id: Charge(external_id, "paid", charge_id="ch_1")  # type: ignore[method-assign]
    paying.settle(engine, worker(merchant_id), payment_id)
    assert (seen(engine, desk, card.id).status, orders_made(engine), len(provider.charged)) == ("paid", 1, 1)


def test_what_begin_refuses_touches_nothing_and_keep_shares_the_outcomes_transaction(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    provider = Ledgered(engine)
    card = opened(engine, desk, sage)

    def refuse(unit: object) -> None:
        raise Conflict("in flight")

    with pytest.raises(Conflict, match="in flight"):
        paying.complete(engine, desk.visitor, card.id, OK, begin=refuse)
    assert (provider.charged, seen(engine, desk, card.id).status) == ([], "open")

    def crash(unit: object, card: CheckoutCard) -> None:
        assert card.order_id is not None
        raise RuntimeError("the process died here")

    with pytest.raises(RuntimeError):
        paying.complete(engine, desk.visitor, card.id, OK, keep=crash)
    assert (orders_made(engine), seen(engine, desk, card.id).status) == (0, "paying")
    kept: list[str | None] = []
    paying.complete(engine, desk.visitor, card.id, OK, keep=lambda unit, card: kept.append(card.order_id))
    assert kept == [seen(engine, desk, card.id).order_id]
    assert (orders_made(engine), len(set(provider.charged))) == (1, 1)


def test_a_basket_that_costs_nothing_is_ordered_without_a_charge(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        selling.add_code(unit, Discount("GIFT", "A gift", bps=10_000))
    provider = Ledgered(engine)
    card = opened(engine, desk, sage, codes=("GIFT",))
    with pytest.raises(Invalid, match="nothing to pay"):
        paying.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 5
    assert paying.complete(engine, desk.visitor, card.id, Completion("")).status == "paid"
    assert (provider.charged, stocked(engine, desk).stock) == ([], 4)


# --- codes and credit


def test_a_code_counts_once_an_order_and_its_last_use_is_sold_once(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        selling.add_code(unit, Discount("LAST", "Once", bps=5000, most_uses=1))
    first, second = (opened(engine, desk, sage, codes=("last",)) for _ in range(2))
    urls = [paying.pay(engine, desk.visitor, one.id) for one in (first, second)]
    assert paying.take_event(engine, *message(engine, urls[0])) is not None
    assert paying.take_event(engine, *message(engine, urls[1])) is None
    late = seen(engine, desk, second.id)
    assert (late.status, late.trouble, stocked(engine, desk).stock) == ("open", "payment_declined", 4)
    with engine.unit(SYSTEM) as unit:
        assert unit.db.scalars(select(Code.uses)).all() == [1]
    assert paid_back(engine) == [1200]
    with pytest.raises(PriceChanged):
        paying.pay(engine, desk.visitor, second.id)


def test_late_money_locks_codes_before_goods_as_every_payment_does(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock
) -> None:
    with engine.unit(desk.merchant) as unit:
        selling.add_code(unit, Discount("LATE", "Late", bps=5000))
    url = paying.pay(engine, desk.visitor, opened(engine, desk, sage, codes=("late",)).id)
    expired(engine, clock)
    with counting(engine) as sent:
        assert paying.take_event(engine, *message(engine, url)) is not None
    # The other way round, this payment and one in time would wait for each other for ever.
    codes = next(at for at, one in enumerate(sent) if "FROM code" in one or one.startswith("UPDATE code"))
    goods = next(at for at, one in enumerate(sent) if locks_goods(one))
    assert codes < goods


def locks_goods(statement: str) -> bool:
    return statement.startswith("UPDATE variant") or ("FROM variant" in statement and "FOR " in statement)


def licensed_film(engine: AdEngine, desk: Desk, folder: Path) -> tuple[str, str]:
    """A film with Nix in it, on show; answers its id and the licence's."""
    draw_picture(folder / "nix.png", "#7d8c74", alpha=True)
    terms = Terms(
        subject="Nix",
        purposes=("advertising",),
        placements=("*",),
        territories=("*",),
        starts=datetime(2026, 1, 1, tzinfo=UTC),
        merchant_ids=(desk.shop.id,),
        needs_approval=False,
        endorsement=True,
        share_bps=1000,
    )
    portrait = folder / "nix.png"
    cameo = cameos.enrol(engine, desk.merchant, "nix", title="Nix", kind="character", clip=portrait, still=portrait)
    with engine.unit(desk.merchant) as unit:
        licence_id = cameos.license_cameo(unit, cameo, terms)
        ad_id = ads.create_ad(unit, AdWish("mug", "cameo_endorsement", seconds=15, cameo="nix")).id
        unit.get(Ad, ad_id).status = "published"
    return ad_id, licence_id


def test_a_film_whose_licence_was_revoked_meanwhile_sells_but_earns_nothing(
    engine: AdEngine, desk: Desk, sage: Variant, tmp_path: Path
) -> None:
    ad_id, licence_id = licensed_film(engine, desk, tmp_path / "shop")
    assert accounts(engine, desk) == {}
    credited = bought(engine, desk, sage, ad_id=ad_id, second=2.0)
    assert accounts(engine, desk) == {"cameo": 240, "clearing": -2400, "merchant": 2112, "platform": 48}
    card = opened(engine, desk, sage, ad_id=ad_id, second=2.0)
    with engine.unit(desk.merchant) as unit:
        cameos.withdraw(unit, licence_id)
    uncredited = decide(engine, desk, card.id)
    with engine.unit(desk.merchant) as unit:
        found = [orders.get_order(unit, one or "") for one in (credited, uncredited)]
        refused = unit.db.scalars(select(Grant).where(Grant.allowed.is_(False))).one()
        assert (refused.clause, refused.ad_id, card.id in refused.reason) == ("revoked", ad_id, True)
    assert [(one.ad_id, one.second) for one in found] == [(ad_id, 2.0), (None, None)]
    assert accounts(engine, desk)["cameo"] == 240


def test_a_film_of_what_was_taken_out_of_the_basket_earns_nothing(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish("mug", seconds=6)).id
        unit.get(Ad, ad_id).status = "published"
    card = opened(engine, desk, sage, ad_id=ad_id)
    with engine.unit(desk.visitor) as unit:
        lamp = catalog.get_product(unit, "lamp").variants[0]
        checkout.change_checkout(unit, card.id, Change(lines=((lamp.id, 1),)))
    decide(engine, desk, card.id)
    with engine.unit(desk.merchant) as unit:
        assert [one.ad_id for one in orders.list_orders(unit)] == [None]


def test_the_last_touch_credits_a_film_where_none_was_named(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish("mug", seconds=6)).id
        unit.get(Ad, ad_id).status = "published"
    how = replace(OK, last_touch=Touch("network", publisher_id="pub", creative_id=ad_id))
    paying.complete(engine, desk.visitor, opened(engine, desk, sage).id, how)
    with engine.unit(desk.merchant) as unit:
        assert [one.ad_id for one in orders.list_orders(unit)] == [ad_id]


# --- all at once


def test_two_hundred_completes_at_once_make_one_order(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    provider = Ledgered(engine)
    card = opened(engine, desk, sage)
    answers = together([lambda: paying.complete(engine, desk.visitor, card.id, OK)] * 200)
    assert {one.order_id for one in answers if isinstance(one, CheckoutCard)} == {seen(engine, desk, card.id).order_id}
    assert len(answers) == 200
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert (orders_made(engine), len(set(provider.charged)), payments_of(engine)) == (1, 1, [("paid", 2400)])
    assert stocked(engine, desk).stock == 4


@pytest.mark.parametrize("count", [40, pytest.param(334, marks=pytest.mark.slow)])
def test_messages_each_thrice_in_any_order_some_too_early_make_one_order_each(
    engine: AdEngine, desk: Desk, sage: Variant, count: int
) -> None:
    chance = random.Random(4)
    with engine.unit(desk.merchant) as unit:
        unit.get(VariantRow, sage.id).stock = None
    cards = [opened(engine, desk, sage) for _ in range(count)]
    early = set(chance.sample(range(count), count // 4))
    messages = []
    for number, card in enumerate(cards):
        url = paying.pay(engine, desk.visitor, card.id)
        messages += [message(engine, url)] * 3
        if number in early:
            with engine.unit(SYSTEM) as unit:  # as if the provider's answer had not been kept yet
                row = unit.get(Payment, unit.get(Checkout, card.id).payment_id or "")
                row.external_id = row.url = None
    chance.shuffle(messages)
    thirds = [messages[part::4] for part in range(4)]
    together([lambda part=part: [paying.take_event(engine, *one) for one in part] for part in thirds])
    assert orders_made(engine) == count
    assert payments_of(engine) == [("paid", 2400)] * count
    with engine.unit(SYSTEM) as unit:
        assert unit.db.scalar(select(func.count()).select_from(Posting)) == count
        assert unit.db.scalar(select(func.count()).select_from(Inbox)) == count
    assert accounts(engine, desk)["clearing"] == -2400 * count
