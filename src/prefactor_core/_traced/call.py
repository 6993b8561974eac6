"""One call of a traced function, as a span."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefactor_core._payloads.snapshot import EXIT_EXCEPTIONS, Payload
from prefactor_core._records.records import Phase, SpanRecord
from prefactor_core._traced.plan import Plan
from prefactor_core.context_stack import push_entry, remove_entry
from prefactor_core.current import current_instance
from prefactor_core.exceptions import SpanValidationError
from prefactor_core.managers import AgentInstanceHandle
from prefactor_core.span_context import SpanContext, SpanScope

__all__ = ["Call"]


class Call:
    """A call that is recorded. Methods raise only what ends the program, and `SpanValidationError`.

    That one is raised with `validation="raise"`, as in a `with` block: never in place of an exception of the function.

    Args:
        plan: how calls of the function become spans.
        scope: opens and finishes the span.
        context: the span, which is prepared.
    """

    __slots__ = ("_context", "_scope", "plan")

    def __init__(self, plan: Plan, scope: SpanScope[Any], context: SpanContext) -> None:
        self.plan = plan
        self._scope = scope
        self._context = context

    @classmethod
    def prepared(cls, plan: Plan, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
        """Prepare the span of a call; None if it is not recorded."""
        instance = current_instance()
        if instance is None:
            plan.report_no_instance()
            return None
        return cls._of(instance, plan, args, kwargs)

    @classmethod
    def _of(
        cls, instance: AgentInstanceHandle, plan: Plan, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Call | None:
        try:
            params = plan.params(args, kwargs)
            scope: SpanScope[Any] = instance.span(plan.span_type)
            return cls(plan, scope, scope.prepare(params))
        except (SpanValidationError, *EXIT_EXCEPTIONS):
            raise
        except BaseException as error:
            plan.report_unrecorded(error)
            return None

    @classmethod
    def begun(cls, plan: Plan, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
        """Start the span of a call, which is the current one until the end; None if it is not recorded."""
        instance = current_instance()
        if instance is None:
            plan.report_no_instance()
            return None
        call = cls._of(instance, plan, args, kwargs)
        if call is None:
            return None
        push_entry(call.record)
        return call if call.start() else None

    @property
    def record(self) -> SpanRecord:
        """The record of the span."""
        return self._context._record

    def start(self) -> bool:
        """Start the span. Returns whether it could be started; if not, it is forgotten."""
        record = self.record
        record.on_stack = True
        try:
            if record.default_payload is None:  # left out: not checked
                self._context._manager.start_span(record, Payload({}))
            else:
                self._context.start()
        except (SpanValidationError, *EXIT_EXCEPTIONS) as error:
            self.fail(error)
            raise
        except BaseException as error:
            self.plan.report_unrecorded(error)
            self.discard()
            return False
        return True

    def discard(self) -> None:
        """Forget the span, which was not started."""
        self.record.context = None
        remove_entry(self.record)
        self._context._manager.discard(self.record)

    def complete(self, value: object) -> None:
        """Finish the span of a function that has returned a value."""
        try:
            result, why = self.plan.result(value)
        except EXIT_EXCEPTIONS as error:
            self.fail(error)
            raise
        self._leave(None, result, why)

    def complete_stream(self, items: list[Any]) -> None:
        """Finish the span of a stream that has ended, with what it gave."""
        try:
            result = self.plan.collected(items)
        except EXIT_EXCEPTIONS as error:
            self.fail(error)
            raise
        self._leave(None, result, None)

    def complete_collection(self, value: Any) -> None:
        """Finish the span of a function that has returned all items of its stream at once, such as a list."""
        try:
            items = [*value]
        except EXIT_EXCEPTIONS as error:
            self.fail(error)
            raise
        except BaseException:
            self.plan.report_no_stream(value)
            self._leave(None)
        else:
            self.complete_stream(items)

    def fail(self, error: BaseException, items: list[Any] | None = None) -> None:
        """Finish the span of a call that has ended with an exception, with what a stream gave before."""
        try:
            result = None if items is None else self.plan.collected(items)
            if result is not None and self.record.phase is not Phase.FINISHED:
                self._context.set_result(result)
        finally:
            self._leave(error)

    def _leave(self, error: BaseException | None, result: dict[str, Any] | None = None, why: str | None = None) -> None:
        try:
            self._scope.leave(self._context, error, result, why)
        except (SpanValidationError, *EXIT_EXCEPTIONS):
            raise
        except BaseException as failure:
            self.plan.report_unrecorded(failure)
