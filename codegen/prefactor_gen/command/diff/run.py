"""Carries out `prefactor-gen diff`: reads both sides, compares them, and applies the configuration."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from prefactor_gen.command.config import ProjectConfig, find_project, read_project
from prefactor_gen.command.diff.report import Report
from prefactor_gen.command.diff.settings import DiffSettings, read_diff_settings
from prefactor_gen.command.diff.sides import SideReader
from prefactor_gen.command.settings_table import entry_places
from prefactor_gen.comparison.changes import Change, Part
from prefactor_gen.comparison.compare import compare
from prefactor_gen.comparison.judgement import Judged, Protected, judge, merge
from prefactor_gen.comparison.operands.operands import OperandError
from prefactor_gen.comparison.operands.sides import Side, changed_names, known_on_both, unreadable
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.recorded_spans import RecordedSpans, count_recorded
from prefactor_gen.comparison.types.changes import repeats, type_changes
from prefactor_gen.diagnostics.change_rules import SPAN_TYPE_RENAMED, UNNEEDED_ALLOWANCE
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, has_errors

__all__ = ["compare_sides"]


def compare_sides(options: argparse.Namespace) -> Report:
    """Compare what the command line names.

    Raises:
        OperandError: a side cannot be read.
        ConfigError: the configuration is wrong.
    """
    project = read_project(find_project(Path.cwd()))
    settings = read_diff_settings(project)
    with ExitStack() as stack:
        reader = SideReader(Path.cwd(), project, settings.versions, stack)
        old_text = settings.against if options.old is None else options.old
        if old_text is None:
            raise OperandError(
                'expected OLD, as in `prefactor-gen diff origin/main`, or against = "origin/main" in '
                "[tool.prefactor-gen.diff] of pyproject.toml"
            )
        new_operand = None if options.new is None else reader.operand(options.new)
        new = reader.new(new_operand)
        if options.old is None:  # a path in the configuration is relative to the project
            reader = SideReader(project.base, project, settings.versions, stack)
        old = reader.old(reader.operand(old_text), new_operand, tip=options.tip)
        run = _Run(project, settings, old, new, options)
        is_usual = old_text == settings.against and new_operand is None
        return run.report(allowances_must_be_needed=is_usual)


class _Run:
    def __init__(
        self, project: ProjectConfig, settings: DiffSettings, old: list[Side], new: Side, options: argparse.Namespace
    ) -> None:
        self.project = project
        self.settings = settings
        self.old = old
        self.new = new
        self.options = options
        self.remarks: list[str] = []
        self.modules: Mapping[str, str] = {}
        """The generated modules of the new side."""

    def report(self, *, allowances_must_be_needed: bool) -> Report:
        report = Report(
            [each.name for each in self.old],
            self.new.name,
            base=self.project.base,
            sources=self.new.base,
            fails_on_warnings=self.options.strict,
        )
        findings = self.findings()
        if has_errors(findings):
            return replace(report, findings=[each for each in findings if each.severity is Severity.ERROR])
        found = [(each.name, list(self.changes(each))) for each in self.old]
        self.remarks += [] if self.options.new is not None else self.unmatched_globs()
        judged = merge(found, lambda change: judge(change, self.protected(change.span_type), self.settings.allow))
        if allowances_must_be_needed:
            judged += self.unneeded(judged)
        return replace(
            report,
            span_types=self.places(judged),
            changes=judged,
            remarks=list(dict.fromkeys(self.remarks)),
            recorded=self.recorded([each.change for each in judged]),
        )

    def findings(self) -> Sequence[Diagnostic]:
        """What is wrong with the new definitions: those that are the same on the old side are not checked again."""
        if self.new.generate is None:
            return self.new.diagnostics
        changed = set[str]().union(*(changed_names(each.definitions, self.new.definitions) for each in self.old))
        self.modules, diagnostics = self.new.generate(changed)
        return diagnostics

    def changes(self, old: Side) -> Iterator[Change]:
        before, after = known_on_both(old, self.new)
        if old.generate is None and not changed_names(before, after):
            self.remarks.append(f"{old.name} is identical")
        self.remarks += [*old.remarks, *self.new.remarks]
        if old.is_empty:
            self.remarks.append(f"{old.name} has no definitions: every span type counts as added")
        if self.new.assert_formats and old.assert_formats is False:
            self.remarks.append(
                'payloads must match the formats of their schemas now: formats = "assert" is not compared'
            )
        options = ComparisonOptions(
            today=datetime.now(UTC).date(),
            grace=self.settings.grace,
            assert_formats=bool(self.new.assert_formats),
            count_undeclared=self.settings.count_undeclared,
        )
        if not (old.has_quality and self.new.has_quality):
            self.remarks.append("quality schemas are not compared: the platform does not give them")
        found = [*unreadable(old), *compare(before, after, options)]
        yield from found
        is_note = self.settings.types is Severity.NOTE
        yield from (each for each in self.type_changes(old) if not (is_note and repeats(each, found)))

    def type_changes(self, old: Side) -> Iterator[Change]:
        """The changes of generated code, where both sides are sources or a package."""
        if old.generate is None or self.new.generate is None:
            return
        here = {each.name: each.place for each in self.new.definitions.span_types}
        both = {each.name for each in old.definitions.span_types} & here.keys()
        names = sorted(changed_names(old.definitions, self.new.definitions) & both)
        if not names:
            return
        modules, diagnostics = old.generate(names)
        if not modules and has_errors(diagnostics):
            self.remarks.append(f"generated types are not compared: {old.name} does not compile today")
            return
        yield from type_changes(modules, self.modules, {name: here[name] for name in names}, self.new.other_exports)

    def protected(self, span_type: str) -> Protected:
        globs = self.settings.span_types.items()
        own = next((each for pattern, each in globs if fnmatchcase(span_type, pattern)), self.settings.compatibility)
        return Protected(own.protects_writers, own.protects_readers, self.settings.types)

    def unmatched_globs(self) -> list[str]:
        """The entries of `span-types` that no span type has, such as one that is spelled wrong."""
        names = [each.name for side in (*self.old, self.new) for each in side.definitions.span_types]
        return [
            f"no span type matches {pattern!r} in [tool.prefactor-gen.diff.span-types]"
            for pattern in self.settings.span_types
            if not any(fnmatchcase(name, pattern) for name in names)
        ]

    def unneeded(self, judged: Sequence[Judged]) -> list[Judged]:
        """A warning for each allowance that allows nothing: it would allow the same change later, unseen."""
        used = {each.change.identity for each in judged if each.reason is not None}
        place_of = entry_places(self.project)
        changes = [
            Change(
                rule=UNNEEDED_ALLOWANCE,
                span_type=key.split()[1],
                part=Part.SPAN_TYPE,
                message=f"no change needs the allowance {key!r}; remove it",
                place=place_of(key),
                old=key,
                writers=Severity.WARNING,
                readers=Severity.WARNING,
            )
            for key in self.settings.allow
            if key not in used
        ]
        return [Judged(each, Severity.WARNING) for each in changes]

    def recorded(self, changes: Sequence[Change]) -> RecordedSpans | None:
        if self.options.spans is None:
            return None
        new, file = self.new, Path(self.options.spans)
        formats = bool(new.assert_formats)
        return count_recorded(file, self.options.spans, new.definitions, changes, assert_formats=formats)

    def places(self, judged: Sequence[Judged]) -> dict[str, Place]:
        """The place of each span type: where it is now, or else where it was."""
        sides = [*(each.definitions for each in self.old), self.new.definitions]
        renamed = {each.change.old for each in judged if each.change.rule is SPAN_TYPE_RENAMED}
        return {each.name: each.place for side in sides for each in side.span_types if each.name not in renamed}
