"""The schemas of span types and quality payloads, found by name, and compiled when a payload is first checked."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from operator import is_
from typing import Any, TypeAlias

from prefactor_core._redaction import PayloadPart
from prefactor_core._snapshot import Payload
from prefactor_schema import JsonSchema, Mismatch, shared_schema

__all__ = ["PayloadSchemas", "SpanTypes", "in_package", "with_formats"]

_Collections: TypeAlias = Mapping[str, Mapping[str, Any]]

_NO_RESULT = {"type": "object", "additionalProperties": False}
"""What a span type without a result schema takes."""
_FORMS = ("span_type_schemas", "span_schemas", "span_result_schemas", "quality_schemas")


class PayloadSchemas:
    """The schemas of the params and the result of one span type, or of one quality payload.

    Args:
        schemas: the schemas.
        assert_formats: payloads are compared with the formats in them.
    """

    def __init__(self, schemas: Mapping[PayloadPart, Any], *, assert_formats: bool = False) -> None:
        self._schemas = schemas
        self._assert_formats = assert_formats
        self._compiled: dict[PayloadPart, JsonSchema] = {}

    def mismatches(self, part: PayloadPart, payload: Payload) -> Sequence[Mismatch]:
        """What of a payload does not match.

        Raises:
            SchemaError: the schema is none.
        """
        return self._schema(part).mismatches(payload.value, payload.depth)

    def matches(self, part: PayloadPart, payload: Payload) -> bool:
        """Whether a payload matches, or could not be checked."""
        return self._schema(part).matches(payload.value, payload.depth)

    def _schema(self, part: PayloadPart) -> JsonSchema:
        schema = self._compiled.get(part)
        if schema is None:
            schema = shared_schema(self._schemas[part], assert_formats=self._assert_formats)
            self._compiled[part] = schema
        return schema


class SpanTypes:
    """The span types and quality schemas of one schema version.

    Args:
        collections: for each form of the API's `agent_schema_version`, name → definition. They may grow.
        with_formats: the span types whose payloads are compared with their formats.
    """

    def __init__(self, collections: _Collections, with_formats: Collection[str] = ()) -> None:
        self._collections = collections
        self._with_formats = with_formats
        self._known: dict[tuple[str, str], tuple[Sequence[Any], PayloadSchemas]] = {}

    @classmethod
    def of_version(cls, version: Mapping[str, Any], with_formats: Collection[str] = ()) -> SpanTypes:
        """Those of an `agent_schema_version`; what does not have its form is left out, for the API to refuse."""
        return cls({form: _by_name(version.get(form)) for form in _FORMS}, with_formats)

    @property
    def names(self) -> list[str]:
        """The names of the span types."""
        return [*self._collections["span_type_schemas"], *self._collections["span_schemas"]]

    @property
    def quality_names(self) -> list[str]:
        """The names of the quality schemas."""
        return [*self._collections["quality_schemas"]]

    def span_type(self, name: str) -> PayloadSchemas | None:
        """The schemas of a span type; None where there is no such type."""
        whole = self._collections["span_type_schemas"].get(name)
        params, result = (self._collections[form].get(name) for form in ("span_schemas", "span_result_schemas"))
        if isinstance(whole, Mapping):
            params, result = whole.get("params_schema"), whole.get("result_schema")
        elif params is None:
            return None
        schemas = {"params": params, "result": _NO_RESULT if result is None else result}
        return self._of("span type", name, [whole, params, result], schemas)

    def quality(self, name: str) -> PayloadSchemas | None:
        """The schema of a quality payload; None where there is none of this name."""
        found = self._collections["quality_schemas"].get(name)
        if not isinstance(found, Mapping):
            return None
        return self._of("quality", name, [found], {"quality": found.get("schema")})

    def _of(self, kind: str, name: str, definitions: Sequence[Any], schemas: Mapping[Any, Any]) -> PayloadSchemas:
        known = self._known.get((kind, name))
        if known is not None and all(map(is_, known[0], definitions)):
            return known[1]
        made = PayloadSchemas(schemas, assert_formats=name in self._with_formats)
        self._known[kind, name] = definitions, made
        return made


with_formats: set[tuple[str, str]] = set()
"""The packages and span types that packages of earlier versions want compared with their formats."""


@cache
def in_package(package: str, span_type: str) -> PayloadSchemas | None:
    """The schemas of a span type in the definitions of a generated package; None where there is no such package."""
    try:
        module = importlib.import_module(f"{package}.__definitions__")
        asserts = getattr(module, "ASSERT_FORMATS", False) or (package, span_type) in with_formats
        return SpanTypes.of_version(module.DEFINITIONS, [span_type] if asserts else []).span_type(span_type)
    except (AttributeError, ImportError, ValueError):  # a class of the program's own
        return None


def _by_name(definitions: Any) -> Mapping[str, Any]:
    if isinstance(definitions, Mapping):
        return definitions
    entries: Iterable[Any] = definitions if isinstance(definitions, list | tuple) else ()
    return {str(entry["name"]): entry for entry in entries if isinstance(entry, Mapping) and "name" in entry}
