"""Scripts with which a shell completes the command line."""

from __future__ import annotations

import shtab

from prefactor_gen.command.command_word import all_actions
from prefactor_gen.command.parsers import command_line, generate_options
from prefactor_gen.diagnostics.every_rule import EVERY_RULE

__all__ = ["completion_script"]


_PATHS = frozenset({"new", "old", "output", "pages", "path", "paths", "profile", "sources", "spans"})
"""The arguments that are files or folders."""


def completion_script(shell: str) -> str:
    """The script for a shell.

    Args:
        shell: one of `SHELLS`.
    """
    parser = command_line()
    generate_options(
        parser
    )  # of the default command; without its SOURCE, which zsh would complete in place of a command
    for action in all_actions(parser):
        if action.dest == "explain":
            action.choices = sorted(EVERY_RULE)
        if action.dest in _PATHS:
            # The attribute that shtab reads.
            action.complete = shtab.DIRECTORY if action.dest == "output" else shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(parser, shell)
