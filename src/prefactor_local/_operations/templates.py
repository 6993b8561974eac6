"""Display templates: Liquid, rendered as the Prefactor platform does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment

__all__ = ["render"]


class _BoundedEnvironment(Environment):
    """Limits the time and memory of a template: it comes from a request."""

    loop_iteration_limit = 10_000
    output_stream_limit = 100_000
    local_namespace_limit = 1_000_000


class _Object(dict[str, Any]):
    """A JSON object, rendered as an empty text."""

    def __str__(self) -> str:
        return ""


class _Array(tuple[Any, ...]):
    """A JSON array, rendered as an empty text. It is a tuple because Liquid renders the items of a list."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""


_ENVIRONMENT = _BoundedEnvironment()


def render(template: str | None, params: Mapping[str, Any], result: Mapping[str, Any] | None) -> str | None:
    """Renders a template with the members of params and result; the result's members take precedence.

    Missing members, nulls, objects and arrays are rendered as an empty text, and white space is collapsed.

    Returns:
        The text; None if there is no template, or it is not valid Liquid or exceeds a limit.
    """
    if template is None:
        return None
    try:
        text = _parsed(template).render(_printable({**params, **(result or {})}))
    except Exception:  # an error in a template or filter must not keep the span from being recorded
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
