"""What `prefactor-gen diff` compares, as it is written on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from prefactor_gen.diagnostics.diagnostics import DiagnosticError

__all__ = ["FromGit", "FromPath", "FromPlatform", "Operand", "OperandError", "parse_operand"]


class OperandError(Exception):
    """What is to be compared cannot be read. The message says what, why, and what to do, on one line."""

    @classmethod
    def of(cls, error: DiagnosticError) -> OperandError:
        """The first of the diagnostics of an error."""
        found = error.diagnostics[0]
        return cls(f"{found.place}: {found.message}")


@dataclass(frozen=True, slots=True)
class FromPath:
    """Definitions, or a generated package, on disk."""

    path: str


@dataclass(frozen=True, slots=True)
class FromGit:
    """The project, or a path, at a commit.

    Attributes:
        ref: a branch, a tag or a commit.
        path: definitions, or a generated package, as git takes paths: relative to the repository, or to the folder if
            it begins with `./`. None for what the project's configuration names at that commit.
    """

    ref: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class FromPlatform:
    """The versions of an agent's definitions that the platform has.

    Attributes:
        version: the identifier of one version; None for those in use and the newest.
    """

    agent: str
    version: str | None = None


Operand: TypeAlias = FromPath | FromGit | FromPlatform

_FORMS = "expected a path, a git ref, path:…, git:REF[:PATH] or platform:AGENT[@VERSION]"


def parse_operand(text: str, *, is_path: Callable[[str], bool], is_ref: Callable[[str], bool]) -> Operand | None:
    """Read an operand; None if it is neither a path nor a ref here.

    Args:
        text: the operand.
        is_path: whether there is a file or a folder of this name.
        is_ref: whether the repository has this commit, by any name.

    Raises:
        OperandError: it is empty or incomplete, looks like an option, or means a path as well as a ref.
    """
    kind, colon, rest = text.partition(":")
    if not text or "\0" in text or text.startswith("-") or (colon and not rest and kind in _EXPLICIT):
        raise OperandError(f"{_FORMS}, found {text!r}")
    if colon and kind in _EXPLICIT:
        return _EXPLICIT[kind](rest)
    found: list[Operand] = [FromPath(text)] if is_path(text) else []
    if is_ref(text):
        found.append(FromGit(text))
    if len(found) > 1:
        raise OperandError(f"{text!r} is a path and a git ref; write path:{text} or git:{text}")
    return found[0] if found else None


def _from_git(rest: str) -> FromGit:
    ref, colon, path = rest.partition(":")  # no ref has a colon
    if not ref or ref.startswith("-") or (colon and not path):
        raise OperandError(f"expected git:REF or git:REF:PATH, found {'git:' + rest!r}")
    return FromGit(ref, path or None)


def _from_platform(rest: str) -> FromPlatform:
    agent, at, version = rest.rpartition("@")
    if not at:
        return FromPlatform(rest)
    if not agent or not version:
        raise OperandError(f"expected platform:AGENT or platform:AGENT@VERSION, found {'platform:' + rest!r}")
    return FromPlatform(agent, version)


_EXPLICIT: dict[str, Callable[[str], Operand]] = {"path": FromPath, "git": _from_git, "platform": _from_platform}
