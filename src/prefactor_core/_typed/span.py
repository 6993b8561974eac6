"""The base class of generated span helpers, and the types that their signatures use."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, Never, Protocol, Self, TypeAlias, TypeVar

from pydantic import BaseModel
from pydantic_core import MISSING
from typing_extensions import TypeVar as TypeVarWithDefault

from prefactor_core._handed import Handed, awaitable_method
from prefactor_core._payloads.redaction import REDACTED, PayloadPart, RedactionRules, ValueRule
from prefactor_core._payloads.snapshot import is_payload_object, members_of, snapshot_object
from prefactor_core._typed.payload_methods import add_payload_methods
from prefactor_core._typed.untyped_span import Part, UntypedSpan

# Annotations are not postponed here: `prefactor_core.typed` becomes the `__module__` of these classes, and their names
# could not be looked up there.

__all__ = ["ArrayOf", "PayloadOf", "SpanTypeOf", "TypedSpan"]

T_co = TypeVar("T_co", covariant=True)
ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")
SpanT_co = TypeVar("SpanT_co", covariant=True)
# The models of the payloads, which tests read. Packages that earlier versions generated give only the first two
# parameters. They are covariant, so that each span type is a `TypedSpan[Any, Any]`.
ParamsModelT_co = TypeVarWithDefault("ParamsModelT_co", bound=BaseModel, default=BaseModel, covariant=True)
ResultModelT_co = TypeVarWithDefault("ResultModelT_co", bound=BaseModel, default=BaseModel, covariant=True)


class ArrayOf(Protocol[T_co]):
    """A sequence that is given as a JSON array: lists and tuples, but not strings, which are sequences of strings."""

    def __contains__(self, value: object, /) -> bool: ...
    def __getitem__(self, index: slice, /) -> object: ...  # not int: a dict with integer keys has that
    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    def __reversed__(self) -> Iterator[T_co]: ...


class SpanTypeOf(Protocol[ParamsT, SpanT_co]):
    """A generated span type as a class object: the argument of `span(AgentLlm)`.

    `_params_of` takes and returns the params, so that type checkers infer them from the span type, and not from the
    payload. There is no `__call__`: pyright would look it up on the metaclass of a class with other members, and find
    Any.
    """

    def _from_span(self, span: UntypedSpan, /) -> SpanT_co: ...

    def _params_of(self, payload: ParamsT, /) -> ParamsT: ...


# The callable is never passed. It makes mypy infer the span type first, so that a dict literal is read as the TypedDict
# of the params.
PayloadOf: TypeAlias = ParamsT | Callable[[ParamsT], Never] | None


class TypedSpan(Generic[ParamsT, ResultT, ParamsModelT_co, ResultModelT_co]):
    """A span whose params and result have types. Generated subclasses have `start`, `complete` and `set_result`, too.

    The payloads are checked against their schemas as `PrefactorCoreConfig.validation` says. A payload that does not
    match, or that is given by wrong keywords, is recorded and reported; it raises only with `validation="raise"`.

    All methods hand over at once. `await` them in a coroutine, and leave that in a function: as with `SpanContext`.

    Its type parameters: what `start_with` and `complete_with` take, and the models of the params and the result, which
    `prefactor_core.testing` reads.
    """

    schema_name: ClassVar[str]
    _package: ClassVar[str] = ""
    _redacted: ClassVar[Mapping[Part, Mapping[str, ValueRule]]] = {}
    _redaction_rules: ClassVar[Mapping[PayloadPart, RedactionRules]] = {}
    _json_names: ClassVar[Mapping[Part, Mapping[str, str]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "_redacted" in cls.__dict__:
            cls._redaction_rules = {part: RedactionRules(rules) for part, rules in cls._redacted.items()}
        if "Params" in cls.__dict__:
            cls._package = cls.__module__.rpartition(".")[0]
            add_payload_methods(cls, cls._json_names, cls._redacted)

    def __init__(self, span: UntypedSpan, /) -> None:
        self._span = span
        span._use_span_type(self._package, self.schema_name, self._redaction_rules)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"

    @property
    def id(self) -> str:
        """The span's id."""
        return self._span.id

    @awaitable_method
    def start_with(self, params: ParamsT, /, *, started_at: datetime | None = None) -> Handed:
        """Start the span with all its params at once: a model, or a dict with the JSON names.

        Args:
            params: the params.
            started_at: when the span started; the time of this call by default.
        """
        return self._span.start(self._payload(params), started_at)

    @awaitable_method
    def complete_with(self, result: ResultT, /, *, timestamp: datetime | None = None) -> Handed:
        """Finish the span as `complete`, with all of its result at once: a model, or a dict with the JSON names.

        Args:
            result: the result; values that `set_result` has collected for other keys are kept.
            timestamp: when the span ended; the time of this call by default.
        """
        return self._span.complete(self._payload(result), timestamp)

    def set_result_with(self, result: ResultT, /) -> None:
        """Collect all of the result at once, for the finish: a model, or a dict with the JSON names."""
        self._span.set_result(self._payload(result))

    @awaitable_method
    def cancel(self) -> Handed:
        """Finish the span as `cancelled`. Before `start()`, it is recorded as a span that never ran."""
        return self._span.cancel()

    @awaitable_method
    def finish(self) -> Handed:
        """Finish the span as `complete`, with what `set_result` has collected."""
        return self._span.finish()

    @awaitable_method
    def fail(self, error: BaseException | BaseModel | Mapping[str, object] | None = None, /) -> Handed:
        """Finish the span as `failed`.

        Args:
            error: an exception (recorded as `{"error": {"type", "message"}}`), or a result. It is not checked against
                the result schema, since a step that failed rarely has a complete result.
        """
        return self._span.fail({"error": error} if isinstance(error, BaseException) else self._payload(error))

    @classmethod
    def _from_span(cls, span: UntypedSpan, /) -> Self:
        return cls(span)

    @classmethod
    def _params_of(cls, payload: ParamsT, /) -> ParamsT:
        return payload

    @classmethod
    def _default_params(cls, payload: ParamsT | None, /) -> dict[str, Any] | None:
        """The params that `span(AgentLlm, payload=…)` records when the span is never started explicitly."""
        return None if payload is None else cls._payload(payload)

    # Packages that earlier versions generated define the methods themselves, and call these.

    def _start(self, values: Mapping[str, object]) -> Handed:
        return self._span.start(_without_missing(values))

    def _complete(self, values: Mapping[str, object]) -> Handed:
        return self._span.complete(_without_missing(values))

    def _set_result(self, values: Mapping[str, object]) -> None:
        self._span.set_result(_without_missing(values))

    @classmethod
    def _payload(cls, value: object) -> dict[str, Any]:
        """A model or a dict as a JSON-safe object with the JSON names."""
        if isinstance(value, BaseModel):
            value = members_of(value)
        if value is not None and not is_payload_object(value):
            raise TypeError(
                f"a payload must be a model, a dataclass or a mapping (or for fail() an exception), not "
                f"{type(value).__name__}"
            )
        copied = snapshot_object(_readable(value) if isinstance(value, Mapping) else value, "payload")
        return dict.fromkeys(copied.value, REDACTED) if copied.unreadable and cls._redaction_rules else copied.value


def _readable(values: Mapping[str, object]) -> Mapping[str, Any]:
    try:
        return _without_missing(values)
    except Exception:  # a mapping of the program's own that fails; the snapshot records that it is unreadable
        return values


def _without_missing(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not MISSING}
