"""The registry of the span types and quality schemas of an agent."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping
from types import FrameType, UnionType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, _SpecialForm, cast, overload

from typing_extensions import TypeAliasType

from prefactor_core._payloads.redaction import PayloadPart, RedactionRules
from prefactor_core._payloads.schemas import SpanTypes
from prefactor_schema.schema_hash import schema_version_hash

if TYPE_CHECKING:
    from prefactor_core._type_schemas.payload_schemas import TypeSchemas

__all__ = ["PayloadSource", "SchemaRegistry"]

T = TypeVar("T")

_Definitions: TypeAlias = dict[str, dict[str, Any]]

# _SpecialForm: what mypy takes Union[…] and Annotated[…] for, where a value is expected.
PayloadSource: TypeAlias = (
    type[object] | UnionType | _SpecialForm | TypeAliasType | Callable[..., object] | Mapping[str, object]
)
"""What describes the params or the result of a span type: a type, a function, or a JSON Schema."""

# Tests of integrations expect these words in the message.
_NAMES_IN_MESSAGES = {
    "span_schemas": "Params schema",
    "span_result_schemas": "Result schema",
    "span_type_schemas": "Span type schema",
    "quality_schemas": "Quality schema",
}
_NOUNS = {
    "span_schemas": "params schema",
    "span_result_schemas": "result schema",
    "span_type_schemas": "span type",
    "quality_schemas": "quality schema",
}
_NAMED_LISTS = ("span_type_schemas", "quality_schemas")  # lists in the API's form
_MAPS = ("span_schemas", "span_result_schemas")


class SchemaRegistry:
    """Collects schemas from several sources. Registered with the API, they are the agent's schema version.

    A span type can be registered in two forms: with `register_type` (params, result, title, template …), or with the
    older pair `register` and `register_result`. A name can be registered once in each form; what is registered in both
    is sent in both. Definitions are copied, so changing them afterwards does not change the registry.
    """

    def __init__(self) -> None:
        self._params: _Definitions = {}
        self._results: _Definitions = {}
        self._types: _Definitions = {}
        self._qualities: _Definitions = {}
        self._content_addressed = False
        self._hash: str | None = None
        self._with_formats: set[str] = set()
        self._span_types = SpanTypes(self._collections(), self._with_formats)
        # Where the program registered each: (form, name) → file and line. prefactor-gen reports problems there.
        self._registered_at: dict[tuple[str, str], tuple[str, int]] = {}
        # What schemas were made of: (span type, key of the schema) → type or function. prefactor-gen has one class for
        # a type.
        self._from_types: dict[tuple[str, str], object] = {}

    @classmethod
    def from_definitions(
        cls, definitions: Mapping[str, Any], *, content_hash: str | None = None, assert_formats: bool = False
    ) -> SchemaRegistry:
        """Make a registry from definitions in the API's `agent_schema_version` form.

        Args:
            definitions: any of `span_type_schemas`, `span_schemas`, `span_result_schemas`, `quality_schemas`.
            content_hash: their hash, if it is known; otherwise it is computed.
            assert_formats: whether `format` is checked in payloads.

        Raises:
            ValueError: a name occurs twice in one of them.
        """
        registry = cls._of(definitions, content_hash, assert_formats=assert_formats)
        for collection in registry._collections().values():
            collection.update({name: _copied(definition) for name, definition in collection.items()})
        return registry

    @classmethod
    def _of(
        cls, definitions: Mapping[str, Any], content_hash: str | None = None, *, assert_formats: bool = False
    ) -> SchemaRegistry:
        """As `from_definitions`, of definitions that nobody changes: they are not copied."""
        registry = cls()
        for form in _NAMED_LISTS:
            for entry in definitions.get(form) or ():
                registry._add(form, entry["name"], _without_none(entry))
        for form in _MAPS:
            for name, schema in (definitions.get(form) or {}).items():
                registry._add(form, name, dict(schema))
        if assert_formats:
            registry._with_formats.update(registry._span_types.names, registry._span_types.quality_names)
        registry._content_addressed = True
        registry._hash = content_hash
        return registry

    def register(self, schema_name: str, schema: dict[str, Any]) -> None:
        """Register the params schema of a span type, in the older form.

        Raises:
            ValueError: it has one already.
        """
        self._add("span_schemas", schema_name, _copied(dict(schema)))

    def register_unsafe(self, schema_name: str, schema: dict[str, Any]) -> None:
        """Register the params schema of a span type, and replace one that `register` has registered."""
        self._add("span_schemas", schema_name, _copied(dict(schema)), replace=True)

    def register_result(self, schema_name: str, result_schema: dict[str, Any]) -> None:
        """Register the result schema of a span type, in the older form.

        Raises:
            ValueError: it has one already.
        """
        self._add("span_result_schemas", schema_name, _copied(dict(result_schema)))

    @overload
    def register_type(
        self,
        name: str,
        params_schema: dict[str, Any],
        result_schema: dict[str, Any] | None = None,
        title: str | None = None,
        description: str | None = None,
        template: str | None = None,
        data_risk: dict[str, Any] | None = None,
    ) -> None: ...

    @overload
    def register_type(
        self,
        name: str,
        *,
        params: PayloadSource,
        result: PayloadSource | str | None = None,
        title: str | None = None,
        description: str | None = None,
        template: str | None = None,
        data_risk: dict[str, Any] | None = None,
    ) -> None: ...

    def register_type(  # noqa: PLR0917 - the documented signature
        self,
        name: str,
        params_schema: dict[str, Any] | None = None,
        result_schema: dict[str, Any] | None = None,
        title: str | None = None,
        description: str | None = None,
        template: str | None = None,
        data_risk: dict[str, Any] | None = None,
        *,
        params: PayloadSource | None = None,
        result: PayloadSource | str | None = None,
    ) -> None:
        """Register a span type, by JSON Schemas or by what the program has: models, dataclasses, TypedDicts, functions.

        Args:
            name: the span type's name, for example "agent:llm".
            params_schema: the JSON Schema of the params.
            result_schema: the JSON Schema of the result; without it, the result is an empty object.
            title: the display name; the API uses `name` without it.
            description: what a span of this type records. Without it, the first paragraph of the docstring of a
                function that is given as `params`.
            template: the Liquid template of the span's one-line summary.
            data_risk: the data-risk classification.
            params: in place of `params_schema`, a type whose values are objects in JSON, a function, whose parameters
                are the properties of the object, or a JSON Schema. The schema of a type is that of its validation.
            result: in place of `result_schema`, the same; of a function, it is what the function returns. The schema of
                a type is that of its serialization. Without it, what the function in `params` returns, if that is an
                object. A text is the name of the property that holds what this function returns.

        Raises:
            TypeError: a type or a function has no JSON Schema, or it describes no object. The message names the field.
                The name is no text.
            ValueError: a span type with this name has been registered with this method. The name is empty.
        """
        _check_name(name)
        redacted: dict[PayloadPart, RedactionRules] = {}
        if params is not None or result is not None or params_schema is None:
            if params is None or params_schema is not None or result_schema is not None:
                raise TypeError("register_type takes either params_schema and result_schema, or params and result")
            made = _schemas_of(name, params, result)
            params_schema, result_schema = made.params, made.result
            description = made.description if description is None else description
            redacted = {part: RedactionRules(rules) for part, rules in made.redacted.items()}
        entry = {
            "name": name,
            "params_schema": params_schema,
            "result_schema": result_schema,
            "title": title,
            "description": description,
            "template": template,
            "data_risk": data_risk,
        }
        self._add("span_type_schemas", name, _copied(_without_none(entry)))
        if redacted:
            self._span_types.redaction_rules[name] = redacted
        sources = {"params_schema": params, "result_schema": params if result is None else result}
        self._from_types |= {(name, part): source for part, source in sources.items() if _is_no_schema(source)}

    def register_quality_schema(  # noqa: PLR0917 - the documented signature
        self,
        name: str,
        schema: dict[str, Any],
        title: str | None = None,
        description: str | None = None,
        template: str | None = None,
        data_risk: dict[str, Any] | None = None,
    ) -> None:
        """Register the schema of a named quality payload. The other arguments are those of `register_type`.

        Raises:
            ValueError: a quality schema with this name is registered already.
        """
        entry = {
            "name": name,
            "schema": schema,
            "title": title,
            "description": description,
            "template": template,
            "data_risk": data_risk,
        }
        self._add("quality_schemas", name, _copied(_without_none(entry)))

    def get(self, schema_name: str) -> dict[str, Any] | None:
        """The params schema that `register` has registered for a span type, or None."""
        return _copied(self._params.get(schema_name))

    def has_schema(self, schema_name: str) -> bool:
        """Whether a span type with this name is registered, in either form."""
        return schema_name in self._params or schema_name in self._types

    def list_schemas(self) -> list[str]:
        """The names of the span types that `register` has registered, in the order of registration."""
        return list(self._params)

    def merge(self, other: SchemaRegistry) -> None:
        """Add all definitions of `other`.

        Raises:
            ValueError: a name is registered in the same form in both. Then nothing is added.
        """
        mine, theirs = self._collections(), other._collections()
        if conflicts := [(form, name) for form in mine for name in theirs[form] if name in mine[form]]:
            named = ", ".join(f"the {_NOUNS[form]} {name!r}" for form, name in conflicts)
            places = ", ".join(f"{form}/{name}" for form, name in conflicts)  # tests of prefactor-core expect this
            raise ValueError(f"both registries define {named} ({places})")
        for form, collection in mine.items():
            collection.update(theirs[form])  # a registry never changes a definition, so both may have it
        self._with_formats |= other._with_formats
        self._registered_at |= other._registered_at
        self._from_types |= other._from_types
        self._span_types.redaction_rules |= other._span_types.redaction_rules
        self._content_addressed |= other._content_addressed
        self._hash = None

    def to_agent_schema_version(self, external_id: str) -> dict[str, Any]:
        """The definitions in the API's `agent_schema_version` form, with the display name `external_id`."""
        return {"external_identifier": external_id, **_copied(self._definitions())}

    @property
    def content_hash(self) -> str | None:
        """The hash that identifies the definitions, or None if none of them came from `from_definitions`."""
        if self._content_addressed and self._hash is None:
            self._hash = schema_version_hash(self._definitions())
        return self._hash

    def _definitions(self) -> dict[str, Any]:
        definitions: dict[str, Any] = self._collections()
        for form in _NAMED_LISTS:
            definitions[form] = list(definitions[form].values())
        return {form: value for form, value in definitions.items() if value}

    def _collections(self) -> dict[str, _Definitions]:
        return {
            "span_schemas": self._params,
            "span_result_schemas": self._results,
            "span_type_schemas": self._types,
            "quality_schemas": self._qualities,
        }

    def _add(self, form: str, name: str, definition: dict[str, Any], *, replace: bool = False) -> None:
        collection = self._collections()[form]
        if name in collection and not replace:
            raise ValueError(f"{_NAMES_IN_MESSAGES[form]} {name!r} is already registered")
        collection[name] = definition
        self._registered_at[form, name] = _caller()
        self._hash = None


