"""Parses display templates within limits.

Liquid's lexer takes time that grows with the square of what it reads: 100,000 spaces in a tag take 40 seconds. So a
template is short, and what the lexer would go over again and again is refused before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from liquid import BoundTemplate, Environment, Node, RenderContext, Token
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression

__all__ = [
    "MAX_OUTPUT",
    "MAX_RANGE",
    "MAX_SPACE",
    "MAX_TEMPLATE",
    "InvalidTemplateError",
    "TemplateLimitError",
    "parse_template",
]

MAX_TEMPLATE = 4_000
"""The longest template, in characters."""

MAX_SPACE = 200
"""The most white space in a row, in characters."""

MAX_RANGE = 1_000
"""The most numbers in a range, such as `(1..10)`, and the most iterations of a loop and the loops in it."""

MAX_OUTPUT = 100_000
"""The most characters that a template or a filter may give, and that a filter may take (some take more)."""

_SPACE = re.compile(rf"\s{{{MAX_SPACE + 1}}}")
_OPENING = re.compile(r"\{\{|\{%")
_CLOSING = {"{{": "}}", "{%": "%}"}
_VERBATIM = re.compile(r"-?\s*(raw|doc)\s*-?%\}")
_END_OF_VERBATIM = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "doc")}


class InvalidTemplateError(ValueError):
    """The text is not a Liquid template. The message says why."""


class TemplateLimitError(ValueError):
    """A template exceeds a limit, as it is or when it is rendered. The message names the limit."""


class _Environment(Environment):
    loop_iteration_limit = MAX_RANGE
    output_stream_limit = MAX_OUTPUT
    local_namespace_limit = 10 * MAX_OUTPUT


_ENVIRONMENT = _Environment()


def parse_template(text: str) -> BoundTemplate:
    """The template in the text, whose ranges are bounded. Takes a few milliseconds at most.

    Raises:
        InvalidTemplateError: It is not Liquid.
        TemplateLimitError: It exceeds a limit.
    """
    _check_size(text)
    _check_delimiters(text)
    try:
        template = _ENVIRONMENT.from_string(text)
        _bound_ranges(template)
    except LiquidError as error:
        too_deep = isinstance(error.__cause__, RecursionError)
        raise InvalidTemplateError("nested too deeply" if too_deep else error.message) from None
    except RecursionError:
        raise InvalidTemplateError("nested too deeply") from None
    return template


def _check_size(text: str) -> None:
    if len(text) > MAX_TEMPLATE:
        raise TemplateLimitError(f"the template has more than {MAX_TEMPLATE:,} characters")
    if _SPACE.search(text):
        raise TemplateLimitError(f"the template has more than {MAX_SPACE} characters of white space in a row")


def _check_delimiters(text: str) -> None:
    """Refuses what opens and does not close: for each one, the lexer would read the rest of the template again."""
    position = 0
    while opening := _OPENING.search(text, position):
        closing = _CLOSING[opening[0]]
        found = text.find(closing, opening.end())
        if found == -1:
            raise InvalidTemplateError(f"expected '{closing}', found end of file")
        position = found + len(closing)
        verbatim = _VERBATIM.match(text, opening.end()) if closing == "%}" else None
        end = _END_OF_VERBATIM[verbatim[1]].search(text, position) if verbatim else None
        if end:
            position = end.end()


def _bound_ranges(template: BoundTemplate) -> None:
    context = RenderContext(template)
    for expression in _expressions(template.nodes, context):
        if isinstance(expression, RangeLiteral):
            bounded = _BoundedEnd(expression.token, expression)
            if isinstance(expression.start, IntegerLiteral) and isinstance(expression.stop, IntegerLiteral):
                bounded.evaluate(context)
            expression.stop = bounded


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    for node in nodes:
        waiting = list(node.expressions())
        while waiting:
            expression = waiting.pop()
            yield expression
            waiting += expression.children()
        yield from _expressions(node.children(context, include_partials=False), context)


class _BoundedEnd(Expression):
    """The end of a range. Its value is refused if the range has too many numbers, before anything counts them."""

    __slots__ = ("_start", "_stop")

    def __init__(self, token: Token, bounds: RangeLiteral) -> None:
        super().__init__(token)
        self._start, self._stop = bounds.start, bounds.stop

    def __str__(self) -> str:
        return str(self._stop)

    def evaluate(self, context: RenderContext) -> object:
        numbers = RangeLiteral(self.token, self._start, self._stop).evaluate(context)
        if numbers.stop - numbers.start > MAX_RANGE:
            raise TemplateLimitError(f"a range in the template has more than {MAX_RANGE:,} numbers")
        return numbers.stop - 1

    def children(self) -> list[Expression]:
        return [self._stop]
