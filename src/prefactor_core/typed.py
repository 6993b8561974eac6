"""What generated span helpers are made of: payload models, JSON-exact scalars and literals, and the typed span.

Code written by `prefactor-gen` imports this module; its names are stable for every package that was generated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    Never,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    get_args,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    RootModel,
    Strict,
    Tag,
    model_validator,
)
from pydantic_core import MISSING, CoreSchema, PydanticCustomError, core_schema

from prefactor_core._deferred import BuiltAtFirstUse
from prefactor_core._redaction import REDACTED, Marks, PayloadPart, ValueRule
from prefactor_core._schema_part import JsonPattern, SchemaPart
from prefactor_core._snapshot import members_of, snapshot_object
from prefactor_core._span_schemas import in_package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefactor_core.span_context import SpanContext

__all__ = [
    "MISSING",
    "ArrayOf",
    "CheckedModel",
    "CheckedRoot",
    "EmptyResult",
    "JsonBoolean",
    "JsonInteger",
    "JsonLiteral",
    "JsonNumber",
    "JsonPattern",
    "NoObject",
    "PayloadModel",
    "PayloadOf",
    "PayloadRoot",
    "SchemaPart",
    "SpanTypeOf",
    "TypedSpan",
]

T_co = TypeVar("T_co", covariant=True)
ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")
SpanT_co = TypeVar("SpanT_co", covariant=True)

Part: TypeAlias = Literal["params", "result"]

_TEXT_IN_JSON = (Decimal, complex)
"""Kinds of numbers that go out as text, and in Python are equal to those that do not."""


class _WireNames:
    """What is validated has the names of the wire: there, `class_` is another property than `class`.

    Who says `by_name=True` gets the Python names, too; who says `by_alias=False`, only those. Type checkers see
    pydantic's own methods.
    """

    if not TYPE_CHECKING:

        @classmethod
        def model_validate(cls, obj, **options):
            return super().model_validate(obj, **_by_wire_names(options))

        @classmethod
        def model_validate_json(cls, json_data, **options):
            return super().model_validate_json(json_data, **_by_wire_names(options))

        @classmethod
        def model_validate_strings(cls, obj, **options):
            return super().model_validate_strings(obj, **_by_wire_names(options))


def _by_wire_names(options: dict[str, Any]) -> dict[str, Any]:
    by_name = options.get("by_name")
    return {**options, "by_name": options.get("by_alias") is False if by_name is None else by_name}


class PayloadModel(_WireNames, BuiltAtFirstUse, BaseModel):
    """Base of the generated models: what its JSON Schema allows, under the names of the wire.

    The constructor takes Python field names (`class_`); validating and dumping use the names of the wire (`class`).
    A property that is absent is `MISSING`, which is not null, and is left out of a dump.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="allow",
        protected_namespaces=(),
        serialize_by_alias=True,
        validate_by_alias=True,
        validate_by_name=True,
    )


class CheckedModel(PayloadModel):
    """Base of the generated models whose JSON Schema says more than types can: `__schema_part__` says the rest."""

    __schema_part__: ClassVar[SchemaPart]

    @model_validator(mode="after")
    def _matches(self) -> Self:
        return self.__schema_part__.checked(self)


class PayloadRoot(_WireNames, BuiltAtFirstUse, RootModel[Any]):
    """Base of the generated models whose schema is no plain object: a map, or a union of objects.

    Subclasses give `root` its type.
    """

    model_config = ConfigDict(defer_build=True)


class CheckedRoot(PayloadRoot):
    """As `CheckedModel`, for a schema that is no plain object."""

    __schema_part__: ClassVar[SchemaPart]

    @model_validator(mode="after")
    def _matches(self) -> Self:
        return self.__schema_part__.checked(self)


class EmptyResult(PayloadModel):
    """The result of a span type without a result schema: no properties."""

    model_config = ConfigDict(extra="forbid")