def _caller() -> tuple[str, int]:
    """The file and line of the program that called a method of this module."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f'the name of a span type must be a text, such as "agent:llm", not {type(name).__name__}')
    if not name:
        raise ValueError('the name of a span type must not be empty; name what the span records, such as "agent:llm"')


def _copied(value: T) -> T:
    """A deep copy, ten times as fast as that of `copy` for what JSON consists of."""
    return cast("T", _copy_of(value, {}))


def _copy_of(value: object, made: dict[int, object]) -> object:
    kind = type(value)
    if kind is str or kind is int or kind is bool or kind is float or value is None:
        return value
    if (before := made.get(id(value))) is not None:  # one object in several places stays one; it may contain itself
        return before
    if kind is dict:
        copied: dict[object, object] = {}
        made[id(value)] = copied
        for key, member in cast("dict[object, object]", value).items():
            copied[key] = _copy_of(member, made)
        return copied
    if kind is list:
        items: list[object] = []
        made[id(value)] = items
        items.extend(_copy_of(item, made) for item in cast("list[object]", value))
        return items
    return made.setdefault(id(value), copy.deepcopy(value))


def _without_none(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}


def _schemas_of(name: str, params: object, result: object) -> TypeSchemas:
    from prefactor_core._type_schemas.payload_schemas import schemas_of  # noqa: PLC0415 - few programs need it

    return schemas_of(name, params, result)


def _is_no_schema(source: object) -> bool:
    return source is not None and not isinstance(source, Mapping)
