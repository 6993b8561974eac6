"""Checks and compiles some span types and shared types: from their definitions to the source text of their modules.

A module depends on no other span type, so that several processes can share the work. What it refers to of shared types
is known by its interface. `stages.py` finds names that clash between modules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.reserved_names import ReservedNames
from prefactor_gen.definitions.shared_types import SharedTypes
from prefactor_gen.definitions.span_names import SpanNames
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, Severity, has_errors
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED, NAME_COLLISION, stops
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.models.bundle import Bundle
from prefactor_gen.models.chosen_names import chosen_names, given_name
from prefactor_gen.models.class_names import chosen_class
from prefactor_gen.models.field_names import is_field_name
from prefactor_gen.models.model_generator import Document, generate_models, plain_field_name
from prefactor_gen.models.model_reader import Model, ModelField, ModelSet, has_bare_container
from prefactor_gen.models.nesting import References, references_in
from prefactor_gen.models.schema_bundler import Unit, bundle_schema
from prefactor_gen.models.shared_interface import SharedInterface, shared_interface
from prefactor_gen.package.plan import ModuleModels, SpanTypeNames, plan_shared_type, plan_span_type
from prefactor_gen.package.render import render_module
from prefactor_gen.package.representation import ModulePlan
from prefactor_gen.pipeline.cache import CachedModule
from prefactor_gen.pipeline.reuse import GeneratedModule, definition_digest, shared_digest
from prefactor_gen.pipeline.source_definitions import span_type_problems

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
        references: the types that each class refers to, where shared types are among them.
        has_generator_warnings: the model generator gave a warning.
    """

    modules: list[GeneratedModule] = field(default_factory=list)
    classes: dict[str, Place] = field(default_factory=dict)
    untyped_places: set[Place] = field(default_factory=set)
    references: dict[str, References] = field(default_factory=dict)
    has_generator_warnings: bool = False


