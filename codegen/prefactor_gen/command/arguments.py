"""Reads the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from prefactor_gen.command.command_word import all_actions, with_command_first
from prefactor_gen.command.parsers import COMMANDS, command_line, generate_options
from prefactor_schema.suggestions import closest_match

__all__ = ["parse", "without_watch"]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; the default command is `generate`. Exits for --help and for usage errors."""
    given = list(arguments)
    if not given or given[0] not in {*COMMANDS, "-h", "--help", "--version"}:
        if (command := _misspelled(given)) is not None:
            message = f"{given[0]!r} is neither a command nor a file or folder here; did you mean {command!r}?"
            command_line("generate").error(message)
        given = _with_command_first(given)
    parser = command_line(given[0] if given[0] in COMMANDS else None)
    options, unknown = parser.parse_known_args(given)
    if unknown:  # suggest an option of this command
        own = re.findall(r"--\w+", options.parser.format_usage())
        near = closest_match(unknown[0].partition("=")[0], own, cutoff=0.75)
        options.parser.error(f"unknown {unknown[0]}{f'; did you mean {near}?' if near else ''}")
    if options.command == "generate" and options.watch and (options.check or options.tracked):
        parser.error("--watch cannot be combined with --check or --tracked")
    if options.command == "generate" and options.wheel is not None and not options.check:
        parser.error("--wheel needs --check")
    if options.command == "generate" and any(source.endswith(".whl") for source in options.sources):
        parser.error("--wheel takes one wheel, found several; remove the old ones, or name one")
    return options


def _with_command_first(given: Sequence[str]) -> list[str]:
    """The words of a command line that does not begin with a command."""
    are_options = [word.startswith("-") for word in given]
    if not given or not are_options[0] or all(are_options):
        return ["generate", *given]
    own_options = argparse.ArgumentParser(add_help=False)
    generate_options(own_options)
    named = {option for action in all_actions(own_options) for option in action.option_strings}
    return with_command_first(given, command_line(), COMMANDS, named)


def _misspelled(given: Sequence[str]) -> str | None:
    """The command that the first word resembles, except `schema`: many folders of definitions are called `schemas`."""
    if not given or given[0].startswith("-") or Path(given[0]).exists():
        return None
    return closest_match(given[0], [name for name in COMMANDS if name != "schema"], cutoff=0.75)


def without_watch(options: argparse.Namespace) -> list[str]:
    """The arguments with which `generate` does the same without --watch."""
    chosen = {"--output": options.output, "--package": options.package}
    named = (f"{option}={value}" for option, value in chosen.items() if value is not None)
    return [*named, *(["--no-cache"] if options.no_cache else []), "--", *options.sources]
