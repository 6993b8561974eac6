"""Builds generated models at their first use, so that a program does not build those that it does not use."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from prefactor_schema.fork_lock import ForkLock

__all__ = ["BuiltAtFirstUse"]

# One thread builds at a time, and a fork waits for it: pydantic's own lock would never be released in the child.
_building = ForkLock()


class BuiltAtFirstUse:
    """Base of pydantic models with `defer_build`. One thread builds a model, and others wait."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Build the bases first: the names in their annotations are unknown in the module of a program's subclass."""
        super().__init_subclass__(**options)
        for base in cls.__bases__:
            if issubclass(base, BuiltAtFirstUse) and not getattr(base, "__pydantic_fields_complete__", True):
                base.model_rebuild(raise_errors=False)

    @classmethod
    def model_rebuild(cls, *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        """As pydantic's `BaseModel.model_rebuild`."""
        depth = _parent_namespace_depth + 1  # the frame of this method
        with _building:
            built: bool | None = super().model_rebuild(  # type: ignore[misc]  # pydantic's method is next in the MRO
                _parent_namespace_depth=depth, **options
            )
            _initialize_pydantic()
        return built


@cache
def _initialize_pydantic() -> None:
    """Use pydantic once, so that its native code creates its process-wide state.

    In a child that is forked while another thread creates it, pydantic would wait for ever.
    """

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
