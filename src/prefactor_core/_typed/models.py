"""The base classes of generated payload models."""

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, JsonValue, RootModel, model_validator

from prefactor_core._payloads.redaction import REDACTED
from prefactor_core._payloads.snapshot import members_of, snapshot
from prefactor_core._typed.deferred_build import BuiltAtFirstUse
from prefactor_core._typed.schema_part import SchemaPart

# Annotations are not postponed here: `prefactor_core.typed` becomes the `__module__` of these classes, and their names
# could not be looked up there.

__all__ = ["CheckedModel", "CheckedRoot", "EmptyResult", "PayloadModel", "PayloadRoot"]


OTHERS = "*"
"""In `__redacted__`: the properties that are no fields."""


class _HiddenValues:
    """Keeps redacted values out of reprs and warnings. Those leave a program by its logs.

    `__redacted__` has the names of the fields that the schema redacts something of. A dump does not warn of values that
    do not have the type of their field, unless `warnings` asks for it, because pydantic quotes them.
    """

    __redacted__: ClassVar[Sequence[str]] = ()

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        fields = type(self).__pydantic_fields__ if self.__redacted__ else {}  # type: ignore[attr-defined]
        for name, value in super().__repr_args__():  # type: ignore[misc]
            hidden = (name if name in fields else OTHERS) in self.__redacted__
            yield name, REDACTED if hidden else value

    if not TYPE_CHECKING:

        def model_dump(self, **options):
            return super().model_dump(**{"warnings": False, **options})

        def model_dump_json(self, **options):
            return super().model_dump_json(**{"warnings": False, **options})


class _JsonNames:
    """Validates input by its JSON names only, because a JSON object may have both `class` and `class_`.

    With `by_name=True` the Python names are accepted too, and with `by_alias=False` only those. Type checkers see
    pydantic's own methods.
    """

    if not TYPE_CHECKING:

        @classmethod
        def model_validate(cls, obj, **options):
            return super().model_validate(obj, **_by_json_names(options))

        @classmethod
        def model_validate_json(cls, json_data, **options):
            return super().model_validate_json(json_data, **_by_json_names(options))

        @classmethod
        def model_validate_strings(cls, obj, **options):
            return super().model_validate_strings(obj, **_by_json_names(options))


def _by_json_names(options: dict[str, Any]) -> dict[str, Any]:
    by_name = options.get("by_name")
    return {**options, "by_name": options.get("by_alias") is False if by_name is None else by_name}


class _AsDict:
    """Adds `to_dict` to the generated classes, which declare it with the type of its result.

    At run time their bases do not have it: a property of this name becomes a field, and pydantic warns of a field that
    hides an attribute of a base.
    """

    if TYPE_CHECKING:

        def to_dict(self) -> Any:
            """The payload as it is sent: a new dict with JSON's names and values, without what is absent.

            It is what keywords and dicts take for a nested object. Never raises.
            """

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)  # type: ignore[misc]  # pydantic's class is next in the MRO
        fields: Container[str] = cls.__pydantic_fields__  # type: ignore[attr-defined]
        if cls.__module__ != __name__ and not hasattr(cls, "to_dict") and "to_dict" not in fields:
            setattr(cls, _to_dict.__name__, _to_dict)  # jedi would take an assignment for the type of the method


def _to_dict(self: BaseModel) -> JsonValue:
    """The payload as it is sent: a new dict with JSON's names and values, without what is absent. Never raises."""
    return snapshot(members_of(self))


_to_dict.__name__ = "to_dict"


class PayloadModel(_HiddenValues, _JsonNames, _AsDict, BuiltAtFirstUse, BaseModel):
    """Base of the generated models. A model accepts the objects that its JSON Schema accepts.

    The constructor takes Python field names (`class_`). Validating and dumping use the JSON names (`class`).
    A property that is absent is `MISSING`, which is different from null, and is left out of a dump. `to_dict()` is the
    object as it is sent.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="allow",
        hide_input_in_errors=True,
        protected_namespaces=(),
        serialize_by_alias=True,
        validate_by_alias=True,
        validate_by_name=True,
    )


class CheckedModel(PayloadModel):
    """Base of the generated models whose types do not express the whole schema; `__schema_part__` checks the rest."""

    __schema_part__: ClassVar[SchemaPart]

    @model_validator(mode="after")
    def _matches(self) -> Self:
        return self.__schema_part__.checked(self)


class PayloadRoot(_HiddenValues, _JsonNames, _AsDict, BuiltAtFirstUse, RootModel[Any]):
    """Base of the generated models of other schemas than plain objects: maps, and unions of objects.

    Subclasses give `root` its type.
    """

    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)


class CheckedRoot(PayloadRoot):
    """As `CheckedModel`, for maps and unions of objects."""

    __schema_part__: ClassVar[SchemaPart]

    @model_validator(mode="after")
    def _matches(self) -> Self:
        return self.__schema_part__.checked(self)


class EmptyResult(PayloadModel):
    """The result of a span type without a result schema: an object without properties."""

    model_config = ConfigDict(extra="forbid")
