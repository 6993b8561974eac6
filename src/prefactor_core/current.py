"""What is current in a task or thread: the agent instance."""

from __future__ import annotations

from prefactor_core._records.instance_stack import current_instances
from prefactor_core._records.records import InstanceRecord
from prefactor_core.context_stack import innermost_span
from prefactor_core.managers import AgentInstanceHandle

__all__ = ["current_instance", "set_default_instance"]

_default: AgentInstanceHandle | None = None


def current_instance() -> AgentInstanceHandle | None:
    """The agent instance that this code runs in, or None.

    It is that of the innermost open span; else that of the innermost `client.instance()` block, or the one that this
    task or thread has started last and not finished; else the one of `set_default_instance()`.
    """
    entries = current_instances()
    span = innermost_span()
    if span is None and not entries:
        return _default
    record = entries[0].record if span is None else span.instance
    handle = next((entry.handle() for entry in entries if entry.record is record), None)
    return handle or _handle_of(record)


def set_default_instance(instance: AgentInstanceHandle | None) -> None:
    """Set the instance that is current where no other is, as in threads and notebook cells; None for none.

    Args:
        instance: the instance. It stays the default after it is finished.
    """
    global _default  # noqa: PLW0603 - one per process
    _default = instance


def _handle_of(record: InstanceRecord) -> AgentInstanceHandle | None:
    """A handle of an instance whose own handle the program does not keep; None if its client is gone."""
    if _default is not None and _default._record is record:
        return _default
    client = None if record.client is None else record.client()
    return None if client is None else AgentInstanceHandle(record.id, client)
