"""Two servers on one database, and everybody at once: 200 requests for one session, 1,000 messages of Stripe's."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from adengine.core.errors import Unavailable
from adengine.engine import SYSTEM
from adengine.models import Dispute, Posting
from adengine.services import checkout, paying
from adengine.services.checkout import CheckoutWish
from tests.faults import Answered, Ready, Server, Store, check_books
from tests.services.buying import HOME, LUMI
from tests.stripe_desk import Told

pytestmark = pytest.mark.slow

Tell = Callable[[str], None]
CROWD = 200
BUSY = {"repeats": 2, "lease_s": 20}
DONE, LATER = (200, ""), (409, "idempotency_in_flight")


def all_at_once(shop: Store, asks: list[tuple[Ready, str]]) -> list[Answered]:
    """Every request at the same time, by turns to two servers, while Stripe takes its time over the first charge."""
    servers = [shop.serve(**BUSY), shop.serve(**BUSY)]
    shop.desk_at_stripe.break_next("slow", "POST payment_intents", seconds=0.4)
    with ThreadPoolExecutor(len(asks)) as crowd:
        return list(
            crowd.map(lambda at: shop.complete(servers[at % 2], asks[at][0], key=asks[at][1]), range(len(asks)))
        )


def kinds(heard: Iterable[Answered]) -> Counter[tuple[int, str]]:
    return Counter((one.status, one.code) for one in heard)


def test_200_parallel_requests_of_one_key_over_two_servers_buy_once_and_hear_the_same(
    stripe_shop: Store, tell: Tell
) -> None:
    warm, session = stripe_shop.warm_up(), stripe_shop.ready()
    heard = all_at_once(stripe_shop, [(session, session.key)] * CROWD)
    tell(f"answers to one key: {dict(kinds(heard))}")
    assert set(kinds(heard)) == {DONE, LATER}
    assert all(one.wait_s for one in heard if one.status == 409)
    done = [one for one in heard if one.status == 200]
    assert len({one.text for one in done}) == 1
    assert [one.is_replay for one in done].count(False) == 1
    check_books(stripe_shop, [warm.id, session.id])


def test_200_parallel_requests_of_200_keys_over_two_servers_buy_once(stripe_shop: Store, tell: Tell) -> None:
    warm, session = stripe_shop.warm_up(), stripe_shop.ready()
    heard = all_at_once(stripe_shop, [(session, uuid.uuid4().hex) for _ in range(CROWD)])
    tell(f"answers to 200 keys: {dict(kinds(heard))}")
    assert set(kinds(heard)) <= {DONE, LATER}
    assert len({one.order_id for one in heard if one.status == 200}) == 1
    check_books(stripe_shop, [warm.id, session.id])


def test_tokens_that_race_for_one_session_pay_once_and_all_hear_of_the_same_order(
    stripe_shop: Store, tell: Tell
) -> None:
    warm, session = stripe_shop.warm_up(), stripe_shop.ready()
    rivals = [stripe_shop.with_another_token(session) for _ in range(12)]
    heard = all_at_once(stripe_shop, [(one, one.key) for one in rivals])
    tell(f"answers to 12 tokens: {dict(kinds(heard))}")
    assert set(kinds(heard)) <= {DONE, LATER}
    last = [stripe_shop.complete_patiently(stripe_shop.running[0], one)[-1] for one in rivals]
    assert {one.status for one in last} == {200}
    assert len({one.order_id for one in last}) == 1
    check_books(stripe_shop, [warm.id, session.id])


def paid_pages(shop: Store, count: int) -> list[str]:
    """Checkouts paid on Stripe's page; of every third we never heard that the page was opened."""
    sold = []
    for number in range(count):
        wish = CheckoutWish(((shop.mug, 1),), buyer=LUMI, address=HOME)
        with shop.engine.unit(shop.desk.visitor) as unit:
            sold.append(checkout.open_checkout(unit, wish).id)
        if number % 3 == 0:
            shop.desk_at_stripe.break_next("drop", "POST checkout/sessions")
            with pytest.raises(Unavailable):
                paying.pay(shop.engine, shop.desk.visitor, sold[-1])
        else:
            paying.pay(shop.engine, shop.desk.visitor, sold[-1])
    for page in shop.desk_at_stripe.objects("checkout.session"):
        shop.desk_at_stripe.pay_page(page["id"])
    return sold


def charged_unheard(shop: Store, server: Server, count: int) -> list[Ready]:
    """Sessions whose token Stripe charged and whose answer never came."""
    sessions = [shop.ready() for _ in range(count)]
    for session in sessions:
        shop.desk_at_stripe.break_next("drop", "POST payment_intents")
        assert shop.complete(server, session).status == 503
    return sessions


def deliver_all(shop: Store, servers: list[Server], told: list[Told]) -> Counter[int]:
    """Deliver every message three times in any order, and those not taken again until they are, as Stripe does."""
    chance, heard = random.Random(20261121), Counter[int]()
    waiting = told * 3
    for _ in range(10):
        chance.shuffle(waiting)
        with ThreadPoolExecutor(24) as crowd:
            ask = [(servers[at % 2], one) for at, one in enumerate(waiting)]
            got = list(crowd.map(lambda given: shop.deliver(given[0], given[1].body, given[1].signature), ask))
        heard.update(got)
        waiting = [one for one, status in zip(waiting, got, strict=True) if status != 200]
        if not waiting:
            return heard
    raise AssertionError(f"{len(waiting)} messages were never taken: {heard}")


# A page is told of by four messages, a token by three, a dispute by two; the sums are 334 and 112.
@pytest.mark.parametrize(
    ("database_url", "pages", "tokens", "disputes", "deliveries"),
    [("postgres", 50, 36, 13, 1000), ("sqlite", 16, 12, 6, 330)],
    ids=["1000 deliveries on postgres", "330 deliveries on sqlite"],
    indirect=["database_url"],
)
def test_messages_told_three_times_shuffled_and_before_our_own_commit_make_one_order_each(
    stripe_shop: Store, tell: Tell, pages: int, tokens: int, disputes: int, deliveries: int
) -> None:
    warm, servers = stripe_shop.warm_up(), [stripe_shop.serve(), stripe_shop.serve()]
    paid = paid_pages(stripe_shop, pages)
    for charge in stripe_shop.desk_at_stripe.objects("charge")[-disputes:]:
        stripe_shop.desk_at_stripe.dispute(charge["id"], 500)
    sessions = charged_unheard(stripe_shop, servers[0], tokens)
    told = stripe_shop.desk_at_stripe.events()
    with ThreadPoolExecutor(2) as agents:
        answers = agents.map(lambda one: stripe_shop.complete_patiently(servers[1], one)[-1].status, sessions)
        heard = deliver_all(stripe_shop, servers, told)
    tell(f"{len(told)} messages, {sum(heard.values())} deliveries: {dict(heard)}")
    assert sum(heard.values()) >= deliveries
    assert set(answers) == {200}
    assert set(heard) <= {200, 404}
    with stripe_shop.engine.reading(SYSTEM) as unit:
        assert unit.db.scalar(select(func.count()).select_from(Dispute)) == disputes
        assert unit.db.scalar(select(func.count()).where(Posting.kind == "dispute")) == disputes
    check_books(stripe_shop, [warm.id, *paid, *(one.id for one in sessions)])
