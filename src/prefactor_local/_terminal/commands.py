"""The commands of `prefactor-local`, and their arguments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from prefactor_local._terminal import export, open_browser, serve, show, tail
from prefactor_local._terminal.option_types import run_name

__all__ = ["parsed"]


class _Command(NamedTuple):
    """A command. `run` raises `CommandError`."""

    name: str
    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]
    example: str


_COMMANDS = (
    _Command(
        "serve",
        "serve the API until Ctrl-C",
        serve.add_options,
        serve.run,
        "  prefactor-local serve --port 8765 --database runs.db\n"
        "  prefactor-local serve --latency 0.1 --jitter 0.2 --error-rate 0.1 --error-status 503 --error-status 429 \\\n"
        "      --retry-after 2 --reset-rate 0.02\n\n"
        "  Then give the printed URL and token to the client, for example as PREFACTOR_API_URL and\n"
        "  PREFACTOR_API_TOKEN.\n",
    ),
    _Command(
        "show",
        "show a run as a tree, what went wrong first",
        show.add_options,
        show.run,
        "  prefactor-local show\n  prefactor-local show last --full --database runs.db\n",
    ),
    _Command(
        "tail",
        "print a line for each span that finishes, until Ctrl-C",
        tail.add_options,
        tail.run,
        "  prefactor-local tail\n  prefactor-local tail --status failed --type 'agent:*'\n",
    ),
    _Command(
        "open",
        "open the runs, or one of them, in the browser",
        open_browser.add_options,
        open_browser.run,
        "  prefactor-local open\n  prefactor-local open last --database runs.db\n",
    ),
    _Command(
        "export",
        "write a run to a file",
        export.add_options,
        export.run,
        "  prefactor-local export --format html\n  prefactor-local export last --format otlp -o run.json\n",
    ),
)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command, with `run`, its function. Ends the process if there is a mistake in them.

    Args:
        arguments: Those of the command line; None: those of this process.
    """
    options = _parser().parse_args(arguments)
    if getattr(options, "wanted", None) is not None:
        # argparse would do it before it reports a misspelled option, of which it takes the value for the run.
        try:
            options.wanted = run_name(options.wanted)
        except argparse.ArgumentTypeError as error:
            options.parser.error(f"argument RUN: {error}")
    return options


class _Version(argparse.Action):
    """Prints the version, which is read from the installed distribution only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"prefactor-local {version('prefactor-sdk')}\n")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    whole = argparse.ArgumentParser(
        prog="prefactor-local",
        description="The Prefactor API on this machine: record agent runs without an account, and look at them.",
        epilog="examples:\n" + "".join(command.example for command in _COMMANDS),
        formatter_class=layout,
    )
    whole.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        one = commands.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
            epilog=f"examples:\n{command.example}",
            formatter_class=layout,
        )
        command.add_options(one)
        one.set_defaults(run=command.run, parser=one)
    return whole
