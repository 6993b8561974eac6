"""Recorded spans and agent instances, as a test reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeAlias, cast, overload

from pydantic import BaseModel, ValidationError
from typing_extensions import TypeVar

from prefactor_core._payloads.redaction import FAILED, REDACTED, mismatch_of
from prefactor_core._session.recording_session import InstanceEntry, Recording, SpanEntry
from prefactor_core._typed.untyped_span import Part
from prefactor_core.typed import TypedSpan

__all__ = [
    "AnySpan",
    "ClassOf",
    "P",
    "R",
    "RecordedError",
    "RecordedInstance",
    "RecordedSpan",
    "SpanTypeOrName",
    "payload_model",
    "plain_views",
    "views",
]

P = TypeVar("P", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)
P_co = TypeVar("P_co", bound=BaseModel, covariant=True)
R_co = TypeVar("R_co", bound=BaseModel, covariant=True)

AnySpan: TypeAlias = "RecordedSpan[BaseModel, BaseModel]"
ClassOf: TypeAlias = type[TypedSpan[Any, Any, P, R]]  # a span type with these models
SpanTypeOrName: TypeAlias = type[TypedSpan[Any, Any]] | str

_MOST_PROBLEMS = 5


class RecordedError(NamedTuple):
    """The error that a failed span was recorded with: the name of its type, and its message."""

    type: str
    message: str


class RecordedSpan(Generic[P_co, R_co]):
    """A recorded span. It shows the state of this moment: an open span may still get a result.

    `params` and `result` are the payloads as models of the span type by which the span was selected. `raw_params` and
    `raw_result` are what is sent: JSON, after redaction and cutting.
    """

    def __init__(
        self, recording: Recording, entry: SpanEntry, span_type: type[TypedSpan[Any, Any, P_co, R_co]] | None
    ) -> None:
        self._recording = recording
        self._entry = entry
        self._span_type = span_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecordedSpan) and other._entry is self._entry

    def __hash__(self) -> int:
        return hash(self._entry)

    def __repr__(self) -> str:
        return f"<RecordedSpan {self.type} {self.status}>"

    @property
    def type(self) -> str:
        """The name of the span type."""
        return self._entry.record.schema_name

    @property
    def id(self) -> str:
        """The span's id."""
        return self._entry.record.id

    @property
    def status(self) -> str:
        """Which of "active", "complete", "failed" and "cancelled" it is."""
        last = self._entry.finish or self._entry.create
        return "active" if last is None else str(last.payload["status"])

    @property
    def parent(self) -> AnySpan | None:
        """The parent, if it was recorded."""
        entry = self._recording.find(self._entry.record.parent)
        return None if entry is None else RecordedSpan(self._recording, entry, None)

    @property
    def instance(self) -> RecordedInstance:
        """The agent instance that the span belongs to."""
        instance_id = self._entry.record.instance.id
        known = (entry for entry in self._recording.instances() if entry.id == instance_id)
        return RecordedInstance(self._recording, next(known, InstanceEntry(instance_id)))

    @property
    def started_at(self) -> datetime | None:
        """When the span started; None if it was cancelled before."""
        return self._entry.record.started_at

    @property
    def finished_at(self) -> datetime | None:
        """When the span ended; None while it is open."""
        return self._entry.record.finished_at

    @property
    def raw_params(self) -> dict[str, Any]:
        """The params as they are sent; empty for a span that was cancelled before its start."""
        return {} if self._entry.create is None else cast("dict[str, Any]", self._entry.create.payload["payload"])

    @property
    def raw_result(self) -> dict[str, Any] | None:
        """The result as it is sent; None if there is none."""
        finish = self._entry.finish
        return None if finish is None else cast("dict[str, Any] | None", finish.payload["result_payload"])

    @property
    def params(self) -> P_co:
        """The params as a model of the span type.

        Raises:
            AssertionError: there are none, they do not match, or the span was selected by a name.
        """
        __tracebackhide__ = True
        if self._entry.create is None or self.started_at is None:
            when = "started before the recording" if self.started_at else "was cancelled before its start"
            raise AssertionError(f"this {self.type} span {when}, so it has no params")
        return cast("P_co", self._model("params", self.raw_params))

    @property
    def result(self) -> R_co:
        """The result as a model of the span type.

        Raises:
            AssertionError: there is none, it does not match, or the span was selected by a name.
        """
        __tracebackhide__ = True
        if self.raw_result is None:
            raise AssertionError(f"this {self.type} span ({self.status}) has no result")
        return cast("R_co", self._model("result", self.raw_result))

    @property
    def error(self) -> RecordedError:
        """The error that a failed span was recorded with.

        Raises:
            AssertionError: there is none.
        """
        __tracebackhide__ = True
        error = (self.raw_result or {}).get("error")
        if self.status != "failed" or not isinstance(error, dict):
            raise AssertionError(f"this {self.type} span ({self.status}) has no error")
        return RecordedError(str(error.get("type", "")), str(error.get("message", "")))

    @overload
    def children(self, span_type: ClassOf[P, R], /) -> list[RecordedSpan[P, R]]: ...

    @overload
    def children(self, span_type: str | None = None, /) -> list[AnySpan]: ...

    def children(self, span_type: Any = None, /) -> Any:
        """The spans right below this one, in the order of start; all, or those of a span type."""
        return _views(self._recording, self._recording.below().get(self._entry, ()), span_type)

    def _model(self, part: Part, payload: dict[str, Any]) -> BaseModel:
        __tracebackhide__ = True
        model = None if self._span_type is None else payload_model(self._span_type, part)
        if model is None:
            raise AssertionError(
                f"the {part} of this {self.type} span are typed if the span is selected by its class, such as "
                f"recorded.one(SpanType); raw_{part} is the payload as a dict"
            )
        try:
            return model.model_validate(payload)
        except ValidationError as error:
            problems = "\n".join(
                f"  {_path(each['loc'])}: {_problem(each['msg'], payload, each['loc'])}"
                for each in error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_PROBLEMS]
            )
        raise AssertionError(f"{mismatch_of(part, self.type)}; raw_{part} has what is recorded\n{problems}")


