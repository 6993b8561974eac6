"""Finds the command among the words of a command line: options may stand before it."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

__all__ = ["all_actions", "with_command_first"]

_DEFAULT = "generate"


def with_command_first(
    given: Sequence[str], parser: argparse.ArgumentParser, commands: Collection[str], own_options: Collection[str]
) -> list[str]:
    """The words of a command line, with the command before its options; the default one if none is named.

    A word that is both a command and a path here is a source after options that the default command has, too:
    `prefactor-gen --check docs`.

    Args:
        given: the words.
        parser: the parser of all commands.
        commands: their names.
        own_options: the options of the default command, without `-C`.
    """
    position = _first_word(given, parser)
    if position is None or given[position] not in commands:
        return [_DEFAULT, *given]
    word, before = given[position], given[:position]
    options = {each.partition("=")[0] for each in before if each.startswith("--")} - {"--project"}
    if word != _DEFAULT and options and options <= set(own_options) and Path(word).exists():
        return [_DEFAULT, *given]
    return [word, *before, *given[position + 1 :]]


def _first_word(given: Sequence[str], parser: argparse.ArgumentParser) -> int | None:
    """The position of the first word that is neither an option nor its value."""
    takes_value = {option for action in all_actions(parser) if action.nargs is None for option in action.option_strings}
    before = ""
    for position, word in enumerate(given):
        if word == "--":
            return None
        if not word.startswith("-") and before not in takes_value:
            return position
        before = word
    return None


def all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The options and arguments of a parser and of its commands."""
    for action in parser._actions:  # argparse has no public API for this
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from all_actions(command)
