"""Exports of a run, read by what reads such files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from contextlib import closing
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from prefactor_local import LocalApi
from prefactor_local._state.store import Store
from prefactor_local._view.exports.chrome_trace import export_chrome
from prefactor_local._view.exports.formats import FORMATS, export_file, export_name, gather
from prefactor_local._view.exports.html_page import export_html
from prefactor_local._view.exports.json_text import export_json
from prefactor_local._view.exports.lanes import Slice, lanes
from prefactor_local._view.exports.otlp import export_otlp, export_otlp_protobuf
from prefactor_local._view.exports.places import Interval
from prefactor_local._view.reading import Reader
from prefactor_local._view.shapes import Json, RowsPage, RunExport, SpanDetails, SpanRow
from prefactor_local._view.times import microseconds, milliseconds

if TYPE_CHECKING:
    from tests.local.conftest import Http

START = "2026-01-02T03:04:05.000000Z"
HOSTILE = "</script><script>alert(1)</script><!-- ]]> \u202e \u2028 \u2029 \x00 \ud800 & <b onclick='alert(2)'>"


def at(milliseconds: int) -> str:
    return f"2026-01-02T03:04:{5 + milliseconds // 1000:02}.{milliseconds % 1000:03}001Z"


def span(name: str, kind: str, start: int | None, end: int | None, **fields: Any) -> SpanDetails:
    details: SpanDetails = {
        "seq": 0,
        "id": name,
        "run_id": "run-1",
        "parent_id": None,
        "type": kind,
        "status": "complete" if end is not None else "active",
        "started_at": None if start is None else at(start),
        "finished_at": None if end is None else at(end),
        "duration_ms": None,
        "summary": "",
        "params": {},
        "result": None,
        "cut": [],
        "mismatches": [],
    }
    return {**details, **fields}  # type: ignore[typeddict-item]


def run_of(*spans: SpanDetails, **fields: Any) -> RunExport:
    run: Any = {
        "seq": 1,
        "id": "run-1",
        "agent_id": "my-agent",
        "agent_name": "My Agent",
        "version": "v1",
        "environment_id": "local",
        "purpose": "live",
        "status": "complete",
        "external_identifier": None,
        "inserted_at": START,
        "started_at": START,
        "finished_at": at(900),
        "duration_ms": 900.0,
        "changed_at": at(900),
        "termination_reason": None,
        "spans": len(spans),
        "failed": 0,
        "open": 0,
        "mismatches": 0,
        **fields,
    }
    spans = tuple({**each, "seq": number} for number, each in enumerate(spans, 1))
    rows = [
        SpanRow(each["seq"], each["id"], each["parent_id"], each["type"], each["status"], 0.0, None, "", 0)
        for each in spans
    ]
    details: Any = {"run": run, "origin": START, "runtime": {}, "quality": {}, "span_types": {}}
    return {"run": details, "rows": rows, "spans": list(spans), "findings": []}


def otlp_spans(export: RunExport) -> dict[str, Span]:
    """The spans of an OTLP export as the protocol's own package reads them, by the attribute that has our ID."""
    document = json.loads(export_otlp(export))
    for each in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in {"traceId", "spanId", "parentSpanId"} & each.keys():  # hex in OTLP, Base64 elsewhere
            each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
    request = json_format.ParseDict(document, ExportTraceServiceRequest())
    assert ExportTraceServiceRequest.FromString(export_otlp_protobuf(export)) == request
    run, *spans = request.resource_spans[0].scope_spans[0].spans
    return {"run": run, **{str(attributes(each)["prefactor.span.id"]): each for each in spans}}


def attributes(of: Span | Span.Event) -> dict[str, object]:
    return {each.key: plain(each) for each in of.attributes}


def plain(attribute: KeyValue) -> object:
    value = attribute.value
    if value.HasField("array_value"):
        return [item.string_value for item in value.array_value.values]
    return getattr(value, value.WhichOneof("value") or "string_value")


CHAT = span(
    "llm",
    "agent:llm",
    20,
    120,
    parent_id="top",
    params={
        "model": "gpt-5",
        "provider": "openai",
        "parameters": {"temperature": 0.5, "max_tokens": 10},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "name": "look", "arguments": {"a": 1}}]},
        ],
    },
    result={"response": "Rain.", "finish_reason": "stop", "usage": {"input_tokens": 3, "output_tokens": 2}},
)
FAILED = span(
    "git",
    "git:git_status",
    150,
    151,
    parent_id="top",
    status="failed",
    params={"path": HOSTILE, "n": 2**70},
    result={"error": {"type": "OSError", "message": "no disk"}},
    mismatches=[{"part": "params", "pointer": "/n", "message": "too large", "schema": {"maximum": 1}}],
)


