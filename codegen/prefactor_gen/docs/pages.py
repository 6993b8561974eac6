"""Reads a compiled package into pages, one for each span type and each quality schema. They hold plain text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Event

from prefactor_gen.definitions.data_risk import DeclaredRisk, declared_risk
from prefactor_gen.definitions.definitions import QualityDefinition, SchemaSource, SpanTypeDefinition
from prefactor_gen.diagnostics.invisible import INVISIBLE
from prefactor_gen.docs.data_risk_words import Matrix, RiskFact, SpanRisk, matrix, risk_facts
from prefactor_gen.docs.example_values import Example, Examples
from prefactor_gen.docs.members import MemberTable, member_table
from prefactor_gen.docs.snippets import keywords_of, snippet
from prefactor_gen.documents.nodes import ObjectNode, to_plain
from prefactor_gen.json_schema.data_fields import data_fields
from prefactor_gen.json_schema.deprecation import Deprecation
from prefactor_gen.models.enforcement import By, Enforced, enforcement
from prefactor_gen.package.documentation import path_of
from prefactor_gen.pipeline.stages import GeneratedPackage
from prefactor_templates import InvalidTemplateError, TemplateLimitError
from prefactor_templates.parsing import parse_template
from prefactor_templates.rendering import RenderTimeoutError, render_template

__all__ = ["Book", "Enforcement", "Page", "Part", "Rendered", "book_of"]

_MOST_TIMEOUTS = 3
"""So many templates may take too long before the examples of the others are left out."""
_MOST_PLACES = 50


@dataclass(frozen=True)
class Enforcement:
    """What enforces the keywords of a schema.

    Attributes:
        types: the keywords that the generated types enforce, each with how often it occurs.
        schema: the other keywords that are checked when a payload is recorded, each with its place.
        nothing: those that are not checked.
    """

    types: Mapping[str, int]
    schema: Sequence[tuple[str, str]] = ()
    nothing: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Part:
    """A payload: the params or the result of a span type, or a quality record.

    Attributes:
        name: params, result or record.
        schema: as JSON text.
    """

    name: str
    table: MemberTable
    schema: str
    enforcement: Enforcement | None = None


@dataclass(frozen=True)
class Rendered:
    """What a template shows for an example, and when."""

    when: str
    text: str


@dataclass(frozen=True)
class Page:
    """A span type or a quality schema.

    Attributes:
        source: the file that defines it, or the registry.
        class_name: the class of a span type; empty for a quality schema.
        module: the module of this class.
        rendered: what the template shows.
        snippet: the lines that record a span.
        has_mismatch: the schema does not take a value in them, which has to be replaced.
    """

    name: str
    title: str
    description: str
    source: str
    parts: Sequence[Part]
    template: str = ""
    rendered: Sequence[Rendered] = ()
    deprecation: Deprecation | None = None
    class_name: str = ""
    module: str = ""
    snippet: str = ""
    has_mismatch: bool = False
    risk: Sequence[RiskFact] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """All pages of a package.

    Attributes:
        package: the name by which the package is imported.
    """

    package: str
    span_types: Sequence[Page]
    quality: Sequence[Page]
    matrix: Matrix

    @property
    def deprecated(self) -> int:
        """How many span types are deprecated."""
        return sum(page.deprecation is not None for page in self.span_types)


def book_of(generated: GeneratedPackage, package: str) -> Book:
    """The pages of a compiled package, which is imported by this name."""
    writer = _Writer(generated, package)
    span_types = generated.definitions.span_types
    return Book(
        package,
        [writer.span_type(item) for item in span_types],
        [writer.quality(item) for item in generated.definitions.quality],
        matrix(SpanRisk(item.name, _risk_of(item), _categories_of_fields(item)) for item in span_types),
    )


class _Writer:
    def __init__(self, generated: GeneratedPackage, package: str) -> None:
        self.generated = generated
        self.package = package
        self.timeouts = 0
        self.enforced: dict[tuple[str, str], list[Enforced]] = {}
        found = enforcement(generated.definitions, generated.untyped_places, assert_formats=generated.assert_formats)
        for each in found:
            self.enforced.setdefault((each.span_type, each.part), []).append(each)

    def span_type(self, item: SpanTypeDefinition) -> Page:
        sources = {"params": item.params, "result": item.result}
        given = {name: source for name, source in sources.items() if source is not None}
        examples = self.examples(item.template or "", given)
        calls = {
            method: examples[part].example if part in examples else Example()
            for method, part in (("start", "params"), ("complete", "result"))
        }
        module = self.generated.span_modules[item.name]
        methods = keywords_of(module.text, module.class_name)
        parts = [self.part(name, source, self.enforced.get((item.name, name), [])) for name, source in given.items()]
        return Page(
            item.name,
            item.title or "",
            item.description or "",
            item.place.source,
            parts,
            item.template or "",
            list(self.rendered(item.template or "", examples)),
            item.deprecation,
            module.class_name,
            module.module,
            snippet(self.package, module.class_name, calls, methods),
            has_mismatch=not all(example.is_valid for example in calls.values()),
            risk=risk_facts(_risk_of(item)),
        )

    def quality(self, item: QualityDefinition) -> Page:
        parts = [self.part("record", item.schema, None)]
        rendered = list(self.rendered(item.template or "", self.examples(item.template or "", {"record": item.schema})))
        texts = (item.title or "", item.description or "", item.place.source)
        return Page(item.name, *texts, parts, item.template or "", rendered)

    def examples(self, template: str, sources: Mapping[str, SchemaSource]) -> dict[str, Examples]:
        """Examples of payloads, with the members that a template shows."""
        shown = list(_shown_paths(template))
        formats = self.generated.assert_formats
        return {name: Examples(source.schema, shown, assert_formats=formats) for name, source in sources.items()}

    def part(self, name: str, source: SchemaSource, enforced: Sequence[Enforced] | None) -> Part:
        text = _json_text(source.written or source.schema)
        return Part(name, member_table(source.schema), text, None if enforced is None else _enforcement(enforced))

    def rendered(self, template: str, examples: Mapping[str, Examples]) -> Iterator[Rendered]:
        """What a template shows while a span runs, and when it is finished."""
        if not template.strip():
            return
        params, *results = (each if isinstance(each := examples[part].recorded, dict) else {} for part in examples)
        running = self.text_of(template, params)
        finished = self.text_of(template, {key: value for each in (params, *results) for key, value in each.items()})
        if running and running.strip() and running != finished:
            yield Rendered("while it runs", running)
        if finished and finished.strip():
            yield Rendered("when it is finished" if running != finished else "", finished)

    def text_of(self, template: str, members: Mapping[str, object]) -> str | None:
        """What a template shows for these members; None if it fails."""
        if self.timeouts >= _MOST_TIMEOUTS:
            return None
        with suppress(Exception):  # a template is a stranger's program; `check` says what is wrong with it
            try:
                return render_template(parse_template(template), members, Event())
            except RenderTimeoutError:
                self.timeouts += 1
        return None


def _shown_paths(template: str) -> Iterator[Sequence[str]]:
    """The names that lead to each value that a template shows."""
    with suppress(InvalidTemplateError, TemplateLimitError):
        variables = parse_template(template).analyze(include_partials=False).globals
        for segments in (use.segments for uses in variables.values() for use in uses):
            names = takewhile(lambda each: isinstance(each, str | int), segments)
            yield [each for each in names if isinstance(each, str)]


def _json_text(schema: ObjectNode) -> str:
    """The schema as JSON, with escapes for what readers do not see."""
    text = INVISIBLE.sub(_escape, json.dumps(to_plain(schema), indent=2, ensure_ascii=False))
    return "".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _risk_of(item: SpanTypeDefinition) -> DeclaredRisk | None:
    return None if item.data_risk is None else declared_risk(item.data_risk, item.place)


def _categories_of_fields(item: SpanTypeDefinition) -> dict[str, set[str]]:
    """The categories of the fields of params and result that are not redacted."""
    sources = {"params": item.params, "result": item.result}
    fields = {name: data_fields(source.schema).value for name, source in sources.items() if source is not None}
    return {
        name: {key for each in found if not each.is_redacted for key in each.categories}
        for name, found in fields.items()
    }


def _enforcement(found: Sequence[Enforced]) -> Enforcement:
    def places(by: By) -> list[tuple[str, str]]:
        places = dict.fromkeys((each.keyword, path_of(each.pointer)[0]) for each in found if each.by is by)
        return list(places)[:_MOST_PLACES]

    counts = Counter(each.keyword for each in found if each.by is By.TYPES)
    return Enforcement(dict(sorted(counts.items())), places(By.SCHEMA), places(By.NOTHING))
