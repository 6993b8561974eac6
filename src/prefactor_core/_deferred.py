"""Generated models are built at their first use: a program pays for those that it uses."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from prefactor_schema.fork_lock import ForkLock

__all__ = ["BuiltAtFirstUse"]

# One builds at a time, and a fork waits for it: nobody would release pydantic's own lock in the child.
_building = ForkLock()


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
            _use_pydantic()
        return built


@cache
def _use_pydantic() -> None:
    """Have pydantic make what its native code keeps for the process: a child forked in the midst waits for ever."""

    class Sample(BaseModel):
        text: str
        numbers: list[int | float | bool | None]
        kind: Literal["a"]
        others: dict[str, object]

    sample = {"text": "", "numbers": [0, 0.5, True, None], "kind": "a", "others": {}}
    Sample.model_validate(sample).model_dump(mode="json")
    try:
        Sample.model_validate({**sample, "kind": ""})
    except ValidationError as error:
        error.errors()
