"""Stages 2 to 6 for some span types: from their definitions to the text of their modules.

What is made of one span type depends on no other, so that several processes can share them. Whether their names go
together is for `pipeline.py` to see.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from prefactor_gen.bundle import Bundle, Bundled, bundle_schema
from prefactor_gen.check import check_compiles, check_schema
from prefactor_gen.default_check import check_defaults
from prefactor_gen.definition_lint import lint_payloads, lint_texts
from prefactor_gen.definitions import QualityDefinition, SchemaSource, SpanTypeDefinition
from prefactor_gen.diagnostics import Diagnostic, Place, Severity, has_errors
from prefactor_gen.lint import lint_enforcement, lint_schema
from prefactor_gen.model_generator import generate_models
from prefactor_gen.model_reader import Model, ModelSet
from prefactor_gen.names import class_name
from prefactor_gen.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.plan import plan_span_type
from prefactor_gen.redaction_check import check_redaction
from prefactor_gen.reference_check import check_references
from prefactor_gen.render import render_span_type
from prefactor_gen.representation import SpanPlan
from prefactor_gen.reuse import SpanModule, definition_mark
from prefactor_gen.rules import MODEL_GENERATOR_FAILED, NAME_COLLISION
from prefactor_gen.sizes import check_sizes

__all__ = ["Compiled", "Work", "compile_span_types", "lint_definition", "schema_problems"]


@dataclass(frozen=True)
class Work:
    """A span type to compile: as it was written, and with all that its schemas refer to in other files.

    Attributes:
        whole: None where a reference leads nowhere, which was told.
        named: it has a usable name; otherwise it is only checked.
        assert_formats: a payload must match the formats of its schema.
    """

    written: SpanTypeDefinition
    whole: SpanTypeDefinition | None
    named: bool = True
    assert_formats: bool = False


@dataclass
class Compiled:
    """What became of some span types.

    Attributes:
        modules: of the span types that nothing is wrong with; without text where something is wrong with others.
        classes: the names of all classes that were made of their schemas, and of what.
        unsaid: the places of the keywords that types do not say.
        warned: the model generator gave a warning.
    """

    modules: list[SpanModule] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    classes: dict[str, Place] = field(default_factory=dict)
    unsaid: set[Place] = field(default_factory=set)
    warned: bool = False


def compile_span_types(works: Sequence[Work]) -> Compiled:
    """Compile some span types; what is wrong with one does not hide what is wrong with another."""
    result, bundle = Compiled(), Bundle(any(work.assert_formats for work in works))
    owned: dict[str, list[str]] = {}
    sound: dict[str, tuple[SpanTypeDefinition, bool]] = {}
    for work in works:
        problems = _problems(work)
        if work.whole is not None and work.named and not has_errors(problems):
            told = len(bundle.diagnostics)
            owned[work.whole.name] = _bundle(bundle, work.whole)
            sound[work.whole.name] = work.whole, not problems and len(bundle.diagnostics) == told
        result.diagnostics.extend(problems)
    result.diagnostics.extend(bundle.diagnostics)
    owned = {name: names for name, names in owned.items() if names}
    models = _models(bundle, owned, result.diagnostics)
    planned = list(_plans([sound[name][0] for name in owned], bundle, models, owned, result.diagnostics))
    wrong = has_errors(result.diagnostics)
    for item, plan in planned:
        text = "" if wrong else _text(plan)
        result.modules.append(_module(plan, item, text, quiet=sound[item.name][1]))
    result.classes = {name: bundled.place for name, bundled in bundle.definitions.items()}
    result.unsaid = {item.place for item in bundle.untyped}
    result.warned = bool(models.warnings)
    return result


def _problems(work: Work) -> list[Diagnostic]:
    whole = work.whole
    problems = schema_problems(work.written.params, whole.params if whole is not None else None)
    if work.written.result is not None:
        problems.extend(schema_problems(work.written.result, whole.result if whole is not None else None))
    if whole is not None and work.named and not has_errors(problems):
        problems.extend(lint_definition(whole, assert_formats=work.assert_formats))
    return problems


def schema_problems(written: SchemaSource, whole: SchemaSource | None, *, typed: bool = True) -> list[Diagnostic]:
    """What is wrong with a schema and what it refers to, and what is hardly meant.

    Args:
        written: the schema.
        whole: the schema with what it refers to in other files; None where that cannot be had.
        typed: there is a helper for its span type.
    """
    problems = check_schema(written)
    if whole is None:
        return problems
    if whole.schema is not written.schema:
        problems.extend(check_schema(whole))  # what was pulled in is checked too
    if not has_errors(problems):
        problems.extend(check_references(whole.schema))
        problems.extend(check_sizes(whole.schema, written.place))
    if not has_errors(problems):
        problems.extend(check_compiles(whole.schema))
    if not has_errors(problems):
        problems.extend(check_redaction(whole.schema, typed=typed))
        problems.extend(lint_schema(whole.schema))
        problems.extend(check_defaults(whole.schema))
    return problems


def lint_definition(
    item: SpanTypeDefinition | QualityDefinition, *, assert_formats: bool = False
) -> Iterator[Diagnostic]:
    """What is hardly meant in a definition whose schemas are sound, but for the schemas by themselves."""
    yield from lint_texts(item)
    sources = [item.schema] if isinstance(item, QualityDefinition) else [item.params, item.result]
    schemas = [source.schema for source in sources if source is not None]
    if isinstance(item, SpanTypeDefinition):
        yield from lint_payloads(item)
    for schema in schemas:
        yield from lint_enforcement(schema, assert_formats=assert_formats)
    if item.template and item.template_place is not None:
        from prefactor_gen.template_lint import lint_template

        yield from lint_template(item.template, item.template_place, schemas)


def _text(plan: SpanPlan) -> str:
    text = render_span_type(plan)
    compile(text, plan.module, "exec", dont_inherit=True)
    return text


def _module(plan: SpanPlan, item: SpanTypeDefinition, text: str, *, quiet: bool) -> SpanModule:
    mark = definition_mark(item)
    return SpanModule(plan.module, plan.class_name, plan.schema_name, plan.exports, text, mark, quiet)


def _bundle(bundle: Bundle, item: SpanTypeDefinition) -> list[str]:
    """Bundle the schemas of one span type; returns the names that belong to it, none where something is wrong."""
    before, told = len(bundle.definitions), len(bundle.diagnostics)
    name = class_name(item.name)
    bundle_schema(bundle, f"{name}Params", _as_object(item.params.schema), item.params.place)
    if item.result is not None:
        bundle_schema(bundle, f"{name}Result", _as_object(item.result.schema), item.result.place)
    names = list(islice(bundle.definitions, before, None))
    return [] if has_errors(bundle.diagnostics[told:]) else names


def _as_object(schema: ObjectNode) -> ObjectNode:
    """A payload is an object even where its schema does not say so."""
    if isinstance(schema.get("type"), str) or "$ref" in schema:
        return schema
    choices = {key: _as_objects(schema[key]) for key in ("anyOf", "oneOf") if key in schema}
    if choices and not {"properties", "required", "allOf"} & schema.keys():
        return schema.with_items({**schema, **choices}.items())
    return schema.with_items({**schema, "type": "object"}.items())


def _as_objects(options: JsonValue) -> JsonValue:
    if not isinstance(options, ListNode):
        return options
    return options.with_items(_as_object(option) if isinstance(option, ObjectNode) else option for option in options)


def _models(bundle: Bundle, owned: Mapping[str, list[str]], found: list[Diagnostic]) -> ModelSet:
    """Run the model generator; each of its warnings and each departure from the bundle's names is a diagnostic."""
    places = {name: bundle.definitions[name].place for names in owned.values() for name in names}
    first = next(iter(places.values()), None)
    if first is None:
        return ModelSet()
    try:
        models = generate_models([bundle.document(names) for names in owned.values()])
    except ValueError as error:
        found.extend(_refusals(bundle, owned) or [_refusal(error, first)])
        return ModelSet()
    found.extend(
        MODEL_GENERATOR_FAILED.at(first, f"the model generator warns: {text}", Severity.WARNING)
        for text in models.warnings
    )
    missing = places.keys() - models.models.keys()
    found.extend(
        MODEL_GENERATOR_FAILED.at(places[name], f"no class {name} was made for this schema") for name in missing
    )
    for name, wire_name, field_name in models.collisions:
        found.append(_collision(bundle.definitions[name], models.models[name], wire_name, field_name))
    return models


