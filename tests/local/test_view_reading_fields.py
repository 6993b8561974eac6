"""What the viewer shows of the schemas of span types, whatever clients registered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.local.conftest import Http

from prefactor_local import LocalApi
from prefactor_local._view.fields import fields_of
from prefactor_local._view.reading import Reader

UNKNOWN: dict[str, Any] = {"action_profile": {}, "params_data_categories": {}, "result_data_categories": {}}


def test_a_span_type_has_its_fields(api: LocalApi, http: Http) -> None:
    data_risk = {
        **UNKNOWN,
        "params_data_categories": {"classification": "internal", "contact_information": "included"},
        "result_data_categories": {"classification": "confidential"},
    }
    schema = {
        "type": "object",
        "required": ["mail"],
        "properties": {
            "mail": {
                "type": ["string", "null"],
                "title": "Address",
                "format": "email",
                "x-prefactor-data": ["contact_information", "personal_identifiers"],
            },
            "card": {"$ref": "#/$defs/Secret", "description": "Of the customer."},
            "took": {"type": "number", "unit": "ms", "deprecated": True, "enum": [1, 2]},
        },
        "$defs": {"Secret": {"type": "string", "description": "Not shown.", "x-prefactor-redact": True}},
    }
    types = [{"name": "t", "params_schema": schema, "title": "T", "template": "{{ mail }}", "data_risk": data_risk}]
    run = http.started(agent_schema_version={"span_type_schemas": types})
    store = api._current.account.store  # in memory: there is no file to open
    found = Reader(store).run(run)["span_types"]["t"]
    assert found["kind"] is None
    assert (found["title"], found["template"], found["data_risk"]) == ("T", "{{ mail }}", "confidential")
    assert found["result"] == {"": {"type": "object", "data_risk": "confidential"}}
    assert found["params"] == {
        "": {"type": "object", "data_risk": "internal: contact information"},
        "/mail": {
            "title": "Address",
            "format": "email",
            "type": "string or null",
            "required": True,
            "data_risk": "contact information, personal identifiers",
        },
        "/card": {"description": "Of the customer.", "type": "string", "redacted": True},
        "/took": {"type": "number", "unit": "ms", "enum": True, "deprecated": True},
    }


@pytest.mark.parametrize(
    ("schema", "pointers"),
    [
        ({"items": {"title": "T"}}, ["/*"]),
        ({"prefixItems": [{}, {"title": "T"}], "items": {}}, ["/1"]),
        ({"items": [{"title": "T"}], "additionalItems": {"title": "T"}}, ["/0", "/*"]),
        ({"additionalProperties": {"properties": {"a/~": {"title": "T"}}}}, ["/*/a~1~0"]),
        ({"patternProperties": {"^a": {"title": "T"}}, "properties": {"ab": {}, "b": {}}}, ["/ab", "/*"]),
        ({"anyOf": [{"properties": {"a": {"title": "T"}}}, True, {"properties": {"a": {"title": "U"}}}]}, ["/a"]),
        ({"if": {"title": "U"}, "then": {"title": "T"}, "not": {"properties": {"n": {"title": "T"}}}}, [""]),
        ({"allOf": [{"$ref": "#a"}], "$defs": {"A": {"$anchor": "a", "title": "T"}}}, [""]),
        ({"$ref": "other#/$defs/B", "$defs": {"O": {"$id": "other", "$defs": {"B": {"title": "T"}}}}}, [""]),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A", "title": "T"}}}, [""]),
        ({"properties": {"a": {"$ref": "#"}}, "title": "T"}, ["", "/a", "/a/a", "/a/a/a"]),
        ({"properties": 1, "items": "x", "allOf": {}, "$ref": [], "required": {}, "type": 1, "title": "T"}, [""]),
        ({"$ref": "http://[", "$id": "http://[", "patternProperties": {"(": {}}, "title": "T"}, [""]),
        (True, []),
        (["title"], []),
    ],
)
def test_keywords_that_lead_to_fields(schema: Any, pointers: list[str]) -> None:
    assert [pointer for pointer, info in fields_of(schema).items() if info.get("title") == "T"] == pointers


def test_large_schemas_end() -> None:
    names = [f"p{number}" for number in range(30)]
    recursive: dict[str, Any] = {"properties": {name: {"$ref": f"#/$defs/{name}"} for name in names}}
    found = fields_of({**recursive, "$defs": dict.fromkeys(names, recursive)})
    assert len(found) == 2_000
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"properties": {"a": deep}}
    assert len(fields_of(deep)) == 33
    branching: dict[str, Any] = {"title": "T"}
    for _ in range(40):
        branching = {"allOf": [branching, branching]}
    assert fields_of(branching)[""]["title"] == "T"
