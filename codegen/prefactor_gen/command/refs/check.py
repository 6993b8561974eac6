"""`prefactor-gen refs check`: whether copies are those that were fetched, and still those at their URLs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from prefactor_gen.checks.copy_check import check_copies
from prefactor_gen.command.refs.project import RefsProject
from prefactor_gen.command.report import OUTPUT_FORMATS, print_text, summary
from prefactor_gen.definitions.reference_lock import LOCK, content_hash
from prefactor_gen.definitions.reference_settings import is_fetchable
from prefactor_gen.definitions.sources import display_name
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, has_errors, sorted_diagnostics
from prefactor_gen.diagnostics.rules import CHANGED_COPY
from prefactor_gen.remote.fetching import Fetcher

__all__ = ["check"]

_PROJECT = Place("pyproject.toml")
_UPDATE = "prefactor-gen refs update"


def check(project: RefsProject, *, remote: bool, output_format: str, strict: bool) -> bool:
    """Compare the copies with the lock file, and print what differs.

    Args:
        project: the project.
        remote: also with what is at their URLs now.
        output_format: text, json or github.
        strict: a copy without a hash is a difference.

    Returns:
        Whether nothing differs.

    Raises:
        RemoteError: something cannot be fetched.
    """
    found: list[Diagnostic] = [replace(each, severity=Severity.ERROR) for each in check_copies(project.references)]
    found.extend(_unlocked(project))
    found.extend(_changed_remotes(project) if remote else ())
    found = sorted_diagnostics(found)
    is_fine = not has_errors(found) and not (strict and any(each.severity is Severity.WARNING for each in found))
    if output_format != "text":
        OUTPUT_FORMATS[output_format](found, project.base, sys.stdout)
        return is_fine
    print_text(found, project.base, sys.stdout, every=True)
    print(_fine(len(project.locked), len(found)) if is_fine else summary(found))
    return is_fine


def _fine(number: int, unlocked: int) -> str:
    if number == unlocked == 0:
        return "no schema was fetched: there is no prefactor-refs.lock"
    checked = f"{number} {'copy is' if number == 1 else 'copies are'} as prefactor-refs.lock says"
    return f"{checked}; it has no hash of {unlocked} more" if unlocked else checked


def _unlocked(project: RefsProject) -> Iterator[Diagnostic]:
    """Report the copies without a hash, such as those that were saved by hand, if others have one."""
    checked = {project.references.copy_of(each) for each in project.locked}
    for url in project.unlocked:
        if not project.has_lock and is_fetchable(url):
            continue  # which `check_copies` reports
        if (path := project.references.copy_of(url)) is None:
            message = f"the copy of {url} is missing: run {_UPDATE}"
            yield CHANGED_COPY.at(_PROJECT, message, Severity.ERROR)
        elif path not in checked:
            message = f"{url} was not fetched by refs: {LOCK} has no hash of its copy"
            if is_fetchable(url):
                yield CHANGED_COPY.at(_PROJECT, message)
            else:
                yield CHANGED_COPY.at(_PROJECT, message, Severity.NOTE)


def _changed_remotes(project: RefsProject) -> Iterator[Diagnostic]:
    """Compare with what is at the URLs: the hashes, or the copies if there is no lock file."""
    expected = {url: each for url, each in project.locked.items() if project.references.names(url)}
    for url in project.unlocked if not project.has_lock else ():
        if is_fetchable(url) and (path := project.references.copy_of(url)) is not None:
            expected[url] = content_hash(path.read_bytes())
    urls = sorted(expected)
    with Fetcher(project.hosts(*urls)) as fetcher:
        contents = fetcher.fetch(urls)
    for url, content in zip(urls, contents, strict=True):
        if content_hash(content) != expected[url]:
            path = project.references.copy_of(url)
            place = Place("prefactor-refs.lock" if path is None else display_name(path, project.base))
            edited = "" if project.has_lock else ", or the copy was edited"
            message = f"the schema at {url} has changed{edited}: prefactor-gen refs update takes it"
            yield CHANGED_COPY.at(place, message, Severity.ERROR)
