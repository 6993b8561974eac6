"""Reads the values of a command's table in pyproject.toml, such as `[tool.prefactor-gen.diff]`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prefactor_gen.command.config import TABLE, ConfigError, ProjectConfig, check_keys, read_pyproject
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_schema.suggestions import did_you_mean

__all__ = ["SettingsTable", "entry_places", "wrong_setting"]

_PLACEHOLDERS: Final = frozenset({"", "because", "fixme", "reason", "tbd", "todo", "why", "xxx"})
"""What is no reason: in the lines that commands print to be pasted, there is "why"."""
_MOST: Final = 1_000_000


class SettingsTable:
    """The table of a command. Its methods return the value of a key, and raise ConfigError for a wrong one.

    Args:
        project: the project.
        command: the command, which is the name of the table.
        keys: the keys that the table may have.

    Raises:
        ConfigError: it is no table, or has another key.

    Attributes:
        where: how messages name the table.
    """

    def __init__(self, project: ProjectConfig, command: str, keys: Sequence[str]) -> None:
        self.where = f"[tool.{TABLE}.{command}]"
        content = project.tables.get(command, {})
        if not isinstance(content, dict):
            raise wrong_setting(f"expected a table in {self.where}, found {type(content).__name__}")
        check_keys(content, keys, self.where)
        self._content: Mapping[str, object] = content

    def below(self, key: str) -> str:
        """How messages name a table in this one."""
        return f"{self.where[:-1]}.{key}]"

    def text(self, key: str, example: str) -> str | None:
        """A text that is not empty; None if there is none."""
        value = self._content.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise wrong_setting(f"expected {key} = {json.dumps(example)} in {self.where}, found {value!r}")

    def texts(self, key: str) -> list[str]:
        """The texts of a list; none by default."""
        value = self._content.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return value
        raise wrong_setting(f'expected {key} = ["…"] in {self.where}, found {value!r}')

    def choice(self, key: str, words: Sequence[str]) -> str | None:
        """One of some words; None if there is none."""
        value = self._content.get(key)
        return None if value is None else _one_of(words, value, key, self.where)

    def number(self, key: str, default: int, least: int) -> int:
        """A whole number; more than a million is a million."""
        value = self._content.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return min(value, _MOST)
        raise wrong_setting(f"expected a number of at least {least} in {key} of {self.where}, found {value!r}")

    def entries(self, key: str, example: str) -> Mapping[str, object]:
        """A table; empty by default."""
        value = self._content.get(key, {})
        if isinstance(value, dict):
            return value
        raise wrong_setting(f"expected {example} in {self.below(key)}, found {value!r}")

    def choices(self, key: str, words: Sequence[str], example: str) -> dict[str, str]:
        """A table with one of some words for each key."""
        where = self.below(key)
        return {
            name: _one_of(words, value, json.dumps(name), where) for name, value in self.entries(key, example).items()
        }

    def reasons(self, key: str, example: str, done: str) -> dict[str, str]:
        """A table with a reason for each key.

        Args:
            key: the name of the table.
            example: an entry of it, for a message.
            done: what is done with what an entry names, such as `allowed`.
        """
        return {name: self._reason(name, value, key, done) for name, value in self.entries(key, example).items()}

    def _reason(self, name: str, value: object, key: str, done: str) -> str:
        if isinstance(value, str) and value.strip():
            if value.strip(" .?!…-").casefold() in _PLACEHOLDERS:
                raise wrong_setting(f'expected the reason in place of "{value}" for {name!r} in {self.below(key)}')
            return " ".join(value.split())
        raise wrong_setting(f"expected the reason why {name!r} is {done} in {self.below(key)}, found {value!r}")


def _one_of(words: Sequence[str], value: object, key: str, where: str) -> str:
    """A value that must be one of some words."""
    if isinstance(value, str) and value in words:
        return value
    hint = did_you_mean(value, words) if isinstance(value, str) else ""
    expected = " or ".join(json.dumps(str(each)) for each in words)
    raise wrong_setting(f"expected {key} = {expected} in {where}, found {value!r}{hint}")


def wrong_setting(message: str) -> ConfigError:
    """That pyproject.toml has a wrong value."""
    return ConfigError(f"pyproject.toml: {message}")


def entry_places(project: ProjectConfig) -> Callable[[str], Place]:
    """What finds the place of a key in pyproject.toml: the file, where the key is not in quotation marks."""
    lines = read_pyproject(project.base)[0].splitlines()

    def place_of(key: str) -> Place:
        for number, line in enumerate(lines, 1):
            column = max(line.find(json.dumps(key, ensure_ascii=False)), line.find(f"'{key}'"))
            if column >= 0:
                return Place("pyproject.toml", "", number, column + 1)
        return Place("pyproject.toml")

    return place_of
