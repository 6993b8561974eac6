"""The command `prefactor-gen diff`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from prefactor_gen.command.common_options import add_format, add_strict
from prefactor_gen.command.exit_codes import DONE, WRONG

if TYPE_CHECKING:
    from prefactor_gen.command.diff.report import Report

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "what changed in definitions, and whom it breaks"
DESCRIPTION = (
    "Compare two sets of definitions, and report each change with whom it breaks: agents that record such "
    "spans, or programs that read them. OLD and NEW are a path (definitions or a generated package), a git ref, or "
    "path:PATH, git:REF[:PATH], platform:AGENT[@VERSION]. Exits with 1 if something breaks."
)
EXAMPLES = (
    "  prefactor-gen diff                         the working tree with `against` of pyproject.toml\n"
    "  prefactor-gen diff origin/main             the working tree with where the branch left origin/main\n"
    "  prefactor-gen diff v1.2 v1.3               two releases\n"
    "  prefactor-gen diff git:main:schemas        a folder of definitions at a commit\n"
    "  prefactor-gen diff platform:billing-agent  what the platform has: the versions in use and the newest\n"
    "  prefactor-gen diff --format markdown       a comment for a pull request\n"
    "  prefactor-gen diff --spans spans.jsonl     how many recorded spans the new definitions refuse\n"
)
FORMATS = ("text", "json", "github", "markdown")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    parser.add_argument("old", nargs="?", metavar="OLD", help="what to compare with (default: `against`)")
    parser.add_argument("new", nargs="?", metavar="NEW", help="what to compare (default: the working tree)")
    parser.add_argument("--tip", action="store_true", help="compare with the ref itself, not where the branch left it")
    add_format(parser, FORMATS)
    add_strict(parser)
    parser.add_argument("--spans", metavar="FILE", help="recorded spans, one a line as JSON: say how many NEW refuses")


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    import gc

    from prefactor_gen.command.config import ConfigError
    from prefactor_gen.command.diff.run import compare_sides
    from prefactor_gen.comparison.operands.operands import OperandError
    from prefactor_gen.diagnostics.diagnostics import printable

    gc.disable()  # collecting takes a fifth of the time and frees little
    try:
        report = compare_sides(options)
    except OperandError as error:
        raise ConfigError(f"diff: {printable(str(error))}") from None
    finally:
        gc.enable()
    _print(report, options.format)
    return WRONG if report.fails else DONE


def _print(report: Report, form: str) -> None:
    import sys

    from prefactor_gen.command.diff.markdown import print_markdown
    from prefactor_gen.command.diff.report import DIFF_FORMATS, print_diff_text
    from prefactor_gen.command.report import print_text, summary

    if form == "markdown":
        print_markdown(report, sys.stdout)
    elif form in DIFF_FORMATS:
        DIFF_FORMATS[form](report, sys.stdout)
    elif report.findings:
        print_text(report.findings, report.sources, sys.stdout)
        print(f"{summary(report.findings)}: the new definitions cannot be compared")
    else:
        print_diff_text(report, sys.stdout)
