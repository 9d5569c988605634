"""Reading the mappings of template and style files field by field: what was not asked for is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from adengine.core.errors import TemplateInvalid


class Reader:
    """One mapping of a file; every failure raises TemplateInvalid with the file's name and the field's path."""

    def __init__(self, mapping: object, name: str, path: str = "") -> None:
        self.name, self.path = name, path
        if not is_mapping(mapping):
            raise TemplateInvalid(f"{name}: {path or 'file'}: must be a mapping of fields")
        self._left = dict(mapping)

    def fail(self, field: str, reason: str) -> TemplateInvalid:
        return TemplateInvalid(f"{self.name}: {self.path}{field}: {reason}")

    def take(self, field: str, default: object = None) -> object:
        value = self._left.pop(field, default)
        if value is None:
            raise self.fail(field, "is missing")
        return value

    def text(self, field: str, default: str | None = None) -> str:
        value = self.take(field, default)
        if not isinstance(value, str):
            raise self.fail(field, "must be text")
        return value

    def choice(self, field: str, among: Sequence[str], default: str | None = None) -> str:
        value = self.text(field, default)
        if value not in among:
            raise self.fail(field, f"'{value}' is unknown; choose one of {', '.join(among)}")
        return value

    def number(self, field: str, default: float | None = None, *, least: float = 1e-9) -> float:
        value = self.take(field, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            raise self.fail(field, "must be a number above 0" if 0 < least < 1e-6 else f"must be at least {least:g}")
        return float(value)

    def flag(self, field: str, *, default: bool = False) -> bool:
        value = self.take(field, default)
        if not isinstance(value, bool):
            raise self.fail(field, "must be true or false")
        return value

    def part(self, field: str) -> Reader:
        return Reader(self.take(field), self.name, f"{self.path}{field}.")

    def parts(self, field: str, default: object = None) -> Iterator[Reader]:
        for place, part in enumerate(self.items(field, default)):
            yield Reader(part, self.name, f"{self.path}{field}[{place}].")

    def named(self, field: str) -> Iterator[tuple[str, Reader]]:
        """Yield the mappings of a mapping with their names, in the file's order."""
        value = self.take(field)
        if not is_mapping(value):
            raise self.fail(field, "must be a mapping")
        for name, part in value.items():
            yield str(name), Reader(part, self.name, f"{self.path}{field}.{name}.")

    def items(self, field: str, default: object = None) -> Sequence[object]:
        value = self.take(field, default)
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.fail(field, "must be a list")
        return value

    def texts(self, field: str, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a list of words, each `among` the known ones."""
        for value in (values := self.items(field, ())):
            if not isinstance(value, str) or (among is not None and value not in among):
                raise self.fail(field, f"'{value}' is unknown; known are {', '.join(among or ())}")
        return tuple(str(value) for value in values)

    def finish(self, *ignored: str) -> None:
        unknown = sorted(str(field) for field in set(self._left) - set(ignored))
        if unknown:
            raise self.fail(unknown[0], "is not a field of this file")


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)