class ArrayOf(Protocol[T_co]):
    """A sequence given as a JSON array: lists and tuples, but not a string, which is a sequence of strings too."""

    def __contains__(self, value: object, /) -> bool: ...
    def __getitem__(self, index: slice, /) -> object: ...  # not int: a dict by number has that
    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    def __reversed__(self) -> Iterator[T_co]: ...


class _Integer:
    """JSON's integers: `1` and `1.0`, but neither `"1"` nor `true`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        whole = core_schema.no_info_after_validator_function(_whole, _finite((float, Real)))
        return core_schema.union_schema(
            [core_schema.int_schema(strict=True), _integral(), whole],
            mode="left_to_right",
            custom_error_type="json_integer",
            custom_error_message="Input should be an integer",
        )


class _Number:
    """JSON's numbers; an integer stays one, so that it goes out as it came in."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: list[CoreSchema | tuple[CoreSchema, str]] = [
            core_schema.int_schema(strict=True),
            _finite(float),
            _integral(),
            _finite((float, Real)),
        ]
        return core_schema.union_schema(
            choices,
            mode="left_to_right",
            custom_error_type="json_number",
            custom_error_message="Input should be a number",
        )


def _integral() -> CoreSchema:
    """The integers that Python has beside its own: numpy's, which are no doubles when they are long."""
    others = core_schema.no_info_plain_validator_function(_integer)
    return core_schema.json_or_python_schema(core_schema.int_schema(strict=True), others)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise PydanticCustomError("json_integer", "Input should be an integer")
    return int(value)


def _finite(kinds: type | tuple[type, ...]) -> CoreSchema:
    """The floats that JSON has. pydantic's own takes NaN, and what has `__float__`: a Decimal goes out as text."""
    number = core_schema.float_schema(strict=True, allow_inf_nan=False)
    of_kinds = core_schema.is_instance_schema(kinds, cls_repr="number")
    return core_schema.json_or_python_schema(number, core_schema.chain_schema([of_kinds, number]))


def _whole(value: float) -> int:
    if not value.is_integer():
        raise PydanticCustomError("int_from_float", "Input should be an integer, got a number with a fractional part")
    return int(value)


