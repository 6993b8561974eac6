"""The keys of TypedDicts. On Python 3.11, pydantic reads those of typing_extensions only, so others are rebuilt."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Annotated, Any, NamedTuple, NotRequired, Required, TypeAlias, get_args, get_origin, get_type_hints

import typing_extensions
from typing_extensions import ReadOnly, TypeAliasType, is_typeddict

__all__ = ["Key", "keys_of", "readable"]

_Rebuilt: TypeAlias = dict[object, Any]
_QUALIFIERS = (Required, NotRequired, ReadOnly)


class Key(NamedTuple):
    """The type of the values at a key of a TypedDict, and whether the key must be there."""

    annotation: Any
    required: bool


def keys_of(typed_dict: Any) -> Mapping[str, Key]:
    """The keys of a TypedDict."""
    hints = get_type_hints(typed_dict, include_extras=True)
    return {name: _key(annotation, name in typed_dict.__required_keys__) for name, annotation in hints.items()}


def _key(annotation: Any, required: bool) -> Key:
    """The key, which an annotation that is text may qualify, too."""
    while (origin := get_origin(annotation)) in _QUALIFIERS:
        (annotation,) = get_args(annotation)
        required = required if origin is ReadOnly else origin is Required
    return Key(annotation, required)


if sys.version_info >= (3, 12):

    def readable(annotation: Any) -> Any:
        """The annotation as pydantic can read it."""
        return annotation

else:

    def readable(annotation: Any, rebuilt: _Rebuilt | None = None) -> Any:
        """The annotation with each `typing.TypedDict` rebuilt, so that pydantic can read it."""
        rebuilt = {} if rebuilt is None else rebuilt
        if is_typeddict(annotation) and type(annotation).__module__ == "typing":
            return rebuilt[annotation] if annotation in rebuilt else _rebuilt(annotation, rebuilt)
        if isinstance(annotation, TypeAliasType):
            value = readable(annotation.__value__, rebuilt)
            return annotation if value is annotation.__value__ else TypeAliasType(annotation.__name__, value)
        arguments = get_args(annotation)
        made = tuple(readable(each, rebuilt) for each in arguments)
        if all(new is old for new, old in zip(made, arguments, strict=True)):
            return annotation
        if get_origin(annotation) is Annotated:
            return Annotated[(made[0], *arguments[1:])]
        if isinstance(annotation, UnionType):
            return reduce(or_, made)
        if isinstance(annotation, GenericAlias):
            return GenericAlias(get_origin(annotation), made)
        return annotation.copy_with(made)

    def _rebuilt(typed_dict: Any, rebuilt: _Rebuilt) -> Any:
        keys: dict[str, Any] = {}
        made = typing_extensions.TypedDict(typed_dict.__name__, keys)  # type: ignore[misc]  # not a literal
        made.__module__, made.__qualname__ = typed_dict.__module__, typed_dict.__qualname__
        made.__doc__ = typed_dict.__doc__
        made.__required_keys__, made.__optional_keys__ = typed_dict.__required_keys__, typed_dict.__optional_keys__
        if (config := getattr(typed_dict, "__pydantic_config__", None)) is not None:
            made.__pydantic_config__ = config  # type: ignore[attr-defined]
        rebuilt[typed_dict] = made  # before its keys, which may refer to it
        for name, annotation in get_type_hints(typed_dict, include_extras=True).items():
            made.__annotations__[name] = readable(annotation, rebuilt)
        return made
