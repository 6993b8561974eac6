"""The JSON that the viewer shows: in the browser, in the terminal, and in exports.

Times are text as the API has them (ISO 8601, UTC). Durations and starts are milliseconds; a start counts from the
`origin` of its run.
"""

from __future__ import annotations

from typing import (
    Annotated,
    Literal,
    NamedTuple,
    NotRequired,  # pydantic needs these before Python 3.12
    TypeAlias,
)

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypedDict

__all__ = [
    "Comparison",
    "ComparisonRow",
    "Cut",
    "Difference",
    "FieldInfo",
    "Finding",
    "Json",
    "Mismatch",
    "Neighbours",
    "RowsPage",
    "RunDetails",
    "RunExport",
    "RunSummary",
    "RunsPage",
    "Side",
    "SpanDetails",
    "SpanRow",
    "SpanTypeInfo",
]


class _AnyJson:
    """Has pydantic take JSON as it is: it may be nested more deeply than pydantic can follow."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


Json: TypeAlias = Annotated["bool | int | float | str | list[Json] | dict[str, Json] | None", _AnyJson]
Side: TypeAlias = Literal["params", "result"]
Status: TypeAlias = Literal["pending", "active", "complete", "failed", "cancelled", "terminated"]

MOST_OF_NAME = 500
"""How much is shown of the name of an agent and of its version where there are many."""
MOST_OF_TYPE = 500
"""The same of a span type."""
MOST_OF_SUMMARY = 2_000
"""The same of a summary: a short template may render 100,000 characters."""


class RunSummary(TypedDict):
    """A run (an agent instance) in the list.

    Attributes:
        seq: its number in the order of arrival; pages of the list go on before it.
        agent_name: at most 500 characters, as are `version` and `external_identifier`.
        version: the version of the agent by its own name (`external_identifier`); empty if it has none.
        started_at: None while it has not started.
        duration_ms: None while it is not finished.
        changed_at: when the run or one of its spans changed last, by the server's clock. A run that is not finished and
            has not changed for long may be one whose process has ended.
        termination_reason: at most 2,000 characters.
        spans, failed, open: numbers of spans: all, those that failed, those that are not finished.
        mismatches: how often a value does not match its schema, in all spans.
        headline: what the run is about: the summary of its first span, or of the one at the root above it; empty if
            there is none.
    """

    seq: int
    id: str
    agent_id: str
    agent_name: str
    version: str
    environment_id: str
    purpose: str
    status: Status
    external_identifier: str | None
    inserted_at: str
    started_at: str | None
    finished_at: str | None
    duration_ms: float | None
    changed_at: str
    termination_reason: str | None
    spans: int
    failed: int
    open: int
    mismatches: int
    headline: str


class RunsPage(TypedDict):
    """A page of runs, newest first.

    Attributes:
        before: what to ask for the next page with; None on the last one.
        agents: all agents with a run, as ID and name, for the filter; sorted by name.
    """

    runs: list[RunSummary]
    before: int | None
    agents: list[tuple[str, str]]


class Neighbours(TypedDict):
    """The IDs of the runs beside a run in the list; None where the list ends."""

    newer: str | None
    older: str | None


class FieldInfo(TypedDict, total=False):
    """What a schema says of a value. Keywords that it does not use are absent.

    Attributes:
        data_risk: the level that `x-prefactor-data` or the span type's data risk states for this field.
        type: the JSON type or types, as text: `string`, `integer or null`.
        enum: whether it is one of some values.
        required: whether its object must have it.
    """

    title: str
    description: str
    type: str
    format: str
    unit: str
    required: bool
    enum: bool
    redacted: bool
    data_risk: str
    deprecated: bool


class SpanTypeInfo(TypedDict):
    """A span type of a run.

    Attributes:
        kind: what kind of step it is, as `span_kinds` tells by its name.
        params, result: fields by the pattern of their JSON pointer, where `*` stands for any item or any other
            property: `""` is the payload itself, `/messages/*/content` a field of each message.
    """

    name: str
    kind: str | None
    title: str
    description: str | None
    template: str | None
    data_risk: str | None
    deprecated: bool
    params: dict[str, FieldInfo]
    result: dict[str, FieldInfo]


class RunDetails(TypedDict):
    """A run.

    Attributes:
        origin: what the starts of its spans count from: the earliest of its start and that of its first span.
        runtime: the runtime environment of its agent version, as the client sent it. A text stands for a member that is
            too long, here and in `quality`.
        span_types: by name.
        uncomputed: how many spans have no summary and no mismatches yet, since an earlier version has recorded them
            and no server has computed them; absent if there are none.
    """

    run: RunSummary
    origin: str
    runtime: dict[str, Json]
    quality: dict[str, Json]
    span_types: dict[str, SpanTypeInfo]
    uncomputed: NotRequired[int]


class SpanRow(NamedTuple):
    """A span in the tree: a JSON array, for there may be many.

    Attributes:
        seq: its number in the order of arrival.
        parent: the seq of its parent; None: it has none; text: the ID of a parent that has not arrived.
        type: the name of its span type, at most 500 characters.
        start_ms: None while it has not started.
        duration_ms: None while it is not finished.
        summary: the rendered template, at most 2,000 characters; empty if there is none.
        mismatches: how many.
    """

    seq: int
    id: str
    parent: int | str | None
    type: str
    status: Status
    start_ms: float | None
    duration_ms: float | None
    summary: str
    mismatches: int


class RowsPage(TypedDict):
    """Spans that are new or have changed.

    Attributes:
        change: what to ask for the next changes with.
        more: whether there are more already.
        origin: what the starts count from. It becomes earlier if a span arrives that started before all others: then
            the rows of earlier pages count from a later one.
        status, finished_at: of the run.
    """

    change: int
    more: bool
    origin: str
    status: Status
    finished_at: str | None
    rows: list[SpanRow]


class Mismatch(TypedDict):
    """A value that does not match its schema.

    Attributes:
        part: `schema_name`: the span type is not registered.
        pointer: JSON pointer in the payload.
        schema: the schema of the value, if it can be told; without what it refers to. Absent where those of the
            mismatches before it are long already.
    """

    part: Literal["params", "result", "schema_name"]
    pointer: str
    message: str
    schema: NotRequired[Json]


class Cut(TypedDict):
    """A value that is not shown as a whole.

    Attributes:
        kind: `text`: the first 64 KiB are there; `items`: the first 1,000, or none; `data`: none of a data URI or
            Base64. In a payload of more than a mebibyte or 20,000 values, less of what comes late is there.
        size: the number of characters, or of items.
        media_type: of a data URI.
    """

    side: Side
    pointer: str
    kind: Literal["text", "items", "data"]
    size: int
    media_type: NotRequired[str]


class SpanDetails(TypedDict):
    """A span with its payloads. Unless all of it is asked for, its summary is that of its row."""

    seq: int
    id: str
    run_id: str
    parent_id: str | None
    type: str
    status: Status
    started_at: str | None
    finished_at: str | None
    duration_ms: float | None
    summary: str
    params: Json
    result: Json
    cut: list[Cut]
    mismatches: list[Mismatch]


class Finding(TypedDict):
    """What is wrong with the order of a run.

    Attributes:
        name: `parent_missing`, `child_before_parent`, `outside_parent`, `outside_run`, `not_finished`, `own_ancestor`.
        spans: the seqs of the spans (the first 100).
        count: how many spans there are.
        message: a sentence.
    """

    name: str
    spans: list[int]
    count: int
    message: str


class Difference(TypedDict):
    """A value that differs between two spans. A side without it has no key."""

    side: Side
    pointer: str
    a: NotRequired[Json]
    b: NotRequired[Json]


class ComparisonRow(TypedDict):
    """Two spans that correspond, or one that has no counterpart.

    Attributes:
        depth: in the tree; 0 for spans without a parent.
        changed: what differs: `status`, `params`, `result`; empty if one of the spans is absent.
    """

    depth: int
    a: SpanRow | None
    b: SpanRow | None
    changed: list[Literal["status", "params", "result"]]


class Comparison(TypedDict):
    """Two runs side by side, in the order of the tree."""

    a: RunSummary
    b: RunSummary
    rows: list[ComparisonRow]


class RunExport(TypedDict):
    """All of a run: what the HTML file holds."""

    run: RunDetails
    rows: list[SpanRow]
    spans: list[SpanDetails]
    findings: list[Finding]
