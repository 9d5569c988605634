"""What a JSON text means: two texts that mean the same have the same digest, however they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from adengine.core.errors import Invalid, TooLarge

LARGEST_BYTES = 1_000_000
DEEPEST = 64
LONGEST_EXPONENT = 12


@dataclass(frozen=True)
class Number:
    """A JSON number of any size, `digits` without leading or trailing zeros times ten to the `exponent`."""

    digits: str
    exponent: int
    is_negative: bool

    def __str__(self) -> str:
        return f"{'-' * self.is_negative}{self.digits}e{self.exponent}"


Meant = str | bool | None | Number | list["Meant"] | dict[str, "Meant"]


def digest(body: bytes) -> str:
    """The SHA-256 of what a JSON body means: the order of keys and whitespace do not count, and 1.0 is 1.

    Lists are ordered, and null is not the same as absent. Raises Invalid for what is no JSON, says a name twice or is
    nested too deep, and TooLarge.
    """
    if len(body) > LARGEST_BYTES:
        raise TooLarge(f"the body is larger than {LARGEST_BYTES // 1000} kB; send less")
    return sha256(_written(_read(body), DEEPEST).encode()).hexdigest()


def signable(record: Mapping[str, object]) -> bytes:
    """The one way to write a record before it is signed: JSON as RFC 8785 has it.

    Only text, whole numbers within 2**53, true, false, null, and lists and objects of them, whose names are ASCII;
    raises Invalid for anything else, since other languages would write it differently.
    """
    _need_signable(record, DEEPEST)
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _need_signable(value: object, depth: int) -> None:
    match value:
        case dict() | list() | tuple() if depth == 0:
            raise _too_deep()
        case dict():
            if not all(isinstance(name, str) and name.isascii() for name in value):
                raise Invalid("the names in a signed record are ASCII text; send the record as it was answered")
            for one in value.values():
                _need_signable(one, depth - 1)
        case list() | tuple():
            for one in value:
                _need_signable(one, depth - 1)
        case str():
            if any("\ud800" <= char <= "\udfff" for char in value):
                raise Invalid("a text of the record is no Unicode; send the record as it was answered")
        case bool() | None:
            return
        case int() if abs(value) < 2**53:
            return
        case _:
            raise Invalid("a signed record holds text, whole numbers, true, false and null only")


def _read(body: bytes) -> Meant:
    try:
        read: Meant = json.loads(
            body.decode("utf-8"),
            parse_int=_number,
            parse_float=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_no_name_twice,
        )
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # of JSON and of UTF-8 alike; its words would quote the body
        raise Invalid("the body is no JSON in UTF-8; check it with a JSON parser") from None
    return read


def _written(meant: Meant, depth: int) -> str:
    match meant:
        case dict() | list() if depth == 0:
            raise _too_deep()
        case dict():
            named = (f"{json.dumps(name)}:{_written(meant[name], depth - 1)}" for name in sorted(meant))
            return "{" + ",".join(named) + "}"
        case list():
            return "[" + ",".join(_written(one, depth - 1) for one in meant) + "]"
        case Number():
            return str(meant)
        case _:
            return json.dumps(meant)


def _number(text: str) -> Number:
    mantissa, _, power = text.lower().partition("e")
    whole, _, part = mantissa.removeprefix("-").partition(".")
    if len(power) > LONGEST_EXPONENT:  # int() of a long text takes long, and no price is that large
        raise Invalid("the body holds a number beyond all measure")
    digits = (whole + part).lstrip("0")
    short = digits.rstrip("0")
    if not short:
        return Number("0", 0, is_negative=False)
    return Number(short, int(power or 0) - len(part) + len(digits) - len(short), mantissa.startswith("-"))


def _no_constant(text: str) -> NoReturn:
    raise Invalid(f"{text} is no JSON; leave the value out or write a number")


def _no_name_twice(pairs: list[tuple[str, Meant]]) -> dict[str, Meant]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise Invalid("the body says a name twice in one object; say each once")
    return named


def _too_deep() -> Invalid:
    return Invalid(f"the body is nested deeper than {DEEPEST} levels")
