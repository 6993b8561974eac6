"""The methods of generated span types that take a payload as keywords: `start`, `complete` and `set_result`.

Generated code declares them for type checkers. At run time each generated class gets methods that take anything, so
that a mistake in a program that is not type-checked is recorded and reported, and does not raise. `help()` and
`inspect.signature()` show the declared keywords.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel, RootModel
from pydantic_core import MISSING

from prefactor_core._handed import Handed, awaitable_method
from prefactor_core._payloads.redaction import REDACTED
from prefactor_core._typed.untyped_span import Part, PayloadCall, UntypedSpan

__all__ = ["add_payload_methods", "keywords_of"]

Values: TypeAlias = dict[str, Any]

_NOT_REQUIRED = re.compile(r"_?NotRequired\[(.*)\]", re.DOTALL)


class _PayloadSpan(Protocol):
    """What the methods need of the typed span that they belong to."""

    _span: UntypedSpan

    def _payload(self, value: object, /) -> Values: ...


class _Keywords:
    """The keywords of one method, and their names in the payload.

    Args:
        call: the method.
        model: the model of the payload.
        json_names: keyword → name in the payload, where they differ.
        redacted: whether something in the payload is redacted.
    """

    def __init__(
        self, call: PayloadCall, model: type[BaseModel], json_names: Mapping[str, str], *, redacted: bool
    ) -> None:
        self._call = call
        self._redacted = redacted
        self._names = keywords_of(model, json_names)

    def payload(self, span: _PayloadSpan, positional: tuple[object, ...], keywords: Values) -> Values:
        """The payload that a call has given, with its JSON names. Mistakes are reported through the span."""
        names = self._names
        if names is not None and not positional:
            try:
                return {names[name]: value for name, value in keywords.items() if value is not MISSING}
            except KeyError:
                pass
        return {**self._whole(span, positional), **self._members(span, keywords)}

    def _members(self, span: _PayloadSpan, keywords: Values) -> Values:
        given = {name: value for name, value in keywords.items() if value is not MISSING}
        if self._names is None:
            return given
        named = {self._names[name]: value for name, value in given.items() if name in self._names}
        others = {name: value for name, value in given.items() if name not in self._names}
        # A program may also pass JSON names, as `**arguments`.
        json_names = {*self._names.values()}
        unknown = [name for name in others if name not in json_names or name in named]
        if unknown:
            span._span._note_unknown_keywords(self._call, unknown, list(self._names))
            if self._redacted:  # one may be meant for a property that is redacted
                others |= dict.fromkeys(unknown, REDACTED)
        return {**others, **named}

    def _whole(self, span: _PayloadSpan, positional: tuple[object, ...]) -> Values:
        """What is recorded of positional arguments: a model or a mapping, if it is the only one."""
        if not positional:
            return {}
        payload: Values | None = None
        if len(positional) == 1 and positional[0] is not None:
            try:
                payload = span._payload(positional[0])
            except Exception:  # it is something else
                payload = None
        span._span._report_positional(self._call, recorded=payload is not None)
        return payload or {}


def keywords_of(model: type[BaseModel], json_names: Mapping[str, str]) -> Mapping[str, str] | None:
    """The keywords of the methods that take a payload, and their names in the payload; None if they take any.

    Args:
        model: the model of the payload.
        json_names: keyword → name in the payload, where they differ.
    """
    return None if _takes_any(model) else {name: json_names.get(name, name) for name in _fields(model)}


def _takes_any(model: type[BaseModel]) -> bool:
    """Whether a payload is a map, a union of objects, or an object without named properties."""
    return issubclass(model, RootModel) or not (_fields(model) or model.model_config.get("extra") == "forbid")


def _fields(model: type[BaseModel]) -> Collection[str]:
    return model.__pydantic_fields__


def _start(keywords: _Keywords) -> Callable[..., object]:
    def start(self: _PayloadSpan, /, *positional: object, **values: Any) -> Handed:
        """Start the span with its params."""
        return self._span.start(keywords.payload(self, positional, values))

    return start


def _complete(keywords: _Keywords) -> Callable[..., object]:
    def complete(self: _PayloadSpan, /, *positional: object, **values: Any) -> Handed:
        """Finish the span as `complete` with its result."""
        return self._span.complete(keywords.payload(self, positional, values))

    return complete


def _set_result(keywords: _Keywords) -> Callable[..., object]:
    def set_result(self: _PayloadSpan, /, *positional: object, **values: Any) -> None:
        """Collect a part of the result for the finish."""
        self._span.set_result(keywords.payload(self, positional, values))

    return set_result


_METHODS: Mapping[PayloadCall, Callable[[_Keywords], Callable[..., object]]] = {
    "start": _start,
    "complete": _complete,
    "set_result": _set_result,
}


def add_payload_methods(cls: type, json_names: Mapping[Part, Mapping[str, str]], redacted: Collection[Part]) -> None:
    """Give a generated class the methods that it does not define itself, as classes of earlier versions do.

    Args:
        cls: the class, with the models `Params` and `Result`.
        json_names: for each of the two, keyword → name in the payload, where they differ.
        redacted: those of the two in which something is redacted.
    """
    members = vars(cls)
    for call, make in _METHODS.items():
        part: Part = "params" if call == "start" else "result"
        model = members.get("Params" if call == "start" else "Result")
        if call in members or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        names = json_names.get(part, {})
        method: Any = make(_Keywords(call, model, names, redacted=part in redacted))
        method.__module__ = cls.__module__
        method.__qualname__ = f"{cls.__qualname__}.{call}"
        method.__annotations__ = {}  # those of any call; the signature has the declared ones
        method.__signature__ = _DeclaredSignature(cls, model, names, call)
        setattr(cls, call, method if call == "set_result" else awaitable_method(method))


class _DeclaredSignature(Signature):
    """The signature that generated code declares. It is made when something asks for it, which most programs never do.

    Args:
        cls: the generated class.
        model: the model of the payload.
        json_names: keyword → name in the payload, where they differ.
        call: the method.
    """

    __slots__ = ("_declared",)

    def __init__(self, cls: type, model: type[BaseModel], json_names: Mapping[str, str], call: PayloadCall) -> None:
        super().__init__(return_annotation="None" if call == "set_result" else "Handed")
        self._declared = cls, model, json_names, call == "set_result"

    @property
    def parameters(self) -> MappingProxyType[str, Parameter]:
        return self._made().parameters

    def replace(self, **changes: Any) -> Signature:  # type: ignore[override]  # not Self, which takes other arguments
        return self._made().replace(**changes)

    __replace__ = replace  # type: ignore[assignment]

    def _made(self) -> Signature:
        return Signature([*_parameters(*self._declared)], return_annotation=self.return_annotation)


def _parameters(
    cls: type, model: type[BaseModel], json_names: Mapping[str, str], all_optional: bool
) -> Iterator[Parameter]:
    receiver = "_self" if "self" in model.__pydantic_fields__ else "self"
    yield Parameter(receiver, Parameter.POSITIONAL_ONLY)
    if _takes_any(model):
        yield Parameter("properties", Parameter.VAR_KEYWORD)
        return
    types = _types(cls, model)
    for name, field in model.__pydantic_fields__.items():
        annotation = types.get(json_names.get(name, name), "object")
        if field.is_required() and not all_optional:
            yield Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation)
        else:
            yield Parameter(name, Parameter.KEYWORD_ONLY, annotation=f"{annotation} | MISSING", default=MISSING)


def _types(cls: type, model: type[BaseModel]) -> Mapping[str, str]:
    """The types of the TypedDict of a payload, by the names in it."""
    typed_dict = getattr(sys.modules.get(cls.__module__), f"{model.__name__}Dict", None)
    annotations = getattr(typed_dict, "__annotations__", {})
    texts = {name: str(getattr(each, "__forward_arg__", each)) for name, each in annotations.items()}
    return {name: match[1] if (match := _NOT_REQUIRED.fullmatch(text)) else text for name, text in texts.items()}
