"""Display templates: Liquid, as the platform renders it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment

__all__ = ["render"]


class _Bounded(Environment):
    """A template comes from a request: it must not run for ever."""

    loop_iteration_limit = 10_000
    output_stream_limit = 100_000
    local_namespace_limit = 1_000_000


class _Object(dict[str, Any]):
    """A JSON object, printed as nothing."""

    def __str__(self) -> str:
        return ""


class _Array(tuple[Any, ...]):
    """A JSON array, printed as nothing. No list, for Liquid prints the items of a list."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""


_ENVIRONMENT = _Bounded()


def render(template: str | None, params: Mapping[str, Any], result: Mapping[str, Any] | None) -> str | None:
    """The text of a template over params and result in one context, where the result wins.

    What is missing, null, an object or an array prints as nothing, and white space is collapsed.
    Returns None without a template, and for one that is no valid Liquid or runs too long.
    """
    if template is None:
        return None
    try:
        text = _parsed(template).render(_printable({**params, **(result or {})}))
    except Exception:  # whatever a template or a filter does, the span is recorded
        return None
    return " ".join(text.split())


@lru_cache(maxsize=512)
def _parsed(template: str) -> BoundTemplate:
    return _ENVIRONMENT.from_string(template)


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return _Object((key, _printable(item)) for key, item in value.items())
    if isinstance(value, list):
        return _Array(_printable(item) for item in value)
    return value