class JsonLiteral:
    """Metadata of a Literal with numbers or booleans: 1.0 is 1, and true is not.

    pydantic's own takes true for 1, and not 1.0.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        values = {_json_key(value): value for value in get_args(source)}

        def value_of(given: object) -> object:
            try:
                return values[_json_key(given)]
            except (KeyError, TypeError):
                expected = ", ".join(json.dumps(value) for value in values.values())
                raise PydanticCustomError(
                    "json_literal", "Input should be one of {expected}", {"expected": expected}
                ) from None

        return core_schema.no_info_before_validator_function(value_of, handler(source))


def _json_key(value: object) -> tuple[bool, bool, object]:
    """What is equal for values that are equal in JSON, and for no others."""
    return isinstance(value, bool), isinstance(value, _TEXT_IN_JSON), value


JsonInteger: TypeAlias = Annotated[int, _Integer, Tag("integer")]
JsonNumber: TypeAlias = Annotated[float, _Number, Tag("number")]
JsonBoolean: TypeAlias = Annotated[bool, Strict()]
NoObject: TypeAlias = str | JsonNumber | JsonBoolean | list[Any] | None
"""What a schema that speaks of objects, but does not ask for one, allows beside them."""


class SpanTypeOf(Protocol[ParamsT, SpanT_co]):
    """A generated span type, seen as the class object: what `span(AgentLlm)` takes.

    No `__call__`: with other members beside it, pyright looks that up on the metaclass and finds Any. The params are
    taken and given back so that they are solved from the type alone, before the payload is looked at.
    """

    def _around(self, span: SpanContext, /) -> SpanT_co: ...

    def _params_of(self, payload: ParamsT, /) -> ParamsT: ...


# Never a callable: that member makes mypy infer a payload after the span type, so that a literal is its TypedDict.
PayloadOf: TypeAlias = ParamsT | Callable[[ParamsT], Never] | None


class TypedSpan(Generic[ParamsT, ResultT]):
    """A span whose params and result have types; subclasses are generated and add `start`, `complete` and `set_result`.

    The payloads are checked against their schemas as `PrefactorCoreConfig.validation` says; a mismatch is recorded and
    reported, and raises only with `validation="raise"`.
    """

    schema_name: ClassVar[str]
    _package: ClassVar[str] = ""
    _redacted: ClassVar[Mapping[Part, Mapping[str, ValueRule]]] = {}
    _marks: ClassVar[Mapping[PayloadPart, Marks]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "Params" in cls.__dict__:
            cls._package = cls.__module__.rpartition(".")[0]
        if "_redacted" in cls.__dict__:
            cls._marks = {part: Marks(rules) for part, rules in cls._redacted.items()}

    def __init__(self, span: SpanContext, /) -> None:
        self._span = span
        span._record.marks = self._marks
        if span._manager.validation.mode != "off":
            span._record.schemas = in_package(self._package, self.schema_name) or span._record.schemas

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"

    @property
    def id(self) -> str:
        """The span's ID."""
        return self._span.id

    async def start_with(self, params: ParamsT, /, *, started_at: datetime | None = None) -> None:
        """Start the span with whole params: a model, or a literal under the names of the wire.

        Args:
            params: what goes in.
            started_at: when the span started; the time of this call when left out.
        """
        await self._span.start(self._payload(params), started_at)

    async def complete_with(self, result: ResultT, /, *, timestamp: datetime | None = None) -> None:
        """Finish the span as `complete` with a whole result: a model, or a literal under the names of the wire.

        Args:
            result: what came out; what `set_result` gathered is kept beside it.
            timestamp: when the span ended; the time of this call when left out.
        """
        await self._span.complete(self._payload(result), timestamp)

    def set_result_with(self, result: ResultT, /) -> None:
        """Gather a whole result for the finish: a model, or a literal under the names of the wire."""
        self._span.set_result(self._payload(result))

    async def cancel(self) -> None:
        """Finish the span as `cancelled`; before `start()`, it is recorded as never having run."""
        await self._span.cancel()

    async def finish(self) -> None:
        """Finish the span with what `set_result` gathered, as `complete` unless a status was set before."""
        await self._span.finish()

    async def fail(self, error: BaseException | BaseModel | Mapping[str, object] | None = None, /) -> None:
        """Finish the span as `failed`.

        Args:
            error: an exception (recorded as `{"error": {"type", "message"}}`), or a result; it is not checked against
                the result schema, for a failed call rarely has a whole result.
        """
        await self._span.fail({"error": error} if isinstance(error, BaseException) else self._payload(error))

    @classmethod
    def _around(cls, span: SpanContext, /) -> Self:
        return cls(span)

    @classmethod
    def _params_of(cls, payload: ParamsT, /) -> ParamsT:
        return payload

    @classmethod
    def _default_params(cls, payload: ParamsT | None, /) -> dict[str, Any] | None:
        """What `span(AgentLlm, payload=…)` records when the span is never started explicitly."""
        return None if payload is None else cls._payload(payload)

    async def _start(self, values: Mapping[str, object]) -> None:
        await self._span.start(_present(values))

    async def _complete(self, values: Mapping[str, object]) -> None:
        await self._span.complete(_present(values))

    def _set_result(self, values: Mapping[str, object]) -> None:
        self._span.set_result(_present(values))

    @classmethod
    def _payload(cls, value: object) -> dict[str, Any]:
        """A model or a literal as a JSON-safe object under the names of the wire."""
        if isinstance(value, BaseModel):
            value = members_of(value)
        if value is not None and not isinstance(value, Mapping):
            raise TypeError(f"expected a model, a mapping, or for fail() an exception, found {type(value).__name__}")
        copied = snapshot_object(_readable(value), "payload")
        return dict.fromkeys(copied.value, REDACTED) if copied.unreadable and cls._marks else copied.value


def _readable(values: Mapping[str, object] | None) -> Mapping[str, Any] | None:
    try:
        return None if values is None else _present(values)
    except Exception:  # a mapping of the program's own, which fails; the snapshot says so
        return values


def _present(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not MISSING}
