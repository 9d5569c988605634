"""Opening, changing and giving up a checkout, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from adengine.core.buyer import Address, Touch, Trace
from adengine.core.catalog import Variant
from adengine.core.errors import Conflict, Invalid, NotFound
from adengine.core.money import Money
from adengine.core.selling import Discount
from adengine.engine import AdEngine
from adengine.models import Ad, Checkout
from adengine.services import ads, checkout, paying, selling
from adengine.services.checkout import Change, CheckoutCard, CheckoutWish
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.services.buying import (
    GERMAN,
    HOME,
    LUMI,
    agent_of,
    decide,
    opened,
    seen,
    sell_by,
    stock_shop,
    stocked,
    together,
)


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, tmp_path: Path) -> Variant:
    return stock_shop(engine, desk, tmp_path / "shop")


def changed(engine: AdEngine, desk: Desk, card: CheckoutCard, **what: object) -> CheckoutCard:
    with engine.unit(desk.visitor) as unit:
        return checkout.change_checkout(unit, card.id, Change(**what))  # type: ignore[arg-type]


def cancelled(engine: AdEngine, desk: Desk, checkout_id: str, trace: Trace | None = None) -> CheckoutCard:
    with engine.unit(desk.visitor) as unit:
        return checkout.cancel_checkout(unit, checkout_id, trace)


def test_asking_twice_with_one_key_opens_one_checkout(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    first = opened(engine, desk, sage, request_key="click-1")
    assert opened(engine, desk, sage, request_key="click-1").id == first.id


def test_a_key_used_for_another_basket_is_refused(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    opened(engine, desk, sage, 1, request_key="click-1")
    with pytest.raises(Conflict, match="another basket"):
        opened(engine, desk, sage, 2, request_key="click-1")


def test_a_key_still_means_its_basket_after_the_basket_changed(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage, 1, request_key="click-1")
    changed(engine, desk, card, lines=((sage.id, 3),))
    again = opened(engine, desk, sage, 1, request_key="click-1")
    assert (again.id, again.quote.lines[0].quantity) == (card.id, 3)


def test_one_key_sent_at_the_same_time_opens_one_checkout(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    found = together([lambda: opened(engine, desk, sage, request_key="click-1").id] * 8)
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_basket_that_cannot_be_had_opens_and_says_how_much_is_left(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage, 7)
    assert (card.status, card.quote.lines[0].left) == ("open", 5)


def test_a_change_keeps_what_it_does_not_name_and_empties_what_it_clears(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    sell_by(engine, desk, GERMAN)
    card = opened(engine, desk, sage, buyer=LUMI, address=HOME, notes="ring twice")
    assert card.quote.needs == ("option",)
    card = changed(engine, desk, card, option_id="courier")
    assert (card.buyer, card.notes, card.quote.total, card.quote.needs) == (LUMI, "ring twice", Money(3390, "EUR"), ())
    card = changed(engine, desk, card, lines=((sage.id, 3),), option_id="post", clear=frozenset({"notes"}))
    assert (card.address, card.notes, card.quote.total) == (HOME, "", Money(7200, "EUR"))
    card = changed(engine, desk, card, clear=frozenset({"address"}))
    assert (card.address, card.quote.needs, card.quote.total) == (None, ("address",), Money(7200, "EUR"))


def test_only_fields_that_may_be_empty_can_be_cleared() -> None:
    with pytest.raises(Invalid, match="cannot be emptied"):
        Change(clear=frozenset({"lines"}))


def test_codes_lower_the_price_or_say_why_not(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with engine.unit(desk.merchant) as unit:
        selling.add_code(unit, Discount("WELCOME10", "Welcome", bps=1000))
    card = changed(engine, desk, opened(engine, desk, sage), codes=("welcome10", "NONSENSE"))
    assert card.codes == ("welcome10", "NONSENSE")
    assert (card.quote.total, card.quote.discount) == (Money(2160, "EUR"), Money(240, "EUR"))
    assert [(one.code, one.reason) for one in card.quote.rejected] == [("NONSENSE", "invalid")]
    assert changed(engine, desk, card, codes=()).quote.total == Money(2400, "EUR")


def test_a_place_the_shop_does_not_send_to_is_told(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    sell_by(engine, desk, GERMAN)
    far = Address("Nix", "Lane 1", "Auckland", "1010", "NZ")
    assert opened(engine, desk, sage, address=far).quote.needs == ("delivery",)


def test_notes_have_an_end(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    with pytest.raises(Invalid, match="5000"):
        opened(engine, desk, sage, notes="x" * 5001)


def test_a_checkout_that_is_being_paid_cannot_be_changed_until_it_is_reopened(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage, 5)
    paying.pay(engine, desk.visitor, card.id)
    with pytest.raises(Conflict, match="paying"):
        changed(engine, desk, card, notes="later")
    with engine.unit(desk.visitor) as unit:
        assert checkout.reopen_checkout(unit, card.id).status == "open"
    assert stocked(engine, desk).stock == 5
    assert changed(engine, desk, card, notes="later").notes == "later"


def test_a_checkout_given_up_frees_its_goods_and_cannot_be_had_back(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    card = opened(engine, desk, sage, 5)
    paying.pay(engine, desk.visitor, card.id)
    assert stocked(engine, desk).stock == 0
    assert cancelled(engine, desk, card.id, Trace("price_sensitivity", "too dear")).status == "cancelled"
    assert stocked(engine, desk).stock == 5
    with engine.unit(desk.merchant) as unit:
        assert unit.get(Checkout, card.id).trace == Trace("price_sensitivity", "too dear")
    for refused in (
        lambda: cancelled(engine, desk, card.id),
        lambda: changed(engine, desk, card, notes="x"),
        lambda: paying.pay(engine, desk.visitor, card.id),
    ):
        with pytest.raises(Conflict, match="cancelled"):
            refused()


def test_a_paid_checkout_can_be_neither_changed_nor_given_up(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    decide(engine, desk, card.id)
    with pytest.raises(Conflict):
        changed(engine, desk, card, notes="x")
    with pytest.raises(Conflict):
        cancelled(engine, desk, card.id)
    assert seen(engine, desk, card.id).status == "paid"


def test_an_expired_checkout_opens_again_when_it_is_changed(
    engine: AdEngine, desk: Desk, sage: Variant, clock: Clock
) -> None:
    card = opened(engine, desk, sage)
    paying.pay(engine, desk.visitor, card.id)
    clock.forward(hours=1)
    with engine.unit(desk.merchant) as unit:
        assert paying.expire(unit) == 1
    with pytest.raises(Conflict, match="ran out"):
        paying.pay(engine, desk.visitor, card.id)
    again = changed(engine, desk, card)
    assert (again.status, again.expires_at > clock()) == ("open", True)
    assert decide(engine, desk, card.id) is not None


def test_an_agent_sees_only_what_it_opened(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    mine, other = agent_of(engine, desk, "mine"), agent_of(engine, desk, "other")
    card = opened(engine, desk, sage, actor=mine, request_key="same")
    theirs = opened(engine, desk, sage, actor=other, request_key="same")
    visitors = opened(engine, desk, sage, request_key="same")
    assert len({card.id, theirs.id, visitors.id}) == 3
    with engine.unit(mine) as unit:
        assert checkout.get_checkout(unit, card.id).agent_id == mine.agent_id
        for hidden in (theirs.id, visitors.id):
            with pytest.raises(NotFound):
                checkout.get_checkout(unit, hidden)
            with pytest.raises(NotFound):
                checkout.change_checkout(unit, hidden, Change(notes="mine"))
            with pytest.raises(NotFound):
                checkout.cancel_checkout(unit, hidden)
    with pytest.raises(NotFound):
        paying.complete(engine, mine, theirs.id, paying.Completion("spt_sandbox_ok"))


def test_another_shop_can_neither_see_nor_change_nor_pay(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    card = opened(engine, desk, sage)
    other = open_desk(engine, "other")
    with pytest.raises(NotFound):
        paying.pay(engine, other.visitor, card.id)
    with engine.unit(other.merchant) as unit:
        with pytest.raises(NotFound):
            checkout.change_checkout(unit, card.id, Change(notes="x"))
        with pytest.raises(NotFound):
            checkout.open_checkout(unit, CheckoutWish(((sage.id, 1),)))


def published(engine: AdEngine, desk: Desk, product: str, **wish: object) -> str:
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish(product, seconds=6, **wish)).id  # type: ignore[arg-type]
        unit.get(Ad, ad_id).status = "published"
    return ad_id


def test_only_a_film_on_show_of_what_is_bought_is_credited(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    shown, other = published(engine, desk, "mug"), published(engine, desk, "lamp")
    with engine.unit(desk.merchant) as unit:
        hidden = ads.create_ad(unit, AdWish("mug", seconds=7)).id
    for ad_id, credited in ((shown, shown), (other, None), (hidden, None), ("ad_nowhere", None)):
        card = opened(engine, desk, sage, ad_id=ad_id, second=1.0)
        assert (card.ad_id, card.second) == (credited, 1.0 if credited else None)


def test_a_film_is_credited_for_every_product_it_shows(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    both = published(engine, desk, "lamp", template="collection", companions=("mug",))
    assert opened(engine, desk, sage, ad_id=both).ad_id == both


def test_an_affiliates_film_is_credited_where_no_other_was_named(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    named, seen_first = published(engine, desk, "mug"), published(engine, desk, "mug")
    touch = Touch("network", publisher_id="pub", creative_id=named)
    assert opened(engine, desk, sage, first_touch=touch, channel="acp").ad_id == named
    assert opened(engine, desk, sage, first_touch=touch, ad_id=seen_first).ad_id == seen_first
    nothing = Touch("network", publisher_id="pub", creative_id="their-own-banner")
    assert opened(engine, desk, sage, first_touch=nothing).ad_id is None
