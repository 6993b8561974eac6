"""Spans as a program uses them: the context manager that `client.span(...)` returns, and the object that it yields."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import TracebackType
from typing import TYPE_CHECKING, Any, Never, Protocol, TypeVar, cast

from prefactor_core._handed import DONE, Handed, awaitable_method
from prefactor_core._payloads.collected_result import CollectedResult
from prefactor_core._payloads.policy import PayloadPolicy
from prefactor_core._payloads.redaction import PayloadPart, RedactionRules
from prefactor_core._payloads.schemas import in_package
from prefactor_core._payloads.snapshot import NO_PAYLOAD, Payload, PayloadObject, error_payload, snapshot_object
from prefactor_core._records.records import FINISHED, PREPARED, SpanRecord
from prefactor_core._typed.untyped_span import Part, PayloadCall
from prefactor_core._typed.validation import LateCall, UnknownKeyword, Validation
from prefactor_core.context_stack import push_entry, remove_entry
from prefactor_core.exceptions import ClientClosedError, SpanValidationError
from prefactor_core.queue import QueueClosedError
from prefactor_http.models.types import FinishStatus

__all__ = ["NoSpan", "SpanContext", "SpanRecorder", "SpanScope"]

F = TypeVar("F", bound=Callable[..., object])
SpanT_co = TypeVar("SpanT_co", covariant=True)


class SpanRecorder(Protocol):
    """What a span needs of the manager that records it, which is a `SpanManager`."""

    @property
    def payloads(self) -> PayloadPolicy: ...

    @property
    def validation(self) -> Validation: ...

    def record(self, span_id: str) -> SpanRecord: ...

    def discard(self, record: SpanRecord) -> None: ...

    def start_span(
        self, record: SpanRecord, params: Payload | None = None, started_at: datetime | None = None
    ) -> Handed: ...

    def end(
        self, record: SpanRecord, status: FinishStatus, result: Payload, timestamp: datetime | None = None
    ) -> None: ...


class SpanContext:
    """A span and its states: prepared, started, finished.

    `start`, `complete`, `fail`, `cancel` and `finish` hand over at once. `await` them in a coroutine; a function, or a
    coroutine that need not wait for an id of the API, calls them without.

    Leaving the `with` or `async with` block does what was not called explicitly: a span that was not started is
    started, and one that was not finished is finished, as `failed` after an exception and as `cancelled` after a
    cancellation. A second start, and a call after the finish, do nothing. A second `start`, a second or late
    `complete`, and a result that comes too late are logged once. Payloads are copied when they are given.

    Args:
        temp_id: the id of a span that `span_manager` has prepared.
        span_manager: records the span.
        default_payload: the params, unless `start` is given others.

    Methods that start or finish the span, or take a payload, raise:
        ClientClosedError: the client is closed.
        SpanValidationError: with `validation="raise"`, the payload does not match its schema, or the call is a second
            `start`, or a `complete` or `set_result` after the finish.
        TypeError: the payload is no mapping, pydantic model or dataclass, or a time is not a datetime.
    """

    # As a rule there are none: the first `set_result`, and the first mistake, make them.
    _collected: CollectedResult | None = None
    _unknown_keywords: dict[Part, dict[str, UnknownKeyword]] | None = None

    def __init__(self, temp_id: str, span_manager: SpanRecorder, default_payload: dict[str, Any] | None = None) -> None:
        self._manager = span_manager
        self._record = span_manager.record(temp_id)
        if default_payload is not None:
            self._record.default_payload = snapshot_object(default_payload, "payload")

    @classmethod
    def _of(cls, record: SpanRecord, span_manager: SpanRecorder) -> SpanContext:
        """As the constructor, of a span whose record is at hand."""
        context = SpanContext.__new__(SpanContext)
        context._manager = span_manager
        context._record = record
        return context

    @property
    def id(self) -> str:
        """The span's id. If the API generates it, a local id until its answer, for which `await start()` waits."""
        return self._record.id

    @awaitable_method
    def start(self, payload: PayloadObject | None = None, started_at: datetime | None = None) -> Handed:
        """Start the span. If the API generates its id, awaiting the call waits for that.

        Args:
            payload: the params; by default those given to `span(payload=)`.
            started_at: when the span started; now by default.
        """
        if self._record.phase is not PREPARED:
            self._report_late("start")
            return DONE
        params = self._default_params() if payload is None else snapshot_object(payload, "payload")
        self._check("params", params)
        return self._manager.start_span(self._record, params, started_at)

    @awaitable_method
    def complete(self, result: PayloadObject | None = None, timestamp: datetime | None = None) -> Handed:
        """Finish the span as `complete`.

        Args:
            result: merged into what `set_result` has collected.
            timestamp: when the span ended; now by default.
        """
        if self._record.phase is FINISHED:
            self._report_late("complete")
            return DONE
        return self._finish("complete", result, timestamp)

    @awaitable_method
    def fail(self, result: PayloadObject | BaseException | None = None, timestamp: datetime | None = None) -> Handed:
        """Finish the span as `failed`; arguments as in `complete`.

        `result` may be an exception, as in typed spans: it is recorded as `{"error": {"type", "message"}}`.
        """
        if self._record.phase is FINISHED and result:
            self._report_late("fail")
        failure = {"error": result} if isinstance(result, BaseException) else result
        return self._finish("failed", failure, timestamp)

    @awaitable_method
    def cancel(self, timestamp: datetime | None = None) -> Handed:
        """Finish the span as `cancelled`, before or after its start."""
        return self._finish("cancelled", None, timestamp)

    @awaitable_method
    def finish(self) -> Handed:
        """Finish the span as `complete`, with what `set_result` has collected."""
        return self._finish("complete", None, None)

    def set_result(self, data: PayloadObject) -> None:
        """Collect result data for the finish. A later value of a key replaces an earlier one."""
        if self._record.phase is FINISHED:
            self._report_late("set_result")
            return
        part = snapshot_object(data, "result")
        if self._collected is None:  # two threads may come here at the same time, and collect into the same one
            vars(self).setdefault("_collected", self._manager.payloads.collect_result())
        cast("CollectedResult", self._collected).add(part)

    def _finish(
        self, status: FinishStatus, result: PayloadObject | None, timestamp: datetime | None, why: str = ""
    ) -> Handed:
        if self._record.phase is FINISHED:
            return DONE
        merged = self._with_collected(snapshot_object(result, "result"))
        if status == "complete":
            if self._record.phase is PREPARED:
                not_started = "" if self._record.default_payload else "start() was never called"
                self._check("params", self._default_params(), not_started)
            self._check("result", merged, "" if merged.given else why)
        self._manager.end(self._record, status, merged, timestamp)
        if self._collected is not None:  # vars() costs memory as long as the object is kept
            vars(self).pop("_collected", None)  # the program may keep this object
        return DONE

    def _with_collected(self, last: Payload) -> Payload:
        """What `set_result` has collected, with a last part."""
        return last if self._collected is None else self._collected.with_last(last)

    def _use_span_type(
        self, package: str, schema_name: str, redaction_rules: Mapping[PayloadPart, RedactionRules]
    ) -> None:
        """Use the schemas and the redaction rules of a generated span type for the payloads of this span.

        Args:
            package: the generated package. If it does not define the span type, the schemas stay as they are.
            schema_name: the span type.
            redaction_rules: the redaction rules of its params and result.
        """
        self._record.redaction_rules = redaction_rules
        if self._manager.validation.mode != "off":
            self._record.schemas = in_package(package, schema_name) or self._record.schemas

    def _note_unknown_keywords(self, call: PayloadCall, names: Sequence[str], known: Sequence[str]) -> None:
        """Keep names that a method of a generated span type does not have, to report them with the next check.

        Args:
            call: the method.
            names: the names that it was given.
            known: the keywords that it has.
        """
        if self._unknown_keywords is None:
            self._unknown_keywords = {}
        noted = self._unknown_keywords.setdefault("params" if call == "start" else "result", {})
        for name in names:
            noted.setdefault(name, UnknownKeyword(call, name, known))

    def _report_positional(self, call: PayloadCall, *, recorded: bool) -> None:
        self._manager.validation.report_positional(self._record.schema_name, call, recorded=recorded)

    def _check(self, part: Part, payload: Payload, why: str = "") -> None:
        record, unknown = self._record, self._unknown_keywords
        if record.schemas is not None or unknown:  # otherwise there is nothing to check it against
            given = tuple(unknown.pop(part, {}).values()) if unknown else ()
            self._manager.validation.check(
                record.schemas, record.schema_name, part, payload, why, unknown=given, span=record
            )

    def _report_late(self, call: LateCall) -> None:
        if self._record.ended_with_process:  # the program, whose threads may go on meanwhile, made no mistake
            return
        finished = self._record.phase is FINISHED
        self._manager.validation.report_late(self._record.schema_name, call, finished=finished)

    def _finish_on_exit(self, error: BaseException | None, result: dict[str, Any] | None, why: str | None) -> None:
        """Finish the span when the body of its block is left.

        After an exception the result is not validated: that must not replace the exception.

        Args:
            error: the exception that leaves the block.
            result: merged into what `set_result` has collected, if no exception leaves it.
            why: what the message of a mismatch adds if there is no result. None: then the result is not checked.
        """
        if self._record.phase is FINISHED:
            return
        if error is None and why is None and result is None and self._collected is None:
            self._manager.end(self._record, "complete", NO_PAYLOAD)
        elif error is None:
            try:
                self._finish("complete", result, None, why or "")
            except SpanValidationError:
                self._manager.end(self._record, "complete", self._with_collected(snapshot_object(result, "result")))
                raise
        else:
            status = status_after(error)
            last = error_payload(error) if status == "failed" else NO_PAYLOAD
            self._manager.end(self._record, status, self._with_collected(last))

    def _default_params(self) -> Payload:
        return self._record.default_payload or Payload({})


