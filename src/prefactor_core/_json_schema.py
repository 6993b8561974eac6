"""What pydantic types cannot say of a payload, said by the JSON Schema itself.

Generated types that need it carry a `SchemaPart`; jsonschema is imported when the first of them is checked.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar
from urllib.parse import quote, urljoin

from pydantic import BaseModel, GetCoreSchemaHandler, JsonValue
from pydantic import ValidationError as PydanticError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from prefactor_core._snapshot import members_of, snapshot

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["SchemaKey", "SchemaPart"]

SchemaKey: TypeAlias = Literal["params_schema", "result_schema"]
ValueT = TypeVar("ValueT")
Step: TypeAlias = str | int

# Never fetched: `.invalid` is no host (RFC 2606). What parts of the schema call themselves is relative to it.
_ROOT = "https://schema.prefactor.invalid/"
_LONGEST = 200
_DATA = frozenset({"const", "default", "enum", "examples"})
_MAPS = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})


class SchemaPart:
    """A place in the schema of a span type, as the metadata of a type: what the type holds must match it.

    Args:
        package: the generated package, which holds the schema among its definitions.
        span_type: the name of the span type.
        key: which of its schemas.
        pointer: the JSON pointer of the part; empty for the whole.
        formats: the formats in the schema that are checked, too.
    """

    def __init__(
        self, package: str | None, span_type: str, key: SchemaKey, pointer: str, *, formats: Sequence[str] = ()
    ) -> None:
        self._module = f"{package}.__definitions__"
        self._span_type = span_type
        self._key = key
        self._pointer = pointer
        self._formats = formats

    def __repr__(self) -> str:
        return f"<SchemaPart {self._span_type} {self._key}{self._pointer}>"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def checked(self, value: ValueT) -> ValueT:
        """The value, if what would be sent of it matches; a pydantic error, at the member that does not, otherwise."""
        sent = snapshot(members_of(value) if isinstance(value, BaseModel) else value)
        problems = self._problems(sent)
        if not problems:
            return value
        raise PydanticError.from_exception_data(
            self._span_type,
            [
                InitErrorDetails(
                    type=PydanticCustomError("json_schema", "{problem}", {"problem": problem}),
                    loc=tuple(where),
                    input=_member(sent, where),
                )
                for where, problem in problems
            ],
        )

    def _problems(self, value: JsonValue) -> list[tuple[Sequence[Step], str]]:
        """Where it does not match, and what is wrong there."""
        from jsonschema.exceptions import best_match

        try:
            error = best_match(self._validator.iter_errors(value))
        except RecursionError:
            return [((), "nested too deeply to be checked")]
        return [] if error is None else [([*error.absolute_path, *member], told) for member, told in _told(error)]

    @cached_property
    def _validator(self) -> Validator:
        from jsonschema.validators import Draft202012Validator, extend, validator_for
        from referencing import Registry
        from referencing.jsonschema import DRAFT202012, specification_with

        from prefactor_core._ecma_keywords import with_exact_keywords

        root = self._root()
        draft = specification_with(_draft(root), default=DRAFT202012)
        draft_kind = with_exact_keywords(validator_for(root, default=Draft202012Validator))
        kind: type[Validator] = extend(draft_kind, {"enum": _Enums().check})  # type: ignore[no-untyped-call]
        resource = draft.create_resource(_without_draft(root, _draft(root) or _draft(kind.META_SCHEMA)))
        uri = urljoin(_ROOT, resource.id() or "")
        registry: Registry[Any] = Registry().with_resource(uri, resource)
        reference = {"$ref": f"{uri}#{quote(self._pointer, safe='/~%')}"}
        return kind(reference, registry=registry, format_checker=self._format_checker())

    def _format_checker(self) -> FormatChecker | None:
        """What checks the formats; those of draft 2020-12, which has all that draft-07 has.

        Raises:
            ModuleNotFoundError: a format needs a package that is not installed.
        """
        if not self._formats:
            return None
        from jsonschema.validators import Draft202012Validator

        checker: FormatChecker = Draft202012Validator.FORMAT_CHECKER
        if missing := sorted(set(self._formats) - checker.checkers.keys()):
            message = f"the formats {', '.join(missing)} need packages: pip install 'prefactor-sdk[formats]'"
            raise ModuleNotFoundError(message)
        return checker

    def _root(self) -> dict[str, Any]:
        definitions = importlib.import_module(self._module).DEFINITIONS
        found = next(item for item in definitions["span_type_schemas"] if item["name"] == self._span_type)
        schema: dict[str, Any] = found[self._key]
        return schema


def _told(error: ValidationError) -> Iterator[tuple[Sequence[Step], str]]:
    """What is wrong, in names of the schema: jsonschema's own message shows the value, and this goes into logs."""
    keyword = str(error.validator)
    rule: Any = error.validator_value
    value: Any = error.instance
    branch = _branch(error.absolute_schema_path)
    because = f", because of {branch}" if branch else ""
    if error.validator is None:  # false; jsonschema does not say for which member
        yield (), f"Input should not have a member that the schema refuses{because}"
    elif keyword == "required":
        yield from (((name,), f"Field required{because}") for name in rule if name not in value)
    elif keyword == "dependentRequired":
        needed = {name: needing for needing in rule if needing in value for name in rule[needing]}
        yield from (((name,), f"Field required beside {needed[name]}{because}") for name in needed if name not in value)
    elif keyword == "uniqueItems":
        yield (), f"Items should differ{because}"
    elif keyword == "oneOf" and not error.context:
        yield (), f"Input should match one option of oneOf, and matches several{because}"
    else:
        yield (), f"Input should match {json.dumps({keyword: rule})[:_LONGEST]}{because}"


def _branch(path: Iterable[Step]) -> Step | None:
    """The innermost `then` or `else` on the way through a schema; a property may be called that, too."""
    branch, steps = None, iter(path)
    for step in steps:
        if step in _MAPS:
            next(steps, None)
        elif step in {"then", "else"}:
            branch = step
    return branch


def _member(value: Any, where: Sequence[Step]) -> object:
    for step in where:
        if isinstance(value, dict) and step not in value:  # what is missing
            return value
        value = value[step]
    return value


def _draft(schema: Any) -> str:
    return str(schema.get("$schema", "")).rstrip("#")


def _without_draft(schema: Any, draft: str) -> Any:
    """The schema without `$schema` of this draft, wherever it stands: jsonschema would take its own class there."""
    if isinstance(schema, list):
        return [_without_draft(item, draft) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "$schema" or _draft(schema) != draft}
    return {key: value if key in _DATA else _members(key, value, draft) for key, value in kept.items()}


def _members(keyword: str, value: Any, draft: str) -> Any:
    if keyword in _MAPS and isinstance(value, dict):  # `$schema` is a name there
        return {name: _without_draft(item, draft) for name, item in value.items()}
    return _without_draft(value, draft)


class _Enums:
    """`enum` as jsonschema checks it, but texts are looked up: there may be 100,000."""

    def __init__(self) -> None:
        self._texts: dict[int, frozenset[str]] = {}

    def check(self, validator: Validator, values: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        from jsonschema.exceptions import ValidationError
        from jsonschema.validators import Draft202012Validator

        if not isinstance(instance, str):
            yield from Draft202012Validator.VALIDATORS["enum"](validator, values, instance, schema)
            return
        texts = self._texts.get(id(values))  # the schema lives as long as its validator
        if texts is None:
            texts = self._texts[id(values)] = frozenset(value for value in values if isinstance(value, str))
        if instance not in texts:
            yield ValidationError("it is none of the values of the enum")
