"""The command `prefactor-gen docs`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "write pages that describe the span types"
DESCRIPTION = "Write one HTML file, or Markdown files, that describe the span types to people."
EXAMPLES = "  prefactor-gen docs --output docs/spans.html\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
