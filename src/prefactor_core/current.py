"""What is current in a task or thread: the agent instance."""

from __future__ import annotations

from typing import cast

from prefactor_core._records.instance_stack import instances_of_context
from prefactor_core.context_stack import innermost_span
from prefactor_core.managers import AgentInstanceHandle

__all__ = ["current_instance", "set_default_instance"]

_default: AgentInstanceHandle | None = None


def current_instance() -> AgentInstanceHandle | None:
    """The agent instance that this code runs in, or None.

    It is that of the innermost open span; else that of the innermost `client.instance()` block, or the one that this
    task or thread has started last and not finished; else the one of `set_default_instance()`.
    """
    handles = cast("list[AgentInstanceHandle]", instances_of_context())
    span = innermost_span()
    if span is None:
        return handles[0] if handles else _default
    for handle in handles:
        if handle._record is span.instance:
            return handle
    client = None if span.instance.client is None else span.instance.client()
    return None if client is None else AgentInstanceHandle(span.instance.id, client)


def set_default_instance(instance: AgentInstanceHandle | None) -> None:
    """Set the instance that is current where no other is, as in threads and notebook cells; None for none.

    Args:
        instance: the instance. It stays the default after it is finished.
    """
    global _default  # noqa: PLW0603 - one per process
    _default = instance