def status_after(error: BaseException | None) -> FinishStatus:
    """How a block ends that is left by an exception, or by none."""
    if error is None:
        return "complete"
    return "cancelled" if _is_cancellation(error) else "failed"


def _is_cancellation(error: BaseException) -> bool:
    """Whether an exception is a cancellation of asyncio or trio, or a group of nothing else, as a nursery raises."""
    kinds: tuple[type[BaseException], ...] = (asyncio.CancelledError, GeneratorExit)
    of_trio = getattr(sys.modules.get("trio"), "Cancelled", None)
    if isinstance(of_trio, type):  # a test may have replaced the module by a mock
        kinds = (*kinds, of_trio)
    waiting = [error]
    while waiting:  # groups may be nested deeply
        found = waiting.pop()
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(found.exceptions)
        elif not isinstance(found, kinds):
            return False
    return True


class NoSpan(SpanContext):
    """In place of a span where there is none: takes what is given, and records nothing."""

    def __init__(self) -> None:
        pass

    @property
    def id(self) -> str:
        """Empty."""
        return ""

    @awaitable_method
    def _hand_over_nothing(self, *_: object, **__: object) -> Handed:
        """Does nothing."""
        return DONE

    def _take(self, *_: object, **__: object) -> None:
        """Does nothing."""

    start = complete = fail = cancel = finish = _hand_over_nothing
    set_result = _use_span_type = _note_unknown_keywords = _report_positional = _take


