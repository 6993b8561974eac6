"""Writes the call that records a span, so that type checkers accept it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.diagnostics.invisible import escape_invisible
from prefactor_gen.docs.example_values import Example
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.package.literals import python_literal, quote

__all__ = ["Keywords", "keywords_of", "snippet"]

_LONGEST = 88
_PARTS = {"start": "Params", "complete": "Result"}
Parts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Keywords:
    """The keywords of a method.

    Attributes:
        names: the keywords, by the names of the properties.
        takes_any: it takes any keyword; type checkers then look at the models.
    """

    names: Mapping[str, str]
    takes_any: bool = False


def keywords_of(module: str, class_name: str) -> dict[str, Keywords]:
    """The keywords of `start` and `complete` in the text of a generated module."""
    helper = next(each for each in ast.parse(module).body if isinstance(each, ast.ClassDef) and each.name == class_name)
    renamed = _json_names(helper.body)
    found: dict[str, Keywords] = {}
    for method in _methods(helper.body):
        names = renamed.get(_PARTS[method.name].lower(), {})
        known = found.get(method.name, Keywords({}))
        keywords = {names.get(each.arg, each.arg): each.arg for each in method.args.kwonlyargs}
        found[method.name] = Keywords({**known.names, **keywords}, known.takes_any or method.args.kwarg is not None)
    return found


def snippet(package: str, class_name: str, examples: Mapping[str, Example], methods: Mapping[str, Keywords]) -> str:
    """The lines that record a span.

    Args:
        package: the name by which the package is imported.
        class_name: the class of the span type.
        examples: the params of `start` and the result of `complete`, by these names.
        methods: the keywords of both.
    """
    calls = (
        _call(name, class_name, example, methods.get(name, Keywords({})), "    ") for name, example in examples.items()
    )
    lines = [
        f"from {package} import {class_name}",
        "",
        f"async with instance.span({class_name}) as span:",
        *(f"    await span.{call}" for call in calls),
    ]
    return escape_invisible("\n".join(lines))


def _call(method: str, class_name: str, example: Example, keywords: Keywords, indent: str) -> str:
    if not example.value:
        return f"{method}()"
    given = example.value
    if keywords.takes_any or example.has_choice or not example.is_valid or given.keys() - keywords.names.keys():
        validate = f"{class_name}.{_PARTS[method]}.model_validate"
        return f"{method}_with({validate}({_literal(given, indent)}))"
    arguments = [f"{keywords.names[name]}={_literal(value, indent)}" for name, value in given.items()]
    line = f"{method}({', '.join(arguments)})"
    if len(line) <= _LONGEST and "\n" not in line:
        return line
    inner = f"{indent}    "
    rows = (f"{inner}{keywords.names[name]}={_literal(value, inner)},\n" for name, value in given.items())
    return f"{method}(\n{''.join(rows)}{indent})"


def _literal(value: object, indent: str) -> str:
    """A value as Python: on one line if that is short, otherwise one member on each line."""
    line = _one_line(value)
    if len(line) <= _LONGEST // 2:
        return line
    return python_literal(from_python(value, Place("")), len(indent) // 4)


def _one_line(value: object) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{quote(key)}: {_one_line(item)}' for key, item in value.items())}}}"
        case list():
            return f"[{', '.join(map(_one_line, value))}]"
        case str():
            return quote(value)
        case _:
            return repr(value)


def _methods(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """`start` and `complete` with their overloads, which stand where only type checkers look."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _methods(statement.body)
        elif isinstance(statement, ast.FunctionDef) and statement.name in _PARTS:
            yield statement


def _json_names(body: Sequence[ast.stmt]) -> Parts:
    """The names of properties by their keywords, where they differ, for params and result."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name("_json_names")], value=value):
                names: Parts = ast.literal_eval(value)
                return names
    return {}
