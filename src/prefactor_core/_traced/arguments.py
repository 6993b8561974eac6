"""Reads the arguments of a call by their names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import Parameter, Signature, signature
from typing import Any, TypeAlias

__all__ = ["Arguments", "Values", "signature_of"]

Values: TypeAlias = dict[str, Any]

# Python 3.14 evaluates annotations when they are read, and they may have names that only type checkers import.
if sys.version_info >= (3, 14):
    _signature = partial(signature, annotation_format=import_module("annotationlib").Format.STRING)
else:
    _signature = signature

_RECEIVERS = {"self", "cls"}
_PLACED = {Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD}
_NAMED = {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
_ANY = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}


def signature_of(function: Callable[..., object]) -> Signature:
    """The signature of a function; for one that does not tell it, that of a function that takes anything."""
    try:
        return _signature(function)
    except (TypeError, ValueError):
        return Signature([Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD)])


class Arguments:
    """Reads the arguments of the calls of one function.

    `Signature.bind` takes longer than everything else that is recorded of a call, so it reads only the calls of
    functions with `*args` or `**kwargs`, and wrong calls.

    Args:
        function: the function.
        has_receiver: whether its first argument is the object or class that it is a method of; None: if it is called
            `self` or `cls`.

    Attributes:
        names: the arguments, without the receiver.
        receiver: the name of the receiver, if there is one.
        others: the name of `**kwargs`, if there is one.
        none_by_default: those that are None by default.
    """

    def __init__(self, function: Callable[..., object], *, has_receiver: bool | None) -> None:
        self._signature = signature_of(function)
        parameters = [*self._signature.parameters.values()]
        self.receiver = _receiver(parameters, has_receiver)
        self.names = [each.name for each in parameters if each.name != self.receiver]
        self.others = next((each.name for each in parameters if each.kind is Parameter.VAR_KEYWORD), None)
        self.none_by_default = {each.name for each in parameters if each.default is None}
        self._binds = any(each.kind in _ANY for each in parameters)
        self._placed = [each.name for each in parameters if each.kind in _PLACED]
        self._named = frozenset(each.name for each in parameters if each.kind in _NAMED)
        # In the order of the signature. Values of required arguments are replaced in each call.
        self._defaults: Values = {each.name: each.default for each in parameters}
        required = [each.name for each in parameters if each.default is Parameter.empty]
        self._required_after = [
            frozenset(required).difference(self._placed[:given]) for given in range(len(self._placed) + 1)
        ]

    def read(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Values | None:
        """The arguments of a call, with the defaults; None if the function cannot be called so."""
        given = len(args)
        if self._binds or given > len(self._placed) or not self._required_after[given] <= kwargs.keys() <= self._named:
            return self._bound(args, kwargs)
        values = self._defaults.copy()
        values.update(zip(self._placed, args, strict=False))
        values.update(kwargs)
        return values

    def _bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Values | None:
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            return None
        bound.apply_defaults()
        return bound.arguments


def _receiver(parameters: list[Parameter], has_receiver: bool | None) -> str | None:
    if not parameters or parameters[0].kind not in _PLACED:
        return None
    name = parameters[0].name
    wanted = name in _RECEIVERS if has_receiver is None else has_receiver
    return name if wanted else None
