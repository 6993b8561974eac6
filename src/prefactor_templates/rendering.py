"""Renders display templates within limits of time and memory: template and values may come from a stranger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import StringIO
from threading import Event
from typing import Any, TextIO

from liquid import BoundTemplate, RenderContext, Token
from liquid.output import LimitedStringIO
from liquid.undefined import UNDEFINED

from prefactor_templates.parsing import MAX_OUTPUT, TemplateLimitError

__all__ = ["RENDER_SECONDS", "RenderTimeoutError", "render_template"]

RENDER_SECONDS = 0.2
"""How long a template may take to render, in seconds of its thread's CPU time."""

_MAX_VALUES = 100_000
"""The most values in a member that a template uses."""
_MAX_ITEMS = 10_000
"""The most items of a list that a filter takes or gives, with those of the lists in it."""
_MAX_BITS = 4_096
"""The largest integer that a filter takes or gives."""

# Filters whose time grows with the square of what they take: the most characters, or items.
_LIMITS = {"date": 1_000, "strip_html": 10_000, "uniq": 500}
# Filters that take a text or a list of any length: they give as much or less, in time that is proportional to it.
_TAKE_ANY_LENGTH = frozenset(
    {"capitalize", "default", "downcase", "first", "last", "lstrip", "rstrip", "size", "slice", "squish", "strip"}
    | {"strip_newlines", "truncate", "truncatewords", "upcase"}
)

Filter = Callable[..., object]


class RenderTimeoutError(TemplateLimitError):
    """The template takes longer than `RENDER_SECONDS`."""


def render_template(template: BoundTemplate, members: Mapping[str, Any], stop: Event) -> str:
    """The text that the template gives with these members, which are JSON.

    Missing members, nulls, objects and arrays are rendered as an empty text.

    Args:
        template: What `parse_template` returned.
        members: The members of params and result.
        stop: Ends the rendering when it is set.

    Raises:
        RenderTimeoutError: It takes too long.
        TemplateLimitError: It exceeds another limit, or `stop` is set.
        Exception: What python-liquid and its filters raise.
    """
    context = _Context(template, globals=_Members(members))
    context.clock = _Clock(stop)
    output = context.get_buffer()
    template.render_with_context(context, output)
    return output.getvalue()


class _Clock:
    """Ends a rendering that takes too long. Whatever a template can repeat asks it."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._end = time.thread_time() + RENDER_SECONDS
        self._earliest_end = time.perf_counter() + RENDER_SECONDS

    def check(self) -> None:
        if self._stop.is_set():
            raise TemplateLimitError("the server stops")
        # The CPU time is not longer than the time, which is quicker to ask for.
        if time.perf_counter() > self._earliest_end and time.thread_time() > self._end:
            raise RenderTimeoutError(f"the template takes longer than {RENDER_SECONDS} s")


class _Output(LimitedStringIO):
    def __init__(self, clock: _Clock, limit: int) -> None:
        super().__init__(limit)
        self._clock = clock

    def write(self, text: str) -> int:
        self._clock.check()
        return super().write(text)


class _Context(RenderContext):
    """The state of a rendering. Asks the clock whenever a template uses a name, and bounds what filters do."""

    __slots__ = ("clock",)
    clock: _Clock

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        return _Output(self.clock, MAX_OUTPUT - (buf.size if isinstance(buf, LimitedStringIO) else 0))

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        self.clock.check()
        return super().get(path, token=token, default=default)

    def assign(self, key: str, val: object) -> None:
        self.clock.check()
        super().assign(key, val)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.clock.check()
        super().raise_for_loop_limit(length)

    def filter(self, name: str, token: Token | None) -> Filter:
        self.clock.check()
        return partial(_filtered, name, super().filter(name, token))


def _filtered(name: str, function: Filter, left: object, *arguments: object, **named: object) -> object:
    """What the filter gives, if neither it nor what the filter takes exceeds a limit."""
    for argument in (*arguments, *named.values()):
        _check_bounds(argument)
    if name == "truncatewords" and isinstance(left, str):
        left = left[:MAX_OUTPUT]  # before it becomes a list of words
    if name not in _TAKE_ANY_LENGTH:
        _check_bounds(left, _LIMITS.get(name))
    if _product(name, left, arguments) > MAX_OUTPUT:
        raise TemplateLimitError(f"the filter {name} would give more than {MAX_OUTPUT:,} characters")
    given = function(left, *arguments, **named)
    if name not in _TAKE_ANY_LENGTH:
        _check_bounds(given)
    return given


def _check_bounds(value: object, limit: int | None = None) -> None:
    if isinstance(value, str):
        if len(value) > (limit or MAX_OUTPUT):
            raise TemplateLimitError(f"a filter takes or gives more than {limit or MAX_OUTPUT:,} characters")
    elif isinstance(value, list | tuple):
        if _count(value, limit or _MAX_ITEMS) < 0:
            raise TemplateLimitError(f"a filter takes or gives more than {limit or _MAX_ITEMS:,} items")
    elif isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise TemplateLimitError(f"a filter takes or gives an integer of more than {_MAX_BITS:,} bits")


def _count(items: Sequence[object], left: int) -> int:
    """How many more items there might be than the lists have; below 0 if there are too many."""
    left -= len(items)
    for item in items if left >= 0 else ():
        if isinstance(item, list | tuple):
            left = _count(item, left)
            if left < 0:
                break
    return left


def _product(name: str, left: object, arguments: Sequence[object]) -> int:
    """The characters that a filter adds if it multiplies what it takes; 0 for others."""
    if name == "replace" and len(arguments) == 2:
        return str(left).count(str(arguments[0])) * len(str(arguments[1]))
    if name == "join" and arguments and isinstance(left, list | tuple | range):
        return len(str(arguments[0])) * (_MAX_ITEMS - _count(left, _MAX_ITEMS))
    return 0


class _Members(Mapping[str, Any]):
    """The members of a payload by name. Those that the template uses become what Liquid can print, once."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members
        self._printable: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._printable:
            self._printable[name] = _printable(self._members[name], iter(range(_MAX_VALUES)))
        return self._printable[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


class _Object(dict[str, Any]):
    """A JSON object, rendered as an empty text."""

    def __str__(self) -> str:
        return ""


class _Array(tuple[Any, ...]):
    """A JSON array, rendered as an empty text. It is a tuple because Liquid renders the items of a list."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""


def _printable(value: Any, places: Iterator[int]) -> Any:
    if not isinstance(value, dict | list):
        return value
    items = value.values() if isinstance(value, dict) else value
    copies = []
    for item in items:
        if next(places, None) is None:
            raise TemplateLimitError(f"a member has more than {_MAX_VALUES:,} values")
        copies.append(_printable(item, places))
    return _Object(zip(value, copies, strict=True)) if isinstance(value, dict) else _Array(copies)
