"""The command line: its commands, their options, and an example of each."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prefactor_schema.suggestions import closest_match

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

__all__ = ["SHELLS", "again", "command_line", "generate_options", "parse"]

SHELLS: Final = ("bash", "zsh", "fish")

_EXAMPLES: dict[str, str] = {
    "generate": (
        "  prefactor-gen                                        what [tool.prefactor-gen] of pyproject.toml says\n"
        "  prefactor-gen generate schemas --package my_spans    a folder of JSON and YAML files\n"
        "  prefactor-gen generate my_agent.spans:registry       a SchemaRegistry in Python\n"
        "  prefactor-gen --check                                in CI: exit 1 and show what would change\n"
        "  prefactor-gen --watch                                again whenever a definition changes\n"
    ),
    "check": (
        "  prefactor-gen check                      what [tool.prefactor-gen] of pyproject.toml says\n"
        "  prefactor-gen check schemas --strict     a folder; warnings fail, too\n"
        "  prefactor-gen check --format github      annotations in a workflow of GitHub's\n"
        "  prefactor-gen check --explain            who enforces each keyword: types, or the schema itself\n"
        "  prefactor-gen check --explain agent:llm  the same for one span type\n"
        "  prefactor-gen check --explain PG008      what a rule is about\n"
    ),
    "demo": "  prefactor-gen demo\n",
    "schema": (
        "  prefactor-gen schema definitions > .prefactor/definitions.schema.json\n"
        "  prefactor-gen schema config > .prefactor/pyproject.schema.json\n"
        "The files name it, by a path from where they are:\n"
        "  # yaml-language-server: $schema=../.prefactor/definitions.schema.json    first line of a YAML file\n"
        '  "$schema": "../.prefactor/definitions.schema.json"                       first key of a JSON file\n'
        "  #:schema .prefactor/pyproject.schema.json                                first line of pyproject.toml\n"
    ),
    "completion": (
        '  eval "$(prefactor-gen completion bash)"                                        in ~/.bashrc\n'
        "  prefactor-gen completion zsh > ~/.zfunc/_prefactor-gen                         a folder of $fpath\n"
        "  prefactor-gen completion fish > ~/.config/fish/completions/prefactor-gen.fish\n"
    ),
}


_WITH_A_NAME = frozenset({"--output", "--package"})


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; without a command it is `generate`. Ends the program for --help and for usage errors."""
    given = list(arguments)
    parser = command_line()
    if not given or (given[0] not in _EXAMPLES and given[0] not in {"-h", "--help", "--version"}):
        if (command := _misspelled(given)) is not None:
            parser.error(f"{given[0]!r} is no command, and no source here; did you mean {command!r}?")
        # The command may follow its options; a folder or a package may have its name.
        given = [word for before, word in pairwise(["", *given]) if word != "generate" or before in _WITH_A_NAME]
        given.insert(0, "generate")
    options, unknown = parser.parse_known_args(given)
    if unknown:  # the command's own options are what was meant
        own = re.findall(r"--\w+", options.parser.format_usage())
        near = closest_match(unknown[0].partition("=")[0], own, cutoff=0.75)
        options.parser.error(f"unknown {unknown[0]}{f'; did you mean {near}?' if near else ''}")
    if options.command == "generate" and options.watch and (options.check or options.tracked):
        parser.error("--watch writes until Ctrl-C: expected it without --check and --tracked")
    return options


def _misspelled(given: Sequence[str]) -> str | None:
    """The command that the first word means; `schemas` is what most folders of definitions are called."""
    if not given or given[0].startswith("-") or Path(given[0]).exists():
        return None
    return closest_match(given[0], [name for name in _EXAMPLES if name != "schema"], cutoff=0.75)


def again(options: argparse.Namespace) -> list[str]:
    """The arguments by which `generate` does the same once more, without watching."""
    chosen = {"--output": options.output, "--package": options.package}
    return [*(f"{option}={value}" for option, value in chosen.items() if value is not None), "--", *options.sources]


def command_line() -> ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="prefactor-gen",
        description="Compile span type definitions into a typed Python package.",
        epilog="With no command it generates. Example: prefactor-gen schemas --package my_agent_spans",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"prefactor-gen {version('prefactor-sdk')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    generate = _command(
        commands,
        "generate",
        "write the package (the default)",
        "Read definitions and write a package of typed models, span helpers and a catalog.",
    )
    _sources(generate)
    generate_options(generate)
    _check(commands)
    _command(
        commands,
        "demo",
        "compile, type-check and run an example agent against the embedded API",
        "Compile the shipped definitions, type-check an example agent, run it against the embedded local API and print "
        "its trace. Needs no account and no network.",
    )
    schema = _command(
        commands,
        "schema",
        "print a JSON Schema for editors",
        "Print the JSON Schema of definition files, or of pyproject.toml, by which editors complete and check them.",
    )
    schema.add_argument("what", choices=("definitions", "config"))
    completion = _command(
        commands, "completion", "print a script that completes this command line", "Print a completion script."
    )
    completion.add_argument("shell", choices=SHELLS)
    return parser


def generate_options(parser: ArgumentParser) -> None:
    """The options of `generate`."""
    parser.add_argument("--output", metavar="DIR", help="folder that the package is written into (default: generated)")
    parser.add_argument("--package", metavar="NAME", help="package name (default: the project's name and _spans)")
    parser.set_defaults(fallback=None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and tell what would change")
    parser.add_argument(
        "--tracked", action="store_true", help="exit 1, too, where git does not track what is generated (pre-commit)"
    )
    parser.add_argument("--watch", action="store_true", help="generate again whenever definitions change, until Ctrl-C")


def _check(commands: _SubParsersAction[ArgumentParser]) -> None:
    check = _command(
        commands,
        "check",
        "tell what is wrong with definitions, and who enforces what",
        "Read definitions, tell everything that is wrong with them, and write nothing. Exits with 1 where something is "
        "wrong.",
    )
    _sources(check)
    check.add_argument("--format", choices=("text", "json", "github"), default="text", help="default: text")
    check.add_argument("--strict", action="store_true", help="warnings fail, too (notes do not)")
    check.add_argument(
        "--explain", nargs="?", const="", metavar="WHAT", help="a rule, a span type, or (left out) all span types"
    )
    check.set_defaults(output=None, package=None, fallback="checked")  # nothing is written


def _sources(parser: ArgumentParser) -> None:
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="file, folder or module:attribute")


def _command(commands: _SubParsersAction[ArgumentParser], name: str, summary: str, description: str) -> ArgumentParser:
    examples = _EXAMPLES[name]
    command = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"example{'s' if examples.count('prefactor-gen') > 1 else ''}:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(parser=command)
    return command
