"""Generated models are built at their first use: a program pays for those that it uses."""

from __future__ import annotations

import os
from threading import RLock
from typing import Any

__all__ = ["BuiltAtFirstUse"]

# Whoever builds needs milliseconds, but the lock is not fair; not for ever, for a build may need what the fork holds.
_FORK_WAITS_SECONDS = 10.0

# One builds at a time, so that a fork can wait for it.
_building = RLock()


class BuiltAtFirstUse:
    """Base of pydantic models with `defer_build`: one thread builds, others wait."""

    def __init_subclass__(cls, **options: Any) -> None:
        """A base is built first: the names in its annotations mean nothing in the module of a program's subclass."""
        super().__init_subclass__(**options)
        for base in cls.__bases__:
            if issubclass(base, BuiltAtFirstUse) and not getattr(base, "__pydantic_fields_complete__", True):
                base.model_rebuild(raise_errors=False)

    @classmethod
    def model_rebuild(cls, *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        """As pydantic's `BaseModel.model_rebuild`."""
        depth = _parent_namespace_depth + 1  # the frame of this method
        with _building:
            built: bool | None = super().model_rebuild(  # type: ignore[misc]  # pydantic's comes next in the order
                _parent_namespace_depth=depth, **options
            )
        return built


class _Fork:
    """A fork waits a moment for who builds: pydantic has a lock of its own, which nobody would release in the child."""

    def __init__(self) -> None:
        self._held = False

    def before(self) -> None:
        self._held = _building.acquire(timeout=_FORK_WAITS_SECONDS)

    def after(self) -> None:
        if self._held:
            _building.release()


if hasattr(os, "register_at_fork"):
    _fork = _Fork()
    os.register_at_fork(before=_fork.before, after_in_parent=_fork.after, after_in_child=_fork.after)
