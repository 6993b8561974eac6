"""Stage 5: definitions and models → the intermediate representation. Every decision ends here.

What the templates print are the strings of these dataclasses: identifiers, literals, type expressions, docstrings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from prefactor_gen.annotations import field_type, input_type, names_in, renamed
from prefactor_gen.bundle import Bundle
from prefactor_gen.definitions import SpanTypeDefinition
from prefactor_gen.diagnostics import Diagnostic
from prefactor_gen.documents import JsonValue, ObjectNode
from prefactor_gen.literals import docstring, quote
from prefactor_gen.models import Model, ModelField, ModelSet
from prefactor_gen.names import class_name, module_name

__all__ = [
    "DictPlan",
    "FieldPlan",
    "ImportPlan",
    "ModelPlan",
    "NamedTypePlan",
    "Parameter",
    "SpanPlan",
    "plan_span_type",
]


@dataclass(frozen=True)
class ImportPlan:
    """One `from module import names` line; a name may carry its ` as alias`."""

    module: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class FieldPlan:
    """A field of a model or an entry of a TypedDict: `key` is a Python name, or a literal in the functional form."""

    key: str
    annotation: str
    doc: str | None = None
    default: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class ModelPlan:
    """A pydantic class."""

    name: str
    base: str
    doc: str | None
    config: tuple[str, ...]
    fields: tuple[FieldPlan, ...]


@dataclass(frozen=True)
class NamedTypePlan:
    """A type with a name. Its expression is printed quoted, for it may refer to itself and to what comes later.

    What a model holds is a TypeAliasType, which pydantic can read; what a caller passes is a TypeAlias.
    """

    name: str
    value: str
    is_input: bool = False


@dataclass(frozen=True)
class DictPlan:
    """A TypedDict: what a literal of the object may hold."""

    name: str
    doc: str
    functional: bool
    entries: tuple[FieldPlan, ...]


@dataclass(frozen=True)
class Parameter:
    """A keyword of a span helper, and the wire name (a literal) that its value goes out under."""

    name: str
    annotation: str
    wire: str
    required: bool


@dataclass(frozen=True)
class MethodPlan:
    """`start` or `complete`: its own keywords, or any keyword of one type. `set_result` is `complete` made optional."""

    receiver: str
    parameters: tuple[Parameter, ...]
    any_keyword: str | None
    doc: str
    partial_doc: str
    missing: str = "MISSING"

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keyword parameters as a signature prints them."""
        return tuple(self._printed(item, required=item.required) for item in self.parameters)

    @property
    def optional_keywords(self) -> tuple[str, ...]:
        """The same, none of them required."""
        return tuple(self._printed(item, required=False) for item in self.parameters)

    def _printed(self, item: Parameter, *, required: bool) -> str:
        return f"{item.name}: {item.annotation}" + ("" if required else f" | {self.missing} = {self.missing}")


@dataclass(frozen=True)
class SpanPlan:
    """One generated module: the models of a span type and its helper class."""

    module: str
    class_name: str
    schema_name: str
    doc: str
    imports: tuple[ImportPlan, ...]
    models: tuple[ModelPlan, ...]
    types: tuple[NamedTypePlan, ...]
    dicts: tuple[DictPlan, ...]
    params_class: str
    params_input: str
    result_class: str
    result_input: str
    start: MethodPlan
    complete: MethodPlan

    @property
    def exports(self) -> tuple[str, ...]:
        """The public names of the module, sorted."""
        names = [item.name for item in self.models] + [item.name for item in self.types]
        return tuple(sorted([self.class_name, *names, *(item.name for item in self.dicts)]))


_IMPORTS: dict[str, str] = {
    **dict.fromkeys(("Mapping",), "collections.abc"),
    **dict.fromkeys(("date", "datetime", "time"), "datetime"),
    **dict.fromkeys(("Annotated", "Any", "ClassVar", "Literal", "NotRequired", "TypeAlias", "TypedDict"), "typing"),
    "UUID": "uuid",
    **dict.fromkeys(("ConfigDict", "Field"), "pydantic"),
    **dict.fromkeys(
        (
            "MISSING", "ArrayOf", "EmptyResult", "JsonBoolean", "JsonInteger", "JsonNumber", "PayloadModel",
            "PayloadRoot", "TypedSpan",
        ),
        "prefactor_core.typed",
    ),
    "TypeAliasType": "typing_extensions",
}  # fmt: skip
_EMPTY_NAME_NOTE = "pyright: ignore[reportGeneralTypeIssues]  # JSON has empty names"
_CATALOG_NAMES = frozenset({"SchemaRegistry"})
_BUILT_IN = frozenset({"bool", "dict", "float", "int", "list", "object", "str", "tuple"})
_EXTRA_NOTE = "pyright: ignore[reportIncompatibleVariableOverride]  # as pydantic documents it"
_IMPORT_ORDER = (
    "builtins",
    "collections.abc",
    "datetime",
    "typing",
    "uuid",
    "pydantic",
    "typing_extensions",
    "prefactor_core.typed",
)


