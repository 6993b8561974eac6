"""Scripts with which a shell completes the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import shtab

from prefactor_gen.command.arguments import command_line, generate_options
from prefactor_gen.diagnostics.every_rule import EVERY_RULE

__all__ = ["completion_script"]


def completion_script(shell: str) -> str:
    """The script for a shell.

    Args:
        shell: one of `SHELLS`.
    """
    parser = command_line()
    generate_options(
        parser
    )  # of the default command; without its SOURCE, which zsh would complete in place of a command
    for action in _actions(parser):
        if action.dest == "explain":
            action.choices = sorted(EVERY_RULE)
        if action.dest in {"sources", "output", "profile"}:
            # The attribute that shtab reads.
            action.complete = shtab.DIRECTORY if action.dest == "output" else shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(parser, shell)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # argparse has no public API for this
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
