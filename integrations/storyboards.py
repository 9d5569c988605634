"""Film templates and styles as files: folders of YAML, checked against their JSON Schemas, read into values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import yaml
from jsonschema import Draft202012Validator

from adengine.core.errors import TemplateInvalid
from adengine.core.reading import Reader, is_mapping
from adengine.core.style import Style, style_from
from adengine.core.template import Scene, Template, Words, scene_from, template_from, words_from

Read = TypeVar("Read")
# PyYAML's own wheels hold libyaml, which reads several times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(folder: Path) -> dict[str, Template]:
    """Return the folder's templates by name; an unusable one raises TemplateInvalid with file and path.

    Its folder `words` holds the phrases of a language a file, `shared/scenes.yaml` what longer films may take.
    """
    words = {path.stem: words_from(_mapping(path), path.stem) for path in sorted(folder.glob("words/*.yaml"))}
    shared = {name: scene for path in sorted(folder.glob("shared/*.yaml")) for name, scene in _scenes(path, words)}
    return _load(folder, partial(template_from, words=words, shared=shared))


def load_styles(folder: Path) -> dict[str, Style]:
    """Return the folder's styles by name; an unusable one raises TemplateInvalid with file and path."""
    return _load(folder, style_from)


def _load(folder: Path, read: Callable[[Mapping[str, object], str], Read]) -> dict[str, Read]:
    schema = Draft202012Validator(json.loads((folder / "schema.json").read_text(encoding="utf-8")))
    return {path.stem: read(_checked(path, schema), path.stem) for path in sorted(folder.glob("*.yaml"))}


def _scenes(path: Path, words: Words) -> Iterator[tuple[str, Scene]]:
    for name, mapping in _mapping(path).items():
        yield name, scene_from(Reader(mapping, path.name, f"{name}."), words)


def _checked(path: Path, schema: Draft202012Validator) -> Mapping[str, object]:
    mapping = _mapping(path)
    wrong = min(schema.iter_errors(mapping), key=lambda error: list(map(str, error.absolute_path)), default=None)
    if wrong:
        raise TemplateInvalid(f"{path.name}: {wrong.json_path.removeprefix('$.')}: {wrong.message}")
    return mapping


def _mapping(path: Path) -> Mapping[str, object]:
    try:
        mapping = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506  both are safe loaders
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateInvalid(f"{path.name}: is no YAML that can be read: {error}") from error
    if not is_mapping(mapping):
        raise TemplateInvalid(f"{path.name}: file: must be a mapping of fields")
    return mapping
