"""Generated models are built at their first use: a program pays for those that it uses."""

from __future__ import annotations

import os
from threading import RLock
from typing import Any

__all__ = ["BuiltAtFirstUse"]

# pydantic before 2.14 lets several threads build one model, and then one of them may meet a half-built one.
_building = RLock()
if hasattr(os, "register_at_fork"):  # a child must not wait for a thread that it does not have
    os.register_at_fork(before=_building.acquire, after_in_parent=_building.release, after_in_child=_building.release)


class BuiltAtFirstUse:
    """Base of pydantic models with `defer_build`: one thread builds, others wait."""

    @classmethod
    def model_rebuild(cls, *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        """As pydantic's `BaseModel.model_rebuild`."""
        depth = _parent_namespace_depth + 1  # the frame of this method
        with _building:
            built: bool | None = super().model_rebuild(  # type: ignore[misc]  # pydantic's comes next in the order
                _parent_namespace_depth=depth, **options
            )
        return built
