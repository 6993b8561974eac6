"""Whether a regular expression says the same to everyone who reads the schema, and lets them end.

JSON Schema has those of ECMA 262. What Python reads differently, or not at all, is refused; what is written alike and
differs on some text only is translated where it is checked (`prefactor_core._patterns`).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from prefactor_core._ecma import EcmaError, parse
from prefactor_core._ecma_tree import Choice, Group, Look, Node, Reference, Repeat, Sequence, nodes
from prefactor_gen._ambiguity import TooLargeError, ambiguous_loop

__all__ = ["pattern_problem"]

_SHOWN = 60


@lru_cache(10_000)
def pattern_problem(pattern: str) -> tuple[str, str] | None:
    """The code and the message of what is wrong with a pattern."""
    unread = _unread_by_python(pattern)
    try:
        tree = parse(pattern)
    except EcmaError as error:
        known = error.elsewhere or unread is None
        where = _part(pattern, error.start, error.end)
        return ("PG027", f"{where}: {error.message}") if known else ("PG006", _no_pattern(where, error.message))
    if unread is not None:
        return "PG027", f"Python cannot read {_shown(pattern)}, which ECMA 262 can: {unread}"
    for reference in _unsure_references(tree):
        where = _part(pattern, reference.start, reference.end)
        message = "refers to a group that may have taken nothing, which matches in ECMA 262 and does not in Python"
        return "PG027", f"{where} {message}: refer to a group that always takes part, and is not repeated"
    return _endless(pattern, tree)


def _endless(pattern: str, tree: Node) -> tuple[str, str] | None:
    try:
        loop = ambiguous_loop(tree)
    except TooLargeError as error:
        where = _part(pattern, error.loop.start, error.loop.end)
        message = f"is too large to be checked for endless backtracking: it has {error}; repeat less in it"
        return "PG028", f"{where} {message}"
    if loop is None:
        return None
    where = _part(pattern, loop.start, loop.end)
    message = "can split the same text in exponentially many ways, so that a text that does not match takes for ever"
    return "PG028", f"{where} {message}: leave one way only, as a+ for (a+)+ and a+(,a+)* for (a+,?)*"


def _no_pattern(where: str, message: str) -> str:
    return f"not a regular expression: {where}: {message}"


def _unread_by_python(pattern: str) -> str | None:
    """Why Python does not take the pattern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sets in sets, which Python may have one day: they are translated
        try:
            re.compile(pattern)
            return None
        except (re.error, OverflowError, RecursionError) as error:
            return str(error)


def _part(pattern: str, start: int, end: int) -> str:
    return f"{_shown(pattern[start:end])} at character {start + 1} of {_shown(pattern)}" if end else _shown(pattern)


def _shown(text: str) -> str:
    return f"'{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}'"


def _unsure_references(tree: Node) -> Iterator[Reference]:
    """References to groups that need not have taken part when they are read, or that are read backwards."""
    if any(isinstance(node, Reference) for node in nodes(tree)):
        yield from _unsure(tree, frozenset(), behind=False)


def _sure_groups(node: Node) -> frozenset[int]:
    """The groups that take part exactly once whenever the node matches."""
    match node:
        case Group(body=body, number=number):
            return _sure_groups(body) | ({number} if number is not None else frozenset())
        case Sequence(items=items):
            return frozenset().union(*map(_sure_groups, items))
        case Look(body=body, behind=False, negative=False):
            return _sure_groups(body)
        case Repeat(body=body, least=1, most=1):
            return _sure_groups(body)
    return frozenset()


def _unsure(node: Node, known: frozenset[int], *, behind: bool) -> Iterator[Reference]:
    """`known` are the groups that took part before; inside a part, those of the part itself as they come."""
    match node:
        case Reference(number=number) if behind or number not in known:
            yield node
        case Sequence(items=items):
            for item in items:
                yield from _unsure(item, known, behind=behind)
                known |= _sure_groups(item)
        case Choice(options=options):
            for option in options:
                yield from _unsure(option, known, behind=behind)
        case Look(body=body):
            yield from _unsure(body, known, behind=behind or node.behind)
        case Group(body=body) | Repeat(body=body):
            yield from _unsure(body, known, behind=behind)
