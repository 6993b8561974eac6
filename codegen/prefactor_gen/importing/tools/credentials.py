"""Credentials of MCP servers: variables of the environment hold them, and no file or message has their values."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from prefactor_core.redaction import is_secret_name
from prefactor_gen.importing.sources import SourceError

__all__ = ["Variables", "secret_in"]

_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)
_SENT: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SHORTEST_HIDDEN: Final = 4  # shorter texts are in many messages by chance, and no secrets
_WHOLE_VALUE: Final = re.compile(r"(?:[\w.-]+\s*[=:]\s*(?:\w+\s+)?)?\$(?:\{\w+\}|\w+)", re.ASCII)
_NAMED_VALUE: Final = re.compile(r"-*([\w.-]+)\s*[=:]\s*(.+)", re.DOTALL)


class Variables:
    """Puts the values of variables of the environment into texts, and takes them out of messages."""

    def __init__(self) -> None:
        self._used: dict[str, str] = {}

    def expanded(self, text: str, option: str) -> str:
        """The text with the values of variables in place of `$NAME`; `$$` is a `$`.

        Args:
            text: what was given.
            option: where, for messages.

        Raises:
            SourceError: a variable is missing or empty, or has a character that cannot be sent.
        """
        return _VARIABLE.sub(lambda match: self._value(match[1] or match[2], option), text)

    def in_command(self, command: Sequence[str]) -> list[str]:
        """A command with the values of variables: `$NAME` as a whole argument, or after `--key=` or `Header: Bearer`.

        Other arguments are as they are: they may be scripts for a shell, with variables of their own.

        Raises:
            SourceError: a variable cannot be used.
        """
        return [self.expanded(each, "the command") if _WHOLE_VALUE.fullmatch(each) else each for each in command]

    def hidden(self, message: str) -> str:
        """A message with `$NAME` in place of the value of each variable that was used."""
        for name, value in sorted(self._used.items(), key=lambda item: -len(item[1])):
            if len(value) >= _SHORTEST_HIDDEN:
                message = message.replace(value, f"${name}")
        return message

    def _value(self, name: str | None, option: str) -> str:
        if name is None:
            return "$"
        value = os.environ.get(name)
        if value is None:
            raise SourceError(f"{option}: the environment has no variable {name}")
        if not value:
            raise SourceError(f"{option}: the variable {name} is empty")
        if not _SENT.fullmatch(value):
            raise SourceError(
                f"{option}: the variable {name} must be printable ASCII without spaces around it; is there a line end?"
            )
        self._used[name] = value
        return value


def secret_in(command: Sequence[str]) -> str | None:
    """The name of a value in a command that may be a secret; None if there is none.

    Such a value is that of `--api-key VALUE`, `--api-key=VALUE`, `API_KEY=VALUE`, `Authorization: VALUE`, or a part of
    an address. A variable, `$NAME`, is none.
    """
    for before, each in zip(["", *command], command, strict=False):
        named = _NAMED_VALUE.fullmatch(each)
        if "$" in each:
            continue
        if before.startswith("-") and not each.startswith("-") and is_secret_name(before.lstrip("-")):
            return before
        if named and is_secret_name(named[1]):
            return named[1]
        if "://" in each and (secret := _secret_of_address(each)):
            return secret
    return None


def _secret_of_address(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        if parts.password:
            return "the password of an address"
    except ValueError:  # no address
        return None
    return next((name for name, _ in parse_qsl(parts.query) if is_secret_name(name)), None)
