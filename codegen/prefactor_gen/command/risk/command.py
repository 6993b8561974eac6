"""The command `prefactor-gen risk`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from prefactor_gen.command.common_options import add_format, add_sources, add_strict
from prefactor_gen.command.exit_codes import DONE, WRONG

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "the data risk that span types declare"
DESCRIPTION = "Report the data risk that the span types declare, and exit with 1 if it is more than the project allows."
EXAMPLES = (
    "  prefactor-gen risk                         as pyproject.toml configures it\n"
    "  prefactor-gen risk --profile profile.yaml  with a score by the weights in this file\n"
    "  prefactor-gen risk --format markdown       a table with the names of all categories\n"
    "  prefactor-gen risk --strict                in CI: exit 1 for warnings as well\n"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    add_sources(parser)
    parser.add_argument("--profile", metavar="FILE", help="weights of categories and actions, in JSON or YAML")
    add_format(parser, ("text", "json", "github", "markdown"))
    add_strict(parser)
    parser.add_argument("--all", action="store_true", help="print each finding, also if a file has many of one kind")
    parser.set_defaults(output=None, package=None, fallback="checked")  # nothing is written


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from prefactor_gen.command.config import find_project, read_project
    from prefactor_gen.command.packages import chosen_packages, source_base
    from prefactor_gen.command.report import report_errors
    from prefactor_gen.command.risk.report import PRINT, RiskReport
    from prefactor_gen.command.risk.settings import chosen_profile, risk_settings
    from prefactor_gen.command.settings_table import entry_places
    from prefactor_gen.diagnostics.diagnostics import Severity
    from prefactor_gen.risk.allowances import not_allowed
    from prefactor_gen.risk.project_risks import project_risks

    project = read_project(find_project(Path.cwd()))
    settings = risk_settings(project)
    profile = chosen_profile(options.profile, settings, project.base)
    package, base = chosen_packages(options, project)[0], source_base(options, project)
    risks, wrong = project_risks(package.sources, base, package.folder, package.settings)
    if wrong:
        report_errors(wrong, base)
        return WRONG
    limits = replace(settings.limits, profile=profile)
    found = not_allowed(risks, limits, settings.allowed, entry_places(project), is_complete=not options.sources)
    failing = {Severity.ERROR, *([Severity.WARNING] if options.strict else [])}
    PRINT[options.format](RiskReport(risks, profile, found, failing, options.all), base, sys.stdout)
    return WRONG if any(each.diagnostic.severity in failing for each in found) else DONE
