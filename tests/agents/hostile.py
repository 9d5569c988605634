"""Arguments that no honest client sends, made from each tool's own input schema by a seeded generator."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Document = dict[str, Any]

# Texts that have broken programs: controls, half characters, reversed and invisible writing, markup, query languages.
TEXTS = (
    "", " ", "\0", "a\0b", "\ud800", "\udc00x", "\u202etxt\u202c", "\u200b\u200d\u2066", "\U000e0041", "😀" * 40,
    "é" * 200, "\r\nSet-Cookie: a=b", "x" * 10_000, "\ufffe", "İ", "ß" * 60, "<script>alert(1)</script>", "{{7*7}}",
    "${jndi:x}", "%s%n%x", "../../../etc/passwd", "' OR 1=1 --", '"; DROP TABLE ad; --', "%", "_", "\\", "a* OR b*",
    "NEAR(a b)", '"unclosed', "title:mug", "(", "AND", "-", "^", "mug & !lamp | (x", "NaN", "Infinity", "1e999", "null",
    "none", "under -5 EUR", "size 99999999999999999999", "٣٤٥", "0x10", "=?base64?!!!?=", "ad_", "chk_", "*",
)  # fmt: skip
NUMBERS = (-1, 0, 1, 2**31, 2**63, -(2**63) - 1, 10**30, -0.0, 0.5, 1e308, float("nan"), float("inf"), -float("inf"))
# How a parameter's description names what it takes, and what ids of it begin with.
KINDS = {
    "cart": "cart_", "checkout": "chk_", "order": "ord_", "variant": "var_", "product": "prod_", "film": "ad_",
    "licence": "lic_", "experiment": "exp_",
}  # fmt: skip
ODD: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"a": {}}, [None], "1", 1, 1.5, ["a", 1], {"$ref": "#"})
DEEP = 30
MOST_WORDS, LONGEST = 80, 1000
TRACES = (
    "traceback", 'file "', "error executing tool", "pydantic", "sqlalchemy", "sqlite3", "psycopg", "site-packages",
    "nonetype", " object at 0x",
)  # fmt: skip
NAMED = re.compile(r"\[[a-z][a-z0-9_]*\]$")
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]|<[a-zA-Z/!]"
)


class Forge:
    """Makes arguments of a tool: first ones that fit its schema, then ones that were meddled with."""

    def __init__(self, seed: str, names: Sequence[str]) -> None:
        self.chance, self.names = random.Random(seed), names

    def fitting(self, schema: Any, name: str = "") -> Any:
        """A value that the schema lets pass, with real ids in places that may take one."""
        if not isinstance(schema, dict):
            return None
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        if "anyOf" in schema:
            return self.fitting(self.chance.choice(schema["anyOf"]), name)
        kind = schema.get("type", "object")
        makers: dict[str, Callable[[Document, str], Any]] = {
            "object": self._object, "array": self._array, "string": self._string, "integer": self._number,
            "number": self._number,
        }  # fmt: skip
        if kind == "boolean":
            return self.chance.random() < 0.5
        return makers[kind](schema, name) if kind in makers else None

    def meddled(self, value: Any) -> Any:
        """The value with one thing in it that does not belong there."""
        places = list(_places(value))
        path = self.chance.choice(places)
        return _put(value, path, self.chance.choice((self._odd, self._deep, self._wide, self._added))(_at(value, path)))

    def _object(self, schema: Document, _name: str) -> Document:
        parts = schema.get("properties", {})
        needed = set(schema.get("required", ()))
        return {
            name: self.fitting(part, name)
            for name, part in parts.items()
            if name in needed or self.chance.random() < 0.5
        }

    def _array(self, schema: Document, name: str) -> list[Any]:
        least = schema.get("minItems", 0)
        count = self.chance.randint(least, max(least, 2))
        return [self.fitting(schema.get("items", {"type": "string"}), name) for _ in range(count)]

    def _string(self, schema: Document, name: str) -> str:
        if name == "idempotency-key" or schema.get("minLength", 0) > 1:
            return f"key-of-the-tests-{self.chance.randrange(10**9)}"
        if name == "store":
            return self.chance.choice(("", "", "demo", "other"))
        fitting = [one for one in self.names if one.startswith(_prefixes(schema, name))] or list(self.names)
        plain = self.chance.choice(("mug", "lamp", "", "DE", "en", "10"))
        made = self.chance.choice((self.chance.choice(fitting), self.chance.choice(fitting), plain))
        return made[: schema.get("maxLength", 10_000)]

    def _number(self, schema: Document, _name: str) -> int:
        least, most = schema.get("minimum", 0), schema.get("maximum", 100)
        return self.chance.randint(int(least), int(min(most, least + 100)))

    def _odd(self, _old: Any) -> Any:
        return self.chance.choice(self.chance.choice((TEXTS, NUMBERS, ODD, tuple(self.names))))

    def _deep(self, old: Any) -> Any:
        for _ in range(DEEP):
            old = [old] if self.chance.random() < 0.5 else {"a": old}
        return old

    def _wide(self, old: Any) -> Any:
        return [old] * self.chance.choice((2, 60, 300))

    def _added(self, old: Any) -> Any:
        text = self.chance.choice(TEXTS)
        return {**old, text: old} if isinstance(old, dict) else {text: old}


def bodies(tool: Document, *, seed: str, names: Sequence[str], count: int) -> Iterator[Document]:
    """Arguments for a tool, every third of them honest."""
    forge = Forge(f"{seed} {tool['name']}", names)
    for number in range(count):
        given = forge.fitting(tool["inputSchema"])
        for _ in range(number % 3):
            given = forge.meddled(given)
        yield given if isinstance(given, dict) else {"given": given}


def _prefixes(schema: Document, name: str) -> tuple[str, ...]:
    about = f"{name} {schema.get('description', '')}".lower()
    return tuple(prefix for kind, prefix in KINDS.items() if kind in about or prefix.rstrip("_") in about.split("_"))


def fault_of(words: str, *, is_protocol: bool = False) -> str:
    """What is wrong with a refusal as a reader gets it; empty for a good one."""
    found = [one for one in TRACES if one in words.lower()]
    if found:
        return f"shows {found[0]}"
    if len(words.split()) > MOST_WORDS or len(words) > LONGEST:
        return "is too long"
    if HIDDEN.search(words):
        return "holds what is not seen"
    return "" if is_protocol or NAMED.search(words) else "names no code"


def hidden_in(value: Any, path: str = "$") -> str:
    """The first place of an answer that holds a control, an invisible character or a tag; empty where none does."""
    if isinstance(value, str):
        return path if HIDDEN.search(value) else ""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in parts:
        found = hidden_in(one, f"{path}.{name}")
        if found:
            return found
    return ""


def as_body(method: str, meta: Document, **params: Any) -> bytes:
    """A request as bytes, NaN and halves of characters and all."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta, **params}}).encode()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in parts:
        yield from _places(one, (*path, name))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def _put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    name, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[name] = _put(copy[name], tuple(rest), new)
    return copy
