"""Checks and compiles some span types and shared types: from their definitions to the source text of their modules.

A module depends on no other span type, so that several processes can share the work. What it refers to of shared types
is compiled with it, and left out. `stages.py` finds names that clash between modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count

from prefactor_gen.checks.all_checks import lint_definition, schema_problems
from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.reserved_names import ReservedNames
from prefactor_gen.definitions.shared_types import SharedTypes
from prefactor_gen.definitions.span_names import SpanNames
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, Severity, has_errors
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED, NAME_COLLISION
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.models.bundle import Bundle, Unit, bundle_schema
from prefactor_gen.models.chosen_names import chosen_names, given_name
from prefactor_gen.models.class_names import chosen_class
from prefactor_gen.models.model_generator import generate_models
from prefactor_gen.models.model_reader import ModelSet
from prefactor_gen.package.plan import ModuleModels, SpanTypeNames, plan_shared_type, plan_span_type
from prefactor_gen.package.render import render_module
from prefactor_gen.package.representation import ModulePlan
from prefactor_gen.pipeline.cache import CachedModule
from prefactor_gen.pipeline.reuse import GeneratedModule, definition_digest, shared_digest

__all__ = ["Compiled", "SharedTask", "Task", "compile_modules"]


@dataclass(frozen=True)
class Task:
    """A span type to compile.

    Attributes:
        written: the definition as it was written.
        inlined: the definition with what its schemas refer to in other files; None if a reference could not be
            resolved, which is reported elsewhere.
        names: None if it is only checked.
        reserved: the names that its classes do not get.
        shared: the types of the package that it may refer to.
        assert_formats: payloads must match the formats of their schema.
    """

    written: SpanTypeDefinition
    inlined: SpanTypeDefinition | None
    names: SpanNames | None
    reserved: ReservedNames
    shared: SharedTypes
    assert_formats: bool = False


@dataclass(frozen=True)
class SharedTask:
    """A shared type to compile.

    Attributes:
        name: its class.
        shared: all shared types.
    """

    name: str
    shared: SharedTypes
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

    modules: list[GeneratedModule] = field(default_factory=list)
    classes: dict[str, Place] = field(default_factory=dict)
    untyped_places: set[Place] = field(default_factory=set)
    has_generator_warnings: bool = False


@dataclass(frozen=True)
class _Bundled:
    """A span type or a shared type whose schemas are in the bundle.

    Attributes:
        classes: the names of its classes.
        shared: the shared types that it refers to, also by others.
        has_notes: names were given, which a note tells.
        names: those of a span type.
    """

    task: Task | SharedTask
    classes: list[str]
    shared: list[str]
    has_no_diagnostics: bool
    has_notes: bool
    names: SpanTypeNames | None = None


def compile_modules(tasks: Sequence[Task | SharedTask]) -> Checked[Compiled]:
    """Compile some span types and shared types. An error in one does not hide the diagnostics of another."""
    return _Batch(tasks).compile()


class _Batch:
    """Some modules that are compiled in one run of the model generator.

    Attributes:
        bundle: the definitions of all modules, and of the shared types that they refer to.
        bundled_shared: the bundle of each shared type.
    """

    def __init__(self, tasks: Sequence[Task | SharedTask]) -> None:
        self.tasks = tasks
        self.assert_formats = any(task.assert_formats for task in tasks)
        self.shared = tasks[0].shared if tasks else SharedTypes(ObjectNode(place=Place("")))
        self.bundle = Bundle(self.assert_formats)
        self.bundled_shared: dict[str, Checked[Bundle]] = {}
        self.refs = LocalRefs(self.shared.document)

    def compile(self) -> Checked[Compiled]:
        diagnostics: list[Diagnostic] = []
        bundled: list[_Bundled] = []
        for task in self.tasks:
            each, found = self.bundled(task)
            diagnostics.extend(found)
            if each is not None:
                bundled.append(each)
        models, found = self.generate_models([each.classes for each in bundled])
        diagnostics.extend(found)
        plans, found = self.plans(bundled, models)
        diagnostics.extend(found)
        needs_text = not has_errors(diagnostics)
        noted = {name for name, _, _ in models.given}
        plans = [
            (replace(each, has_notes=each.has_notes or not noted.isdisjoint(each.classes)), plan)
            for each, plan in plans
        ]
        modules = [_module(each, plan, _text(plan) if needs_text else "") for each, plan in plans]
        classes = {name: self.bundle.definitions[name].place for each in bundled for name in each.classes}
        untyped_places = {each.place for each in self.bundle.untyped_keywords}
        return Checked(Compiled(modules, classes, untyped_places, bool(models.warnings)), diagnostics)

    def bundled(self, task: Task | SharedTask) -> Checked[_Bundled | None]:
        if isinstance(task, SharedTask):
            used = self.add_shared([task.name])
            bundle, problems = self.bundled_shared[task.name]
            # What is wrong with the schema itself, or nested too deep, is reported for each payload that uses it.
            classes = [] if has_errors(problems) else [*bundle.definitions]
            each = _Bundled(
                task, classes, [name for name in used if name != task.name], not problems, _has_notes(problems)
            )
            return Checked(each if classes else None, problems)
        problems = _problems(task)
        if task.inlined is None or task.names is None or has_errors(problems):
            return Checked(None, problems)
        names, own, found = self.bundle_payloads(task, task.inlined, task.names)
        problems.extend(found)
        used = self.add_shared(own.shared)
        for root in (names.params, names.result):
            if root is not None and not has_errors(problems):
                problems.extend(self.bundle.nesting_problems(root))
        if has_errors(problems):
            return Checked(None, problems)
        return Checked(_Bundled(task, [*own.definitions], used, not problems, _has_notes(problems), names), problems)

    def bundle_payloads(
        self, task: Task, definition: SpanTypeDefinition, names: SpanNames
    ) -> tuple[SpanTypeNames, Bundle, list[Diagnostic]]:
        """Bundle the schemas of one span type."""
        own = Bundle(self.assert_formats)
        diagnostics: list[Diagnostic] = []
        classes: dict[str, str | None] = {"Params": None, "Result": None}
        for part, source in (("Params", definition.params), ("Result", definition.result)):
            if source is not None:
                schema = _as_object(source.schema)
                name = classes[part] = _payload_class(f"{names.class_name}{part}", source.schema, task.reserved)
                unit = Unit(name, schema, source.place, "", task.shared.classes_in(source), task.reserved)
                bundle, found = bundle_schema(unit, assert_formats=self.assert_formats)
                diagnostics.extend([*found, *own.extend(bundle)])
        if not has_errors(diagnostics):
            diagnostics.extend(self.bundle.extend(own))
        return (
            SpanTypeNames(names.class_name, names.module, str(classes["Params"]), classes["Result"]),
            own,
            diagnostics,
        )

    def add_shared(self, names: Iterable[str]) -> list[str]:
        """Bundle shared types, and those that they refer to; returns all of them, sorted."""
        found = set[str]()
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found.add(name)
            if name not in self.bundled_shared:
                self.bundled_shared[name] = bundled = bundle_schema(
                    self.shared_unit(name), assert_formats=self.assert_formats
                )
                self.bundle.extend(bundled.value)
            pending.extend(self.bundled_shared[name].value.shared)
        return sorted(found)

    def shared_unit(self, name: str) -> Unit:
        shared = self.shared.types[name]
        classes = self.shared.classes_by_pointer
        return Unit(
            name,
            self.shared.document,
            shared.place,
            shared.pointer,
            classes,
            self.shared.reserved[name],
            self.refs,
        )

    def generate_models(self, groups: Sequence[list[str]]) -> Checked[ModelSet]:
        """Run the model generator on the definitions of all modules, and report its warnings and errors."""
        if not groups:
            return Checked(ModelSet())
        own = [name for names in groups for name in names]
        bundle = self.bundle
        places = {name: bundle.definitions[name].place for name in own}
        first = next(iter(places.values()))
        chosen = chosen_names([bundle.definitions[name] for name in bundle.definitions])
        try:
            models = generate_models([bundle.document(bundle.definitions)], chosen.value)
        except ValueError as error:
            return Checked(ModelSet(), list(self.refusals(groups)) or [_refusal(error, first)])
        warnings = [
            MODEL_GENERATOR_FAILED.at(first, f"the model generator warns: {text}", Severity.WARNING)
            for text in models.warnings
        ]
        missing = [
            MODEL_GENERATOR_FAILED.at(places[name], f"the model generator wrote no class {name} for this schema")
            for name in places.keys() - models.models.keys()
        ]
        own_names = set(own)
        problems = chosen_names([bundle.definitions[name] for name in own]).diagnostics
        given = [
            given_name(bundle.definitions[name], wire_name, made)
            for name, wire_name, made in models.given
            if name in own_names
        ]
        return Checked(models, [*warnings, *missing, *problems, *given])

    def refusals(self, groups: Sequence[list[str]]) -> Iterator[Diagnostic]:
        """Find the modules that the model generator refuses: it stops at the first one, and names no place."""
        for names in groups:
            shared = {each for name in self.bundled_shared for each in self.bundled_shared[name].value.definitions}
            try:
                generate_models([self.bundle.document(dict.fromkeys([*names, *shared]))], {})
            except ValueError as error:
                yield _refusal(error, self.bundle.definitions[names[0]].place)

    def plans(self, bundled: Sequence[_Bundled], models: ModelSet) -> Checked[list[tuple[_Bundled, ModulePlan]]]:
        """Plan the modules; those with errors are left out."""
        plans: list[tuple[_Bundled, ModulePlan]] = []
        diagnostics: list[Diagnostic] = []
        checked_classes = {each.definition for each in self.bundle.untyped_keywords}
        order = {name: index for index, name in enumerate(models.models)}
        for each in bundled if models.models else ():
            own = [models.models[name] for name in sorted(each.classes, key=order.__getitem__)]
            shared = [
                (models.models[name], self.shared.types[owner].module)
                for owner in each.shared
                for name in self.bundled_shared[owner].value.definitions
            ]
            plan, found = self.plan(each, ModuleModels(own, shared, self.bundle, checked_classes))
            diagnostics.extend(found)
            if not has_errors(found):
                plans.append((each, plan))
        return Checked(plans, diagnostics)

    def plan(self, each: _Bundled, models: ModuleModels) -> Checked[ModulePlan]:
        if isinstance(each.task, Task) and each.task.inlined is not None and each.names is not None:
            return plan_span_type(each.task.inlined, each.names, models)
        shared = self.shared.types[str(each.task.name)] if isinstance(each.task, SharedTask) else None
        assert shared is not None  # noqa: S101  # a task is one of the two
        schema = self.shared.document.with_member("$ref", f"#{shared.pointer}")
        return plan_shared_type(shared.name, shared.module, schema, models)


def _has_notes(problems: Sequence[Diagnostic]) -> bool:
    return any(each.code == NAME_COLLISION.code for each in problems)


def _payload_class(name: str, schema: ObjectNode, reserved: ReservedNames) -> str:
    """The class of a payload: the one that its schema chooses, or else `AgentLlmParams`, if no span type has it."""
    chosen = chosen_class(schema)
    if chosen is not None and not reserved.has(chosen):
        return chosen
    names = chain([name, f"{name}Model"], (f"{name}Model{number}" for number in count(2)))
    return next(each for each in names if not reserved.has(each))


def _problems(task: Task) -> list[Diagnostic]:
    written, inlined = task.written, task.inlined
    problems = schema_problems(written.params, inlined.params if inlined is not None else None)
    if written.result is not None:
        problems.extend(schema_problems(written.result, inlined.result if inlined is not None else None))
    if inlined is not None and task.names is not None and not has_errors(problems):
        problems.extend(lint_definition(inlined, assert_formats=task.assert_formats))
    return problems


def _text(plan: ModulePlan) -> str:
    text = render_module(plan)
    compile(text, plan.module, "exec", dont_inherit=True)
    return text


def _module(bundled: _Bundled, plan: ModulePlan, text: str) -> GeneratedModule:
    task = bundled.task
    digest = "" if bundled.has_notes else _digest_of(task)  # notes on names are only found by compiling
    origin = CachedModule(digest, bundled.has_no_diagnostics)
    helper = plan.helper
    names = (helper.class_name, helper.schema_name) if helper is not None else ("", "")
    return GeneratedModule(plan.module, plan.exports, text, origin, *names)


def _digest_of(task: Task | SharedTask) -> str:
    if isinstance(task, SharedTask):
        return shared_digest(task.shared, task.name)
    if task.inlined is None or task.names is None:
        return ""
    return definition_digest(task.inlined, task.names, task.reserved, task.shared)


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


def _refusal(error: ValueError, place: Place) -> Diagnostic:
    return MODEL_GENERATOR_FAILED.at(place, f"the model generator refuses the schema: {error}")
