"""Finds the schemas of span types and quality payloads by name. They are compiled when a payload is first checked."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from prefactor_core._payloads.redaction import PayloadPart, RulesByName
from prefactor_core._payloads.snapshot import Payload
from prefactor_schema import JsonSchema, Mismatch, shared_schema
from prefactor_schema.engine import NoThreadError, load

__all__ = ["PayloadSchemas", "SpanTypes", "in_package", "with_formats"]

_Collections: TypeAlias = Mapping[str, Mapping[str, Any]]

_NO_RESULT = {"type": "object", "additionalProperties": False}
"""The result schema of a span type without one."""
_FORMS = ("span_type_schemas", "span_schemas", "span_result_schemas", "quality_schemas")


class PayloadSchemas:
    """The schemas of the params and the result of one span type, or of one quality payload.

    Args:
        schemas: the schemas.
        assert_formats: whether `format` is checked.
    """

    def __init__(self, schemas: Mapping[PayloadPart, Any], *, assert_formats: bool = False) -> None:
        self._schemas = schemas
        self._assert_formats = assert_formats
        self._compiled: dict[PayloadPart, JsonSchema] = {}

    def mismatches(self, part: PayloadPart, payload: Payload) -> Sequence[Mismatch]:
        """The mismatches of a payload.

        Raises:
            SchemaError: the schema is not valid.
        """
        schema = self._compiled.get(part) or self._schema(part)
        return schema.mismatches(payload.value, payload.depth)

    def matches(self, part: PayloadPart, payload: Payload) -> bool:
        """Whether a payload matches. True also if it could not be checked."""
        return self._schema(part).matches(payload.value, payload.depth)

    def _schema(self, part: PayloadPart) -> JsonSchema:
        schema = self._compiled.get(part)
        if schema is None:
            schema = shared_schema(self._schemas[part], assert_formats=self._assert_formats)
            self._compiled[part] = schema
        return schema


class _Made(NamedTuple):
    """Schemas, and the objects of which they were made: a registry may replace these later."""

    of: tuple[Any, ...]
    schemas: PayloadSchemas


class SpanTypes:
    """The span types and quality schemas of one schema version.

    Args:
        collections: name → definition, for each collection of the API's `agent_schema_version`. Definitions may be
            added later.
        with_formats: the names of the span types and quality schemas whose `format` is checked.

    Attributes:
        redaction_rules: the redaction rules of span types whose schemas are made of Python types.
    """

    def __init__(self, collections: _Collections, with_formats: Collection[str] = ()) -> None:
        self.redaction_rules: RulesByName = {}
        self._collections = collections
        self._with_formats = with_formats
        self._made: dict[tuple[str, str], _Made] = {}

    @classmethod
    def of_version(cls, version: Mapping[str, Any], with_formats: Collection[str] = ()) -> SpanTypes:
        """The span types of an `agent_schema_version`. Malformed parts are left out; the API will refuse them."""
        return cls({form: _by_name(version.get(form)) for form in _FORMS}, with_formats)

    @property
    def names(self) -> list[str]:
        """The names of the span types."""
        return [*self._collections["span_type_schemas"], *self._collections["span_schemas"]]

    @property
    def is_empty(self) -> bool:
        """Whether there are no span types."""
        return not (self._collections["span_type_schemas"] or self._collections["span_schemas"])

    def import_engine(self) -> None:
        """Import what checks need if there are schemas: now, rather than with the first check, in the agent's call."""
        if any(self._collections.values()):
            with suppress(ImportError, NoThreadError):  # as at a check, which says so
                load()

    @property
    def quality_names(self) -> list[str]:
        """The names of the quality schemas."""
        return [*self._collections["quality_schemas"]]

    def span_type(self, name: str) -> PayloadSchemas | None:
        """The schemas of a span type, or None if it is unknown."""
        collections = self._collections
        span_type = collections["span_type_schemas"].get(name)
        params, result = collections["span_schemas"].get(name), collections["span_result_schemas"].get(name)
        before = self._made.get(("span_type", name))
        if before is not None:
            span_type_before, params_before, result_before = before.of
            if span_type_before is span_type and params_before is params and result_before is result:
                return before.schemas
        of = span_type, params, result
        if isinstance(span_type, Mapping):
            params, result = span_type.get("params_schema"), span_type.get("result_schema")
        elif params is None:
            return None
        schemas = {"params": params, "result": _NO_RESULT if result is None else result}
        return self._make("span_type", name, of, schemas)

    def quality(self, name: str) -> PayloadSchemas | None:
        """The schema of a quality payload, or None if the name is unknown."""
        found = self._collections["quality_schemas"].get(name)
        if not isinstance(found, Mapping):
            return None
        before = self._made.get(("quality", name))
        if before is not None and before.of[0] is found:
            return before.schemas
        return self._make("quality", name, (found,), {"quality": found.get("schema")})

    def _make(self, form: str, name: str, of: tuple[Any, ...], schemas: Mapping[Any, Any]) -> PayloadSchemas:
        made = PayloadSchemas(schemas, assert_formats=name in self._with_formats)
        self._made[form, name] = _Made(of, made)
        return made


with_formats: set[tuple[str, str]] = set()
"""The (package, span type) pairs whose `format` is checked, as packages of earlier versions request it."""


@cache
def in_package(package: str, span_type: str) -> PayloadSchemas | None:
    """The schemas of a span type in the definitions of a generated package, or None if there is no such package."""
    try:
        module = importlib.import_module(f"{package}.__definitions__")
        asserts = getattr(module, "ASSERT_FORMATS", False) or (package, span_type) in with_formats
        return SpanTypes.of_version(module.DEFINITIONS, [span_type] if asserts else []).span_type(span_type)
    except (AttributeError, ImportError, ValueError):  # a TypedSpan that the program defines itself
        return None


def _by_name(definitions: Any) -> Mapping[str, Any]:
    if isinstance(definitions, Mapping):
        return definitions
    entries: Iterable[Any] = definitions if isinstance(definitions, list | tuple) else ()
    return {str(entry["name"]): entry for entry in entries if isinstance(entry, Mapping) and "name" in entry}
