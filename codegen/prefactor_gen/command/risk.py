"""The command `prefactor-gen risk`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "the data risk that span types declare"
DESCRIPTION = "Report the data risk that the span types declare, and exit with 1 if it is more than the project allows."
EXAMPLES = "  prefactor-gen risk\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
