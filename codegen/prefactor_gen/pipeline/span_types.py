"""Checks and compiles some span types: from their definitions to the source text of their modules.

A module depends on no other span type, so that several processes can share the span types. `stages.py` finds
names that clash between modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from prefactor_gen.checks.all_checks import lint_definition, schema_problems
from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import class_name
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, Severity, has_errors
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.models.bundle import Bundle, bundle_schema
from prefactor_gen.models.chosen_names import chosen_names, given_name
from prefactor_gen.models.model_generator import generate_models
from prefactor_gen.models.model_reader import ModelSet
from prefactor_gen.package.plan import plan_span_type
from prefactor_gen.package.render import render_span_type
from prefactor_gen.package.representation import SpanPlan
from prefactor_gen.pipeline.cache import CachedModule
from prefactor_gen.pipeline.reuse import SpanModule, definition_digest

__all__ = ["Compiled", "Task", "compile_span_types"]


@dataclass(frozen=True)
class Task:
    """A span type to compile.

    Attributes:
        written: the definition as it was written.
        inlined: the definition with what its schemas refer to in other files; None if a reference could not be
            resolved, which is reported elsewhere.
        has_usable_name: otherwise it is only checked.
        assert_formats: payloads must match the formats of their schema.
    """

    written: SpanTypeDefinition
    inlined: SpanTypeDefinition | None
    has_usable_name: bool = True
    assert_formats: bool = False


@dataclass(frozen=True)
class Compiled:
    """The results of some span types.

    Attributes:
        modules: those of the span types without errors; their text is empty if other span types have errors.
        classes: the places of the schemas that classes were made from, by class name.
        untyped_places: the places of the keywords that the generated types cannot express.
        has_generator_warnings: the model generator gave a warning.
    """

    modules: list[SpanModule] = field(default_factory=list)
    classes: dict[str, Place] = field(default_factory=dict)
    untyped_places: set[Place] = field(default_factory=set)
    has_generator_warnings: bool = False


@dataclass(frozen=True)
class _Bundled:
    """A span type whose schemas are in the bundle.

    Attributes:
        names: the class names of its schemas.
    """

    definition: SpanTypeDefinition
    names: list[str]
    has_no_diagnostics: bool


def compile_span_types(tasks: Sequence[Task]) -> Checked[Compiled]:
    """Compile some span types. An error in one does not hide the diagnostics of another."""
    diagnostics: list[Diagnostic] = []
    bundle = Bundle(any(task.assert_formats for task in tasks))
    bundled: list[_Bundled] = []
    for task in tasks:
        problems = _problems(task)
        if task.inlined is not None and task.has_usable_name and not has_errors(problems):
            names, found = _bundle(bundle, task.inlined)
            problems.extend(found)
            if names:
                bundled.append(_Bundled(task.inlined, names, has_no_diagnostics=not problems))
        diagnostics.extend(problems)
    models, found = _generate_models(bundle, [each.names for each in bundled])
    diagnostics.extend(found)
    plans, found = _plans(bundled, bundle, models)
    diagnostics.extend(found)
    needs_text = not has_errors(diagnostics)
    renamed = {name for name, _, _ in models.given}  # a module that is used again reports nothing
    plans = [
        (replace(each, has_no_diagnostics=each.has_no_diagnostics and renamed.isdisjoint(each.names)), plan)
        for each, plan in plans
    ]
    modules = [_module(each, plan, _text(plan) if needs_text else "") for each, plan in plans]
    classes = {name: each.place for name, each in bundle.definitions.items()}
    untyped_places = {each.place for each in bundle.untyped_keywords}
    return Checked(Compiled(modules, classes, untyped_places, bool(models.warnings)), diagnostics)


def _problems(task: Task) -> list[Diagnostic]:
    written, inlined = task.written, task.inlined
    problems = schema_problems(written.params, inlined.params if inlined is not None else None)
    if written.result is not None:
        problems.extend(schema_problems(written.result, inlined.result if inlined is not None else None))
    if inlined is not None and task.has_usable_name and not has_errors(problems):
        problems.extend(lint_definition(inlined, assert_formats=task.assert_formats))
    return problems


def _text(plan: SpanPlan) -> str:
    text = render_span_type(plan)
    compile(text, plan.module, "exec", dont_inherit=True)
    return text


def _module(bundled: _Bundled, plan: SpanPlan, text: str) -> SpanModule:
    origin = CachedModule(definition_digest(bundled.definition), bundled.has_no_diagnostics)
    return SpanModule(plan.module, plan.class_name, plan.schema_name, plan.exports, text, origin)


def _bundle(bundle: Bundle, item: SpanTypeDefinition) -> Checked[list[str]]:
    """Bundle the schemas of one span type; returns their class names, none if there are errors."""
    names: list[str] = []
    diagnostics: list[Diagnostic] = []
    for part, source in (("Params", item.params), ("Result", item.result)):
        if source is not None:
            name = f"{class_name(item.name)}{part}"
            own, found = bundle_schema(
                name, _as_object(source.schema), source.place, assert_formats=bundle.assert_formats
            )
            names.extend(own.definitions)
            diagnostics.extend([*found, *bundle.extend(own)])
    return Checked([] if has_errors(diagnostics) else names, diagnostics)


def _as_object(schema: ObjectNode) -> ObjectNode:
    """The schema with `type: object`, because a payload is an object even if its schema names no type."""
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


def _generate_models(bundle: Bundle, groups: Sequence[list[str]]) -> Checked[ModelSet]:
    """Run the model generator on the definitions of some span types, and report its warnings and errors."""
    if not groups:
        return Checked(ModelSet())
    places = {name: bundle.definitions[name].place for names in groups for name in names}
    first = next(iter(places.values()))
    chosen = chosen_names([bundle.definitions[name] for name in places])
    try:
        models = generate_models([bundle.document(names) for names in groups], chosen.value)
    except ValueError as error:
        return Checked(ModelSet(), list(_refusals(bundle, groups)) or [_refusal(error, first)])
    warnings = [
        MODEL_GENERATOR_FAILED.at(first, f"the model generator warns: {text}", Severity.WARNING)
        for text in models.warnings
    ]
    missing = [
        MODEL_GENERATOR_FAILED.at(places[name], f"the model generator wrote no class {name} for this schema")
        for name in places.keys() - models.models.keys()
    ]
    for name in places.keys() & models.models.keys() & bundle.variants.keys():
        fields = tuple(models.models.pop(variant).fields for variant in bundle.variant_names(name))
        models.models[name] = replace(models.models[name], variants=fields)
    models.given = [each for each in models.given if each[0] in places]
    given = [given_name(bundle.definitions[name], wire_name, made) for name, wire_name, made in models.given]
    return Checked(models, [*warnings, *missing, *chosen.diagnostics, *given])


def _refusals(bundle: Bundle, groups: Sequence[list[str]]) -> Iterator[Diagnostic]:
    """Find the span types that the model generator refuses: it stops at the first one, and names no place."""
    for names in groups:
        try:
            generate_models([bundle.document(names)], {})
        except ValueError as error:
            yield _refusal(error, bundle.definitions[names[0]].place)


def _refusal(error: ValueError, place: Place) -> Diagnostic:
    return MODEL_GENERATOR_FAILED.at(place, f"the model generator refuses the schema: {error}")


def _plans(bundled: Sequence[_Bundled], bundle: Bundle, models: ModelSet) -> Checked[list[tuple[_Bundled, SpanPlan]]]:
    """Plan the modules of the span types; those with errors are left out."""
    plans: list[tuple[_Bundled, SpanPlan]] = []
    diagnostics: list[Diagnostic] = []
    checked_classes = {each.definition for each in bundle.untyped_keywords}
    for each in bundled if models.models else ():
        own_models = [model for model in models.models.values() if model.name in each.names]
        plan, found = plan_span_type(each.definition, bundle, own_models, checked_classes)
        diagnostics.extend(found)
        if not has_errors(found):
            plans.append((each, plan))
    return Checked(plans, diagnostics)
