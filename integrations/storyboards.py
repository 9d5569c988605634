"""Film templates as files: a folder of YAML, checked against its JSON Schema, read into Templates."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from adengine.core.errors import TemplateInvalid
from adengine.core.template import Template, template_from


def load(folder: Path) -> dict[str, Template]:
    """Return the folder's templates by name; an unusable one raises TemplateInvalid with file and path."""
    schema = Draft202012Validator(json.loads((folder / "schema.json").read_text(encoding="utf-8")))
    return {path.stem: _read(path, schema) for path in sorted(folder.glob("*.yaml"))}


def _read(path: Path, schema: Draft202012Validator) -> Template:
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateInvalid(f"{path.name}: is no YAML that can be read: {error}") from error
    wrong = min(schema.iter_errors(mapping), key=lambda error: list(map(str, error.absolute_path)), default=None)
    if wrong:
        raise TemplateInvalid(f"{path.name}: {wrong.json_path.removeprefix('$.')}: {wrong.message}")
    return template_from(mapping, path.stem)
