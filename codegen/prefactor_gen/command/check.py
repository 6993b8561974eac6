"""The command `prefactor-gen check`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from prefactor_gen.command.compiling import compile_package
from prefactor_gen.command.config import ConfigError, find_project, read_project
from prefactor_gen.command.exit_codes import DONE, exit_code
from prefactor_gen.command.packages import chosen_packages, source_base
from prefactor_gen.command.report import OUTPUT_FORMATS, print_text, summary
from prefactor_gen.diagnostics.diagnostics import has_errors
from prefactor_gen.diagnostics.every_rule import EVERY_RULE
from prefactor_schema.suggestions import did_you_mean

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from prefactor_gen.command.explain import enforced_keywords, explain_rule, print_enforced

    if options.explain and options.explain in EVERY_RULE:
        print(explain_rule(options.explain))
        return DONE
    project = read_project(find_project(Path.cwd()))
    base = source_base(options, project)
    compiled = [compile_package(package, base) for package in chosen_packages(options, project)]
    found = [item for each in compiled for item in each.diagnostics]
    if options.explain is not None and not has_errors(found):
        parts = {
            part: items
            for each in compiled
            for part, items in enforced_keywords(each.value, options.explain or None).items()
        }
        if options.explain and not parts:
            known = [*EVERY_RULE, *(item.name for each in compiled for item in each.value.definitions.span_types)]
            hint = did_you_mean(options.explain, known)
            message = f"--explain: {options.explain!r} is neither a rule nor a span type of these definitions{hint}"
            raise ConfigError(message)
        print_enforced(parts, sys.stdout)
        return DONE
    if options.format == "text":
        print_text(found, base, sys.stdout, every=options.all)
        print(summary(found) if found else "no problems found")
    else:
        OUTPUT_FORMATS[options.format](found, base, sys.stdout)
    return exit_code((item.severity for item in found), strict=options.strict)
