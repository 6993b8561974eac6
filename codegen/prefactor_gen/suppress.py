"""`x-prefactor-allow: {PG020: "why"}` in a definition or a schema: these findings in it are meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prefactor_gen.diagnostics import Diagnostic, Place, Severity, has_errors
from prefactor_gen.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.rules import INVALID_ALLOWANCE, RULES

__all__ = ["ALLOW", "suppress"]

ALLOW = "x-prefactor-allow"
# Below these stand names that somebody chose and data, no keywords.
_NAMES = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties", "span_schemas"})
_DATA = frozenset({"const", "default", "enum", "examples"})


@dataclass(frozen=True)
class _Allowed:
    code: str
    inside: Place
    place: Place

    def covers(self, found: Diagnostic) -> bool:
        pointer = self.inside.pointer
        same = found.place.source == self.inside.source and found.code == self.code
        return same and (found.place.pointer == pointer or found.place.pointer.startswith(f"{pointer}/"))


def suppress(found: Iterable[Diagnostic], roots: Iterable[JsonValue]) -> list[Diagnostic]:
    """The findings without those that their definitions allow, and with what is wrong about the allowances.

    Args:
        found: the findings.
        roots: the documents of the run.
    """
    kept, problems, allowed = list(found), list[Diagnostic](), list[_Allowed]()
    for root in roots:
        for node in _allowing(root, is_map=False):
            _read(node, allowed, problems)
    whole = not has_errors(kept)  # what is wrong is not looked at further
    for each in dict.fromkeys(allowed):  # a file that a $ref leads to is read twice
        rest = [item for item in kept if not each.covers(item)]
        if len(rest) == len(kept) and whole:
            message = f"{each.code} does not occur here: remove it from {ALLOW}"
            problems.append(INVALID_ALLOWANCE.at(each.place, message))
        kept = rest
    return [*kept, *problems]


def _read(node: ObjectNode, allowed: list[_Allowed], problems: list[Diagnostic]) -> None:
    allowances = node[ALLOW]
    if not isinstance(allowances, ObjectNode):
        message = f'expected {{"PG…": "the reason"}} in {ALLOW}'
        problems.append(INVALID_ALLOWANCE.at(node.place_at(ALLOW), message, Severity.ERROR))
        return
    for code, reason in allowances.items():
        place = allowances.place_at(code)
        rule = RULES.get(code)
        if rule is None or not rule.suppressible:
            why = f"{code} cannot be allowed" if rule else f"{code!r} is not a rule"
            message = f"{why}; expected one of {', '.join(each.code for each in RULES.values() if each.suppressible)}"
            problems.append(INVALID_ALLOWANCE.at(place, message, Severity.ERROR))
        elif not isinstance(reason, str) or not reason.strip():
            problems.append(INVALID_ALLOWANCE.at(place, f"expected the reason why {code} is allowed", Severity.ERROR))
        else:
            allowed.append(_Allowed(code, node.place, place))


def _allowing(node: JsonValue, *, is_map: bool) -> Iterator[ObjectNode]:
    if isinstance(node, ListNode):
        for item in node:
            yield from _allowing(item, is_map=False)
    if isinstance(node, ObjectNode):
        if ALLOW in node and not is_map:
            yield node
        for key, item in node.items():
            if is_map or key not in _DATA | {ALLOW}:
                yield from _allowing(item, is_map=not is_map and key in _NAMES)
