"""The command `prefactor-gen import`."""

from __future__ import annotations

import argparse

from prefactor_gen.command.common_options import add_format, add_project, add_strict
from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.imports.sources import COMMANDS, SOURCES, source_named

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_import_options", "add_options", "run"]

SUMMARY = "write definitions from schemas of tools, APIs and programs"
DESCRIPTION = (
    "Write definitions from schemas that exist already: those of MCP servers, of OpenAI and Anthropic "
    "tools, of OpenAPI operations, of Python objects, and of recorded spans. They are written to NAME.yaml in the "
    "folder `imported` of the definitions; NAME.overlay.yaml beside it has your changes."
)
EXAMPLES = (
    "  prefactor-gen import mcp --name git -- uvx mcp-server-git    the tools of a server that is run\n"
    "  prefactor-gen import mcp --name git                          the same again, as the lock says\n"
    "  prefactor-gen import --check                                 in CI: exit 1 if a source has changed\n"
    "  prefactor-gen import --remove git                            the file and its entry in the lock\n"
    "  prefactor-gen import --check --offline                       exit 1 if an imported file was edited\n"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    parser.add_argument("--check", action="store_true", help="read all sources again; exit 1 and show what has changed")
    parser.add_argument("--offline", action="store_true", help="with --check: read no source, compare with the lock")
    parser.add_argument("--remove", metavar="NAME", help="remove the file of an import, and what the lock has of it")
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="with --check: to wait for each server, in place of the lock's"
    )
    parser.set_defaults(format="text", strict=False)
    _add_output_options(parser)
    kinds = [kind for kind in SOURCES if kind not in COMMANDS]
    sources = parser.add_subparsers(dest="source", metavar="source", title="sources")
    for kind in kinds:
        source = source_named(kind)
        command = sources.add_parser(
            kind,
            help=source.SUMMARY,
            description=f"Import {source.SUMMARY}.",
            epilog=f"example:\n  prefactor-gen import {source.EXAMPLE}\n",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(parser=command)
        add_project(command, is_below=True)
        add_import_options(command)
        source.add_arguments(command)


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """The options of each import."""
    parser.add_argument("--name", metavar="NAME", help="with which the names of the span types begin: NAME:tool")
    parser.add_argument("--force", action="store_true", help="replace the file also if it was edited")
    _add_output_options(parser)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    add_format(parser, default=argparse.SUPPRESS)
    add_strict(parser, default=argparse.SUPPRESS)  # that of a source would win over what was given before it


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if options.offline and not options.check:
        raise ConfigError("--offline needs --check")
    if options.timeout is not None and not options.check and options.source is None:
        raise ConfigError("--timeout needs --check, or a server")
    if options.remove is not None:
        if options.check or options.source is not None:
            raise ConfigError(f"--remove takes an import away; leave out {options.source or '--check'}")
        from prefactor_gen.command.imports.removal import remove_import

        return remove_import(options.remove)
    if options.check:
        if options.source is not None:
            raise ConfigError(f"--check reads all imports again; leave out {options.source}")
        from prefactor_gen.command.imports.check import check_imports

        return check_imports(options)
    if options.source is None:
        kinds = ", ".join(kind for kind in SOURCES if kind not in COMMANDS)
        raise ConfigError(f"import: expected a source ({kinds}) or --check; see prefactor-gen import --help")
    from prefactor_gen.command.imports.run import run_import

    return run_import(options.source, options)
