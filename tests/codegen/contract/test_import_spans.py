"""`prefactor-gen import spans`: the types of recorded payloads become span types, and none of the values."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from tests.codegen.support import Project, Result


def span(payload: object, result: object = None, *, name: str = "shop:order", **more: object) -> dict[str, object]:
    return {"schema_name": name, "status": "complete", "payload": payload, "result_payload": result, **more}


class Spans:
    """Imports spans from `spans.jsonl`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.configure()

    def run(self, *spans: object, options: tuple[str, ...] = ()) -> Result:
        lines = [each if isinstance(each, str) else json.dumps(each) for each in spans]
        self.project.write("spans.jsonl", "\n".join(lines) + "\n")
        return self.project.run("import", "spans", "spans.jsonl", *options)

    def text(self) -> str:
        return (self.project.root / "schemas/imported/spans.yaml").read_text("utf-8")

    def params(self, *payloads: object, options: tuple[str, ...] = ()) -> Any:
        """The schema that payloads become; what does not compile would be an error."""
        result = self.run(*map(span, payloads), options=options)
        assert result.code == 0, result
        return yaml.safe_load(self.text())["span_type_schemas"][0]["params_schema"]


@pytest.fixture
def spans(project: Project) -> Spans:
    return Spans(project)


def test_span_types_of_recorded_spans(spans: Spans) -> None:
    """The result is that of complete spans: a failed one has its error there."""
    result = spans.run(
        *[span({"id": number, "note": "n"}, {"ok": True}, schema_title="Order") for number in range(20)],
        span({"id": 1.5}, {"error": "late"}, status="failed"),
        span({"query": "shoes"}, name="shop:search", status="active"),
        span({"value": 1}, name="prefactor:quality"),
    )
    assert result.out.splitlines() == [
        "22 spans of spans.jsonl: 2 span types → schemas/imported/spans.yaml",
        "  warning shop:search: no complete span: the result is not described",
        "  note 1 span of the platform itself (prefactor:…), left out",
        "  note shop:search: 1 span; it takes 20 to say what is required",
    ]
    order, search = yaml.safe_load(spans.text())["span_type_schemas"]
    assert order == {
        "name": "shop:order",
        "title": "Order",
        "params_schema": {
            "type": "object",
            "properties": {"id": {"type": "number"}, "note": {"type": "string"}},
            "required": ["id"],
        },
        "result_schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]},
    }
    assert search == {
        "name": "shop:search",
        "params_schema": {"type": "object", "properties": {"query": {"type": "string"}}},
    }


def test_types_are_merged(spans: Spans) -> None:
    params = spans.params({"a": 1.0, "b": [1, None], "c": {"d": "x"}}, {"a": "x", "b": [{"e": []}], "c": None})
    assert params["properties"] == {
        "a": {"type": ["number", "string"]},
        "b": {"type": "array", "items": {"type": ["null", "integer", "object"], "properties": {"e": {"type": "array", "items": {}}}}},  # noqa: E501
        "c": {"type": ["null", "object"], "properties": {"d": {"type": "string"}}},
    }  # fmt: skip


SECRET = "hunter2"
KEYS = [
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "0123456789abcdef", "10042", "order-20261", "ann@example.com", "/home/ann",
    "Ann Smith", "2026-11-28", "", "x" * 100, "a\nb", "aK3x9Lq0Pz71mMn2",
]  # fmt: skip


def test_no_value_is_written(spans: Spans) -> None:
    """Neither texts, nor numbers, nor keys that are data: those become a map."""
    payloads = [{"text": SECRET, "of": {key: 424242}, "list": [SECRET]} for key in KEYS]
    params = spans.params(*payloads)
    assert params["properties"]["of"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert not [value for value in (SECRET, "424242", *filter(None, KEYS)) if value in spans.text()]


def test_many_different_keys_are_a_map(spans: Spans) -> None:
    words = ["ann", "bob", "cyd", "dan", "eve", "flo", "gus", "hal", "ida", "jim", "kit", "leo"]
    params = spans.params(*({"scores": {name: 1}} for name in words))
    assert params["properties"]["scores"] == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_enumerations_on_request(spans: Spans) -> None:
    payloads = [{"kind": ("new", "old")[number % 2], "text": f"text {number}"} for number in range(40)]
    assert spans.params(*payloads)["properties"]["kind"] == {"type": "string"}
    properties = spans.params(*payloads, options=("--enums", "--force"))["properties"]
    assert properties == {"kind": {"type": "string", "enum": ["new", "old"]}, "text": {"type": "string"}}


def test_what_is_redacted_stays_redacted(spans: Spans) -> None:
    """The platform encodes a value with its type; the client records a text in its place."""
    encoded = {"$sensitive": "number", "value": "…"}
    params = spans.params({"card": encoded, "key": "[redacted]"}, {"card": 4242, "key": "[redacted]"})
    redacted = {"x-prefactor-redact": True}
    assert params["properties"] == {"card": {**redacted, "type": "number"}, "key": redacted}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "spans.jsonl:2: expected a span as JSON on one line"),
        ("[" * 100_000, "spans.jsonl:2: expected a span as JSON on one line"),
        ("7", "spans.jsonl:2: expected an object with schema_name and payload"),
        (json.dumps({"payload": {}}), "spans.jsonl:2: expected the name of a span type in schema_name"),
        (json.dumps({"schema_name": "a\ud800", "payload": {}}), "spans.jsonl:2: expected the name of a span type"),
        (json.dumps({"schema_name": "a", "payload": SECRET}), "spans.jsonl:2: expected an object in payload"),
    ],
)
def test_lines_that_are_no_spans(spans: Spans, line: str, message: str) -> None:
    result = spans.run(span({}), line)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert SECRET not in result.err


def test_a_title_that_no_file_can_hold(spans: Spans) -> None:
    result = spans.run(span({}, schema_title="\ud800"), span({}, name="shop:search"))
    assert (result.code, result.out.splitlines()[0]) == (
        1,
        "2 spans of spans.jsonl: 1 of 2 span types → schemas/imported/spans.yaml",
    )


@pytest.mark.parametrize("name", ["nothing.jsonl", "."])
def test_files_that_cannot_be_read(project: Project, name: str) -> None:
    project.configure()
    result = project.run("import", "spans", "--name", "x", name)
    assert result.code == 2
    assert result.err.startswith(f"prefactor-gen: x: {name}: cannot read: ")
