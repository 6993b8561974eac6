"""The command `prefactor-gen pull`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "write the definitions of an agent from the platform"
DESCRIPTION = "Write definitions from those that an agent has registered at the platform."
EXAMPLES = "  prefactor-gen pull my-agent\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
