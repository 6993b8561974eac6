"""Decides what each generated module holds, as the intermediate representation."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.python_names import class_name, module_name
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED, NAME_COLLISION
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, from_python
from prefactor_gen.json_schema.redaction_rules import RedactedPlaces, compile_redaction, mentions_redaction
from prefactor_gen.models.bundle import Bundle
from prefactor_gen.models.model_reader import Model, ModelField
from prefactor_gen.package.imports import taken_names, undefined_names, with_imports
from prefactor_gen.package.literals import docstring, python_literal, quote
from prefactor_gen.package.representation import (
    DictPlan,
    FieldPlan,
    MethodPlan,
    ModelPlan,
    NamedTypePlan,
    Parameter,
    SpanPlan,
)
from prefactor_gen.package.type_expressions import distinguished, field_type, input_type, literal_texts, names_in

__all__ = ["plan_span_type"]

_EMPTY_NAME_NOTE = "pyright: ignore[reportGeneralTypeIssues]  # JSON has empty names"
_EXTRA_NOTE = "pyright: ignore[reportIncompatibleVariableOverride]  # as pydantic documents it"

_OTHERS = "*"  # prefactor_core._typed.models.OTHERS
# The names in type expressions whose values contain no objects but those of other names.
_WITHOUT_OBJECTS = frozenset({
    "Annotated", "Field", "JsonBoolean", "JsonInteger", "JsonLiteral", "JsonNumber", "JsonPattern", "Literal",
    "MISSING", "None", "Tag", "UUID", "bool", "date", "datetime", "float", "int", "list", "str", "time", "tuple",
})  # fmt: skip


def plan_span_type(
    definition: SpanTypeDefinition, bundle: Bundle, models: Sequence[Model], checked_classes: AbstractSet[str]
) -> Checked[SpanPlan]:
    """Decide what the module of one span type holds.

    Args:
        definition: the span type.
        bundle: the bundle that its schemas were put into.
        models: the models of the span type, with those of its params and its result.
        checked_classes: the names of the classes whose values are checked against their schemas too, because types
            cannot express all keywords.
    """
    return _SpanPlanner(definition, bundle, models, checked_classes).plan()


class _SpanPlanner:
    def __init__(
        self, definition: SpanTypeDefinition, bundle: Bundle, models: Sequence[Model], checked_classes: AbstractSet[str]
    ) -> None:
        self.definition = definition
        self.bundle = bundle
        self.class_name = class_name(definition.name)
        self.params = f"{self.class_name}Params"
        self.result = f"{self.class_name}Result"
        self.checked_classes = checked_classes
        self.models = models
        self.by_name = {model.name: model for model in self.models}
        self.roots = {name for name in (self.params, self.result) if name in self.by_name}
        self.constants = {model.name: _constants(model) for model in self.models if model.alias is None}
        schemas = {self.params: definition.params, self.result: definition.result}
        self.redacted = {
            payload: RedactedPlaces(source.schema)
            for payload, source in schemas.items()
            if source is not None and mentions_redaction(source.schema)
        }
        self.inputs = {model.name: self.input_name(model) for model in self.models}

    def plan(self) -> Checked[SpanPlan]:
        has_result = self.result in self.by_name
        plan = SpanPlan(
            module=module_name(self.definition.name),
            class_name=self.class_name,
            schema_name=quote(self.definition.name),
            doc=docstring(self.doc()),
            imports=(),
            models=tuple(self.model(model) for model in self.models if not self.is_named_type(model)),
            types=tuple(self.types()),
            dicts=tuple(self.dict(model) for model in self.models if model.alias is None),
            params_class=self.params,
            params_input=self.root_input(self.params),
            result_class=self.result if has_result else "EmptyResult",
            result_input=self.root_input(self.result) if has_result else "EmptyResult",
            start=self.method(self.params, "Start the span with its params."),
            complete=self.method(
                self.result,
                "Finish the span as `complete` with its result.",
                "Collect a part of the result for the finish.",
            ),
            redacted=self.redaction_rules(),
        )
        plan = with_imports(plan)
        return Checked(plan, list(self.name_problems(plan)))

    def redaction_rules(self) -> str | None:
        schemas = {"params": self.definition.params, "result": self.definition.result}
        rules = {part: compile_redaction(source.schema) for part, source in schemas.items() if source is not None}
        needed = {part: each for part, each in rules.items() if each}
        return python_literal(from_python(needed, self.definition.place), 1) if needed else None

    def doc(self) -> str:
        parts = (self.definition.title or self.definition.name, self.definition.description)
        template = f"Shown as ``{self.definition.template}``" if self.definition.template else None
        return "\n\n".join(part.strip() for part in (*parts, template) if part and part.strip())

    def is_named_type(self, model: Model) -> bool:
        return model.alias is not None and model.name not in self.roots

    def model(self, model: Model) -> ModelPlan:
        doc = self.text_of(self.bundle.definitions[model.name].origin)
        part = self.schema_part(model.name)
        if model.alias is not None:
            root = FieldPlan("root", field_type(model.alias, self.constants))
            base = "PayloadRoot" if part is None else "CheckedRoot"
            return ModelPlan(model.name, base, doc, (), (root,), part, self.redacted_names(model))
        config = [f"extra={quote(model.extra)}"] if model.extra and model.extra != "allow" else []
        fields = [self.field(model.name, item) for item in model.fields]
        if model.extra_type is not None:
            extra = f"dict[str, {field_type(model.extra_type, self.constants)}]"
            fields.insert(0, FieldPlan("__pydantic_extra__", extra, note=_EXTRA_NOTE))
        base = "PayloadModel" if part is None else "CheckedModel"
        return ModelPlan(model.name, base, doc, tuple(config), tuple(fields), part, self.redacted_names(model))

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
        key = "params_schema" if bundled.payload == self.params else "result_schema"
        arguments = [quote(text) for text in (self.definition.name, key, bundled.pointer)]
        return f"SchemaPart(__package__, {', '.join(arguments)})"

    def field(self, model: str, item: ModelField) -> FieldPlan:
        alias = item.wire_name if item.wire_name != item.name else None
        default = None if item.required else "MISSING"
        return FieldPlan(
            item.name,
            field_type(item.annotation, self.constants, alias),
            self.property_doc(model, item.wire_name),
            default,
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
            if self.inputs[model.name] != model.name and self.is_named_type(model):
                yield NamedTypePlan(f"{model.name}Input", input_type(model.alias, self.inputs), is_input=True)

    def input_name(self, model: Model) -> str:
        """The type that a caller passes: an instance or a dict for a class, the input type for a named type."""
        if model.alias is None:
            return f"{model.name} | {model.name}Dict"
        if model.name in self.roots:
            return model.name
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

    def root_input(self, name: str) -> str:
        model = self.by_name[name]
        if _accepts_any_keyword(model):
            return f"{name} | Mapping[str, object]"
        return self.inputs[name] if model.alias is None else f"{name} | {input_type(model.alias, self.inputs)}"

    def dict(self, model: Model) -> DictPlan:
        fields = model.fields
        functional = any(not item.wire_name.isidentifier() or item.wire_name != item.name for item in fields)
        entries = tuple(
            FieldPlan(
                quote(item.wire_name) if functional else item.name,
                self.dict_entry(item),
                note=None if item.wire_name else _EMPTY_NAME_NOTE,
            )
            for item in fields
        )
        return DictPlan(f"{model.name}Dict", docstring(f"{model.name} as a dict."), functional, entries)

    def dict_entry(self, item: ModelField) -> str:
        text = self.keyword_type(item)
        return text if item.required else f"NotRequired[{text}]"

    def method(self, name: str, doc: str, partial_doc: str = "") -> MethodPlan:
        model = self.by_name.get(name)
        fields = model.fields if model is not None and model.alias is None else ()
        parameters = tuple(map(self.parameter, fields))
        any_keyword = None
        if model is not None and (model.alias is not None or _accepts_any_keyword(model)):
            any_keyword = self.any_keyword(model)
        receiver = "self" if all(item.name != "self" for item in fields) else "_self"
        texts = [(item.name, self.property_text(name, item.wire_name)) for item in fields]
        full, partial = (docstring(_method_doc(first, texts), "        ") for first in (doc, partial_doc))
        variants = (
            tuple(self.variants(model, receiver)) if model is not None and any_keyword in {None, "object"} else ()
        )
        return MethodPlan(receiver, parameters, any_keyword, full, partial, variants)

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
        fields = [self.by_name[name].fields for name in names]
        if all(item.name == item.wire_name != "self" for each in fields for item in each):
            yield from (tuple(self.parameter(item) for item in each) for each in fields)

    def parameter(self, item: ModelField) -> Parameter:
        return Parameter(item.name, self.keyword_type(item), quote(item.wire_name), item.required)

    def keyword_type(self, item: ModelField) -> str:
        return input_type(item.annotation, self.inputs).removesuffix(" | MISSING")

    def any_keyword(self, model: Model) -> str:
        """The type of every keyword if the payload is a map: the type of its values."""
        text = input_type(model.alias, self.inputs) if model.alias is not None else ""
        match ast.parse(text).body:
            case [ast.Expr(ast.Subscript(ast.Name("Mapping"), ast.Tuple([_, value])))]:
                return ast.unparse(value)
        return "object"

    def property_text(self, model: str, wire_name: str) -> str | None:
        origin = self.bundle.definitions[model].origin
        properties = origin.get("properties") if isinstance(origin, ObjectNode) else None
        return self.raw_text(properties.get(wire_name)) if isinstance(properties, ObjectNode) else None

    def property_doc(self, model: str, wire_name: str) -> str | None:
        text = self.property_text(model, wire_name)
        return docstring(text) if text else None

    def text_of(self, schema: JsonValue) -> str | None:
        text = self.raw_text(schema)
        return docstring(text) if text else None

    @staticmethod
    def raw_text(schema: JsonValue) -> str | None:
        if not isinstance(schema, ObjectNode):
            return None
        texts = (schema.get(key) for key in ("description", "title"))
        return next((text for text in texts if isinstance(text, str) and text.strip()), None)

    def name_problems(self, plan: SpanPlan) -> Iterator[Diagnostic]:
        place = self.definition.place
        for name in taken_names(plan):
            message = f"the generated name {name} is already used; rename the span type or property that it comes from"
            yield NAME_COLLISION.at(place, message)
        for name in undefined_names(plan):
            yield MODEL_GENERATOR_FAILED.at(place, f"the model generator uses {name}, which is not defined")


def _constants(model: Model) -> dict[str, frozenset[str]]:
    """The required properties that are constant texts: their names, which are the same on the wire, and the texts."""
    constant = {item.name: literal_texts(item.annotation) for item in model.fields if item.required}
    wire_names = {item.name: item.wire_name for item in model.fields}
    return {name: texts for name, texts in constant.items() if texts and wire_names[name] == name}


def _accepts_any_keyword(model: Model) -> bool:
    """Whether the schema names no properties and allows any, so that every keyword is accepted."""
    return model.alias is None and not model.fields and model.extra != "forbid"


def _method_doc(first: str, parameters: Sequence[tuple[str, str | None]]) -> str:
    lines = [f"    {name}: {' '.join(text.split())}" for name, text in parameters if text]
    return "\n".join([first, "", "Args:", *lines]) if lines else first