def test_otlp_is_one_trace_with_the_run_as_its_root() -> None:
    top = span("top", "agent:run", 10, 800, params={"input": "Weather?"}, result={"output": "Rain."})
    spans = otlp_spans(run_of(top, CHAT, FAILED))
    ids = {name: hashlib.sha256(name.encode()).digest() for name in ("run-1", "top", "llm")}
    assert {each.trace_id for each in spans.values()} == {ids["run-1"][:16]}
    assert spans["run"].parent_span_id == b""
    assert spans["top"].parent_span_id == spans["run"].span_id == ids["run-1"][:8]
    assert spans["llm"].parent_span_id == spans["top"].span_id == ids["top"][:8]
    assert attributes(spans["run"])["output.value"] == "Rain."
    assert spans["llm"].start_time_unix_nano == 1767323045_020001000  # a float would have lost the last digits
    assert spans["run"].status.code == Status.STATUS_CODE_OK


def test_otlp_says_what_phoenix_and_the_genai_conventions_ask_for() -> None:
    chat = otlp_spans(run_of(CHAT))["llm"]
    assert (chat.name, chat.kind) == ("chat gpt-5", Span.SPAN_KIND_CLIENT)
    found = attributes(chat)
    assert json.loads(str(found["input.value"])) == CHAT["params"]
    assert (
        found.items()
        >= {
            "openinference.span.kind": "LLM",
            "input.mime_type": "application/json",
            "output.value": "Rain.",
            "output.mime_type": "text/plain",
            "llm.model_name": "gpt-5",
            "llm.token_count.total": 5,
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.usage.input_tokens": 3,
            "llm.input_messages.0.message.contents.0.message_content.text": "Weather?",
            "llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments": '{"a":1}',
            "llm.output_messages.0.message.content": "Rain.",
        }.items()
    )
    assert json.loads(str(found["prefactor.result"])) == CHAT["result"]


def test_otlp_tells_why_a_span_failed_and_what_does_not_match() -> None:
    failed = otlp_spans(run_of(FAILED))["git"]
    found = attributes(failed)
    assert found.items() >= {"openinference.span.kind": "TOOL", "error.type": "OSError"}.items()
    assert json.loads(str(found["input.value"])) == FAILED["params"]
    assert (failed.status.code, failed.status.message) == (Status.STATUS_CODE_ERROR, "no disk")
    assert [(each.name, attributes(each).get("pointer")) for each in failed.events] == [
        ("exception", None),
        ("prefactor.mismatch", "/n"),
    ]


def test_spans_of_any_shape_are_exported() -> None:
    """Nothing of the expected type, a circle of parents, times before 1970, no time at all, an open span."""
    odd: Json = {"model": 5, "messages": [1, {"role": []}], "parameters": [], "tool_calls": "x", "documents": 1}
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    spans = [
        span("a", "agent:llm", 700, None, parent_id="b", params=odd),
        span("b", "agent:tool", 5, 6, parent_id="a", params={"name": None, "arguments": []}, result={"usage": 1}),
        span("c", "agent:retrieval", None, None, status="pending", parent_id="elsewhere"),
        span("d", "agent:run", 1, 2, started_at="0001-01-01T00:00:00.000000Z"),
        span("e", "x", 1, 2, params={"deep": deep}),
    ]
    export = run_of(*spans, status="active", finished_at=None)
    found = otlp_spans(export)
    for each in ("a", "run"):  # what is not finished ends when the server heard of the run last
        assert found[each].end_time_unix_nano == microseconds(at(900)) * 1000
    assert b"service.version" not in export_otlp(run_of(version=""))
    assert found["d"].start_time_unix_nano == 0
    assert {found["a"].parent_span_id, found["b"].parent_span_id} > {found["run"].span_id}
    assert [each["args"]["id"] for each in slices(export)] == ["d", "e", "b", "a"]
    assert json.loads(export_json(export))["rows"][0][:2] == [1, "a"]


def test_a_run_that_has_just_begun_is_exported() -> None:
    export = run_of(status="active", finished_at=None)
    assert otlp_spans(export)["run"].end_time_unix_nano == microseconds(at(900)) * 1000
    assert slices(export) == []


def slices(export: RunExport) -> list[dict[str, Any]]:
    return [each for each in json.loads(export_chrome(export))["traceEvents"] if each["ph"] == "X"]


