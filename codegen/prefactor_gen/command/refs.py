"""The command `prefactor-gen refs`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "keep copies of schemas from the web"
DESCRIPTION = (
    "Keep copies of schemas that a $ref leads to by a URL, with a lock file. No other command fetches schemas."
)
EXAMPLES = "  prefactor-gen refs add https://schemas.example.com/money.json\n  prefactor-gen refs check\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
