"""The current span of each task and thread."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from types import FrameType
from typing import Any, Final, NamedTuple, TypeAlias

from prefactor_core._records.records import CreateState, InstanceRecord, Phase, SpanRecord

__all__ = ["Entries", "SpanContextStack", "StreamStack"]

# How many callers are searched for a generator. A recursive agent may have many more.
_MOST_FRAMES = 50

_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_TASK_STEP = asyncio.Handle._run.__code__  # the caller of every step of a task

_Runner: TypeAlias = weakref.ref[Any] | int


class _Entry(NamedTuple):
    """A span on the stack.

    Attributes:
        span: its record, or an id that the program has pushed.
        runner: the task or thread that opened it. Another one has inherited the entry.
        generators: the generators that it was opened in, innermost first.
    """

    span: SpanRecord | str
    runner: _Runner
    generators: tuple[int, ...]


Entries: TypeAlias = tuple[_Entry, ...]

_stack: ContextVar[Entries] = ContextVar("prefactor_span_stack", default=())

stack_entries: Final[Callable[[], Entries]] = _stack.get
"""The stack of this context, for `replace_stack`."""


class SpanContextStack:
    """The spans that are open in the current context, outermost first.

    It is a context variable: tasks, `gather` and `asyncio.to_thread` inherit the stack of the code that made them, and
    spans that they open are not visible outside. Spans may end in any order, and in another context than the one that
    they began in.

    A span that has ended is not on the stack. It is the parent of new spans only in the tasks and threads that were
    started inside it.
    """

    @classmethod
    def push(cls, span_id: str) -> None:
        """Make a span the current one."""
        push_entry(span_id)

    @classmethod
    def pop(cls) -> str | None:
        """Remove the current span from the stack. Returns its id, or None if no span is open."""
        entries = _stack.get()
        current = next((entry for entry in reversed(entries) if _is_open(entry)), None)
        if current is None:
            return None
        _stack.set(tuple(entry for entry in entries if entry is not current))
        return _id(current)

    @classmethod
    def peek(cls) -> str | None:
        """The id of the current span, or None if no span is open."""
        return next((_id(entry) for entry in reversed(_stack.get()) if _is_open(entry)), None)

    @classmethod
    def get_stack(cls) -> list[str]:
        """The ids of the open spans, outermost first."""
        return [_id(entry) for entry in _stack.get() if _is_open(entry)]

    @classmethod
    def depth(cls) -> int:
        """How many spans are open."""
        return sum(_is_open(entry) for entry in _stack.get())

    @classmethod
    def is_empty(cls) -> bool:
        """Whether no span is open."""
        return cls.peek() is None


def push_entry(span: SpanRecord | str) -> None:
    """Make a span the current one. A record leaves all stacks as soon as its `on_stack` is False."""
    if isinstance(span, SpanRecord):
        span.on_stack = True
    entry = _Entry(span, _running(), _generators())
    entries = _stack.get()
    _stack.set((*_without_useless(entries), entry) if entries else (entry,))


def remove_entry(record: SpanRecord) -> None:
    """Remove a span from the stack, at any position, in this context and in every one that inherited it.

    In a task or thread that was started inside the span, it stays the parent of new spans.
    """
    record.on_stack = False
    entries = _stack.get()
    if not entries:
        return
    if entries[-1].span is record:  # as a rule
        others = entries[:-1]
    else:
        others = tuple([entry for entry in entries if entry.span is not record])
        if len(others) == len(entries):  # as a rule at the end of a block, whose span was finished inside of it
            return
    _stack.set(_without_useless(others) if others else others)


def current_parent(instance: InstanceRecord) -> SpanRecord | str | None:
    """The span that a new span of `instance` belongs to: the innermost one that is open, or that has started this task.

    A span of another instance cannot be a parent.
    """
    return _innermost(instance)


def innermost_span() -> SpanRecord | None:
    """The innermost span of any instance, as `current_parent`."""
    found = _innermost(None)
    return found if isinstance(found, SpanRecord) else None


def replace_stack(entries: Entries) -> Entries:
    """Make this the stack of this context. Returns the one before."""
    before = _stack.get()
    _stack.set(entries)
    return before


def open_span(schema_name: str | None) -> SpanRecord | None:
    """The innermost span that is open, of a span type or of any."""
    entries = _stack.get()
    if not entries:
        return None
    runner, generators = _running(), _generators()
    for entry in reversed(entries):
        span = entry.span
        if not isinstance(span, SpanRecord) or not span.on_stack or schema_name not in {None, span.schema_name}:
            continue
        if not (entry.generators and entry.runner == runner and _take_turns(entry.generators, generators)):
            return span
    return None


class StreamStack:
    """The stack of a stream whose steps are the body of a span, as a context manager for each step.

    The span is current inside the steps only: whoever reads the stream is not inside it. What the steps open stays
    open for the next ones, which may run in another task or thread.

    Args:
        record: the span. It is taken off the stack of the current context, if it is there.
    """

    __slots__ = ("_inside", "_outside", "_runner")

    def __init__(self, record: SpanRecord) -> None:
        entries = _stack.get()
        others = tuple(entry for entry in entries if entry.span is not record)
        if len(others) < len(entries):
            _stack.set(others)
        self._inside = (*others, _Entry(record, _running(), ()))
        self._outside: Entries = ()
        self._runner: _Runner | None = None

    def __enter__(self) -> None:
        self._outside, self._runner = _stack.get(), _running()
        _stack.set(self._inside)

    def __exit__(self, *_: object) -> None:
        if self._runner == _running():  # otherwise a step is dropped that has not ended, in a context of others
            self._inside = _stack.get()
            _stack.set(self._outside)


def _innermost(instance: InstanceRecord | None) -> SpanRecord | str | None:
    entries = _stack.get()
    if not entries:
        return None
    runner, generators = _running(), None
    for entry in reversed(entries):
        if not isinstance(entry.span, SpanRecord):
            return entry.span
        is_other = instance is not None and entry.span.instance is not instance
        if is_other or not (_is_open(entry) or _outlived(entry, runner)):
            continue
        if entry.generators and entry.runner == runner:
            generators = _generators() if generators is None else generators
            if _take_turns(entry.generators, generators):
                continue
        return entry.span
    return None


def _is_open(entry: _Entry) -> bool:
    return not isinstance(entry.span, SpanRecord) or entry.span.on_stack


def _outlived(entry: _Entry, runner: _Runner) -> bool:
    """The span has ended, and this task or thread was started inside it."""
    span = entry.span
    return (
        isinstance(span, SpanRecord)
        and span.phase is Phase.FINISHED
        and span.create_state is not CreateState.FAILED
        and entry.runner != runner
    )


def _without_useless(entries: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    """Drop the entries that can be no parent any more.

    Of those that have ended, the innermost of each instance is enough: otherwise a task that is started by a task that
    is started by a task has a longer stack each time.
    """
    for entry in entries:
        span = entry.span
        if isinstance(span, SpanRecord) and not span.on_stack:
            break
    else:  # as a rule
        return entries
    runner = _running()
    kept: list[_Entry] = []
    outlived: set[InstanceRecord] = set()
    for entry in reversed(entries):
        span = entry.span
        if _is_open(entry):
            kept.append(entry)
        elif isinstance(span, SpanRecord) and span.instance not in outlived and _outlived(entry, runner):
            outlived.add(span.instance)
            kept.append(entry)
    return tuple(reversed(kept))


def _running() -> _Runner:
    """The current task of asyncio or trio, or the thread if it runs none."""
    loop = asyncio._get_running_loop()
    task = _trio_task() if loop is None else asyncio.current_task(loop)
    return threading.get_ident() if task is None else weakref.ref(task)


def _trio_task() -> object | None:
    trio = sys.modules.get("trio")
    if trio is None:
        return None
    lowlevel = getattr(trio, "lowlevel", None)
    if not getattr(lowlevel, "in_trio_task", bool)():
        return None
    task: object = lowlevel.current_task()  # type: ignore[union-attr]
    return task


def _generators() -> tuple[int, ...]:
    """The generators that the caller runs in, innermost first, as ids of their frames.

    A generator runs in the context of whoever asks it for a value, so contexts do not tell generators apart. The
    generator of a context manager is left out: what it opens is meant for the block.
    """
    found: list[int] = []
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        code, caller = frame.f_code, frame.f_back
        if code.co_flags & _GENERATOR:
            if not (caller and caller.f_globals.get("__name__") == "contextlib"):
                found.append(id(frame))
        elif code is _TASK_STEP:
            break
        frame = caller
    return tuple(found)


def _take_turns(opened: tuple[int, ...], running: tuple[int, ...]) -> bool:
    """Two generators run in turns: neither runs inside the other."""
    return bool(running) and opened[0] not in running and running[0] not in opened


def _id(entry: _Entry) -> str:
    return entry.span.id if isinstance(entry.span, SpanRecord) else entry.span
