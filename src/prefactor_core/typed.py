"""Base of the generated span helpers (interim: being written)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

if TYPE_CHECKING:
    from prefactor_core.span_context import SpanContext

__all__ = ["SpanTypeOf", "TypedSpan"]

ParamsT_contra = TypeVar("ParamsT_contra", contravariant=True)
SpanT_co = TypeVar("SpanT_co", covariant=True)


class SpanTypeOf(Protocol[ParamsT_contra, SpanT_co]):
    """A generated span type, seen as the class object: what `span(AgentLlm)` takes."""

    @property
    def schema_name(self) -> str: ...

    def __call__(self, span: SpanContext, /) -> SpanT_co: ...

    def _default_params(self, payload: ParamsT_contra | None, /) -> dict[str, Any] | None: ...


class TypedSpan:
    """A span whose params and result have types."""

    schema_name: ClassVar[str]

    def __init__(self, span: SpanContext, /) -> None:
        self._span = span

    @classmethod
    def _default_params(cls, payload: Mapping[str, Any] | None, /) -> dict[str, Any] | None:
        return None if payload is None else dict(payload)