def plan_span_type(
    definition: SpanTypeDefinition, bundle: Bundle, models: ModelSet, names: Sequence[str]
) -> tuple[SpanPlan, list[Diagnostic]]:
    """Decide what the module of one span type holds.

    Args:
        definition: the span type.
        bundle: the bundle that its schemas were put into.
        models: what the model generator made of the bundle.
        names: the class names that belong to this span type, its params' and result's roots among them.
    """
    return _SpanPlanner(definition, bundle, models, names).plan()


class _SpanPlanner:
    def __init__(self, definition: SpanTypeDefinition, bundle: Bundle, models: ModelSet, names: Sequence[str]) -> None:
        self.definition = definition
        self.bundle = bundle
        self.class_name = class_name(definition.name)
        self.params = f"{self.class_name}Params"
        self.result = f"{self.class_name}Result"
        wanted = set(names)
        self.models = [model for model in models.models.values() if model.name in wanted]
        self.by_name = {model.name: model for model in self.models}
        self.roots = {name for name in (self.params, self.result) if name in self.by_name}
        self.inputs = {model.name: self.input_name(model) for model in self.models}

    def plan(self) -> tuple[SpanPlan, list[Diagnostic]]:
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
                "Gather a part of the result for the finish.",
            ),
        )
        plan = _with_imports(_without_shadows(plan))
        return plan, list(self.name_clashes(plan))

    def doc(self) -> str:
        parts = (self.definition.title or self.definition.name, self.definition.description)
        template = f"Shown as ``{self.definition.template}``" if self.definition.template else None
        return "\n\n".join(part.strip() for part in (*parts, template) if part and part.strip())

    def is_named_type(self, model: Model) -> bool:
        return model.alias is not None and model.name not in self.roots

    def model(self, model: Model) -> ModelPlan:
        doc = self.text_of(self.bundle.definitions[model.name].origin)
        if model.alias is not None:
            root = FieldPlan("root", field_type(model.alias))
            return ModelPlan(model.name, "PayloadRoot", doc, (), (root,))
        config = [f"extra={quote(model.extra)}"] if model.extra and model.extra != "allow" else []
        config.extend([f"regex_engine={quote(model.regex_engine)}"] if model.regex_engine else [])
        fields = [self.field(model.name, item) for item in model.fields]
        if model.extra_type is not None:
            extra = f"dict[str, {field_type(model.extra_type)}]"
            fields.insert(0, FieldPlan("__pydantic_extra__", extra, note=_EXTRA_NOTE))
        return ModelPlan(model.name, "PayloadModel", doc, tuple(config), tuple(fields))

    def field(self, model: str, item: ModelField) -> FieldPlan:
        alias = item.wire_name if item.wire_name != item.name else None
        default = None if item.required else "MISSING"
        return FieldPlan(
            item.name, field_type(item.annotation, alias), self.property_doc(model, item.wire_name), default
        )

    def types(self) -> Iterator[NamedTypePlan]:
        for model in self.models:
            if model.alias is None:
                continue
            if self.is_named_type(model):
                yield NamedTypePlan(model.name, field_type(model.alias))
            if self.inputs[model.name] != model.name and self.is_named_type(model):
                yield NamedTypePlan(f"{model.name}Input", input_type(model.alias, self.inputs), is_input=True)

    def input_name(self, model: Model) -> str:
        """What a caller passes for a class: it or a literal; for a named type: its input form where that differs."""
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
        return DictPlan(f"{model.name}Dict", docstring(f"{model.name} as a literal."), functional, entries)

    def dict_entry(self, item: ModelField) -> str:
        text = self.keyword_type(item)
        return text if item.required else f"NotRequired[{text}]"

    def method(self, name: str, doc: str, partial_doc: str = "") -> MethodPlan:
        model = self.by_name.get(name)
        fields = model.fields if model is not None and model.alias is None else ()
        parameters = tuple(
            Parameter(item.name, self.keyword_type(item), quote(item.wire_name), item.required) for item in fields
        )
        any_keyword = self.any_keyword(model) if model is not None and model.alias is not None else None
        receiver = "self" if all(item.name != "self" for item in fields) else "_self"
        told = [(item.name, self.property_text(name, item.wire_name)) for item in fields]
        docs = (docstring(_method_doc(first, told), "        ") for first in (doc, partial_doc))
        return MethodPlan(receiver, parameters, any_keyword, *docs)

    def keyword_type(self, item: ModelField) -> str:
        return input_type(item.annotation, self.inputs).removesuffix(" | MISSING")

    def any_keyword(self, model: Model) -> str:
        text = input_type(model.alias, self.inputs) if model.alias is not None else ""
        prefix = "Mapping[str, "
        return text[len(prefix) : -1] if text.startswith(prefix) and " | Mapping" not in text else "object"

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

    def name_clashes(self, plan: SpanPlan) -> Iterator[Diagnostic]:
        names = plan.exports
        taken = {name for name in names if names.count(name) > 1} | (set(names) & (_IMPORTS.keys() | _CATALOG_NAMES))
        for name in sorted(taken | (set(names) & _field_names(plan))):
            yield Diagnostic("PG005", f"the generated name {name} is taken; rename a property", self.definition.place)
        used = {name for text in _expressions(plan) for name in names_in(text)}
        for name in sorted(used - {*names, *_IMPORTS, *_BUILT_IN, *(f"_{each}" for each in {*_IMPORTS, *_BUILT_IN})}):
            yield Diagnostic("PG011", f"the model generator made {name}, which nothing defines", self.definition.place)


