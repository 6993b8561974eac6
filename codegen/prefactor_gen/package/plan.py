"""Decides what each generated module holds, as the intermediate representation."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import names_made_of
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED, NAME_COLLISION
from prefactor_gen.documents.nodes import ObjectNode, from_python
from prefactor_gen.json_schema.keywords import CLASS
from prefactor_gen.json_schema.redaction_rules import RedactedPlaces, compile_redaction, mentions_redaction
from prefactor_gen.models.bundle import Bundle
from prefactor_gen.models.model_reader import Model, ModelField
from prefactor_gen.package.documentation import (
    SchemaTexts,
    deprecation_message,
    members_text,
    payload_name,
    payload_text,
    place_text,
    span_type_text,
)
from prefactor_gen.package.imports import taken_names, undefined_names, with_imports
from prefactor_gen.package.literals import docstring, python_literal, quote
from prefactor_gen.package.representation import (
    DictPlan,
    FieldPlan,
    HelperPlan,
    MethodPlan,
    ModelPlan,
    ModulePlan,
    NamedTypePlan,
    Parameter,
)
from prefactor_gen.package.type_expressions import (
    distinguished,
    field_type,
    input_type,
    is_object_type,
    literal_texts,
    names_in,
    option_names,
)

__all__ = ["ModuleModels", "SpanTypeNames", "plan_shared_type", "plan_span_type"]

_EMPTY_NAME_NOTE = "pyright: ignore[reportGeneralTypeIssues]  # JSON has empty names"
_METHOD_NOTE = "type: ignore[assignment]  # the field hides the method"
_EXTRA_NOTE = "pyright: ignore[reportIncompatibleVariableOverride]  # as pydantic documents it"

_OTHERS = "*"  # prefactor_core._typed.models.OTHERS
# The names in type expressions whose values contain no objects but those of other names.
_WITHOUT_OBJECTS = frozenset({
    "Annotated", "Field", "JsonBoolean", "JsonInteger", "JsonLiteral", "JsonNumber", "JsonPattern", "Literal",
    "MISSING", "None", "Tag", "UUID", "bool", "date", "datetime", "float", "int", "list", "str", "time", "tuple",
})  # fmt: skip


def plan_span_type(definition: SpanTypeDefinition, names: SpanTypeNames, models: ModuleModels) -> Checked[ModulePlan]:
    """Decide what the module of one span type holds.

    Args:
        definition: the span type.
        names: the names of its classes, and its module.
        models: its models, with those of its params and its result.
    """
    return _SpanPlanner(definition, names, models).plan()


def plan_shared_type(name: str, module: str, schema: ObjectNode, models: ModuleModels) -> Checked[ModulePlan]:
    """Decide what the module of a shared type holds.

    Args:
        name: its class.
        module: its module, without `.py`.
        schema: a self-contained schema of its values.
        models: its models.
    """
    planner = _TypesPlanner(module, models, {name: schema})
    planner.shared_type = name
    plan = planner.module_plan(None)
    return Checked(plan, list(planner.name_problems(plan, models.bundle.definitions[name].place)))


@dataclass(frozen=True)
class SpanTypeNames:
    """The Python names of a span type.

    Attributes:
        module: its module, without `.py`.
        result: None if it has no result schema.
    """

    class_name: str
    module: str
    params: str
    result: str | None


@dataclass(frozen=True)
class ModuleModels:
    """The models of a module.

    Attributes:
        own: the models that the module defines.
        shared: those that other modules define, each with its module.
        bundle: the bundle that their schemas were put into.
        checked_classes: the names of the classes whose values are checked against their schemas too, because types
            cannot express all keywords.
    """

    own: Sequence[Model]
    shared: Sequence[tuple[Model, str]]
    bundle: Bundle
    checked_classes: AbstractSet[str]


class _TypesPlanner:
    """Plans the types of a module.

    Args:
        module: its name.
        models: its models.
        schemas: the schema of each payload, by class name.
    """

    def __init__(self, module: str, models: ModuleModels, schemas: Mapping[str, ObjectNode]) -> None:
        self.module = module
        self.bundle = models.bundle
        self.checked_classes = models.checked_classes
        self.models = models.own
        self.modules = {model.name: f".{module}" for model, module in models.shared}
        self.by_name = {model.name: model for model in (*models.own, *(model for model, _ in models.shared))}
        self.roots: set[str] = set()
        self.shared_type: str | None = None
        self.constants = {model.name: _constants(model) for model in self.by_name.values() if model.alias is None}
        self.texts = {payload: SchemaTexts(schema) for payload, schema in schemas.items()}
        self.property_texts: dict[tuple[str, str], str | None] = {}
        self.redacted = {
            payload: RedactedPlaces(schema) for payload, schema in schemas.items() if mentions_redaction(schema)
        }

    @cached_property
    def inputs(self) -> dict[str, str]:
        return {model.name: self.input_name(model) for model in self.by_name.values()}

    def module_plan(self, helper: HelperPlan | None) -> ModulePlan:
        shared_names = {made: module for name, module in self.modules.items() for made in names_made_of(name)}
        plan = ModulePlan(
            module=self.module,
            models=tuple(self.model(model) for model in self.models if not self.is_named_type(model)),
            types=tuple(self.types()),
            dicts=tuple(self.dict(model) for model in self.models if model.alias is None),
            helper=helper,
            shared_names=shared_names,
        )
        return with_imports(plan)

    def schema_argument(self, payload: str) -> tuple[str, ...]:  # noqa: ARG002  # subclasses use it
        """What names the schema of a payload for `SchemaPart`: nothing for the document of shared types."""
        return ()

    def is_named_type(self, model: Model) -> bool:
        return model.alias is not None and model.name not in self.roots

    def model(self, model: Model) -> ModelPlan:
        doc = docstring(self.class_text(model.name))
        part = self.schema_part(model.name)
        if model.alias is not None:
            root = FieldPlan("root", field_type(model.alias, self.constants))
            base = "PayloadRoot" if part is None else "CheckedRoot"
            return ModelPlan(model.name, base, doc, (), (root,), part, self.redacted_names(model), self.as_dict(model))
        config = [f"extra={quote(model.extra)}"] if model.extra and model.extra != "allow" else []
        fields = [self.field(model.name, item) for item in model.fields]
        if model.extra_type is not None:
            extra = f"dict[str, {field_type(model.extra_type, self.constants)}]"
            fields.insert(0, FieldPlan("__pydantic_extra__", extra, note=_EXTRA_NOTE))
        base = "PayloadModel" if part is None else "CheckedModel"
        redacted = self.redacted_names(model)
        return ModelPlan(model.name, base, doc, tuple(config), tuple(fields), part, redacted, self.as_dict(model))

    def as_dict(self, model: Model) -> str | None:
        """The type of `to_dict()`; None if a field hides the method, or the condition under which it is declared."""
        if any(item.name in {"to_dict", "TYPE_CHECKING"} for item in model.fields):
            return None
        return self.inputs[model.name] if model.alias is None else input_type(model.alias, self.inputs)

    def redacted_names(self, model: Model) -> str | None:
        """The names that the repr of a model hides: those of fields whose value is redacted, or shows one that is."""
        bundled = self.bundle.definitions[model.name]
        places = self.redacted.get(bundled.payload)
        if places is None:
            return None
        pointer = bundled.pointer
        if model.alias is not None:
            return '("root",)' if self.shows_redacted(places, [pointer], model.alias) else None
        hides_all = places.is_inside(pointer) or not places.has(pointer)  # what is merged is not looked into
        names = [
            item.name
            for item in model.fields
            if hides_all
            or places.is_one_of_several(pointer, item.wire_name)
            or self.shows_redacted(places, places.member(pointer, item.wire_name), item.annotation)
        ]
        # With a hidden field, the others are hidden too: a misspelled name is one of them.
        if model.extra != "forbid" and (hides_all or names or places.others(pointer)):
            names.append(_OTHERS)
        return f"({', '.join(map(quote, names))}{',' if len(names) == 1 else ''})" if names else None

    def is_redacted(self, model: str, wire_name: str) -> bool:
        """Whether a property is redacted, or holds something that is."""
        bundled = self.bundle.definitions[model]
        places = self.redacted.get(bundled.payload)
        if places is None:
            return False
        pointer = bundled.pointer
        return places.is_inside(pointer) or not places.has(pointer) or bool(places.member(pointer, wire_name))

    def shows_redacted(self, places: RedactedPlaces, at: Sequence[str], annotation: ast.expr) -> bool:
        """Whether the repr of a value shows a redacted one: models inside it hide theirs, but dicts do not."""
        live = [place for place in at if places.is_live(place)]
        if not live or places.is_shown_by_containers(live):
            return bool(live)
        return not self.is_of_models(annotation, set())

    def is_of_models(self, annotation: ast.expr, seen: set[str]) -> bool:
        """Whether each object in the values of a type is an instance of a model."""
        for name in names_in(ast.unparse(annotation)) - _WITHOUT_OBJECTS - seen:
            model = self.by_name.get(name)
            if model is None:
                return False
            seen.add(name)
            if model.alias is not None and not self.is_of_models(model.alias, seen):
                return False
        return True

    def schema_part(self, name: str) -> str | None:
        """The part of the schema that values are checked against, if types cannot express all of its keywords."""
        if name not in self.checked_classes:
            return None
        bundled = self.bundle.definitions[name]
        arguments = [quote(text) for text in (*self.schema_argument(bundled.payload), bundled.pointer)]
        name = "SchemaPart" if len(arguments) > 1 else "SharedSchemaPart"
        return f"{name}(__package__, {', '.join(arguments)})"

    def field(self, model: str, item: ModelField) -> FieldPlan:
        alias = item.wire_name if item.wire_name != item.name else None
        default = None if item.required else "MISSING"
        return FieldPlan(
            item.name,
            field_type(item.annotation, self.constants, alias),
            self.property_doc(model, item.wire_name),
            default,
            _METHOD_NOTE if item.name == "to_dict" else None,
        )

    def types(self) -> Iterator[NamedTypePlan]:
        for model in self.models:
            if model.alias is None:
                continue
            if self.is_named_type(model):
                part = self.schema_part(model.name)
                value = field_type(model.alias, self.constants)
                checked = f"Annotated[{value}, _{model.name}Schema]"
                yield NamedTypePlan(model.name, value if part is None else checked, schema_part=part)
            name = self.inputs[model.name]
            if name != model.name and (self.is_named_type(model) or name in self.mentioned_inputs()):
                yield NamedTypePlan(name, input_type(model.alias, self.inputs), is_input=True)

    def mentioned_inputs(self) -> frozenset[str]:
        """The names in the types that a caller passes for the parts of a payload."""
        annotations = [item.annotation for model in self.models for item in model.fields]
        annotations += [model.alias for model in self.models if model.alias is not None]
        return frozenset[str]().union(*(names_in(input_type(each, self.inputs)) for each in annotations))

    def input_name(self, model: Model) -> str:
        """The type that a caller passes: a dict for a class, the input type for a named type.

        The dict alone: in a union with the class, type checkers do not say which key of a literal is wrong.
        """
        if model.alias is None:
            return f"{model.name}Dict"
        if model.name in self.roots or model.name in self.modules or model.name == self.shared_type:
            return f"{model.name}Input"
        mentioned = names_in(input_type(model.alias, {}))
        changes = mentioned & {
            "ArrayOf",
            "Mapping",
            "object",
            "datetime",
            "date",
            "time",
            "UUID",
            "tuple",
            *self.by_name,
        }
        return f"{model.name}Input" if changes else model.name

    def dict(self, model: Model) -> DictPlan:
        fields = model.fields
        functional = any(not item.wire_name.isidentifier() or item.wire_name != item.name for item in fields)
        entries = tuple(
            FieldPlan(
                quote(item.wire_name) if functional else item.name,
                self.dict_entry(item),
                None if functional else self.property_doc(model.name, item.wire_name),
                note=None if item.wire_name else _EMPTY_NAME_NOTE,
            )
            for item in fields
        )
        doc = f"{model.name} as a dict."
        if functional:
            texts = ((item.wire_name, self.property_text(model.name, item.wire_name)) for item in fields)
            doc = members_text(doc, "Keys", texts)
        return DictPlan(f"{model.name}Dict", docstring(doc, "" if functional else "    "), functional, entries)

    def dict_entry(self, item: ModelField) -> str:
        text = self.keyword_type(item)
        return text if item.required else f"NotRequired[{text}]"

    def keyword_type(self, item: ModelField) -> str:
        return input_type(item.annotation, self.inputs).removesuffix(" | MISSING")

    def property_text(self, model: str, wire_name: str) -> str | None:
        """What the schema of a property of a model says."""
        key = (model, wire_name)
        if key not in self.property_texts:
            bundled, shows_values = self.bundle.definitions[model], not self.is_redacted(model, wire_name)
            texts = self.texts[bundled.payload]
            text = texts.of_member(bundled.origin, bundled.pointer, wire_name, shows_values=shows_values)
            self.property_texts[key] = text
        return self.property_texts[key]

    def property_doc(self, model: str, wire_name: str) -> str | None:
        text = self.property_text(model, wire_name)
        return docstring(text) if text else None

    def class_text(self, model: str) -> str:
        """What the schema of a model says, or else where the model belongs."""
        bundled = self.bundle.definitions[model]
        own = self.texts[bundled.payload].of_class(bundled.origin)
        if own is None and model == bundled.payload:
            return f"{model}, which several span types share."
        pointer = bundled.pointer.removeprefix(self.bundle.definitions[bundled.payload].pointer)
        return own or place_text(f"`{bundled.payload}`", pointer)

    @staticmethod
    def name_problems(plan: ModulePlan, place: Place) -> Iterator[Diagnostic]:
        """Report what would be a fault of ours: names are chosen so that it cannot happen."""
        for name in taken_names(plan):
            yield NAME_COLLISION.at(place, f"the generated name {name} is already used; choose another by {CLASS}")
        for name in undefined_names(plan):
            yield MODEL_GENERATOR_FAILED.at(place, f"the model generator uses {name}, which is not defined")


class _SpanPlanner(_TypesPlanner):
    def __init__(self, definition: SpanTypeDefinition, names: SpanTypeNames, models: ModuleModels) -> None:
        payloads = {names.params: definition.params, names.result: definition.result}
        schemas = {name: source.schema for name, source in payloads.items() if name is not None and source is not None}
        super().__init__(names.module, models, schemas)
        self.definition = definition
        self.names = names
        self.roots = {name for name in schemas if name in self.by_name}

    def plan(self) -> Checked[ModulePlan]:
        params, result = self.names.params, self.names.result
        helper = HelperPlan(
            class_name=self.names.class_name,
            schema_name=quote(self.definition.name),
            doc=docstring(span_type_text(self.definition)),
            params_class=params,
            params_input=self.root_input(params),
            result_class=result or "EmptyResult",
            result_input=self.root_input(result) if result is not None else "EmptyResult",
            start=self.method(params, "Start the span with its params."),
            complete=self.method(
                result,
                "Finish the span as `complete` with its result.",
                "Collect a part of the result for the finish.",
            ),
            redacted=self.redaction_rules(),
            json_names=self.json_names(),
            deprecated=quote(message) if (message := deprecation_message(self.definition)) else None,
        )
        plan = self.module_plan(helper)
        return Checked(plan, list(self.name_problems(plan, self.definition.place)))

    def class_text(self, model: str) -> str:
        bundled = self.bundle.definitions[model]
        part = "params" if bundled.payload == self.names.params else "result"
        own = self.texts[bundled.payload].of_class(bundled.origin)
        if model in self.roots:
            return payload_text(self.definition, part, own)
        return own or place_text(payload_name(self.definition, part), bundled.pointer)

    def schema_argument(self, payload: str) -> tuple[str, ...]:
        key = "params_schema" if payload == self.names.params else "result_schema"
        return self.definition.name, key

    def redaction_rules(self) -> str | None:
        schemas = {"params": self.definition.params, "result": self.definition.result}
        rules = {part: compile_redaction(source.schema) for part, source in schemas.items() if source is not None}
        needed = {part: each for part, each in rules.items() if each}
        return python_literal(from_python(needed, self.definition.place), 1) if needed else None

    def json_names(self) -> str | None:
        """The names of the properties of params and result, where their keywords are others."""
        models = {"params": self.names.params, "result": self.names.result}
        names = {
            part: {item.name: item.wire_name for item in self.by_name[name].fields if item.name != item.wire_name}
            for part, name in models.items()
            if name in self.by_name
        }
        needed = {part: each for part, each in names.items() if each}
        return python_literal(from_python(needed, self.definition.place), 1) if needed else None

    def root_input(self, name: str) -> str:
        model = self.by_name[name]
        if _accepts_any_keyword(model):
            return f"{name} | Mapping[str, object]"
        literals = self.inputs[name] if model.alias is None else input_type(model.alias, self.inputs)
        return " | ".join([name, *self.option_classes(model, {name}), literals])

    def option_classes(self, model: Model, seen: set[str]) -> Iterator[str]:
        """The classes of the objects that a payload may be, if it may be one of several."""
        for name in option_names(model.alias) if model.alias is not None else ():
            option = self.by_name.get(name)
            if option is not None and name not in seen:
                seen.add(name)
                yield from [name] if option.alias is None else self.option_classes(option, seen)

    def method(self, name: str | None, doc: str, partial_doc: str = "") -> MethodPlan:
        model = self.by_name.get(name or "")
        fields = model.fields if model is not None and model.alias is None else ()
        parameters = tuple(map(self.parameter, fields))
        any_keyword = None
        if model is not None and (model.alias is not None or _accepts_any_keyword(model)):
            any_keyword = self.any_keyword(model)
        receiver = "self" if all(item.name != "self" for item in fields) else "_self"
        variants = (
            tuple(self.variants(model, receiver)) if model is not None and any_keyword in {None, "object"} else ()
        )
        names = {item.name: item.wire_name for item in fields} or {
            item.name: item.name for each in variants for item in each
        }
        texts = [
            (key, self.keyword_text(model.name, key, wire_name))
            for key, wire_name in names.items()
            if model is not None
        ]
        full, partial = (docstring(members_text(first, "Args", texts), "        ") for first in (doc, partial_doc))
        return MethodPlan(receiver, parameters, any_keyword, full, partial, variants)

    def keyword_text(self, model: str, keyword: str, wire_name: str) -> str | None:
        """What the docstring of a method says about a keyword, and its name in the payload if that is another one."""
        text = self.property_text(model, wire_name)
        if keyword == wire_name:
            return text
        return f"Sent as `{wire_name}`.{f' {text}' if text else ''}"

    def variants(self, model: Model, receiver: str) -> Iterator[tuple[Parameter, ...]]:
        """The keywords of each object that a payload may be, if a constant property distinguishes them."""
        own_names = {item.wire_name: item.name for item in model.fields}
        for each in model.variants if receiver == "self" else ():
            yield tuple(self.parameter(replace(item, name=own_names[item.wire_name])) for item in each)
        seen: set[str] = set()
        while isinstance(model.alias, ast.Name) and model.alias.id in self.by_name.keys() - seen:
            seen.add(model.name)
            model = self.by_name[model.alias.id]
        names = distinguished(model.alias, self.constants) if model.alias is not None else []
        if not self.modules.keys().isdisjoint(names):  # the fields of shared types are not known here
            return
        fields = [self.by_name[name].fields for name in names]
        if all(item.name == item.wire_name != "self" for each in fields for item in each):
            yield from (tuple(self.parameter(item) for item in each) for each in fields)

    def parameter(self, item: ModelField) -> Parameter:
        aliases = {name: model.alias for name, model in self.by_name.items()}
        return Parameter(item.name, self.keyword_type(item), item.required, is_object_type(item.annotation, aliases))

    def any_keyword(self, model: Model) -> str:
        """The type of every keyword if the payload is a map: the type of its values."""
        text = input_type(model.alias, self.inputs) if model.alias is not None else ""
        match ast.parse(text).body:
            case [ast.Expr(ast.Subscript(ast.Name("Mapping"), ast.Tuple([_, value])))]:
                return ast.unparse(value)
        return "object"


def _constants(model: Model) -> dict[str, frozenset[str]]:
    """The required properties that are constant texts: their names, which are the same on the wire, and the texts."""
    constant = {item.name: literal_texts(item.annotation) for item in model.fields if item.required}
    wire_names = {item.name: item.wire_name for item in model.fields}
    return {name: texts for name, texts in constant.items() if texts and wire_names[name] == name}


def _accepts_any_keyword(model: Model) -> bool:
    """Whether the schema names no properties and allows any, so that every keyword is accepted."""
    return model.alias is None and not model.fields and model.extra != "forbid"
