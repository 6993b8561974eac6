"""The command `prefactor-gen status`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "which span types the source code of an agent uses"
DESCRIPTION = (
    "Read the source code of an agent, and report which span types it uses, does not use, spells wrong, "
    "or should no longer use."
)
EXAMPLES = "  prefactor-gen status src\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
