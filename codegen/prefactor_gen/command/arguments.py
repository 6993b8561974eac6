"""The command line: its commands, with their options and examples."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from prefactor_gen.command import docs
from prefactor_gen.command.command_word import all_actions, with_command_first
from prefactor_gen.command.common_options import add_format, add_project, add_sources, add_strict
from prefactor_gen.command.diff import command as diff
from prefactor_gen.command.imports import command as imports
from prefactor_gen.command.imports import pull
from prefactor_gen.command.refs import command as refs
from prefactor_gen.command.risk import command as risk
from prefactor_gen.command.status import command as status
from prefactor_schema.suggestions import closest_match

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

__all__ = ["SHELLS", "command_line", "generate_options", "parse", "without_watch"]

SHELLS: Final = ("bash", "zsh", "fish")


class _CommandModule(Protocol):
    """A module of a command that has its own arguments."""

    SUMMARY: str
    DESCRIPTION: str
    EXAMPLES: str

    def add_options(self, parser: ArgumentParser) -> None: ...


_EXAMPLES: dict[str, str] = {
    "generate": (
        "  prefactor-gen                                        as pyproject.toml configures it\n"
        "  prefactor-gen generate schemas --package my_spans    a folder of JSON and YAML files\n"
        "  prefactor-gen generate my_agent.spans:registry       a SchemaRegistry in Python\n"
        "  prefactor-gen --check                                in CI: exit 1 and show what would change\n"
        "  prefactor-gen --check --wheel dist/*.whl           whether a wheel has the current package\n"
        "  prefactor-gen --watch                                again after each change of a definition\n"
    ),
    "check": (
        "  prefactor-gen check                      as pyproject.toml configures it\n"
        "  prefactor-gen check schemas --strict     a folder; fail on warnings too\n"
        "  prefactor-gen check --format github      annotations in a GitHub workflow\n"
        "  prefactor-gen check --explain            what enforces each keyword: types, or the schema itself\n"
        "  prefactor-gen check --explain agent:llm  the same for one span type\n"
        "  prefactor-gen check --explain PG008      explain a rule\n"
    ),
    "init": (
        "  prefactor-gen init            the project in this folder\n"
        "  prefactor-gen init -C agent   the project in another one\n"
    ),
    "demo": "  prefactor-gen demo\n",
    "schema": (
        "  prefactor-gen schema definitions > .prefactor/definitions.schema.json\n"
        "  prefactor-gen schema config > .prefactor/pyproject.schema.json\n"
        "Name it in the files, by a path that is relative to each of them:\n"
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

_MODULES: Final[dict[str, _CommandModule]] = {
    "diff": diff,
    "import": imports,
    "pull": pull,
    "status": status,
    "refs": refs,
    "risk": risk,
    "docs": docs,
}
_EXAMPLES.update({name: module.EXAMPLES for name, module in _MODULES.items()})


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; the default command is `generate`. Exits for --help and for usage errors."""
    given = list(arguments)
    parser = command_line()
    if not given or (given[0] not in _EXAMPLES and given[0] not in {"-h", "--help", "--version"}):
        if (command := _misspelled(given)) is not None:
            parser.error(f"{given[0]!r} is neither a command nor a file or folder here; did you mean {command!r}?")
        own_options = argparse.ArgumentParser(add_help=False)
        generate_options(own_options)
        named = {option for action in all_actions(own_options) for option in action.option_strings}
        given = with_command_first(given, parser, _EXAMPLES, named)
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


def _misspelled(given: Sequence[str]) -> str | None:
    """The command that the first word resembles, except `schema`: many folders of definitions are called `schemas`."""
    if not given or given[0].startswith("-") or Path(given[0]).exists():
        return None
    return closest_match(given[0], [name for name in _EXAMPLES if name != "schema"], cutoff=0.75)


def without_watch(options: argparse.Namespace) -> list[str]:
    """The arguments with which `generate` does the same without --watch."""
    chosen = {"--output": options.output, "--package": options.package}
    named = (f"{option}={value}" for option, value in chosen.items() if value is not None)
    return [*named, *(["--no-cache"] if options.no_cache else []), "--", *options.sources]


def command_line() -> ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="prefactor-gen",
        description="Compile span type definitions into a typed Python package.",
        epilog=(
            "The default command is generate. Example: prefactor-gen schemas --package my_agent_spans\n"
            "Options of generate: prefactor-gen generate --help"
        ),
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
    add_sources(generate)
    add_project(generate)
    generate_options(generate)
    _check(commands)
    for name, module in _MODULES.items():
        command = _command(commands, name, module.SUMMARY, module.DESCRIPTION)
        add_project(command)
        module.add_options(command)
    init = _command(
        commands,
        "init",
        "configure a project, with an example definition",
        "Add what prefactor-gen, mypy or pyright, and uv need to pyproject.toml, and create an example definition. "
        "What is there already is left as it is.",
    )
    add_project(init)
    _command(
        commands,
        "demo",
        "compile, type-check and run an example agent against the embedded API",
        "Compile the shipped definitions, type-check an example agent, run it against the embedded local API and print "
        "its trace. Needs no account and no network. Needs the extra dev of prefactor-sdk, or its extras gen and "
        "local, and mypy.",
    )
    schema = _command(
        commands,
        "schema",
        "print a JSON Schema for editors",
        "Print the JSON Schema of definition files, or of pyproject.toml, for editors to complete and check them.",
    )
    schema.add_argument("what", choices=("definitions", "config"))
    completion = _command(commands, "completion", "print a completion script for a shell", "Print a completion script.")
    completion.add_argument("shell", choices=SHELLS)
    return parser


def generate_options(parser: ArgumentParser) -> None:
    """The options of `generate`."""
    parser.add_argument("--output", metavar="DIR", help="folder that the package is written into (default: generated)")
    parser.add_argument("--package", metavar="NAME", help="package name (default: the project's name and `_spans`)")
    parser.set_defaults(fallback=None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and show what would change")
    parser.add_argument("--wheel", metavar="FILE", help="with --check: compare with the package in this wheel instead")
    parser.add_argument(
        "--tracked", action="store_true", help="also exit 1 if git does not track a generated file (for pre-commit)"
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="generate everything, and keep nothing for later runs (also where the variable CI is set)",
    )
    parser.add_argument("--watch", action="store_true", help="generate again after each change, until Ctrl-C")


def _check(commands: _SubParsersAction[ArgumentParser]) -> None:
    check = _command(
        commands,
        "check",
        "report what is wrong with definitions, and what enforces each keyword",
        "Read definitions, report everything that is wrong with them, and write nothing. Exits with 1 if there are "
        "errors.",
    )
    add_sources(check)
    add_project(check)
    add_format(check)
    add_strict(check)
    check.add_argument("--all", action="store_true", help="print each finding, also if a file has many of one kind")
    check.add_argument(
        "--explain", nargs="?", const="", metavar="WHAT", help="a rule or a span type; by default all span types"
    )
    check.set_defaults(output=None, package=None, fallback="checked")  # nothing is written


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
