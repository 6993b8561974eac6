"""Compares the packages that are installed with `surface.toml`; needs only the standard library.

As a program it prints the deviations, one a line, so that the same check can run in another environment. More names,
parameters, fields and defaults than documented are no deviation.
"""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import importlib
import inspect
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

__all__ = ["deviations", "load"]

POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
KEYWORD = inspect.Parameter.KEYWORD_ONLY


def load() -> dict[str, Any]:
    """Return the documented surface."""
    return tomllib.loads(Path(__file__).with_name("surface.toml").read_text(encoding="utf-8"))


def deviations(surface: Mapping[str, Any]) -> Iterator[str]:
    """Give the deviations from the documented surface, in words."""
    for name in surface["names"]:
        if find(name) is None:
            yield f"{name}: missing"
    for module, names in surface["exports"].items():
        yield from _exports(module, names)
    for name, values in surface["choices"].items():
        yield from _differs(name, sorted(values), sorted(get_args(find(name))))
    for name, promise in surface["functions"].items():
        yield from _callable(name, find(name), promise)
    for name, promise in surface["classes"].items():
        yield from _class(name, find(name), promise)


def find(dotted: str) -> Any:
    """Return the object with this full name, or None."""
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name, None)


def _exports(module: str, names: Iterable[str]) -> Iterator[str]:
    found = importlib.import_module(module)
    for name in names:
        if not hasattr(found, name) or name not in found.__all__:
            yield f"{module}.{name}: not exported"


def _differs(where: str, documented: object, found: object) -> Iterator[str]:
    if documented != found:
        yield f"{where}: documented {documented}, found {found}"


def _class(name: str, found: Any, promise: Mapping[str, Any]) -> Iterator[str]:
    if not inspect.isclass(found):
        yield f"{name}: no class"
        return
    if promise["base"] and promise["base"] not in [base.__name__ for base in found.__mro__]:
        yield f"{name}: no {promise['base']}"
    for method, signature in promise.get("methods", {}).items():
        yield from _callable(f"{name}.{method}", getattr(found, method, None), signature)
    for attribute in promise.get("properties", ()):
        if not isinstance(inspect.getattr_static(found, attribute, None), property):
            yield f"{name}.{attribute}: no property"
    yield from _differs(f"{name} members", promise.get("members", []), list(getattr(found, "__members__", ())))
    yield from _attributes(name, found, promise)
    yield from _fields(name, found, promise)


def _callable(name: str, found: Any, promise: str) -> Iterator[str]:
    if not callable(found):
        yield f"{name}: missing"
        return
    yield from _differs(f"{name} is async", promise.startswith("async def "), _is_async(found))
    parameters = [one for one in inspect.signature(found).parameters.values() if one.name != "self"]
    yield from _parameters(name, _arguments(promise), parameters)


def _is_async(found: Any) -> bool:
    """Whether a function is a coroutine function, or is marked as one."""
    return inspect.iscoroutinefunction(found) or (sys.version_info < (3, 12) and asyncio.iscoroutinefunction(found))


def _parameters(name: str, promise: ast.arguments, found: list[inspect.Parameter]) -> Iterator[str]:
    by_position = [one for one in found if one.kind is POSITIONAL]
    named = {one.name: one for one in found if one.kind in (POSITIONAL, KEYWORD)}
    documented = _defaults(promise)
    positions = [argument.arg for argument in promise.args]
    yield from _differs(f"{name} by position", positions, [one.name for one in by_position][: len(positions)])
    shown = {key: "" if one.default is one.empty else repr(one.default) for key, one in named.items()}
    yield from _same_defaults(f"{name} by name", documented, shown)
    for extra in named.keys() - documented.keys():
        if named[extra].default is inspect.Parameter.empty:
            yield f"{name}: needs {extra}"


def _defaults(arguments: ast.arguments) -> dict[str, str]:
    """Return the default of each parameter as text; empty if it has none."""
    first = len(arguments.args) - len(arguments.defaults)
    positional = [None] * first + list(arguments.defaults)
    pairs = [
        *zip(arguments.args, positional, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg: "" if default is None else ast.unparse(default) for argument, default in pairs}


def _same_defaults(where: str, documented: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """A parameter without a documented default may have one."""
    yield from _differs(where, documented, {key: documented[key] and found[key] for key in documented if key in found})


def _attributes(name: str, found: Any, promise: Mapping[str, Any]) -> Iterator[str]:
    """The documented attributes have the names and the values of constructor parameters."""
    if not (attributes := promise.get("attributes")):
        return
    arguments: dict[str, Any] = dict.fromkeys(_defaults(_arguments(promise["methods"]["__init__"])), Exception("any"))
    made = found(**arguments)
    for attribute in attributes:
        if getattr(made, attribute, None) is not arguments[attribute]:
            yield f"{name}.{attribute}: not what was given"


def _arguments(promise: str) -> ast.arguments:
    parsed: Any = ast.parse(f"def f({promise.partition('(')[2]}: ...").body[0]
    arguments: ast.arguments = parsed.args
    return arguments


def _fields(name: str, found: Any, promise: Mapping[str, Any]) -> Iterator[str]:
    documented = dict(_field(text) for text in promise.get("fields", promise.get("fields_in_order", ())))
    if not documented:
        return
    actual = dict(_dataclass_fields(found) if dataclasses.is_dataclass(found) else _model_fields(found))
    yield from _same_defaults(f"{name} fields", documented, actual)
    if "fields_in_order" in promise:
        yield from _differs(f"{name} by position", list(documented), list(actual)[: len(documented)])
    for field, alias in promise.get("aliases", {}).items():
        yield from _differs(f"{name}.{field} alias", alias, found.model_fields[field].alias)
    for field, values in promise.get("choices", {}).items():
        yield from _differs(f"{name}.{field}", sorted(values), sorted(_choices(found.model_fields[field].annotation)))


def _field(text: str) -> tuple[str, str]:
    name, _, default = text.partition("=")
    return name, default


def _model_fields(model: Any) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        made = (
            getattr(field.default_factory, "__name__", "") == "HttpClientConfig"
        )  # an option that is required in the documented package
        yield name, "" if field.is_required() or made else _default(field.get_default(call_default_factory=True))


def _dataclass_fields(record: Any) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(record):
        if field.default_factory is not dataclasses.MISSING:
            yield field.name, _default(field.default_factory())
        else:
            yield field.name, "" if field.default is dataclasses.MISSING else _default(field.default)


def _default(value: object) -> str:
    if isinstance(value, datetime):
        return "now"
    return f"{type(value).__name__}()" if hasattr(type(value), "model_fields") else repr(value)


def _choices(annotation: Any) -> set[str]:
    arguments = get_args(annotation)
    strings = {value for value in arguments if isinstance(value, str)}
    return strings.union(*(_choices(value) for value in arguments if not isinstance(value, str)))


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in deviations(load()))
