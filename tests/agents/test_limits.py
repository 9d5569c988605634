"""How large, how deep and how often: turned away in words, before anything hurts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adengine.agents.limits import DEEPEST, MOST_KEYS, Buckets, Rates, Turned, address_of, need_shallow
from adengine.engine import SYSTEM, AdEngine
from adengine.services import merchants
from adengine.settings import Settings
from tests.agents.wire import Wire, headers_of, request, words
from tests.conftest import Desk

LIST = request("tools/list")


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(engine: AdEngine, **settings: str) -> Wire:
    engine.settings = replace(engine.settings, **settings)
    return Wire(engine)


def test_a_bucket_gives_a_minutes_worth_and_refills_by_the_second() -> None:
    watch = Watch()
    bucket = Buckets(60, watch)
    assert [bucket.take("a") for _ in range(60)] == [0.0] * 60
    assert bucket.take("a") == pytest.approx(1.0)
    assert bucket.take("b") == 0.0
    watch.now = 0.5
    assert bucket.take("a") == pytest.approx(0.5)
    watch.now = 1.0
    assert bucket.take("a") == 0.0


def test_no_limit_is_no_limit() -> None:
    bucket = Buckets(0, Watch())
    assert {bucket.take("a") for _ in range(10_000)} == {0.0}


def test_buckets_forget_the_least_used_keys() -> None:
    bucket = Buckets(1, Watch())
    for number in range(MOST_KEYS + 5):
        bucket.take(str(number))
    assert "0" not in bucket
    assert str(MOST_KEYS + 4) in bucket


def test_tokens_found_valid_count_by_themselves_and_made_up_ones_for_their_address() -> None:
    rates = Rates(Settings(agent_requests_per_minute="3", anonymous_requests_per_minute="2"), Watch())
    for _ in range(3):
        rates.admit("valid", "1.1.1.1")
        rates.found_valid("valid", "1.1.1.1")
    with pytest.raises(Turned, match="3 requests a minute are served to one token; wait 20 s"):
        rates.admit("valid", "1.1.1.1")
    rates.admit("made up", "1.1.1.1")
    rates.admit("made up too", "1.1.1.1")
    with pytest.raises(Turned, match="one address"):
        rates.admit("made up again", "1.1.1.1")
    rates.admit("", "2.2.2.2")


@pytest.mark.parametrize(
    ("client", "key"),
    [
        (("203.0.113.9", 1), "203.0.113.9"),
        (("2001:db8:1:2:3::4", 1), "2001:db8:1:2::/64"),
        (("::ffff:203.0.113.9", 1), "203.0.113.9"),
        (("2001:db8::1%eth0", 1), "2001:db8::/64"),
        (("203.0.113.9:4711", 1), "203.0.113.9:4711"),
        (("a:" * 100, 1), ("a:" * 100)[:64]),
        (None, ""),
    ],
)
def test_a_household_is_one_address(client: tuple[str, int] | None, key: str) -> None:
    assert address_of({"client": client}) == key


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEPEST + b"]" * DEEPEST,
        b"[" + b"{}," * 50_000 + b"{}]",
        b'["' + b"[{" * 50_000 + b'"]',
        b'{"a\\"[": [' + b'"\\\\", [],' * 200 + b"1]}",
        b'["' + b'\\"[' * 100_000,
    ],
)
def test_wide_bodies_and_brackets_in_texts_are_not_deep(body: bytes) -> None:
    need_shallow(body)


@pytest.mark.parametrize("body", [b"[" * 65, b"[" * 100_000, b'{"a":' * 100_000, b'["\\\\"' + b",[" * 200])
def test_deep_bodies_are_turned_away(body: bytes) -> None:
    with pytest.raises(Turned, match="deeper than 64 levels"):
        need_shallow(body)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/mcp", "/acp/mcp"])
@pytest.mark.parametrize("revision", ["2026-07-28", "2025-11-25"])
def test_what_no_parser_should_see_gets_a_400_in_words(engine: AdEngine, desk: Desk, path: str, revision: str) -> None:
    headers = headers_of(LIST) | {"MCP-Protocol-Version": revision}
    deep = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answers = Wire(engine, path).sent(
        [
            (deep, headers),
            (b"[" * 100_000, headers),
            (b"{", headers),
            (b"\xff\xfe", headers),
            (b"", headers),
            (b"1" * 10_000, headers),
            (b'"\\ud800"', headers),
        ]
    )
    assert {answer.status_code for answer in answers} == {400}
    for answer in answers:
        assert answer.json()["error"]["message"]
        assert "Traceback" not in answer.text
    assert "deeper than 64 levels" in words(answers[0])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_half_of_a_character_is_turned_away_and_whole_ones_are_not(engine: AdEngine, desk: Desk) -> None:
    half = request("prompts/get", name="shop_by_video", arguments={"need": "\ud83d"})
    whole = request("prompts/get", name="shop_by_video", arguments={"need": "\U0001f600"})
    assert b"ud83d" in half
    assert b"ud83d" in whole
    answers = Wire(engine).sent([(half, headers_of(half)), (whole, headers_of(whole))])
    assert [answer.status_code for answer in answers] == [400, 200]
    assert words(answers[0]) == "a text holds half of a character; send it as valid Unicode"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bodies_over_the_limit_are_refused_whether_or_not_they_say_so(engine: AdEngine, desk: Desk) -> None:
    body = request("tools/list", padding="x" * 3000)
    wire = limited(engine, agent_body_kb="2")
    answer = wire.post(body, headers_of(body))
    assert answer.status_code == 413
    assert words(answer) == "the body is larger than 2 KB; send less at once"
    lied = wire.post(body, headers_of(body) | {"Content-Length": "10"})
    assert lied.status_code == 413
    assert wire.post(LIST, headers_of(LIST)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_calls_too_often_is_told_when_to_call_again(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, desk.shop, kind="agent")
    wire = limited(engine, anonymous_requests_per_minute="2", agent_requests_per_minute="3")
    anonymous, known = headers_of(LIST), headers_of(LIST, token)
    answers = wire.sent([(LIST, anonymous)] * 3 + [(LIST, known)] * 4)
    # A new token counts for its address until it is found valid; that address had spent what it has.
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429, 429, 429]
    answers = wire.sent([(LIST, known)] * 4 + [(LIST, anonymous)] * 3)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200, 200, 429]
    refused = answers[3]
    assert refused.json()["id"] is None
    assert "3 requests a minute are served to one token; wait" in words(refused)
    assert 15 <= int(refused.headers["retry-after"]) <= 20


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_header_with_blanks_around_its_value_is_read(engine: AdEngine, desk: Desk) -> None:
    body = request("tools/call", name="get_order", arguments={"order_id": "ord_none"})
    answer = Wire(engine).post(body, headers_of(body) | {"Mcp-Name": " get_order "})
    assert json.loads(answer.content)["id"] == 1
