"""The agent instances that are current in each task and thread."""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple, TypeAlias

from prefactor_core._records.records import InstanceRecord

__all__ = [
    "InstanceEntries",
    "enter_instance",
    "instance_entries",
    "instances_of_context",
    "leave_instance",
    "replace_instances",
    "run_started",
]


class _Entry(NamedTuple):
    """An instance that is current.

    Attributes:
        handle: the handle that the program has.
        record: its record.
        is_block: it is current until its block is left; otherwise until it ends, or another one is started.
    """

    handle: object
    record: InstanceRecord
    is_block: bool


InstanceEntries: TypeAlias = tuple[_Entry, ...]

_instances: ContextVar[InstanceEntries] = ContextVar("prefactor_instances", default=())


def run_started(handle: object, record: InstanceRecord) -> None:
    """Make an instance current that the program has started."""
    entries = _instances.get()
    if entries and entries[-1].handle is handle:
        return
    blocks = tuple(entry for entry in entries if entry.is_block)
    _instances.set((*blocks, _Entry(handle, record, is_block=False)))


def enter_instance(handle: object, record: InstanceRecord) -> None:
    """Make an instance current until `leave_instance()`."""
    others = tuple(entry for entry in _instances.get() if entry.handle is not handle)
    _instances.set((*others, _Entry(handle, record, is_block=True)))


def leave_instance(handle: object) -> None:
    """The block of an instance is left."""
    if entries := _instances.get():
        _instances.set(tuple(entry for entry in entries if entry.handle is not handle))


def instances_of_context() -> list[object]:
    """The handles of the instances that are current and not over, the innermost first."""
    return [entry.handle for entry in reversed(_instances.get()) if not entry.record.ended]


def instance_entries() -> InstanceEntries:
    """What is current in this context, for `replace_instances`."""
    return _instances.get()


def replace_instances(entries: InstanceEntries) -> InstanceEntries:
    """Make these instances the current ones of this context. Returns those before."""
    before = _instances.get()
    _instances.set(entries)
    return before