class RecordedInstance:
    """A recorded agent instance: one run of an agent."""

    def __init__(self, recording: Recording, entry: InstanceEntry) -> None:
        self._recording = recording
        self._entry = entry

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecordedInstance) and other._entry is self._entry

    def __hash__(self) -> int:
        return hash(self._entry)

    def __repr__(self) -> str:
        return f"<RecordedInstance {self.name or self.id} {self.status}>"

    @property
    def id(self) -> str:
        """The id of the instance."""
        return self._entry.id

    @property
    def status(self) -> str:
        """Which of "pending" (not started), "active", "complete", "failed", "cancelled" and "terminated" it is."""
        return self._entry.status

    @property
    def name(self) -> str:
        """The name of the agent, from its version; empty if it has none."""
        return str((self.registration.get("agent_version") or {}).get("name") or "")

    @property
    def registration(self) -> dict[str, Any]:
        """What it was registered with: `agent_id`, `agent_version`, `agent_schema_version`, `purpose` and the like."""
        return self._entry.details

    @property
    def started_at(self) -> datetime | None:
        """When the run started."""
        return self._entry.started_at

    @property
    def finished_at(self) -> datetime | None:
        """When the run ended; None while it is open."""
        return self._entry.finished_at

    @property
    def qualities(self) -> dict[str, Any]:
        """The quality payloads by name."""
        return dict(self._entry.qualities)

    @property
    def spans(self) -> list[AnySpan]:
        """The spans of the run, in the order of start."""
        entries = self._recording.spans()
        return plain_views(self._recording, (entry for entry in entries if entry.record.instance.id == self.id))


def payload_model(span_type: type[TypedSpan[Any, Any]], part: Part) -> type[BaseModel] | None:
    """The model of the params or of the result of a generated span type."""
    return getattr(span_type, part.title(), None)


def views(recording: Recording, span_type: SpanTypeOrName | None) -> list[AnySpan]:
    """The recorded spans, in the order of start: of a generated class, of a name, or all."""
    return _views(recording, recording.spans(), span_type)


def plain_views(recording: Recording, entries: Iterable[SpanEntry]) -> list[AnySpan]:
    """These spans as a test reads them, without models."""
    return _views(recording, entries, None)


def _views(recording: Recording, entries: Iterable[SpanEntry], span_type: SpanTypeOrName | None) -> list[AnySpan]:
    if span_type is None or isinstance(span_type, str):
        name, model_of = span_type, None
    else:
        name, model_of = span_type.schema_name, span_type
    return [
        RecordedSpan(recording, entry, model_of)
        for entry in entries
        if name is None or entry.record.schema_name == name
    ]


def _path(steps: Sequence[int | str]) -> str:
    return ".".join(map(str, steps)) or "the payload"


def _problem(message: str, payload: object, steps: Sequence[int | str]) -> str:
    """A problem, which may only come from a redaction."""
    found: Any = payload
    for step in steps:
        try:
            found = found[step]
        except (LookupError, TypeError):
            break
        if found in (REDACTED, FAILED):
            return f"{message} (it is recorded as {found})"
    return message
