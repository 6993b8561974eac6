"""Checks display templates: they must parse, within limits, and each name must be a property.

The platform reports none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.rules import (
    DEPRECATED_IN_TEMPLATE,
    INVALID_TEMPLATE,
    LIMIT_EXCEEDED,
    REDACTED_TEMPLATE_PROPERTY,
    UNKNOWN_TEMPLATE_PROPERTY,
)
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.properties import Properties
from prefactor_schema.suggestions import did_you_mean
from prefactor_templates import InvalidTemplateError, TemplateLimitError, parse_template

__all__ = ["lint_template"]

# The properties that Liquid gives to lists and texts.
_BUILT_IN = frozenset({"first", "last", "size"})


def lint_template(template: str, place: Place, schemas: Sequence[ObjectNode]) -> Iterator[Diagnostic]:
    """Report what is wrong with a template.

    Args:
        template: a Liquid template.
        place: its place.
        schemas: the self-contained schemas of the payloads that it is rendered with.
    """
    try:
        variables = parse_template(template).analyze(include_partials=False).globals
    except InvalidTemplateError as error:
        yield INVALID_TEMPLATE.at(place, f"not a Liquid template: {error}")
        return
    except TemplateLimitError as error:
        yield LIMIT_EXCEEDED.at(place, str(error))
        return
    payloads = [Properties(schema) for schema in schemas]
    # A segment is a list where it is a path itself, as in x[y[z]].
    paths = {str(each.segments): each.segments for uses in variables.values() for each in uses}
    shown = {_dotted(path[:depth]) for path in paths.values() for depth in range(1, len(path) + 1)}
    for path in paths.values():
        diagnostic = _check_path(path, place, payloads, shown)
        if diagnostic is not None:
            yield diagnostic


def _check_path(
    path: Sequence[object], place: Place, payloads: Sequence[Properties], shown: Collection[str]
) -> Diagnostic | None:
    """Follow `usage.tokens` from the payloads: each name must be a property that is neither redacted nor deprecated.

    Args:
        path: the names.
        place: the place of the template.
        payloads: the schemas of the payloads.
        shown: the paths of all that the template shows, and of what that is in.
    """
    deprecated: Diagnostic | None = None
    found: list[tuple[Properties, Sequence[str]]] = [(payload, [""]) for payload in payloads]
    for depth, name in enumerate(path):
        if not isinstance(name, str | int):  # the value of another variable
            return None
        members = [(payload, payload.member(pointers, name)) for payload, pointers in found]
        known = [(payload, pointers) for payload, pointers in members if pointers]
        if any(payload.is_redacted(pointers) for payload, pointers in known):
            message = f"{_dotted(path[: depth + 1])!r} is redacted: the template would show the placeholder only"
            return REDACTED_TEMPLATE_PROPERTY.at(place, message)
        if not known:
            is_unknown = any(pointers is None for _, pointers in members) or (depth > 0 and name in _BUILT_IN)
            return deprecated if is_unknown else _no_property(path[: depth + 1], place, found)
        deprecated = deprecated or _deprecated(path[: depth + 1], place, known, shown)
        found = known
    return deprecated


def _deprecated(
    path: Sequence[object], place: Place, known: Sequence[tuple[Properties, Sequence[str]]], shown: Collection[str]
) -> Diagnostic | None:
    """Reports a property that is deprecated in all payloads that have it, unless its replacement is shown, too."""
    said = [payload.deprecation(pointers) for payload, pointers in known]
    uses = [each.use for each in said if each is not None and each.use]
    if None in said or any(use in shown or _dotted([*path[:-1], use]) in shown for use in uses):
        return None
    advice = f"; show {uses[0]}, too, and later alone" if uses else ""
    return DEPRECATED_IN_TEMPLATE.at(place, f"the template shows {_dotted(path)!r}, which is deprecated{advice}")


def _dotted(path: Sequence[object]) -> str:
    return ".".join(map(str, path))


def _no_property(path: Sequence[object], place: Place, found: Sequence[tuple[Properties, Sequence[str]]]) -> Diagnostic:
    """Reports the last name of a path; `found` are the schemas that should have it."""
    *outer, name = path
    names = sorted({each for payload, pointers in found for each in payload.names(pointers)})
    where = f"of {_dotted(outer)!r}" if outer else "of params or result"
    message = f"the template shows {_dotted(path)!r}, but {name!r} is not a property {where}"
    return UNKNOWN_TEMPLATE_PROPERTY.at(place, message + did_you_mean(str(name), names))