class SpanScope(AbstractContextManager[SpanT_co, None], AbstractAsyncContextManager[SpanT_co, None]):
    """What `client.span(...)` returns: a context manager, for `with` and `async with`, and a decorator.

    It decorates functions and coroutine functions, but not generators: a step of a generator would end in the span of
    another. It can be entered again after it was left. Entering it while it is entered raises RuntimeError. As a
    decorator, it opens a span of its own for each call.

    Args:
        manager: records the span.
        open_span: prepares the span. It is called on entering: the parent is the span that is current then.
        wrap: makes the object that the block gets, from the span's context.
        on_left_open: called if the client was closed inside the block.
    """

    def __init__(
        self,
        manager: SpanRecorder,
        open_span: Callable[[], SpanRecord],
        wrap: Callable[[SpanContext], SpanT_co],
        on_left_open: Callable[[], None],
    ) -> None:
        self._manager = manager
        self._open_span = open_span
        self._wrap = wrap
        self._on_left_open = on_left_open
        self._context: SpanContext | None = None

    if not TYPE_CHECKING:  # type checkers report a missing attribute themselves

        def __getattr__(self, name: str) -> Never:
            hint = "; open the span first: `with … as span`" if hasattr(SpanContext, name) else ""
            message = f"{type(self).__name__!r} object has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=self)

    def __call__(self, function: F) -> F:
        """Record each call of a function or coroutine function as a span of its own.

        Raises:
            TypeError: it is a generator, which `traced` decorates.
        """
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            raise TypeError(
                f"a span cannot decorate the generator {function.__qualname__}(), whose caller runs between its steps: "
                "use @traced"
            )
        decorated: Any = function
        if iscoroutinefunction(function):

            @wraps(decorated)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with self._anew():
                    return await decorated(*args, **kwargs)

            return cast("F", awaited)

        @wraps(decorated)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self._anew():
                return decorated(*args, **kwargs)

        return cast("F", called)

    def _anew(self) -> SpanScope[SpanT_co]:
        return type(self)(self._manager, self._open_span, self._wrap, self._on_left_open)

    async def __aenter__(self) -> SpanT_co:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    def __enter__(self) -> SpanT_co:
        if self._context is not None:
            raise RuntimeError("this span has already been entered: call span() again for each `with` block")
        record = self._open_span()
        try:
            self._context = record.context = context = SpanContext._of(record, self._manager)
            yielded = self._wrap(context)
            push_entry(record)
            return yielded
        except BaseException:  # even of a signal handler: Python does not call `__exit__` if `__enter__` raises
            self._context = None
            remove_entry(record)
            raise

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        context, self._context = self._context, None
        if context is None:
            return
        self.leave(context, exc)

    def prepare(self, params: dict[str, Any] | None) -> SpanContext:
        """Prepare a span that is not the current one yet, with these params. `leave` finishes it."""
        record = self._open_span()
        context = record.context = SpanContext(record.id, self._manager, params)
        self._wrap(context)  # which gives it the rules of its span type
        return context

    def leave(
        self,
        context: SpanContext,
        error: BaseException | None,
        result: dict[str, Any] | None = None,
        why: str | None = "complete() was never called",
    ) -> None:
        """Finish a span whose body is left, as `SpanContext._finish_on_exit`, and take it off the stack."""
        try:
            context._finish_on_exit(error, result, why)
        except (ClientClosedError, QueueClosedError):  # must not replace an exception of the body
            self._on_left_open()
        finally:
            context._record.context = None
            remove_entry(context._record)
