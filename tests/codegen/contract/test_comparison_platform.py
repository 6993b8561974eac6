"""`prefactor-gen diff platform:…`, with the embedded API over a socket; and recorded spans, without their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.codegen.contract.platform_api import platform_api, registration
from tests.codegen.support import Project

from prefactor_local import LocalApi

pytestmark = pytest.mark.slow

TEXT: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}
CONFIGURATION = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n'


def span_type(name: str, params: dict[str, Any] = TEXT, **more: Any) -> dict[str, Any]:
    return {"name": name, "params_schema": params, **more}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApi]:
    with platform_api(monkeypatch) as running:
        yield running


@pytest.fixture
def register(api: LocalApi) -> Callable[..., None]:
    """Registers a version of the agent `support`."""
    return registration(api, "Support", "support")


def test_every_version_in_use_and_the_newest_are_compared(project: Project, register: Callable[..., None]) -> None:
    register("v1", span_type("agent:first"), span_type("agent:now"))
    register("v2", span_type("agent:second"), span_type("agent:now"), current=False)
    register("v3", span_type("agent:now"), current=False)
    project.write("pyproject.toml", f"{CONFIGURATION}[tool.prefactor-gen.diff]\nversions = 1\n")
    project.write("schemas/spans.json", {"span_type_schemas": [span_type("agent:now")]})
    done = project.run("diff", "platform:support")
    assert (done.code, done.err) == (1, "")
    title, *lines = done.out.splitlines()
    assert title.startswith("platform:support (2 versions) → working tree: 1 of 2 span types changed")
    assert "  platform:support@v3 is identical" in lines
    assert "agent:second" not in done.out
    assert "    since @v1" in [line[2:] for line in lines]
    (found,) = json.loads(project.run("diff", "platform:support", "--format", "json").out)["changes"]
    assert (found["id"], found["versions"]) == ("PD001", ["platform:support@v1"])
    assert project.run("diff", "platform:support@v3").code == 0
    assert "PD001" in project.run("diff", "platform:support@v2").out
    done = project.run("diff", "platform:support@1.0.0")
    assert "has no definitions of version '1.0.0'; it has, the newest first: v3, v2, v1" in done.err
    done = project.run("diff", "schemas", "platform:support")
    assert "has several versions; name one: platform:support@v3, platform:support@v1" in done.err


def test_deprecations_of_span_types_are_unknown(project: Project, register: Callable[..., None]) -> None:
    """They are not sent to the API, so that the same definitions would differ each time."""
    said = {"x-prefactor-deprecated": {"reason": "Nobody reads it.", "until": "2020-01-01"}}
    register("v1", span_type("agent:now"))
    project.write("pyproject.toml", CONFIGURATION)
    project.write("schemas/spans.json", {"span_type_schemas": [span_type("agent:now", **said)]})
    assert project.run().code == 0
    for old in ("platform:support", "generated/made"):
        done = project.run("diff", old)
        assert (done.code, "none of 1 span type changed" in done.out, "PD30" in done.out) == (0, True, False)


def test_quality_schemas_may_be_unknown(project: Project, register: Callable[..., None]) -> None:
    quality = {"name": "score", "schema": TEXT}
    register("v1", span_type("agent:now"), quality_schemas=[quality])
    project.write("pyproject.toml", CONFIGURATION)
    project.write("schemas/spans.json", {"span_type_schemas": [span_type("agent:now")], "quality_schemas": [quality]})
    assert project.run("diff", "platform:support").code == 0


def test_an_agent_that_is_not_there(project: Project, api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("pyproject.toml", CONFIGURATION)
    project.write("schemas/spans.json", {"span_type_schemas": [span_type("agent:now")]})
    done = project.run("diff", "platform:suport")
    assert (done.code, done.err.startswith("prefactor-gen: diff: "), done.err.count("\n")) == (2, True, 1)
    monkeypatch.delenv("PREFACTOR_API_TOKEN")
    done = project.run("diff", "platform:support")
    assert (done.code, "PREFACTOR_API_TOKEN" in done.err) == (2, True)


REFUND: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number", "minimum": 1},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "card": {"type": "integer", "x-prefactor-redact": True},
    },
}


class TestRecordedSpans:
    @pytest.fixture
    def spans(self, project: Project) -> Callable[..., Any]:
        """Compares definitions with themselves, and the recorded payloads with them."""
        project.write("pyproject.toml", CONFIGURATION)
        project.write("schemas/spans.json", {"span_type_schemas": [span_type("billing:refund", REFUND)]})
        old = {**REFUND, "properties": {**REFUND["properties"], "amount": {"type": "number"}}}
        project.write("old/spans.json", {"span_type_schemas": [span_type("billing:refund", old)]})

        def compare(*payloads: object, old: str = "old") -> Any:
            rows = ({"schema_name": "billing:refund", "payload": each, "result_payload": None} for each in payloads)
            project.write("spans.jsonl", "\n".join(map(json.dumps, rows)))
            return project.run("diff", old, "--spans", "spans.jsonl")

        return compare

    def test_what_a_change_refuses_is_counted(self, project: Project, spans: Callable[..., Any]) -> None:
        done = spans({"amount": 0}, {"amount": 0.5}, {"amount": 5})
        assert "PD204 amount: " in done.out
        assert "(writers; 2 of 3 spans)" in done.out
        done = project.run("diff", "old", "--spans", "spans.jsonl", "--format", "json")
        numbers = [each["spans"] for each in json.loads(done.out)["changes"]]
        assert {"concerned": 2, "total": 3} in numbers

    def test_of_a_span_type_that_is_gone_all(self, project: Project, spans: Callable[..., Any]) -> None:
        spans({"amount": 7}, {"amount": 8})
        risk = {"params_data_categories": {"classification": "secret"}}
        project.write(
            "schemas/spans.json", {"span_type_schemas": [span_type("billing:refund", REFUND, data_risk=risk)]}
        )
        done = project.run("diff", "old", "--spans", "spans.jsonl")
        assert all("spans" not in line for line in done.out.splitlines() if "PD5" in line)
        project.write("schemas/spans.json", {"span_type_schemas": [span_type("agent:now")]})
        done = project.run("diff", "old", "--spans", "spans.jsonl")
        assert "error PD001 removed (writers, readers; 2 of 2 spans)" in done.out

    def test_of_names_that_are_gone_the_spans_that_have_them(self, project: Project, spans: Callable[..., Any]) -> None:
        address = {"type": "array", "items": {"type": "object", "properties": {"city": {"type": "string"}}}}
        old = {"type": "object", "properties": {"a.b": address, "author": {}, "limit": {"type": "number"}}}
        new = {
            "type": "object",
            "properties": {
                "a.b": {"type": "array", "items": {"type": "object"}},
                "by": {"x-prefactor-renamed-from": "author"},
                "limit": {"type": "number", "minimum": 2},
            },
        }
        spans({"a.b": [{}, {"city": "Ulm"}], "author": None, "limit": 3}, {"a.b": [{}], "author": 1}, {"limit": 1})
        project.write("old/spans.json", {"span_type_schemas": [span_type("billing:refund", old)]})
        renamed = span_type("billing:paid", new, **{"x-prefactor-renamed-from": "billing:refund"})
        project.write("schemas/spans.json", {"span_type_schemas": [renamed]})
        told = project.run("diff", "old", "--spans", "spans.jsonl").out
        assert " 1 of 1 span type changed\n" in told
        assert "PD003 renamed from billing:refund (writers, readers; 3 of 3 spans)" in told
        assert 'PD101 "a.b"[].city: removed (readers; 1 of 3 spans)' in told
        assert "PD104 by: renamed from author (writers, readers; 2 of 3 spans)" in told
        assert "PD204 limit: minimum 2 added (writers; 1 of 3 spans)" in told

    def test_no_value_and_no_key_of_a_map_is_shown(self, spans: Callable[..., Any]) -> None:
        secret = {"amount": 7, "labels": {"ada@example.com": 4711}, "card": "[redacted]"}
        done = spans(secret, {"amount": {"$sensitive": 5}}, old="schemas")
        assert done.out.splitlines()[-1] == (
            "recorded: billing:refund params labels.* does not match in 1 of 2 spans, and has not changed"
        )
        assert "ada" not in done.out + done.err
        assert "4711" not in done.out + done.err

    def test_what_cannot_be_checked_is_not_counted_as_fine(self, spans: Callable[..., Any]) -> None:
        deep: object = 1
        for _ in range(300):
            deep = {"more": deep}
        done = spans({"amount": 0, "labels": deep}, {"amount": 5})
        assert "PD204 amount: minimum" in done.out
        assert "(writers)" in done.out
        assert "recorded: billing:refund params cannot be checked in 1 of 2 spans\n" in done.out

    def test_an_answer_of_the_api_is_taken_as_it_is(self, project: Project, spans: Callable[..., Any]) -> None:
        spans()
        rows = [{"schema_name": "billing:refund", "payload": {"amount": each}} for each in (0, 5)]
        project.write("spans.jsonl", json.dumps({"status": "success", "summaries": rows}))
        assert "(writers; 1 of 2 spans)" in project.run("diff", "old", "--spans", "spans.jsonl").out
        project.write("spans.jsonl", json.dumps({"schema_name": "mail:send", "payload": {}}))
        done = project.run("diff", "old", "--spans", "spans.jsonl")
        assert "recorded: none of 1 span is of these span types\n" in done.out
        project.write("spans.jsonl", "\n")
        done = project.run("diff", "old", "--spans", "spans.jsonl")
        assert (done.code, done.err) == (2, "prefactor-gen: diff: spans.jsonl: expected spans, found none\n")

    def test_a_file_that_has_no_spans(self, project: Project, spans: Callable[..., Any]) -> None:
        spans()
        project.write("spans.jsonl", '\n{"payload": {}}\n')
        done = project.run("diff", "old", "--spans", "spans.jsonl")
        message = "spans.jsonl:2: expected a span with schema_name, payload and result_payload"
        assert (done.code, done.err) == (2, f"prefactor-gen: diff: {message}\n")
        project.write("spans.jsonl", b"\xff" + b"[" * 100_000)
        assert (
            "spans.jsonl:1: expected a span as JSON on one line"
            in project.run("diff", "old", "--spans", "spans.jsonl").err
        )
        done = project.run("diff", "old", "--spans", "missing.jsonl")
        assert (done.code, done.err) == (
            2,
            "prefactor-gen: diff: cannot read missing.jsonl: No such file or directory\n",
        )
