"""The current span of each task and thread."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TypeAlias

from prefactor_core._records.records import InstanceRecord, SpanRecord

__all__ = ["SpanContextStack"]

Entry: TypeAlias = SpanRecord | str

_stack: ContextVar[tuple[Entry, ...]] = ContextVar("prefactor_span_stack", default=())


class SpanContextStack:
    """The spans that are open in the current context, outermost first.

    It is a context variable: tasks, `gather` and `asyncio.to_thread` inherit the stack of the code that made them, and
    spans that they open are not visible outside. Spans may end in any order, and in another context than the one that
    they began in.
    """

    @classmethod
    def push(cls, span_id: str) -> None:
        """Make a span the current one."""
        push_entry(span_id)

    @classmethod
    def pop(cls) -> str | None:
        """Remove the current span from the stack. Returns its id, or None if no span is open."""
        entries = _open_entries()
        if not entries:
            return None
        _stack.set(entries[:-1])
        return _id(entries[-1])

    @classmethod
    def peek(cls) -> str | None:
        """The id of the current span, or None if no span is open."""
        entries = _open_entries()
        return _id(entries[-1]) if entries else None

    @classmethod
    def get_stack(cls) -> list[str]:
        """The ids of the open spans, outermost first."""
        return [_id(entry) for entry in _open_entries()]

    @classmethod
    def depth(cls) -> int:
        """How many spans are open."""
        return len(_open_entries())

    @classmethod
    def is_empty(cls) -> bool:
        """Whether no span is open."""
        return not _open_entries()


def push_entry(entry: Entry) -> None:
    """Make a span the current one. A record leaves all stacks as soon as its `on_stack` is False."""
    if isinstance(entry, SpanRecord):
        entry.on_stack = True
    _stack.set((*_open_entries(), entry))


def remove_entry(record: SpanRecord) -> None:
    """Remove a span from the stack, at any position, in this context and in every one that inherited it."""
    record.on_stack = False
    _stack.set(_open_entries())


def current_parent(instance: InstanceRecord) -> Entry | None:
    """The innermost open span of `instance`. A span of another instance cannot be a parent."""
    for entry in reversed(_stack.get()):
        if not isinstance(entry, SpanRecord):
            return entry
        if entry.on_stack and entry.instance is instance:
            return entry
    return None


def _open_entries() -> tuple[Entry, ...]:
    entries = _stack.get()
    if all(not isinstance(entry, SpanRecord) or entry.on_stack for entry in entries):
        return entries
    return tuple(entry for entry in entries if not isinstance(entry, SpanRecord) or entry.on_stack)


def _id(entry: Entry) -> str:
    return entry.id if isinstance(entry, SpanRecord) else entry