def _method_doc(first: str, parameters: Sequence[tuple[str, str | None]]) -> str:
    told = [f"    {name}: {' '.join(text.split())}" for name, text in parameters if text]
    return "\n".join([first, "", "Args:", *told]) if told else first


def _expressions(plan: SpanPlan) -> Iterator[str]:
    for model in plan.models:
        yield from (item.annotation for item in model.fields)
    yield from (item.value for item in plan.types)
    for entries in plan.dicts:
        yield from (item.annotation for item in entries.entries)
    for method in (plan.start, plan.complete):
        yield from (item.annotation for item in method.parameters)
        yield from [method.any_keyword] if method.any_keyword else []
    yield from (plan.params_input, plan.result_input, plan.result_class)


def _field_names(plan: SpanPlan) -> set[str]:
    """The names that class bodies of the module bind."""
    keys = {item.key for model in plan.models for item in model.fields}
    return keys | {item.key for entries in plan.dicts if not entries.functional for item in entries.entries}


def _without_shadows(plan: SpanPlan) -> SpanPlan:
    """Where a field has the name of something imported, the import gets an underscore in this module."""
    used = {name for text in _expressions(plan) for name in names_in(text)} | {
        "MISSING",
        "Field",
        "ConfigDict",
        "Annotated",
    }
    used &= _IMPORTS.keys() | _BUILT_IN
    shadowed = {name: f"_{name}" for name in used & _field_names(plan)}
    if not shadowed:
        return plan

    def fields(items: Iterable[FieldPlan]) -> tuple[FieldPlan, ...]:
        return tuple(
            replace(
                item,
                annotation=renamed(item.annotation, shadowed),
                default=item.default and renamed(item.default, shadowed),
            )
            for item in items
        )

    def method(item: MethodPlan) -> MethodPlan:
        parameters = (replace(each, annotation=renamed(each.annotation, shadowed)) for each in item.parameters)
        return replace(
            item,
            parameters=tuple(parameters),
            any_keyword=item.any_keyword and renamed(item.any_keyword, shadowed),
            missing=shadowed.get("MISSING", "MISSING"),
        )

    return replace(
        plan,
        models=tuple(replace(item, fields=fields(item.fields)) for item in plan.models),
        types=tuple(replace(item, value=renamed(item.value, shadowed)) for item in plan.types),
        dicts=tuple(replace(item, entries=fields(item.entries)) for item in plan.dicts),
        params_input=renamed(plan.params_input, shadowed),
        result_input=renamed(plan.result_input, shadowed),
        start=method(plan.start),
        complete=method(plan.complete),
        imports=tuple(ImportPlan(_IMPORTS.get(name, "builtins"), (f"{name} as _{name}",)) for name in sorted(shadowed)),
    )


def _with_imports(plan: SpanPlan) -> SpanPlan:
    names = {name for text in _expressions(plan) for name in names_in(text)} & _IMPORTS.keys()
    names |= {"TypeAlias", "TypedSpan"}
    names |= (
        {"MISSING"}
        if plan.start.missing == "MISSING" and (plan.start.parameters or plan.complete.parameters)
        else set()
    )
    names |= {item.base for item in plan.models}
    names |= {"ConfigDict"} if any(item.config for item in plan.models) else set()
    names |= {"TypeAliasType"} if any(not item.is_input for item in plan.types) else set()
    names |= {"TypedDict"} if plan.dicts else set()
    by_module: dict[str, list[str]] = {}
    for name in names:
        by_module.setdefault(_IMPORTS[name], []).append(name)
    for shadow in plan.imports:
        by_module.setdefault(shadow.module, []).extend(shadow.names)
    imports = tuple(
        ImportPlan(module, tuple(sorted(by_module[module]))) for module in _IMPORT_ORDER if module in by_module
    )
    return replace(plan, imports=imports)
