"""The parsers of the commands, with their options and examples.

Only the parser of the command that is given is built, and only its module is imported: so each command starts quicker.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from prefactor_gen.command.common_options import add_format, add_project, add_sources, add_strict

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

__all__ = ["COMMANDS", "MODULES", "SHELLS", "command_line", "command_module", "generate_options"]

SHELLS: Final = ("bash", "zsh", "fish")


class CommandModule(Protocol):
    """A module of a command that has its own arguments."""

    SUMMARY: str
    DESCRIPTION: str
    EXAMPLES: str

    def add_options(self, parser: ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


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

MODULES: Final[dict[str, str]] = {
    "diff": "diff.command",
    "import": "imports.command",
    "pull": "imports.pull",
    "status": "status.command",
    "refs": "refs.command",
    "risk": "risk.command",
    "docs": "docs",
}
"""The module in `prefactor_gen.command` of each command that has one, in the order of the help."""

COMMANDS: Final = ("generate", "check", *MODULES, "init", "demo", "schema", "completion")


def command_module(name: str) -> CommandModule:
    """The module of a command, one of `MODULES`."""
    return cast("CommandModule", import_module(f"prefactor_gen.command.{MODULES[name]}"))


def command_line(only: str | None = None) -> ArgumentParser:
    """The parser of the whole command line.

    Args:
        only: the one command that is parsed; by default, the parser has all of them.
    """
    parser = argparse.ArgumentParser(
        prog="prefactor-gen",
        description="Compile span type definitions into a typed Python package.",
        epilog=(
            "The default command is generate. Example: prefactor-gen schemas --package my_agent_spans\n"
            "Options of generate: prefactor-gen generate --help"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name in COMMANDS if only is None else [only]:
        if name in MODULES:
            _of_module(commands, name)
        else:
            _ADD[name](commands)
    return parser


class _Version(argparse.Action):
    """Prints the version, which is read from the installed distribution only then."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"prefactor-gen {version('prefactor-sdk')}")
        parser.exit()


def _generate(commands: _SubParsersAction[ArgumentParser]) -> None:
    generate = _command(
        commands,
        "generate",
        "write the package (the default)",
        "Read definitions and write a package of typed models, span helpers and a catalog.",
    )
    add_sources(generate)
    add_project(generate)
    generate_options(generate)


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


def _of_module(commands: _SubParsersAction[ArgumentParser], name: str) -> None:
    module = command_module(name)
    command = _command(commands, name, module.SUMMARY, module.DESCRIPTION, module.EXAMPLES)
    add_project(command)
    module.add_options(command)


def _init(commands: _SubParsersAction[ArgumentParser]) -> None:
    init = _command(
        commands,
        "init",
        "configure a project, with an example definition",
        "Add what prefactor-gen, mypy or pyright, and uv need to pyproject.toml, and create an example definition. "
        "What is there already is left as it is.",
    )
    add_project(init)


def _demo(commands: _SubParsersAction[ArgumentParser]) -> None:
    _command(
        commands,
        "demo",
        "compile, type-check and run an example agent against the embedded API",
        "Compile the shipped definitions, type-check an example agent, run it against the embedded local API and print "
        "its trace. Needs no account and no network. Needs the extra dev of prefactor-sdk, or its extras gen and "
        "local, and mypy.",
    )


def _schema(commands: _SubParsersAction[ArgumentParser]) -> None:
    schema = _command(
        commands,
        "schema",
        "print a JSON Schema for editors",
        "Print the JSON Schema of definition files, or of pyproject.toml, for editors to complete and check them.",
    )
    schema.add_argument("what", choices=("definitions", "config"))


def _completion(commands: _SubParsersAction[ArgumentParser]) -> None:
    completion = _command(commands, "completion", "print a completion script for a shell", "Print a completion script.")
    completion.add_argument("shell", choices=SHELLS)


_ADD: Final[dict[str, Callable[[_SubParsersAction[ArgumentParser]], None]]] = {
    "generate": _generate,
    "check": _check,
    "init": _init,
    "demo": _demo,
    "schema": _schema,
    "completion": _completion,
}


def _command(
    commands: _SubParsersAction[ArgumentParser], name: str, summary: str, description: str, examples: str | None = None
) -> ArgumentParser:
    examples = examples or _EXAMPLES[name]
    command = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"example{'s' if examples.count('prefactor-gen') > 1 else ''}:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(parser=command)
    return command
