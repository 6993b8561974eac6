"""Suppresses diagnostics: `x-prefactor-allow: {PG020: "why"}` in a definition or a schema allows PG020 inside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, Severity, has_errors
from prefactor_gen.diagnostics.rules import INVALID_ALLOWANCE, RULES
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.keywords import ALLOW
from prefactor_schema.suggestions import did_you_mean

__all__ = ["suppress"]

# The keys of these are names, not keywords.
_MAPS = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties", "span_schemas"})
# The values of these are data, not schemas.
_DATA = frozenset({"const", "default", "enum", "examples"})


@dataclass(frozen=True)
class _Suppression:
    """A rule that may be broken inside a node; `place` is that of the entry."""

    code: str
    inside: Place
    place: Place

    def covers(self, diagnostic: Diagnostic) -> bool:
        if diagnostic.code != self.code or diagnostic.place.source != self.inside.source:
            return False
        return f"{diagnostic.place.pointer}/".startswith(f"{self.inside.pointer}/")


def suppress(diagnostics: Iterable[Diagnostic], roots: Iterable[JsonValue]) -> list[Diagnostic]:
    """The diagnostics that no definition allows, and those of invalid and unneeded entries of x-prefactor-allow.

    Args:
        diagnostics: all of a run.
        roots: the documents of the run.
    """
    kept = list(diagnostics)
    checked = [_suppressions(node) for root in roots for node in _allowing(root, is_map=False)]
    problems = [diagnostic for each in checked for diagnostic in each.diagnostics]
    complete = not has_errors(kept)  # after an error the later checks are left out
    # A file that a `$ref` leads to may be among the roots twice.
    for suppression in dict.fromkeys(item for each in checked for item in each.value):
        rest = [item for item in kept if not suppression.covers(item)]
        if complete and len(rest) == len(kept):
            message = f"{suppression.code} does not occur here: remove it from {ALLOW}"
            problems.append(INVALID_ALLOWANCE.at(suppression.place, message))
        kept = rest
    return [*kept, *problems]


def _suppressions(node: ObjectNode) -> Checked[Sequence[_Suppression]]:
    allowances = node[ALLOW]
    if not isinstance(allowances, ObjectNode):
        message = f'expected {{"PG…": "the reason"}} in {ALLOW}'
        return Checked((), [INVALID_ALLOWANCE.at(node.place_at(ALLOW), message, Severity.ERROR)])
    suppressions: list[_Suppression] = []
    diagnostics: list[Diagnostic] = []
    for code, reason in allowances.items():
        place = allowances.place_at(code)
        if (problem := _problem(code, reason)) is None:
            suppressions.append(_Suppression(code, node.place, place))
        else:
            diagnostics.append(INVALID_ALLOWANCE.at(place, problem, Severity.ERROR))
    return Checked(suppressions, diagnostics)


def _problem(code: str, reason: JsonValue) -> str | None:
    rule = RULES.get(code)
    if rule is None or not rule.suppressible:
        known = [each.code for each in RULES.values() if each.suppressible]
        why = f"{code} cannot be allowed" if rule else f"{code!r} is not a rule"
        hint = "" if rule else did_you_mean(code.upper(), known)
        return f"{why}; expected one of {', '.join(known)}{hint}"
    if not isinstance(reason, str) or not reason.strip():
        return f"expected the reason why {code} is allowed"
    return None


def _allowing(node: JsonValue, *, is_map: bool) -> Iterator[ObjectNode]:
    """The objects that have x-prefactor-allow as a keyword."""
    if isinstance(node, ListNode):
        for item in node:
            yield from _allowing(item, is_map=False)
    if isinstance(node, ObjectNode):
        if ALLOW in node and not is_map:
            yield node
        for key, item in node.items():
            if is_map or key not in _DATA | {ALLOW}:
                yield from _allowing(item, is_map=not is_map and key in _MAPS)
