"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

__all__ = ["add_format", "add_project", "add_sources", "add_strict"]


def add_project(parser: argparse.ArgumentParser, *, is_below: bool = False) -> None:
    """`-C`.

    Args:
        parser: the parser of a command.
        is_below: it is the parser of a part of a command, where `-C` may stand as well.
    """
    parser.add_argument(
        "-C",
        "--project",
        action="append",
        metavar="DIR",
        default=argparse.SUPPRESS if is_below else None,
        help="run as if started in this folder; given several times, in each of them",
    )


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The definitions that a command reads."""
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="file, folder or module:attribute")


def add_format(
    parser: argparse.ArgumentParser, formats: Sequence[str] = ("text", "json", "github"), default: str | None = None
) -> None:
    """`--format`. The first of the formats is the default, unless another one is given."""
    shown = formats[0]
    parser.add_argument("--format", choices=formats, default=default or shown, help=f"default: {shown}")


def add_strict(parser: argparse.ArgumentParser, default: str | bool = False) -> None:
    """`--strict`."""
    parser.add_argument("--strict", action="store_true", default=default, help="fail on warnings too, but not on notes")
