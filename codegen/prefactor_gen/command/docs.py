"""The command `prefactor-gen docs`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.common_options import add_format, add_sources
from prefactor_gen.command.config import ConfigError, PackageConfig, find_project, read_project
from prefactor_gen.command.exit_codes import DONE, WRONG
from prefactor_gen.command.packages import chosen_packages, source_base
from prefactor_gen.command.paths import shown_path
from prefactor_gen.command.writing import writing

if TYPE_CHECKING:
    from prefactor_gen.docs.pages import Book
    from prefactor_gen.package.output_folder import Change

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "write pages that describe the span types"
DESCRIPTION = (
    "Write one HTML file, or Markdown files, that describe the span types to people: members, types, examples, data "
    "risk. The HTML file needs no network and no scripts. What is written depends on the definitions alone."
)
EXAMPLES = (
    "  prefactor-gen docs                                         docs/spans.html\n"
    "  prefactor-gen docs --output docs/spans.html                the same\n"
    "  prefactor-gen docs --format markdown --output docs/spans   a folder: a file for each span type, and index.md\n"
    "  prefactor-gen docs --check                                 in CI: exit 1 if the pages are not current\n"
)
_HTML = frozenset({".htm", ".html"})
_DEFAULT = {"html": "docs/spans.html", "markdown": "docs/spans"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""
    add_sources(parser)
    add_format(parser, ("html", "markdown"))
    parser.add_argument(
        "--output",
        dest="pages",
        metavar="PATH",
        help="the HTML file (default: docs/spans.html), or the folder of Markdown files (default: docs/spans)",
    )
    parser.add_argument("--package", metavar="NAME", help="the package in the examples (default: the configured one)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the pages are not current")
    parser.set_defaults(output=None, fallback="my_spans")


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from prefactor_gen.package.output_folder import write

    project = read_project(find_project(Path.cwd()))
    package = chosen_packages(options, project)[0]
    target = Path.cwd() / options.pages if options.pages is not None else project.base / _DEFAULT[options.format]
    _check_target(target, options.format)
    book = _book(package, source_base(options, project))
    if book is None:
        return WRONG
    with writing():
        changes = _changes(book, target, options.format)
        if changes and options.check:
            _report_stale(changes, options)
            return WRONG
        write(changes)
    print(f"{shown_path(target)}: {_summary(book)}" if changes else f"{shown_path(target)} is up to date")
    return DONE


def _check_target(target: Path, form: str) -> None:
    shown = shown_path(target)
    if "\0" in shown:
        raise ConfigError("--output: expected a path, found one with a null character")
    if form == "html" and target.suffix not in _HTML:
        hint = "; for Markdown, --format markdown" if target.suffix == ".md" else ""
        raise ConfigError(f"--output: expected a file that ends in .html, found {shown}{hint}")
    if form == "markdown" and (target.is_file() or target.suffix in {*_HTML, ".md"}):
        raise ConfigError(f"--output: expected a folder for the Markdown files, found the file {shown}")


def _book(package: PackageConfig, base: Path) -> Book | None:
    """The pages of a package; None if its definitions have errors, which are printed."""
    from prefactor_gen.command.progress import progress_bar
    from prefactor_gen.command.report import report_errors
    from prefactor_gen.command.wheel import import_name
    from prefactor_gen.diagnostics.diagnostics import has_errors
    from prefactor_gen.docs.pages import book_of
    from prefactor_gen.pipeline.stages import generate_package

    with progress_bar(sys.stderr, package.package) as progress:
        generated, found = generate_package(package.sources, base, package.folder, package.settings, progress=progress)
    if has_errors(found):
        report_errors(found, base)
        return None
    return book_of(generated, import_name(package.folder))


def _changes(book: Book, target: Path, form: str) -> Sequence[Change]:
    from prefactor_gen.docs.html_page import html_page
    from prefactor_gen.docs.markdown_pages import markdown_pages
    from prefactor_gen.docs.page_files import page_changes
    from prefactor_gen.package.output_folder import NotGeneratedError

    files: Mapping[Path, str] = (
        {target: html_page(book)}
        if form == "html"
        else {target / name: text for name, text in markdown_pages(book).items()}
    )
    try:
        return page_changes(files, target if form == "markdown" else None)
    except NotGeneratedError as error:
        raise ConfigError(
            f"{shown_path(error.path)} was not written by prefactor-gen docs: move it away, or choose another --output"
        ) from None


def _report_stale(changes: Sequence[Change], options: argparse.Namespace) -> None:
    command = ["prefactor-gen", "docs", *options.sources]
    command += ["--format", options.format] if options.format != "html" else []
    command += ["--output", options.pages] if options.pages is not None else []
    command += ["--package", options.package] if options.package is not None else []
    for change in changes:
        what = "would be removed" if change.new is None else "is missing" if change.old is None else "is stale"
        print(f"{shown_path(change.path)} {what}; run {shlex.join(command)}", file=sys.stderr)


def _summary(book: Book) -> str:
    deprecated = f", {book.deprecated} deprecated" if book.deprecated else ""
    return f"{len(book.span_types)} span type{'' if len(book.span_types) == 1 else 's'}{deprecated}"
