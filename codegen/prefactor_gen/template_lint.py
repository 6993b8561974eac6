"""Display templates: do they parse, and is what they name a property? The platform renders Liquid, and tells nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from liquid import Environment
from liquid.exceptions import LiquidError

from prefactor_gen.diagnostics import Diagnostic, Place
from prefactor_gen.documents import ObjectNode
from prefactor_gen.lookup import Lookup
from prefactor_gen.rules import INVALID_TEMPLATE, REDACTED_TEMPLATE_PROPERTY, UNKNOWN_TEMPLATE_PROPERTY
from prefactor_schema.suggestions import did_you_mean

__all__ = ["lint_template"]

_ENVIRONMENT = Environment()
# What Liquid itself knows of a value.
_BUILT_IN = frozenset({"first", "last", "size"})


def lint_template(template: str, place: Place, schemas: Sequence[ObjectNode]) -> Iterator[Diagnostic]:
    """What is wrong with a template.

    Args:
        template: Liquid.
        place: where it stands.
        schemas: the self-contained schemas of the payloads that it is rendered with.
    """
    try:
        variables = _ENVIRONMENT.from_string(template).analyze(include_partials=False).globals
    except LiquidError as error:
        yield INVALID_TEMPLATE.at(place, f"not a Liquid template: {error.message}")
        return
    except RecursionError:
        yield INVALID_TEMPLATE.at(place, "not a Liquid template: nested too deeply")
        return
    looks = [Lookup(schema) for schema in schemas]
    # A segment is a list where it is a path itself, as in x[y[z]].
    paths = {str(each.segments): each.segments for uses in variables.values() for each in uses}
    for path in paths.values():
        yield from _check_path(path, place, looks)


def _check_path(path: Sequence[object], place: Place, looks: Sequence[Lookup]) -> Iterator[Diagnostic]:
    """Follow `usage.tokens` from the payloads: each name must be a property, and none of them redacted."""
    found = [(look, [look.root]) for look in looks]
    for depth, name in enumerate(path):
        if not isinstance(name, str | int):  # a name that another variable holds
            return
        shown = ".".join(map(str, path[: depth + 1]))
        members = [(look, look.members(schemas, name)) for look, schemas in found]
        known = [(look, schemas) for look, schemas in members if schemas]
        if any(look.is_redacted(schemas) for look, schemas in known if schemas is not None):
            yield REDACTED_TEMPLATE_PROPERTY.at(
                place, f"{shown!r} is redacted: the template would show the placeholder only"
            )
            return
        if not known:
            if not any(schemas is None for _, schemas in members) and not (depth and name in _BUILT_IN):
                names = sorted({each for look, schemas in found for each in look.names(schemas)})
                hint = did_you_mean(str(name), names)
                where = f"of {'.'.join(map(str, path[:depth]))!r}" if depth else "of params or result"
                message = f"{shown!r} is shown, but {name!r} is no property {where}{hint}"
                yield UNKNOWN_TEMPLATE_PROPERTY.at(place, message)
            return
        found = [(look, schemas) for look, schemas in known if schemas is not None]