def test_chrome_trace_has_a_slice_for_each_span_and_lanes_for_what_runs_at_once() -> None:
    top = span("top", "agent:run", 10, 800, summary="Weather? → Rain.")
    beside = span("beside", "agent:tool", 100, 300, parent_id="top", result={"output": HOSTILE})
    found = slices(run_of(top, CHAT, FAILED, beside))
    assert [(each["name"], each["tid"], each["ts"], each["dur"]) for each in found] == [
        ("agent:run", 1, 10_001, 790_000),
        ("agent:llm", 1, 20_001, 100_000),
        ("agent:tool", 2, 100_001, 200_000),
        ("git:git_status", 1, 150_001, 1_000),
    ]
    assert found[0]["args"]["summary"] == "Weather? → Rain."
    assert found[2]["args"]["result"] == beside["result"]
    assert found[3]["args"]["mismatches"] == ["params/n: too large"]


def test_slices_of_a_lane_never_cross() -> None:
    random = Random(22)
    made: list[Slice] = []
    for number in range(1000):
        start = random.randrange(300)
        parent = random.choice([None, str(random.randrange(number + 1))])
        made.append(Slice(str(number), parent, Interval(start, start + random.randrange(100))))
    times = {each.id: each.time for each in made}
    open_on: dict[int, list[int]] = {}
    for name, lane in lanes(made).items():
        start, end = times[name]
        ends = open_on.setdefault(lane, [])
        while ends and ends[-1] <= start:
            ends.pop()
        assert not ends or end <= ends[-1]
        ends.append(end)


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of each element that holds raw text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.texts.append((self.cdata_elem, data))


def test_html_holds_the_run_and_nothing_of_it_is_a_part_of_the_page() -> None:
    harmless, hostile = run_of(span("a", "x", 1, 2)), run_of(FAILED, agent_name=HOSTILE)
    page = Page(export_html(hostile))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in Page(export_html(harmless)).elements]
    (_, style), (_, data), (_, script) = page.texts
    assert json.loads(data) == json.loads(export_json(hostile))
    assert json.loads(data)["spans"][0]["params"] == FAILED["params"]
    (policy,) = [found["content"] for _, found in page.elements if found.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert "default-src 'none'" in policy
    allowed = dict(re.findall(r"(script|style)-src '(sha256-[^']*)'", policy))
    assert allowed == {"script": sha256(script), "style": sha256(style)}
    assert not [found for _, found in page.elements if {"src", "href"} & found.keys()]  # it loads nothing


def sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


class InterruptedReader(Reader):
    """After it has read rows, something happens."""

    def __init__(self, store: Store, event: Callable[[], object]) -> None:
        super().__init__(store)
        self.event = event

    def rows(self, run_id: str, *, after: int = 0, limit: int = 1) -> RowsPage:
        page = super().rows(run_id, after=after, limit=limit)
        self.event()
        return page


def test_a_recorded_run_is_exported_in_every_format(tmp_path: Path, connect: Callable[..., Http]) -> None:
    """A span arrives after the rows were read, and it has started before all others."""
    with LocalApi(database=tmp_path / "runs.db") as api:
        http = connect(api)
        run_id = http.started()
        parent_id = http.span(run_id)["details"]["id"]
        http.span(run_id, parent_span_id=parent_id, payload={"model": 5, "prompt": HOSTILE})
        late = partial(http.span, run_id, started_at="2001-01-01T00:00:00Z")
        store = Store.open_for_reading(tmp_path / "runs.db")
        with closing(store):
            early = gather(InterruptedReader(store, late), run_id, full=False)
            export = gather(Reader(store), run_id, full=False)
            files = [export_file(Reader(store), run_id, name) for name in FORMATS]
            again = [export_file(Reader(store), run_id, name) for name in FORMATS]
    assert files == again
    for each in (early, export):  # the starts of its rows count from its origin
        origin = each["run"]["origin"]
        assert [row.start_ms for row in each["rows"]] == [
            milliseconds(origin, one["started_at"]) for one in each["spans"]
        ]
    assert (len(early["rows"]), len(export["rows"])) == (2, 3)
    assert export["run"]["origin"] == "2001-01-01T00:00:00.000000Z"
    assert [len(each["mismatches"]) for each in export["spans"]] == [0, 1, 0]
    assert {export_name(run_id, name) for name in FORMATS} == {
        f"run-{run_id}.{suffix}" for suffix in ("html", "otlp.json", "otlp.pb", "trace.json", "json")
    }
    assert len(otlp_spans(export)) == 4
