"""The command `prefactor-gen diff`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "what changed in definitions, and whom it breaks"
DESCRIPTION = (
    "Compare two sets of definitions, and report each change with whom it breaks: agents that record such "
    "spans, or programs that read them."
)
EXAMPLES = (
    "  prefactor-gen diff                  the working tree with `against` of pyproject.toml\n"
    "  prefactor-gen diff origin/main      the working tree with a branch\n"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
