"""What new copies of schemas change in the definitions that refer to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from prefactor_gen.checks.all_checks import schema_problems
from prefactor_gen.command.change_lines import change_lines, changes_of
from prefactor_gen.command.refs.project import RefsProject
from prefactor_gen.command.report import print_lines, print_text
from prefactor_gen.definitions.content import content_hash
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Severity, printable
from prefactor_gen.pipeline.resolved_definitions import resolved_definitions

__all__ = ["definitions_with_copies", "tell_changes"]

_MAX_SHOWN = 50


def definitions_with_copies(project: RefsProject) -> Checked[Definitions]:
    """The definitions of a project with what they refer to."""
    package = project.package
    settings = replace(package.settings, references=project.references)
    return resolved_definitions(package.sources, project.base, package.folder, settings)


def tell_changes(before: Checked[Definitions], after: Checked[Definitions], project: RefsProject) -> bool:
    """Print what has changed in the definitions, as `prefactor-gen diff` names it, or what is wrong with them now.

    Returns:
        Whether nothing is wrong that was not wrong before.
    """
    wrong = [each for each in (*after.diagnostics, *_problems(before, after)) if each not in before.diagnostics]
    if wrong:
        print_text(wrong, project.base, sys.stdout)
        return False
    known, unread = _known_before(before.value, after.value)
    changes = changes_of(before.value, known, assert_formats=project.package.settings.assert_formats)
    print_lines(change_lines(changes), sys.stdout)
    for name in unread[:_MAX_SHOWN]:
        print(printable(f"  {name} could not be read before, so that it is not compared"))
    return True


def _known_before(before: Definitions, after: Definitions) -> tuple[Definitions, list[str]]:
    """The definitions that could be read before, too, and the names of the others: without a copy, nothing is known."""
    span_types, quality = {each.name for each in before.span_types}, {each.name for each in before.quality}
    known = Definitions(
        [each for each in after.span_types if each.name in span_types],
        [each for each in after.quality if each.name in quality],
    )
    unread = {each.name for each in after.span_types} - span_types | {each.name for each in after.quality} - quality
    return known, sorted(unread)


def _problems(before: Checked[Definitions], after: Checked[Definitions]) -> Iterator[Diagnostic]:
    """The errors in the schemas that have changed."""
    known = {item.name: content_hash(item) for item in before.value.span_types}
    for item in after.value.span_types:
        if known.get(item.name) != content_hash(item):
            sources = [source for source in (item.params, item.result) if source is not None]
            found = (problem for source in sources for problem in schema_problems(source, source))
            yield from (each for each in found if each.severity is Severity.ERROR)
