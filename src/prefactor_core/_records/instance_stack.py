"""The agent instances that are current in each task and thread."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import ReferenceType, ref

from prefactor_core._records.records import InstanceRecord

__all__ = [
    "CurrentInstance",
    "InstanceEntries",
    "current_instances",
    "enter_instance",
    "instance_entries",
    "leave_instance",
    "replace_instances",
    "run_finished",
    "run_started",
]


class CurrentInstance(NamedTuple):
    """An instance that is current. A context may live as long as the program, so it keeps neither handle nor client.

    Attributes:
        record: the instance.
        handle: the handle that the program has, or had.
        is_block: it is current until its block is left; otherwise until it ends.
    """

    record: InstanceRecord
    handle: ReferenceType[Any]
    is_block: bool


InstanceEntries: TypeAlias = tuple[CurrentInstance, ...]

_MOST_STARTED = 20  # a program may never finish its runs

_instances: ContextVar[InstanceEntries] = ContextVar("prefactor_instances", default=())

instance_entries: Final[Callable[[], InstanceEntries]] = _instances.get
"""What is current in this context, for `replace_instances`."""


def run_started(handle: object, record: InstanceRecord) -> None:
    """Make an instance current that the program has started."""
    entries = _instances.get()
    if entries and entries[-1].record is record:
        return
    started = [entry for entry in entries if not (entry.is_block or entry.record.ended)][-_MOST_STARTED:]
    kept = (entry for entry in entries if entry.is_block or entry in started)
    _instances.set((*kept, CurrentInstance(record, ref(handle), is_block=False)))


def run_finished(record: InstanceRecord) -> None:
    """The program has finished an instance: it is not kept for its sake."""
    if any(entry.record is record and not entry.is_block for entry in _instances.get()):
        _instances.set(_others(record))


def enter_instance(handle: object, record: InstanceRecord) -> None:
    """Make an instance current until `leave_instance()`."""
    _instances.set((*_others(record), CurrentInstance(record, ref(handle), is_block=True)))


def leave_instance(record: InstanceRecord) -> None:
    """The block of an instance is left."""
    if _instances.get():
        _instances.set(_others(record))


def current_instances() -> list[CurrentInstance]:
    """The instances that are current and not over, the innermost first."""
    return [entry for entry in reversed(_instances.get()) if not entry.record.ended]


def replace_instances(entries: InstanceEntries) -> InstanceEntries:
    """Make these instances the current ones of this context. Returns those before."""
    before = _instances.get()
    _instances.set(entries)
    return before


def _others(record: InstanceRecord) -> tuple[CurrentInstance, ...]:
    return tuple(entry for entry in _instances.get() if entry.record is not record)
