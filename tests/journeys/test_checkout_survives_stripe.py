"""Stripe that fails, hangs and hangs up, messages that are not its own, and bodies too large for anybody."""

from __future__ import annotations

import hashlib
import hmac
import time

import httpx
import pytest

from tests.faults import Server, Store, check_books
from tests.stripe_desk import SECRET

pytestmark = pytest.mark.slow

PATIENCE_S = 0.5
# What has nothing to do with which database it is.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHARGE, LIMITS = "POST payment_intents", "GET shared_payment"
FAULTS = [(kind, path) for path in (CHARGE, LIMITS) for kind in ("500", "429", "hang", "drop")]
LARGE = b'{"x": "' + b"x" * 5_000_000 + b'"}'


def test_whatever_stripe_does_an_agent_that_asks_again_pays_once(stripe_shop: Store) -> None:
    server, sold = stripe_shop.serve(patience_s=PATIENCE_S), []
    for kind, path in FAULTS:
        session = stripe_shop.ready()
        stripe_shop.desk_at_stripe.break_next(kind, path, seconds=2 * PATIENCE_S)
        first, *_, last = stripe_shop.complete_patiently(server, session)
        assert (first.status, first.code, first.wait_s) == (503, "unavailable", "1"), (kind, path)
        assert (last.status, last.is_replay) == (200, False), (kind, path)
        sold.append(session.id)
    check_books(stripe_shop, sold)


@on_one_database
def test_a_charge_that_stripe_keeps_denying_is_answered_once_its_message_comes(stripe_shop: Store) -> None:
    session, server = stripe_shop.ready(), stripe_shop.serve()
    stripe_shop.desk_at_stripe.break_next("500_kept", CHARGE)
    assert [stripe_shop.complete(server, session).status for _ in range(3)] == [503] * 3
    for told in stripe_shop.desk_at_stripe.events("payment_intent.succeeded"):
        assert stripe_shop.deliver(server, told.body, told.signature) == 200
    assert stripe_shop.complete(server, session).status == 200
    check_books(stripe_shop, [session.id])


@on_one_database
def test_a_single_fault_is_bridged_before_the_agent_hears_of_it(stripe_shop: Store) -> None:
    server, sold = stripe_shop.serve(repeats=2), []
    for kind in ("500", "drop"):
        session = stripe_shop.ready()
        stripe_shop.desk_at_stripe.break_next(kind, CHARGE)
        assert stripe_shop.complete(server, session).status == 200
        sold.append(session.id)
    check_books(stripe_shop, sold)


def signed(body: bytes, *, at: float | str, secret: str = SECRET, scheme: str = "v1") -> str:
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={mac}"


def bad_signatures(body: bytes) -> list[str]:
    now = int(time.time())
    good = signed(body, at=now)
    return [
        "",
        "t=",
        "t=,v1=",
        "v1=" + good.partition("v1=")[2],
        good.partition(",")[0],
        good[:-1],
        good + "0",
        good.replace("v1=", "v0="),
        good.replace(f"t={now}", f"t={now + 1}"),
        good.replace(f"t={now}", "t=now"),
        good.replace(f"t={now}", "t=" + "9" * 400),
        signed(body, at=now - 301),
        signed(body, at=0),
        signed(body, at=-1),
        signed(body, at="nan"),
        signed(body, at=now, secret="whsec_another"),
        signed(body, at=now, scheme="v0"),
        signed(body + b" ", at=now),
        "," * 5000,
        "t=1," + "v1=00," * 1000,
        "\xff\xfe",
    ]


@on_one_database
def test_messages_signed_wrongly_or_too_long_ago_change_nothing(stripe_shop: Store) -> None:
    session, server = stripe_shop.ready(), stripe_shop.serve()
    stripe_shop.desk_at_stripe.break_next("drop", CHARGE)
    assert stripe_shop.complete(server, session).status == 503
    told = stripe_shop.desk_at_stripe.events("payment_intent.succeeded")[-1]
    before = stripe_shop.rows()
    for signature in bad_signatures(told.body):
        assert stripe_shop.deliver(server, told.body, signature) == 403, signature[:60]
    for body in (b"", b"null", b"[]", b"{", b"\xff\xfe", b"7", b'{"x": 1}', b'{"object": "event", "type": 7}'):
        assert stripe_shop.deliver(server, body, signed(body, at=int(time.time()))) == 403, body
    assert stripe_shop.rows() == before
    assert stripe_shop.deliver(server, told.body, told.signature) == 200
    check_books(stripe_shop, [session.id])


@on_one_database
def test_bodies_of_5_mb_are_refused_and_change_nothing(stripe_shop: Store) -> None:
    session, server = stripe_shop.ready(), stripe_shop.serve()
    before = stripe_shop.rows()
    assert stripe_shop.deliver(server, LARGE, "t=1,v1=00") == 403
    assert stripe_shop.deliver(server, LARGE, signed(LARGE, at=int(time.time()))) == 403
    for path in ("/acp/checkout_sessions", f"/acp/checkout_sessions/{session.id}", session.path, "/acp/carts"):
        answer = post_large(stripe_shop, server, path)
        assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large"), path
    assert stripe_shop.rows() == before
    assert stripe_shop.complete(server, session).status == 200
    check_books(stripe_shop, [session.id])


def post_large(shop: Store, server: Server, path: str) -> httpx.Response:
    return shop.wire.post(server.url + path, content=LARGE, headers=shop.headers("large"))


@on_one_database
def test_requests_of_agents_whose_clock_is_wrong_change_nothing(stripe_shop: Store) -> None:
    session, server = stripe_shop.ready(), stripe_shop.serve()
    before = stripe_shop.rows()
    for skew_s in (-86_400, -310, 310, 86_400):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + skew_s))
        headers = stripe_shop.headers(session.key) | {"Timestamp": at}
        answer = stripe_shop.wire.post(server.url + session.path, content=session.body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_timestamp")
    assert stripe_shop.rows() == before
