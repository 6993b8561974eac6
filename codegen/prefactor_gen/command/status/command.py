"""The command `prefactor-gen status`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.common_options import add_format, add_strict
from prefactor_gen.command.config import ConfigError, PackageConfig, ProjectConfig, find_project, read_project
from prefactor_gen.command.exit_codes import WRONG, exit_code
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.report import OUTPUT_FORMATS, report_errors
from prefactor_gen.command.settings_table import entry_places
from prefactor_gen.command.status.report import print_status
from prefactor_gen.command.status.settings import status_settings
from prefactor_gen.diagnostics.diagnostics import has_errors, printable

if TYPE_CHECKING:
    from prefactor_gen.usage.source_code.span_types import SpanTypesOfPackage

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "which span types the source code of an agent uses"
DESCRIPTION = (
    "Read the source code of an agent, and report which span types it uses, does not use, spells wrong, or should no "
    "longer use. The code is neither imported nor run. Exits with 1 if there are errors."
)
EXAMPLES = (
    "  prefactor-gen status                    all files of the project, without its tests\n"
    "  prefactor-gen status src                a folder\n"
    "  prefactor-gen status --strict           fail on warnings too\n"
    "  prefactor-gen status --format github    annotations in a GitHub workflow\n"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="file or folder of source code; by default the folder of the project"
    )
    add_format(parser)
    add_strict(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from prefactor_gen.usage.source_code.modules import Modules
    from prefactor_gen.usage.status import status_of

    project = read_project(find_project(Path.cwd()))
    package = _package(project)
    settings = status_settings(project)
    files = _files(options.paths, project.base)
    own = _span_types(package, project.base)
    if own is None:
        return WRONG
    modules = Modules(project.base, files, package.folder, own)
    gc.disable()  # trees of code are millions of objects, and none of them is freed before the end
    try:
        status = status_of(
            files,
            modules,
            settings.ignore,
            date.today(),
            place_of=entry_places(project),
            is_complete=not options.paths,
        )
    finally:
        gc.freeze()
        gc.enable()
    if options.format == "text":
        print_status(status, sys.stdout)
    else:
        OUTPUT_FORMATS[options.format](status.diagnostics, project.base, sys.stdout)
    return exit_code((found.severity for found in status.diagnostics), strict=options.strict)


def _files(given: Sequence[str], base: Path) -> list[Path]:
    """The source files to read."""
    from prefactor_gen.usage.source_files import MAX_FILES, TooManyFilesError, source_files

    shown = printable(", ".join(given) or Path(os.path.relpath(base)).as_posix())
    try:
        files = source_files([_path(each) for each in given] or [base], base)
    except TooManyFilesError:
        raise ConfigError(f"more than {MAX_FILES:,} source files in {shown}; name the folders of the agent") from None
    if not files:
        left_out = "tests, hidden folders and what git ignores are left out"
        raise ConfigError(f"expected Python files in {shown}, found none; {left_out}")
    return files


def _package(project: ProjectConfig) -> PackageConfig:
    """The package of span types that the project generates."""
    package = next((each for each in project.packages if not each.wire), None)
    if package is None:
        raise ConfigError(f"expected {project.wanted_sources}")
    return package


def _path(given: str) -> Path:
    """A path of the command line."""
    from prefactor_gen.usage.source_files import SUFFIXES

    path = Path(os.path.abspath(given)) if given and "\0" not in given else None
    if path is None or not path.exists():
        raise ConfigError(f"expected a file or folder of source code, found no {given!r}")
    if path.is_file() and path.suffix not in SUFFIXES:
        raise ConfigError(f"expected a Python file, a notebook or a folder, found {given!r}")
    return Path(os.path.realpath(path))


def _span_types(package: PackageConfig, base: Path) -> SpanTypesOfPackage | None:
    """The span types of the project; None if the definitions are wrong, which is printed then."""
    from prefactor_gen.usage.source_code.span_types import own_span_types

    own, found = own_span_types(package.sources, base, package.folder, package.settings)
    if own is None:
        shown = shown_path(package.folder)
        raise ConfigError(
            f"the definitions are in Python, which is not run: expected the generated package {shown}, found none; run "
            "prefactor-gen first"
        )
    if not has_errors(found):
        return own
    report_errors(found, base)
    return None
