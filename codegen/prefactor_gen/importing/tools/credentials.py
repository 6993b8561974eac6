"""Credentials of MCP servers: variables of the environment hold them, and no file or message has their values."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from prefactor_gen.importing.sources import SourceError
from prefactor_gen.remote.secrets import has_token, is_secret_parameter, secret_of_address

__all__ = ["Variables", "secret_in", "unclear_options"]

_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)
_SENT: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SHORTEST_HIDDEN: Final = 4  # shorter texts are in many messages by chance, and no secrets
_WHOLE_VALUE: Final = re.compile(r"(?:[\w.-]+\s*[=:]\s*(?:\w+\s+)?)?\$(?:\{\w+\}|\w+)", re.ASCII)
_UNCLEAR: Final = frozenset({"-p", "-P"})
_PERHAPS_SECRET: Final = re.compile(r"(?=.*[A-Za-z])[^\s/$@.-]+")
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
    """What in a command may be a secret, for a message; None if nothing is.

    That is the value of `--api-key VALUE`, `--api-key=VALUE`, `API_KEY=VALUE`, `Authorization: VALUE`, a part of an
    address, and what looks like a token of a service. A variable, `$NAME`, is none.
    """
    for before, each in zip(["", *command], command, strict=False):
        named = _NAMED_VALUE.fullmatch(each)
        if "$" in each:
            continue
        if before.startswith("-") and not each.startswith("-") and is_secret_parameter(before.lstrip("-")):
            return before
        if named and is_secret_parameter(named[1]):
            return named[1]
        if "://" in each and (secret := _secret_of_address(each)):
            return secret
        if has_token(each):
            return "a token"
    return None


def unclear_options(command: Sequence[str]) -> list[str]:
    """The short options of a command whose value is a password for some programs: `-p hunter2`.

    For others it is a port or a package, so that it is only told.
    """
    return [option for option, value in pairwise(command) if option in _UNCLEAR and _PERHAPS_SECRET.fullmatch(value)]


def _secret_of_address(text: str) -> str | None:
    try:
        password = urlsplit(text).password
    except ValueError:  # no address
        return None
    return "the password of an address" if password else secret_of_address(text)