def _collision(bundled: Bundled, model: Model, wire_name: str, field_name: str) -> Diagnostic:
    """Two properties of one object have the same Python name; the model generator makes the later one unique."""
    first = re.sub(r"_\d+$", "", field_name)
    made = {item.wire_name for item in model.fields if item.name in {field_name, first}} - {wire_name}
    properties = bundled.origin.get("properties") if isinstance(bundled.origin, ObjectNode) else None
    keys = properties if isinstance(properties, ObjectNode) else ObjectNode(place=bundled.place)
    # Python reads `ﬁ` and `fi` as one name.
    alike = [key for key in keys if key != wire_name and unicodedata.normalize("NFKC", key) == field_name]
    other = next(iter([*made, *alike]), wire_name)
    message = f"the properties {other!r} and {wire_name!r} would both become {first!r} in Python; rename one"
    return NAME_COLLISION.at(keys.place_at(wire_name), message)


def _refusals(bundle: Bundle, owned: Mapping[str, list[str]]) -> list[Diagnostic]:
    """Which span types the model generator refuses: it stops at the first, and names no place."""
    found: list[Diagnostic] = []
    for names in owned.values():
        try:
            generate_models([bundle.document(names)])
        except ValueError as error:
            found.append(_refusal(error, bundle.definitions[names[0]].place))
    return found


def _refusal(error: ValueError, place: Place) -> Diagnostic:
    return MODEL_GENERATOR_FAILED.at(place, f"the model generator refuses the schema: {error}")


def _plans(
    span_types: Sequence[SpanTypeDefinition],
    bundle: Bundle,
    models: ModelSet,
    owned: Mapping[str, list[str]],
    found: list[Diagnostic],
) -> Iterator[tuple[SpanTypeDefinition, SpanPlan]]:
    owner = {each: name for name, names in owned.items() for each in names}
    models_of: dict[str, list[Model]] = {}
    for model in models.models.values():
        models_of.setdefault(owner[model.name], []).append(model)
    unsaid = {item.definition for item in bundle.untyped}
    for item in span_types if models.models else ():
        plan, diagnostics = plan_span_type(item, bundle, models_of[item.name], unsaid)
        found.extend(diagnostics)
        if not has_errors(diagnostics):
            yield item, plan
