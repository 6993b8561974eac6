"""A change of the declared data risk, or of what is redacted, is reported with its rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prefactor_gen.comparison.changes import Change
from prefactor_gen.comparison.data_risk import data_risk_changes
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.json_schema import payload_locations
from prefactor_gen.pipeline.resolved_definitions import definitions_of

SECRET = {"type": "string", "x-prefactor-redact": True}
PLAIN = {"type": "string"}


def definitions(**content: Any) -> Definitions:
    document = Document("spans.yaml", from_python(content, Place("spans.yaml")))
    found, diagnostics = definitions_of([document], SchemaFiles(Path(), [document], ReferenceSettings(Path())))
    assert not diagnostics
    return found


def span_type(risk: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"name": "a:b", "params_schema": {}, "data_risk": risk, **more}


def compared(old: dict[str, Any] | None, new: dict[str, Any]) -> list[Change]:
    after = definitions(span_type_schemas=[new]).span_types[0]
    before = None if old is None else definitions(span_type_schemas=[old]).span_types[0]
    return list(data_risk_changes(before, after))


def lines(found: list[Change]) -> list[str]:
    return [f"{each.severity} {each.identity}: {each.message}" for each in found]


def risk(section: str, **words: str) -> dict[str, Any]:
    sections: dict[str, dict[str, str]] = {
        "action_profile": {"read_data": "allowed"},
        "params_data_categories": {},
        "result_data_categories": {},
    }
    return {**sections, section: {**sections[section], **words}}


PARAMS, RESULT, ACTIONS = "params_data_categories", "result_data_categories", "action_profile"
CHANGES = {
    "included": (PARAMS, "minors_data", "excluded", "included", "error PD501 a:b params minors_data"),
    "now-known": (RESULT, "minors_data", "unknown", "included", "warning PD501 a:b result minors_data"),
    "allowed": (ACTIONS, "destroy_data", "disallowed", "allowed", "error PD502 a:b destroy_data"),
    "raised": (PARAMS, "classification", "public", "secret", "error PD503 a:b params classification"),
    "lost": (PARAMS, "minors_data", "excluded", "unknown", "warning PD505 a:b params minors_data"),
    "not-included": (PARAMS, "minors_data", "included", "excluded", "note PD506 a:b params minors_data"),
    "not-allowed": (ACTIONS, "destroy_data", "allowed", "disallowed", "note PD506 a:b destroy_data"),
    "lowered": (RESULT, "classification", "secret", "internal", "note PD506 a:b result classification"),
    "now-known-to-be-none": (PARAMS, "minors_data", "unknown", "excluded", ""),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_of_one_word(case: str) -> None:
    section, key, before, after, expected = CHANGES[case]
    found = compared(span_type(risk(section, **{key: before})), span_type(risk(section, **{key: after})))
    assert lines(found) == ([f"{expected}: {before} became {after}"] if expected else [])
    if expected:
        assert (found[0].old, found[0].new) == (before, after)
        assert found[0].place.pointer == f"/span_type_schemas/0/data_risk/{section}/{key}"


def test_a_definition_that_declares_nothing() -> None:
    said, unsaid = span_type(risk(PARAMS, minors_data="included")), span_type()
    assert lines(compared(None, unsaid)) == ["warning PD505 a:b: data_risk says nothing"]
    assert lines(compared(said, unsaid)) == ["warning PD505 a:b: data_risk says nothing any more"]
    assert lines(compared(None, said)) == []
    assert lines(compared(unsaid, unsaid)) == []


def test_a_word_that_the_api_does_not_know_counts_as_unknown() -> None:
    old = span_type({"action_profile": {"read_data": "maybe"}, "params_data_categories": 5})
    assert lines(compared(old, span_type(risk(ACTIONS)))) == ["warning PD502 a:b read_data: unknown became allowed"]


def test_a_quality_schema() -> None:
    sides = [
        definitions(quality_schemas=[{"name": "rating", "schema": {}, "data_risk": risk(PARAMS, minors_data=word)}])
        for word in ("excluded", "included")
    ]
    found = list(data_risk_changes(sides[0].quality[0], sides[1].quality[0]))
    assert lines(found) == ["error PD501 rating quality params_data_categories.minors_data: excluded became included"]


UNREDACTED = {
    "member": ({"properties": {"key": SECRET}}, {"properties": {"key": PLAIN}}, ["key"]),
    "unchanged": (
        {"properties": {"key": SECRET}},
        {"properties": {"key": {"$ref": "#/$defs/s"}}, "$defs": {"s": SECRET}},
        [],
    ),
    "gone": ({"properties": {"key": SECRET}}, {"properties": {"other": PLAIN}}, []),
    "renamed": (
        {"properties": {"key": SECRET}},
        {"properties": {"token": {**PLAIN, "x-prefactor-renamed-from": "key"}}},
        ["token"],
    ),
    "parent-is-redacted": (
        {"properties": {"login": {"properties": {"key": SECRET}}}},
        {"properties": {"login": {"properties": {"key": PLAIN}, "x-prefactor-redact": True}}},
        [],
    ),
    "parent-was-redacted": (
        {"properties": {"login": {"x-prefactor-redact": True}}},
        {"properties": {"login": {"properties": {"key": SECRET, "id": PLAIN}}}},
        ["login"],
    ),
    "by-pattern": ({"patternProperties": {"^key": SECRET}}, {"properties": {"key_1": PLAIN}}, ["key_1"]),
    "other-pattern": ({"patternProperties": {"^key": SECRET}}, {"patternProperties": {"y$": PLAIN}}, ["*"]),
    "same-patterns": (
        {"patternProperties": {"^key": SECRET, "y$": PLAIN}},
        {"patternProperties": {"y$": PLAIN, "^key": SECRET}},
        [],
    ),
    "only-some-of-the-others": (
        {"additionalProperties": SECRET},
        {"additionalProperties": PLAIN, "patternProperties": {"^key": SECRET}},
        ["*"],
    ),
    "evaluated-now": (
        {"properties": {"key": SECRET}},
        {"patternProperties": {"^key": PLAIN}, "unevaluatedProperties": SECRET},
        ["key"],
    ),
    "now-a-map": ({"properties": {"key": SECRET}}, {"additionalProperties": PLAIN}, ["key"]),
    "items": (
        {"properties": {"keys": {"items": SECRET}}},
        {"properties": {"keys": {"prefixItems": [PLAIN], "items": SECRET}}},
        ["keys[0]"],
    ),
    "all-of": (
        {"allOf": [{"properties": {"key": SECRET}}, {"properties": {"key": PLAIN}}]},
        {"allOf": [{"properties": {"key": PLAIN}}]},
        ["key"],
    ),
    # One definition stands for two members. The second is not the same on both sides.
    "shared": (
        {
            "properties": {"a": {"$ref": "#/$defs/s"}, "b": {"$ref": "#/$defs/s"}},
            "$defs": {"s": {"properties": {"key": SECRET}}},
        },
        {
            "properties": {"a": {"$ref": "#/$defs/s"}, "b": {"properties": {"key": PLAIN}}},
            "$defs": {"s": {"properties": {"key": SECRET}}},
        },
        ["b.key"],
    ),
    "recursive": (
        {"properties": {"next": {"$ref": "#"}, "key": SECRET}},
        {"properties": {"next": {"$ref": "#"}, "key": PLAIN}},
        ["key"],
    ),
}


@pytest.mark.parametrize("case", UNREDACTED)
def test_what_is_no_longer_redacted(case: str) -> None:
    old, new, paths = UNREDACTED[case]
    for part, key in (("params", "params_schema"), ("result", "result_schema")):
        found = compared({**span_type(), key: old}, {**span_type(), key: new})
        expected = [f"error PD504 a:b {part} {path}: is not redacted any more" for path in paths]
        assert lines(found) == expected


def test_schemas_that_are_too_large_to_compare_are_not_said_to_be_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload_locations, "_MAX_SCHEMAS", 1_000)
    options = {"anyOf": [{"$ref": f"#/$defs/o{number}"} for number in range(70)]}
    schema = {
        "properties": {f"p{number}": {"$ref": "#/$defs/any"} for number in range(70)},
        "$defs": {"any": options, "o0": SECRET, **{f"o{number}": {} for number in range(1, 70)}},
    }
    found = compared(span_type(params_schema=schema), span_type(params_schema=schema))
    assert lines(found) == [
        "error PD220 a:b params: whether everything is still redacted is not known: the values of a payload have more "
        "than 1,000 schemas together; describe fewer"
    ]