@dataclass(frozen=True)
class _Bundled:
    """A span type or a shared type whose schemas are in the bundle.

    Attributes:
        classes: the names of its classes.
        shared: the shared types that it refers to.
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
        bundle: the definitions of all modules.
        interfaces: what is known of the shared types that the modules refer to.
    """

    def __init__(self, tasks: Sequence[Task | SharedTask]) -> None:
        self.tasks = tasks
        self.assert_formats = any(task.assert_formats for task in tasks)
        self.shared = tasks[0].shared if tasks else SharedTypes(ObjectNode(place=Place("")))
        self.bundle = Bundle(self.assert_formats)
        self.interfaces: dict[str, SharedInterface] = {}
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
        needs_text = not stops(diagnostics)
        noted = {name for name, _, _ in models.given}
        plans = [
            (replace(each, has_notes=each.has_notes or not noted.isdisjoint(each.classes)), plan)
            for each, plan in plans
        ]
        modules = [self.module(each, plan, _text(plan) if needs_text else "") for each, plan in plans]
        classes = {name: self.bundle.definitions[name].place for each in bundled for name in each.classes}
        untyped_places = {each.place for each in self.bundle.untyped_keywords}
        references = {name: found for module in modules for name, found in module.origin.references.items()}
        return Checked(Compiled(modules, classes, untyped_places, references, bool(models.warnings)), diagnostics)

    def bundled(self, task: Task | SharedTask) -> Checked[_Bundled | None]:
        if isinstance(task, SharedTask):
            own, problems = bundle_schema(self.shared_unit(task.name), assert_formats=self.assert_formats)
            # What is wrong with the schema itself is reported for each payload that uses it.
            problems = [*problems, *self.bundle.extend(own)]
            names = None
        else:
            problems = _problems(task)
            if task.inlined is None or task.names is None or stops(problems):
                return Checked(None, problems)
            names, own, found = self.bundle_payloads(task, task.inlined, task.names)
            problems.extend(found)
            for root in (names.params, names.result):
                if root is not None and not stops(problems):
                    problems.extend(self.bundle.nesting_problems(root))
        if stops(problems):
            return Checked(None, problems)
        for name in own.shared:
            if name not in self.interfaces:
                schema = self.refs.schema_at(self.shared.types[name].pointer)
                self.interfaces[name] = shared_interface(schema, self.refs)
        classes, shared = [*own.definitions], sorted(own.shared)
        return Checked(_Bundled(task, classes, shared, not problems, _has_notes(problems), names), problems)

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
        bundle = self.bundle
        places = {name: bundle.definitions[name].place for names in groups for name in names}
        first = next(iter(places.values()))
        chosen = chosen_names([bundle.definitions[name] for name in places])
        try:
            models = generate_models([self.document(names) for names in groups], chosen.value)
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
        for name in places.keys() & models.models.keys() & bundle.variants.keys():
            fields = tuple(models.models.pop(variant).fields for variant in bundle.variant_names(name))
            models.models[name] = replace(models.models[name], variants=fields)
        models.given = [each for each in models.given if each[0] in places]
        given = [given_name(bundle.definitions[name], wire_name, made) for name, wire_name, made in models.given]
        return Checked(models, [*warnings, *missing, *chosen.diagnostics, *given])

    def document(self, names: Iterable[str]) -> Document:
        """The document of some definitions, in which a small type stands for each shared type."""
        document = self.bundle.document(names)
        for name, interface in self.interfaces.items():
            if name not in self.bundle.definitions:
                document["$defs"][name] = interface.view(self.shared.types[name].place)
        return document

    def refusals(self, groups: Sequence[list[str]]) -> Iterator[Diagnostic]:
        """Find the modules that the model generator refuses: it stops at the first one, and names no place."""
        everything = self.bundle.definitions
        stubs = {name: each.view(self.shared.types[name].place) for name, each in self.interfaces.items()}
        for names in groups:
            document = self.document(names)
            document["$defs"] |= {
                name: view for name, view in stubs.items() if name not in names and name in everything
            }
            try:
                generate_models([document], {})
            except ValueError as error:
                yield _refusal(error, everything[names[0]].place)

    def plans(self, bundled: Sequence[_Bundled], models: ModelSet) -> Checked[list[tuple[_Bundled, ModulePlan]]]:
        """Plan the modules; those with errors are left out."""
        plans: list[tuple[_Bundled, ModulePlan]] = []
        diagnostics: list[Diagnostic] = []
        checked_classes = {each.definition for each in self.bundle.untyped_keywords}
        checked_classes |= {model.name for model in models.models.values() if has_bare_container(model)}
        for each in bundled if models.models else ():
            classes = {*each.classes}
            own = [models.models[name] for name in sorted(classes & models.models.keys())]
            shared = [(_stub(name, self.interfaces[name]), self.shared.types[name].module) for name in each.shared]
            if isinstance(each.task, SharedTask):
                diagnostics.extend(self.unexpected(each.task.name, models))
            plan, found = self.plan(each, ModuleModels(own, shared, self.bundle, checked_classes))
            diagnostics.extend(found)
            if not has_errors(found):
                plans.append((each, plan))
        return Checked(plans, diagnostics)

    def unexpected(self, name: str, models: ModelSet) -> Iterator[Diagnostic]:
        """Report a shared type that is not what other modules take it for, which would be a fault of ours."""
        schema = self.refs.schema_at(self.shared.types[name].pointer)
        if name in models.models and shared_interface(schema, self.refs).is_class != (
            models.models[name].alias is None
        ):
            message = f"the type {name} is not what the modules that refer to it expect"
            yield MODEL_GENERATOR_FAILED.at(self.shared.types[name].place, message)

    def plan(self, each: _Bundled, models: ModuleModels) -> Checked[ModulePlan]:
        if isinstance(each.task, Task) and each.task.inlined is not None and each.names is not None:
            return plan_span_type(each.task.inlined, each.names, models)
        shared = self.shared.types[str(each.task.name)] if isinstance(each.task, SharedTask) else None
        assert shared is not None  # noqa: S101  # a task is one of the two
        schema = self.shared.document.with_member("$ref", f"#{shared.pointer}")
        return plan_shared_type(shared.name, shared.module, schema, models)

    def module(self, bundled: _Bundled, plan: ModulePlan, text: str) -> GeneratedModule:
        task = bundled.task
        digest = "" if bundled.has_notes else _digest_of(task)  # notes on names are only found by compiling
        needed = bundled.classes if bundled.shared or isinstance(task, SharedTask) else []
        references = {name: references_in(self.bundle.definitions[name].view) for name in needed}
        origin = CachedModule(digest, bundled.has_no_diagnostics, references)
        helper = plan.helper
        names = (helper.class_name, helper.schema_name) if helper is not None else ("", "")
        return GeneratedModule(plan.module, plan.exports, text, origin, *names)


def _stub(name: str, interface: SharedInterface) -> Model:
    """What stands for the model of another module."""
    if not interface.is_class:
        return Model(name, alias=ast.Name("object"))
    fields = [
        ModelField(key, key, ast.parse(f"Literal{texts!r}", mode="eval").body, required=True)
        for key, texts in interface.constants.items()
        if is_field_name(key, plain_field_name)
    ]
    return Model(name, tuple(fields))


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
    is_named = task.names is not None
    return span_type_problems(task.written, task.inlined, is_named=is_named, assert_formats=task.assert_formats)


def _text(plan: ModulePlan) -> str:
    text = render_module(plan)
    compile(text, plan.module, "exec", dont_inherit=True)
    return text


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
