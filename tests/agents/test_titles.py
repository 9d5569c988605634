"""Schemas as agents are shown them: without titles that only say a field's name again."""

from __future__ import annotations

from adengine.agents.listing import without_titles


def test_titles_go_and_fields_of_that_name_and_data_stay() -> None:
    schema = {
        "title": "search_adsArguments",
        "type": "object",
        "properties": {
            "title": {"title": "Title", "type": "string", "default": {"title": "kept"}},
            "sizes": {"items": {"title": "Size", "enum": ["title"]}, "title": "Sizes", "type": "array"},
        },
        "$defs": {
            "One": {"anyOf": [{"title": "Either", "const": {"title": "kept"}}, {"type": "null"}], "title": "One"}
        },
        "required": ["title"],
    }
    assert without_titles(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "default": {"title": "kept"}},
            "sizes": {"items": {"enum": ["title"]}, "type": "array"},
        },
        "$defs": {"One": {"anyOf": [{"const": {"title": "kept"}}, {"type": "null"}]}},
        "required": ["title"],
    }
