"""Adds keys to a TOML file, or removes them. Everything else in it stays: comments, order, spaces."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable, Table

__all__ = ["Additions", "add_keys", "as_lines", "without_keys"]

Additions: TypeAlias = Mapping[str, Mapping[str, object]]
"""The keys to add to tables of `[tool]`, with their values, by the name of the table, such as `uv` or `uv.sources`."""


def add_keys(text: str, additions: Additions) -> str | None:
    """The text of pyproject.toml with more keys, or None if that cannot be done without changing something else.

    Args:
        text: valid TOML.
        additions: keys that the text does not have.
    """
    is_dos = 0 < text.count("\n") == text.count("\r\n")
    text = text.replace("\r\n", "\n") if is_dos else text
    text = text if text.endswith("\n") or not text else f"{text}\n"
    for edit in (_edited, _beside_dotted_keys):
        try:
            edited = edit(text, additions)
            if tomllib.loads(edited) != _merged(tomllib.loads(text), additions):
                continue
            if _keeps_lines(text, edited) or _has_inline_table(text, additions):  # which is one line
                return edited.replace("\n", "\r\n") if is_dos else edited
        except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError):  # tomlkit cannot edit every file
            continue
    return None


def without_keys(text: str, name: str, keys: Sequence[str]) -> str | None:
    """The text of pyproject.toml without some keys, or None if that cannot be done without changing something else.

    Args:
        text: valid TOML.
        name: the table of `[tool]` that has the keys, such as `uv.sources`.
        keys: the keys, which the table has.
    """
    path = ["tool", *name.split(".")]
    for edit in (_without_members, _without_lines):
        try:
            expected, edited = tomllib.loads(text), edit(text, path, keys)
            for key in keys:
                _table(expected, path).pop(key)
            is_alone = _keeps_lines(edited, text) or isinstance(_table(tomlkit.parse(text), path), InlineTable)
            if is_alone and tomllib.loads(edited) == expected:
                return edited
        except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError):  # tomlkit cannot edit every file
            continue
    return None


def _without_members(text: str, path: list[str], keys: Sequence[str]) -> str:
    document = tomlkit.parse(text)
    for key in keys:
        _table(document, path).remove(key)
    return document.as_string()


def _without_lines(text: str, _: list[str], keys: Sequence[str]) -> str:
    """The text without the lines that have these keys, as in `refs."…" = …`, wherever such a line stands."""
    written = [quoted for key in keys for quoted in (_literal(key), f"'{key}'")]
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not any(each in line for each in written))


def as_lines(additions: Additions) -> str:
    """The additions as lines of TOML, to be added by hand."""
    tables = (
        "\n".join([f"[tool.{name}]", *(f"{_key(key)} = {_literal(value)}" for key, value in keys.items())])
        for name, keys in additions.items()
    )
    return "\n\n".join(tables)


def _edited(text: str, additions: Additions) -> str:
    document = tomlkit.parse(text)
    for name, keys in additions.items():
        table: Any = _table(document, ["tool", *name.split(".")])
        if table is None:
            before = document.as_string().rstrip()
            lines = as_lines({name: keys})
            document = tomlkit.parse(f"{before}\n\n{lines}\n" if before else f"{lines}\n")
        else:
            after = _taken_off(table)  # belongs to the next table
            for key, value in keys.items():
                table.add(key, tomlkit.value(_literal(value)))
            for each in after:
                table.add(each)
    return document.as_string()


def _beside_dotted_keys(text: str, additions: Additions) -> str:
    """The text with new keys after the last one that is written as `refs."…" = …`, anywhere in a table above."""
    lines = text.splitlines(keepends=True)
    for name, keys in additions.items():
        dotted = re.compile(rf"(\s*(?:[\w-]+\.)*{re.escape(name.rpartition('.')[2])}\.)[\w\"']")
        found = [(index, match[1]) for index, line in enumerate(lines) if (match := dotted.match(line))]
        if found:
            last, prefix = found[-1]
            lines[last + 1 : last + 1] = [f"{prefix}{_key(key)} = {_literal(value)}\n" for key, value in keys.items()]
    return "".join(lines)


def _has_inline_table(text: str, additions: Additions) -> bool:
    document = tomlkit.parse(text)
    return any(isinstance(_table(document, ["tool", *name.split(".")]), InlineTable) for name in additions)


def _taken_off(table: Any) -> list[Any]:
    """The comments and blank lines after the last key of a table, which are removed from it."""
    body = table.value.body if isinstance(table, Table) else []
    last = max((index for index, (key, _) in enumerate(body) if key is not None), default=len(body))
    after = [item for _, item in body[last + 1 :]]
    del body[last + 1 :]
    return after


def _table(document: Any, path: list[str]) -> Any:
    """The table at a path; None if it is not there."""
    for name in path:
        if document is None or name not in document:
            return None
        document = document[name]
    return document


def _merged(document: dict[str, Any], additions: Additions) -> dict[str, Any]:
    merged = copy.deepcopy(document)
    for name, keys in additions.items():
        table = merged
        for part in ["tool", *name.split(".")]:
            table = table.setdefault(part, {})
        table.update(keys)
    return merged


def _keeps_lines(before: str, after: str) -> bool:
    """Whether all lines are still there, in their order."""
    remaining = iter(after.splitlines())
    return all(line in remaining for line in before.rstrip().splitlines())


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _literal(key)


def _literal(value: object) -> str:
    """A value as it is written in TOML: a text, a truth value, a list, or a dict on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_literal(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
