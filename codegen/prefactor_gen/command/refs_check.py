"""`prefactor-gen refs check`: whether copies are those that were fetched, and still those at their URLs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prefactor_gen.checks.copy_check import check_copies
from prefactor_gen.command.refs_project import RefsProject
from prefactor_gen.command.report import OUTPUT_FORMATS, print_text, summary
from prefactor_gen.definitions.reference_lock import content_hash
from prefactor_gen.definitions.sources import display_name
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, has_errors, sorted_diagnostics
from prefactor_gen.diagnostics.rules import CHANGED_COPY
from prefactor_gen.remote.fetching import Fetcher

__all__ = ["check"]


def check(project: RefsProject, *, remote: bool, output_format: str) -> bool:
    """Compare the copies with the lock file, and print what differs.

    Args:
        project: the project.
        remote: also with what is at their URLs now.
        output_format: text, json or github.

    Returns:
        Whether nothing differs.

    Raises:
        RemoteError: something cannot be fetched.
    """
    found: list[Diagnostic] = [replace(each, severity=Severity.ERROR) for each in check_copies(project.references)]
    found.extend(_unlocked(project))
    found.extend(_changed_remotes(project) if remote else ())
    found = sorted_diagnostics(found)
    if output_format != "text":
        OUTPUT_FORMATS[output_format](found, project.base, sys.stdout)
        return not has_errors(found)
    print_text(found, project.base, sys.stdout, every=True)
    print(summary(found) if has_errors(found) else _fine(len(project.locked)))
    return not has_errors(found)


def _fine(number: int) -> str:
    if number == 0:
        return "no schema was fetched: there is no prefactor-refs.lock"
    return f"{number} {'copy is' if number == 1 else 'copies are'} as prefactor-refs.lock says"


def _unlocked(project: RefsProject) -> Iterator[Diagnostic]:
    """Note the copies that were saved by hand."""
    for url in sorted(project.entries):
        if not url.endswith("/") and url not in project.locked:
            message = f"{url} was not fetched by refs: prefactor-refs.lock has no hash of its copy"
            yield CHANGED_COPY.at(Place("pyproject.toml"), message, Severity.NOTE)


def _changed_remotes(project: RefsProject) -> Iterator[Diagnostic]:
    urls: Sequence[str] = sorted(url for url in project.locked if project.references.names(url))
    with Fetcher(project.hosts(*urls)) as fetcher:
        contents = fetcher.fetch(urls)
    for url, content in zip(urls, contents, strict=True):
        if content_hash(content) != project.locked[url]:
            path = project.references.copy_of(url)
            place = Place("prefactor-refs.lock" if path is None else display_name(path, project.base))
            message = f"the schema at {url} has changed: prefactor-gen refs update takes it"
            yield CHANGED_COPY.at(place, message, Severity.ERROR)
