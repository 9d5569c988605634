"""Equality of JSON bodies by meaning: what may differ, what must not, and what is no JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.canonical import DEEPEST, LARGEST_BYTES, digest, signable
from adengine.core.errors import Invalid, TooLarge

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


def meant_alike(one: str, other: str) -> bool:
    return digest(one.encode()) == digest(other.encode())


def turned_round(body: Any) -> Any:
    """The same body with every object's names in the opposite order."""
    match body:
        case dict():
            return {name: turned_round(body[name]) for name in reversed(body)}
        case list():
            return [turned_round(one) for one in body]
        case _:
            return body


def kinds_told_apart(body: Any) -> Any:
    """The same body where true is no longer equal to 1, as it is in Python."""
    match body:
        case dict():
            return {name: kinds_told_apart(value) for name, value in body.items()}
        case list():
            return [kinds_told_apart(one) for one in body]
        case bool():
            return ("bool", body)
        case int() | float():
            return ("number", Decimal(repr(body)))
        case _:
            return body


@given(BODIES)
def test_order_of_keys_whitespace_and_escapes_do_not_count(body: Any) -> None:
    plain = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    airy = json.dumps(turned_round(body), ensure_ascii=False, indent=3)
    if not any("\ud800" <= letter <= "\udfff" for letter in airy):
        assert meant_alike(plain, airy)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.integers(0, 9))
def test_a_number_is_the_same_however_it_is_written(number: Decimal, zeros: int) -> None:
    written = f"{number:f}"
    assert meant_alike(written, f"{written}{'0' * zeros}")
    assert meant_alike(written, f"{number:e}")


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_alike_exactly_when_they_are_equal(one: Decimal, other: Decimal) -> None:
    assert meant_alike(f"{one:e}", f"{other:e}") == (one == other)


@given(BODIES, BODIES)
def test_bodies_are_alike_exactly_when_they_are_equal(one: Any, other: Any) -> None:
    assert meant_alike(json.dumps(one), json.dumps(other)) == (kinds_told_apart(one) == kinds_told_apart(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1}', '{"a": 1.0}'),
        ('{"a": 100}', '{"a": 1e2}'),
        ('{"a": 0}', '{"a": -0.0}'),
        ('{"a": 12345678901234567890123456789012345678901}', '{"a": 12345678901234567890123456789012345678901.000}'),
        ('{"a": "\\u00e9"}', '{"a": "é"}'),
        ('{"a": 1, "b": 2}', ' {"b":2,\n"a":1} '),
    ],
)
def test_these_mean_the_same(one: str, other: str) -> None:
    assert meant_alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": null}', "{}"),
        ("[1, 2]", "[2, 1]"),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": 1}', '{"a": true}'),
        ('{"a": 0}', '{"a": false}'),
        ('{"a": -1}', '{"a": 1}'),
        ('{"a": 1}', '{"a": 10}'),
        ('{"a": 12345678901234567890123456789012345678901}', '{"a": 12345678901234567890123456789012345678902}'),
        ("[[1], 2]", "[1, [2]]"),
        ('{"a": "1e0"}', '{"a": 1}'),
        ("[]", "{}"),
    ],
)
def test_these_do_not(one: str, other: str) -> None:
    assert not meant_alike(one, other)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 1}',
        b'{"b": {"a": 1, "a": 2}}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"01",
        b"[1e9999999999999]",
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b"[" * 400_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_clear_json_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        digest(body)
    assert len(refused.value.message) < 100


def test_the_deepest_and_the_longest_number_that_are_taken() -> None:
    assert digest(b"[" * DEEPEST + b"]" * DEEPEST)
    assert digest(b"9" * 100_000) != digest(b"9" * 99_999)


def test_a_body_over_the_limit_is_refused_as_too_large() -> None:
    assert digest(b'"' + b"x" * (LARGEST_BYTES - 2) + b'"')
    with pytest.raises(TooLarge):
        digest(b'"' + b"x" * LARGEST_BYTES + b'"')


def test_a_refusal_does_not_quote_the_body() -> None:
    with pytest.raises(Invalid) as refused:
        digest(b'{"token": "spt_secret" oops}')
    assert "spt_secret" not in refused.value.message


def test_what_is_signed_is_written_in_one_way_only() -> None:
    record = {"b": 1, "a": ["ü", None, True, -3], "c": {"z": "", "y": ()}}
    assert signable(record) == '{"a":["ü",null,true,-3],"b":1,"c":{"y":[],"z":""}}'.encode()
    assert signable(dict(reversed(record.items()))) == signable(record)


@pytest.mark.parametrize("value", [0.5, 2**53, float("nan"), b"x", {1: "x"}, {"ü": 1}, "\ud800", object()])
def test_what_others_may_write_differently_is_not_signed(value: object) -> None:
    with pytest.raises(Invalid):
        signable({"a": value})


def test_a_record_nested_too_deep_is_not_signed() -> None:
    deep: object = "x"
    for _ in range(DEEPEST):
        deep = [deep]
    with pytest.raises(Invalid, match="deeper"):
        signable({"a": deep})
