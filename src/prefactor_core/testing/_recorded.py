"""What a test reads of a recording."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, overload

from prefactor_core._findings import FindingKind
from prefactor_core._session.recording_session import Recording, Refusable
from prefactor_core.managers import AgentInstanceHandle
from prefactor_core.testing._findings import Finding, allowed_kinds, describe, findings, how_to_allow
from prefactor_core.testing._spans import (
    AnySpan,
    ClassOf,
    P,
    R,
    RecordedInstance,
    RecordedSpan,
    SpanTypeOrName,
    payload_model,
    plain_views,
    views,
)
from prefactor_core.testing._trees import tree
from prefactor_http.exceptions import PrefactorHttpError
from prefactor_schema.suggestions import did_you_mean

__all__ = ["Recorded"]

_INDENT = "  "
_MOST_SPANS = 40  # in a message
_NOTHING = (
    "nothing was recorded: is the client opened inside of the recording? "
    "Give one that is open already to record(client)"
)


class Recorded:
    """What was recorded: spans, agent instances, and mistakes. `record()` and the fixture `recorded` give it.

    It shows the state of the moment in which it is asked. Spans are in the order of start. Works from any thread.
    """

    def __init__(self, recording: Recording, allow: Collection[FindingKind] = ()) -> None:
        self._recording = recording
        self._allowed = allowed_kinds(allow)
        self._raised: Counter[Finding] = Counter()

    def __repr__(self) -> str:
        return f"<Recorded {len(self._recording.instances())} instances, {len(self._recording.spans())} spans>"

    @overload
    def one(
        self,
        span_type: ClassOf[P, R],
        /,
        *,
        where: Callable[[RecordedSpan[P, R]], object] | None = None,
    ) -> RecordedSpan[P, R]: ...

    @overload
    def one(self, span_type: str, /, *, where: Callable[[AnySpan], object] | None = None) -> AnySpan: ...

    def one(self, span_type: Any, /, *, where: Callable[[Any], object] | None = None) -> Any:
        """The only span of a span type.

        Args:
            span_type: a generated class, whose models `params` and `result` are; or the name of a span type.
            where: takes a span; those for which it returns something false do not count.

        Raises:
            AssertionError: there is none, or more than one. The message has the tree of what was recorded.
        """
        __tracebackhide__ = True
        of_type = views(self._recording, span_type)
        found = [span for span in of_type if where is None or where(span)]
        if len(found) != 1:
            raise AssertionError(self._not_one(span_type, found, of_type))
        return found[0]

    @overload
    def all(
        self,
        span_type: ClassOf[P, R],
        /,
        *,
        where: Callable[[RecordedSpan[P, R]], object] | None = None,
    ) -> list[RecordedSpan[P, R]]: ...

    @overload
    def all(
        self, span_type: str | None = None, /, *, where: Callable[[AnySpan], object] | None = None
    ) -> list[AnySpan]: ...

    def all(self, span_type: Any = None, /, *, where: Callable[[Any], object] | None = None) -> Any:
        """The spans, all or those of a span type, in the order of start. Arguments as in `one`."""
        return [span for span in views(self._recording, span_type) if where is None or where(span)]

    @property
    def spans(self) -> list[AnySpan]:
        """All spans, in the order of start."""
        return views(self._recording, None)

    @property
    def roots(self) -> list[AnySpan]:
        """The spans without a parent, in the order of start."""
        return plain_views(self._recording, self._recording.below().get(None, ()))

    @property
    def instances(self) -> list[RecordedInstance]:
        """The agent instances, in the order of registration."""
        return [RecordedInstance(self._recording, entry) for entry in self._recording.instances()]

    @property
    def instance(self) -> RecordedInstance:
        """The only agent instance.

        Raises:
            AssertionError: there is none, or more than one.
        """
        __tracebackhide__ = True
        found = self.instances
        if len(found) != 1:
            if not found:
                raise AssertionError(f"expected one agent instance, and {_NOTHING}")
            raise AssertionError(f"expected one agent instance, found {len(found)}: {found}")
        return found[0]

    def tree(self) -> str:
        """The spans as a tree, a line for each: span type, status, and the first texts of its params and result."""
        return tree(self._recording)

    def snapshot(self) -> list[dict[str, Any]]:
        """The spans as plain data, to compare with a stored snapshot: nothing in it changes from run to run.

        Returns:
            The spans without a parent, each as `{"type", "status", "params", "result", "spans"}`, where "spans" are
            those below it. The payloads are JSON, as they are sent.
        """
        return [_plain(span) for span in self.roots]

    def findings(self) -> list[Finding]:
        """The mistakes that did not raise in the agent, and what is still open at this moment; also what is allowed.

        The kinds: "mismatch" (a payload does not match its schema), "open_span" and "open_instance" (not finished),
        "too_late" (a call after the end), "unknown_type" (a span type or quality name that is not registered),
        "no_instance" and "mapper_error" (of traced functions), "redact_error" (`redact` raised).
        """
        return findings(self._recording)

    def verify(self) -> None:
        """Check that there are no findings but those that are allowed. The end of the test does not raise them again.

        Raises:
            AssertionError: there are some. The message names them.
        """
        __tracebackhide__ = True
        found = self._not_allowed()
        self._raised = Counter(found)
        if found:
            raise AssertionError(f"{describe(found)}\n{how_to_allow(found)}")

    def _not_allowed(self) -> list[Finding]:
        return [finding for finding in self.findings() if finding.kind not in self._allowed]

    def _not_raised(self) -> list[Finding]:
        return list((Counter(self._not_allowed()) - self._raised).elements())

    def _mistakes(self) -> str:
        """What the end of the test raises: the message of `verify()`, without what that has raised; empty if none."""
        found = self._not_raised()
        self._raised += Counter(found)
        return f"{describe(found)}\n{how_to_allow(found)}" if found else ""

    def _section(self) -> str:
        """What the report of a failed test shows: the tree, and the findings that no message names."""
        shown = tree(self._recording, most=_MOST_SPANS)
        return "\n".join(filter(None, [shown, describe(self._not_raised())]))

    def clear(self) -> None:
        """Forget the spans, the instances and the findings so far."""
        self._recording.clear()
        self._raised.clear()

    def terminate(self, instance: RecordedInstance | AgentInstanceHandle | str, reason: str | None = None) -> None:
        """Terminate an agent instance, as the platform does: sets `terminated`, and calls `on_terminate` callbacks.

        Args:
            instance: the instance, or its id.
            reason: the reason that the platform gives.

        Raises:
            ValueError: no such instance was recorded.
        """
        instance_id = instance if isinstance(instance, str) else instance.id
        entry = next((each for each in self._recording.instances() if each.id == instance_id), None)
        if entry is None or entry.terminate is None:
            raise ValueError(f"no agent instance with the id {instance_id!r} was recorded")
        if entry.finished_at is None:
            entry.status = "terminated"
        entry.terminate(instance_id, reason)

    def refuse(self, operation: Refusable, error: PrefactorHttpError | None) -> None:
        """Let the API refuse what an agent waits for, from now on.

        What happens is what happens with the API: `initialize()` and `create_agent_instance()` raise the error, unless
        it is a temporary one that they do not raise.

        Args:
            operation: "initialize" or "register".
            error: the error, such as `PrefactorAuthError("the token is not valid", "unauthorized", 401)`; None to
                refuse no longer.

        Raises:
            TypeError: `error` is something else.
            ValueError: there is no such operation.
        """
        if operation not in {"initialize", "register"}:
            raise ValueError(f'operation must be "initialize" or "register", not {operation!r}')
        if not isinstance(error, PrefactorHttpError | None):
            raise TypeError(f"error must be an error of prefactor_http.exceptions or None, not {_kind(error)}")
        if error is None:
            self._recording.refusals.pop(operation, None)
        else:
            self._recording.refusals[operation] = error

    def _not_one(self, span_type: SpanTypeOrName, found: list[AnySpan], of_type: list[AnySpan]) -> str:
        name = span_type if isinstance(span_type, str) else span_type.schema_name
        shown = self._tree(found or of_type)
        if found:
            return f"expected one {name} span, found {len(found)}\n{shown}\n{_how_to_narrow(span_type, found)}"
        if of_type:
            return f"expected one {name} span, found none of {len(of_type)} for which `where` is true\n{shown}"
        if not shown:
            return f"expected one {name} span, and {_NOTHING}"
        types = dict.fromkeys(span.type for span in self.spans)
        meant = did_you_mean(name, types) if isinstance(span_type, str) else ""  # a class is not misspelled
        return f"expected one {name} span, found none{meant}\n{shown}"

    def _tree(self, marked: Collection[AnySpan]) -> str:
        return tree(self._recording, marked, indent=_INDENT, most=_MOST_SPANS)


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _plain(span: AnySpan) -> dict[str, Any]:
    return {
        "type": span.type,
        "status": span.status,
        "params": span.raw_params,
        "result": span.raw_result,
        "spans": [_plain(child) for child in span.children()],
    }


def _how_to_narrow(span_type: SpanTypeOrName, found: list[AnySpan]) -> str:
    """A `where` that selects the first span, or what to use for several."""
    call = _literal(span_type) if isinstance(span_type, str) else span_type.__name__
    statuses = [span.status for span in found]
    if statuses.count(statuses[0]) == 1:
        condition = f"span.status == {_literal(statuses[0])}"
    for name, value in found[0].raw_params.items():
        is_only = sum(span.raw_params.get(name) == value for span in found) == 1
        if is_only and isinstance(value, str | int | float) and len(str(value)) <= 40:
            condition = f"{_member(span_type, name)} == {_literal(value)}"
            break
    else:
        if statuses.count(statuses[0]) != 1:
            return f"for several, use recorded.all({call})"
    return f"narrow it: recorded.one({call}, where=lambda span: {condition})"


def _literal(value: str | float) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _member(span_type: SpanTypeOrName, name: str) -> str:
    model = None if isinstance(span_type, str) else payload_model(span_type, "params")
    fields = {} if model is None else model.__pydantic_fields__
    aliases = {field.alias or field_name: field_name for field_name, field in fields.items()}
    return f"span.params.{aliases[name]}" if name in aliases else f"span.raw_params[{_literal(name)}]"
