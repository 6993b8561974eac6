"""The changes of one definition: its texts, its template, its schemas."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.checks.template_lint import lint_template
from prefactor_gen.comparison.changes import Change, Part, Proof
from prefactor_gen.comparison.deprecations import deprecation_changes
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.result_changes import result_changes
from prefactor_gen.comparison.schema_changes import Subject, schema_changes
from prefactor_gen.definitions.definitions import QualityDefinition, SchemaSource, SpanTypeDefinition
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNKNOWN_TEMPLATE_PROPERTY
from prefactor_gen.documents.nodes import ObjectNode, to_plain
from prefactor_schema import JsonSchema, SchemaError
from prefactor_schema.engine import NoThreadError

__all__ = ["declared", "quality_changes", "span_type_changes"]


def declared(
    rule: ChangeRule,
    name: str,
    part: Part,
    message: str,
    place: Place,
    *,
    old: str | None = None,
    new: str | None = None,
) -> Change:
    """A change that the definitions themselves tell."""
    return Change(
        rule=rule,
        span_type=name,
        part=part,
        message=message,
        place=place,
        writers=rule.writers,
        readers=rule.readers,
        old=old,
        new=new,
        proof=Proof.DECLARED,
    )


def span_type_changes(old: SpanTypeDefinition, new: SpanTypeDefinition, options: ComparisonOptions) -> Iterator[Change]:
    """The changes of a span type that both sides have."""
    yield from _text_changes(old, new, Part.SPAN_TYPE)
    yield from _template_changes(old, new)
    for rule, message in deprecation_changes(old.deprecation, new.deprecation, options):
        yield declared(rule, new.name, Part.SPAN_TYPE, message, new.place)
    params = Subject(new.name, Part.PARAMS, new.place)
    yield from _compared(params, old.params, new.params, options)
    yield from _result_changes(old, new, options)


def quality_changes(old: QualityDefinition, new: QualityDefinition, options: ComparisonOptions) -> Iterator[Change]:
    """The changes of a quality schema that both sides have."""
    yield from _text_changes(old, new, Part.QUALITY)
    if (old.template or "") != (new.template or ""):
        yield _template_changed(old, new, Part.QUALITY)
    yield from _compared(Subject(new.name, Part.QUALITY, new.place), old.schema, new.schema, options)


def _text_changes(
    old: SpanTypeDefinition | QualityDefinition, new: SpanTypeDefinition | QualityDefinition, part: Part
) -> Iterator[Change]:
    """An absent title is the name, as for the API."""
    before, after = old.title or old.name, new.title or new.name
    if before != after and (old.title or new.title):
        yield declared(rules.TEXT_CHANGED, new.name, part, "title changed", new.place, old=before, new=after)
    if (old.description or "") != (new.description or ""):
        message, texts = "description changed", (old.description, new.description)
        yield declared(rules.TEXT_CHANGED, new.name, part, message, new.place, old=texts[0], new=texts[1])


def _template_changes(old: SpanTypeDefinition, new: SpanTypeDefinition) -> Iterator[Change]:
    if (old.template or "") != (new.template or ""):
        yield _template_changed(old, new, Part.SPAN_TYPE)
    if not new.template:
        return
    place = new.template_place or new.place
    known = {*_unknown_names(new.template, place, old)}
    for message in _unknown_names(new.template, place, new):
        if message not in known:
            yield declared(rules.TEMPLATE_LOST, new.name, Part.SPAN_TYPE, message, place, new=new.template)


def _template_changed(
    old: SpanTypeDefinition | QualityDefinition, new: SpanTypeDefinition | QualityDefinition, part: Part
) -> Change:
    how = "added" if not old.template else "changed" if new.template else "removed"
    place = new.template_place if new.template and new.template_place is not None else new.place
    texts = {"old": old.template, "new": new.template}
    return declared(rules.TEMPLATE_CHANGED, new.name, part, f"template {how}", place, **texts)


def _unknown_names(template: str, place: Place, definition: SpanTypeDefinition) -> Iterator[str]:
    """What a template shows and the schemas do not have, in words, without suggestions."""
    sources = [definition.params, *([definition.result] if definition.result is not None else [])]
    for each in lint_template(template, place, [source.schema for source in sources]):
        if each.code == UNKNOWN_TEMPLATE_PROPERTY.code:
            yield each.message.partition("; did you mean")[0]


def _result_changes(old: SpanTypeDefinition, new: SpanTypeDefinition, options: ComparisonOptions) -> Iterator[Change]:
    """An absent result is an object without properties, as for the API."""
    subject = Subject(new.name, Part.RESULT, new.place)
    if old.result is None and new.result is None:
        return
    if (why := _invalid(old.result, new.result)) is not None:
        yield _incomparable(subject, why)
        return
    before, after = (None if each is None else each.schema for each in (old.result, new.result))
    try:
        yield from list(result_changes(subject, before, after, options))
    except (DiagnosticError, NoThreadError, RecursionError) as error:
        yield _incomparable(subject, _why(error))


def _compared(subject: Subject, old: SchemaSource, new: SchemaSource, options: ComparisonOptions) -> Iterator[Change]:
    """The changes of a schema; PD007 if it cannot be compared."""
    if old.schema == new.schema and _plain(old.schema) == _plain(new.schema):
        return
    if (why := _invalid(old, new)) is not None:
        yield _incomparable(subject, why)
        return
    try:
        yield from list(schema_changes(subject, old.schema, new.schema, options))
    except (DiagnosticError, NoThreadError, RecursionError) as error:
        yield _incomparable(subject, _why(error))


def _invalid(old: SchemaSource | None, new: SchemaSource | None) -> str | None:
    """Which schema is not valid, and why; None if both are."""
    for which, source in (("old", old), ("new", new)):
        if source is not None:
            try:
                JsonSchema(to_plain(source.schema)).check_schema()  # type: ignore[arg-type]  # an object
            except SchemaError as error:
                return f"the {which} schema is not valid: {error}"
    return None


def _plain(schema: ObjectNode) -> str:
    """Text that tells true from 1."""
    return repr(to_plain(schema))


def _incomparable(subject: Subject, why: str) -> Change:
    message = f"cannot be compared: {why}"
    return declared(rules.INCOMPARABLE, subject.name, subject.part, message, subject.place)


def _why(error: Exception) -> str:
    if isinstance(error, DiagnosticError):
        return error.diagnostics[0].message
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
