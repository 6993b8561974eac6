"""The command `prefactor-gen pull`."""

from __future__ import annotations

import argparse

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.imports.command import add_import_options
from prefactor_gen.command.imports.sources import source_named

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "write the definitions of an agent from the platform"
DESCRIPTION = (
    "Write definitions from those that an agent has registered at the platform. They are written to NAME.yaml in the "
    "folder `imported` of the definitions. PREFACTOR_API_URL says where the platform is, and PREFACTOR_API_TOKEN holds "
    "the token of an account."
)
EXAMPLES = (
    "  prefactor-gen pull my-agent                        the newest definitions of an agent\n"
    "  prefactor-gen pull my-agent@v3 --name my-agent     those of a version instead\n"
    "  prefactor-gen diff platform:my-agent@v3            what has changed since a version\n"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    source_named("platform").add_arguments(parser)
    add_import_options(parser)
    parser.set_defaults(format="text", strict=False)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from prefactor_gen.command.imports.run import run_import

    if options.agent is None and options.name is None:
        raise ConfigError("pull: expected an agent, as in `prefactor-gen pull my-agent`")
    return run_import("platform", options)
