"""Placements as a file: dated YAML, checked against its JSON Schema, read into Placements."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from adengine.core.errors import TemplateInvalid
from adengine.core.placement import Placement, placement_from


def load(path: Path) -> dict[str, Placement]:
    """Return the file's placements by name; an unusable file raises TemplateInvalid with the place of the fault.

    The JSON Schema lies beside the file, as `<name>.schema.json`.
    """
    schema = Draft202012Validator(json.loads(path.with_suffix(".schema.json").read_text(encoding="utf-8")))
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateInvalid(f"{path.name}: is no YAML that can be read: {error}") from error
    wrong = min(schema.iter_errors(mapping), key=lambda error: list(map(str, error.absolute_path)), default=None)
    if wrong:
        raise TemplateInvalid(f"{path.name}: {wrong.json_path.removeprefix('$.')}: {wrong.message}")
    return {name: placement_from(part, name) for name, part in mapping["placements"].items()}
