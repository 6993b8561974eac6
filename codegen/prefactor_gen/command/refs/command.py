"""The command `prefactor-gen refs`."""

from __future__ import annotations

import argparse

from prefactor_gen.command.common_options import add_format, add_project, add_strict
from prefactor_gen.command.exit_codes import DONE, WRONG

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "keep copies of schemas from the web"
DESCRIPTION = (
    "Keep copies of schemas that a $ref leads to by a URL, with a lock file. No other command fetches schemas."
)
EXAMPLES = (
    "  prefactor-gen refs add https://schemas.example.com/money.json    save a copy, and what it refers to\n"
    "  prefactor-gen refs add https://schemas.example.com/money.json schemas/vendor/acme/\n"
    "  prefactor-gen refs update                                        take what is at the URLs now\n"
    "  prefactor-gen refs remove https://schemas.example.com/money.json the copy and its entry\n"
    "  prefactor-gen refs check                                         in CI: whether copies were edited here\n"
    "  prefactor-gen refs check --strict                                also whether each copy has a hash\n"
    "  prefactor-gen refs check --remote                                whether they have changed at their URLs\n"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|update|remove|check")
    add = _action(actions, "add", "fetch a schema and all that it refers to, and name it in pyproject.toml")
    add.add_argument("url", metavar="URL", help="where the schema is, as its $refs name it; https only")
    add.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="a file, or a folder with a / at its end (default: vendor/ in the sources)",
    )
    update = _action(actions, "update", "fetch copies again, and show what changes")
    update.add_argument("urls", nargs="*", metavar="URL", help="a schema that has a copy (default: all)")
    remove = _action(actions, "remove", "remove copies with their entries, and show what has lost its target")
    remove.add_argument("urls", nargs="+", metavar="URL", help="a schema that has a copy")
    check = _action(actions, "check", "compare copies with prefactor-refs.lock; exits with 1 if one differs")
    check.add_argument("--remote", action="store_true", help="also with what is at their URLs now")
    add_format(check)
    add_strict(check)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from contextlib import nullcontext
    from pathlib import Path

    from prefactor_gen.command.config import ConfigError, find_project
    from prefactor_gen.command.turns import own_turn
    from prefactor_gen.diagnostics.diagnostics import printable
    from prefactor_gen.remote.errors import RemoteError
    from prefactor_gen.vendoring.placement import PlacementError

    try:  # what another command writes meanwhile would be lost, so that it waits
        with nullcontext() if options.action == "check" else own_turn(find_project(Path.cwd())):
            return DONE if _is_fine(options) else WRONG
    except (RemoteError, PlacementError) as error:
        raise ConfigError(f"refs: {printable(str(error))}") from None


def _is_fine(options: argparse.Namespace) -> bool:
    from prefactor_gen.command.refs.add import add
    from prefactor_gen.command.refs.check import check
    from prefactor_gen.command.refs.project import read_refs_project
    from prefactor_gen.command.refs.remove import remove
    from prefactor_gen.command.refs.update import update

    project = read_refs_project()
    match options.action:
        case "add":
            return add(project, options.url, options.path)
        case "update":
            return update(project, options.urls)
        case "remove":
            return remove(project, options.urls)
    return check(project, remote=options.remote, output_format=options.format, strict=options.strict)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.set_defaults(parser=parser)
    add_project(parser, is_below=True)
    return parser
