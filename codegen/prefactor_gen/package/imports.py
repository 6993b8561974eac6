"""The imports of a generated module, and the names that it must not define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pydantic import BaseModel

from prefactor_gen.package.representation import (
    FieldPlan,
    HelperPlan,
    ImportPlan,
    MethodPlan,
    ModelPlan,
    ModulePlan,
    NamedTypePlan,
    Parameter,
)
from prefactor_gen.package.type_expressions import names_in, renamed

__all__ = ["RESERVED_NAMES", "taken_names", "undefined_names", "with_imports"]

_IMPORTS: dict[str, str] = {
    **dict.fromkeys(("Mapping",), "collections.abc"),
    **dict.fromkeys(("date", "datetime", "time"), "datetime"),
    **dict.fromkeys(
        (
            "TYPE_CHECKING", "Annotated", "Any", "ClassVar", "Literal", "NotRequired",
            "TypeAlias", "overload",
        ),
        "typing",
    ),
    "UUID": "uuid",
    **dict.fromkeys(("ConfigDict", "Field", "Tag"), "pydantic"),
    **dict.fromkeys(
        (
            "ABSENT", "MISSING", "ArrayOf", "CheckedModel", "CheckedRoot", "EmptyResult", "Handed", "JsonBoolean",
            "JsonInteger", "JsonLiteral", "JsonNumber", "JsonPattern",
            "NoObject", "PayloadModel", "PayloadRoot", "SchemaPart", "SharedSchemaPart", "TypedSpan",
        ),
        "prefactor_core.typed",
    ),
    # Before Python 3.12, pydantic reads only this TypedDict.
    **dict.fromkeys(("TypeAliasType", "TypedDict", "deprecated"), "typing_extensions"),
}  # fmt: skip
RESERVED_NAMES = frozenset({
    *_IMPORTS, "SCHEMA_VERSION", "SPAN_TYPES", "SchemaRegistry", "registry", "to_dict", *dir(BaseModel),
})  # fmt: skip
"""The names that generated modules and models use for something else than classes."""

_BUILT_IN = frozenset({"__package__", "bool", "dict", "float", "int", "list", "object", "str", "tuple"})
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


def taken_names(plan: ModulePlan) -> list[str]:
    """The names that the module defines although they have another meaning in it."""
    names = plan.exports
    hidden = _field_names(plan) - ({plan.helper.class_name} if plan.helper is not None else set())
    reserved = RESERVED_NAMES | hidden
    return sorted({name for name in names if names.count(name) > 1 or name in reserved})


def undefined_names(plan: ModulePlan) -> list[str]:
    """The names that the module uses but that are not defined."""
    known = {*_IMPORTS, *_BUILT_IN, *plan.shared_names, *(f"_{item.name}Schema" for item in plan.types)}
    return sorted(_used_names(plan) - {*plan.exports, *known, *(f"_{name}" for name in known)})


def _expressions(plan: ModulePlan) -> Iterator[str]:
    for model in plan.models:
        yield from (item.annotation for item in model.fields)
        yield from (text for text in (model.schema_part, model.as_dict) if text)
    for named in plan.types:
        yield named.value
        yield from [named.schema_part] if named.schema_part else []
    for entries in plan.dicts:
        yield from (item.annotation for item in entries.entries)
    if plan.helper is not None:
        for method in plan.helper.methods:
            yield from (item.annotation for each in (method.parameters, *method.variants) for item in each)
            yield from [method.any_keyword] if method.any_keyword else []
        yield from (plan.helper.params_input, plan.helper.result_input, plan.helper.result_class)


def _used_names(plan: ModulePlan) -> set[str]:
    return {name for text in _expressions(plan) for name in names_in(text)}


def _field_names(plan: ModulePlan) -> set[str]:
    """The names that the class bodies of the module define."""
    keys = {item.key for model in plan.models for item in model.fields}
    return keys | {item.key for entries in plan.dicts if not entries.functional for item in entries.entries}


def _without_shadows(plan: ModulePlan) -> ModulePlan:
    """The plan in which imports that have the name of a field are renamed with an underscore."""
    used = _used_names(plan) | {"ABSENT", "MISSING", "Field", "ConfigDict", "Annotated"}
    used &= _IMPORTS.keys() | _BUILT_IN | plan.shared_names.keys()
    shadowed = {name: f"_{name}" for name in used & _field_names(plan)}
    return _Renaming(shadowed, {**_IMPORTS, **plan.shared_names}).plan(plan) if shadowed else plan


class _Renaming:
    """Renames imported names in every expression of a plan."""

    def __init__(self, names: Mapping[str, str], modules: Mapping[str, str]) -> None:
        self.names = names
        self.modules = modules

    def plan(self, plan: ModulePlan) -> ModulePlan:
        imports = (
            ImportPlan(self.modules.get(name, "builtins"), (f"{name} as _{name}",)) for name in sorted(self.names)
        )
        return replace(
            plan,
            models=tuple(map(self.model, plan.models)),
            types=tuple(map(self.named_type, plan.types)),
            dicts=tuple(replace(item, entries=self.fields(item.entries)) for item in plan.dicts),
            helper=plan.helper and self.helper(plan.helper),
            imports=tuple(imports),
        )

    def helper(self, item: HelperPlan) -> HelperPlan:
        return replace(
            item,
            params_input=renamed(item.params_input, self.names),
            result_input=renamed(item.result_input, self.names),
            start=self.method(item.start),
            complete=self.method(item.complete),
        )

    def optional(self, expression: str | None) -> str | None:
        return expression and renamed(expression, self.names)

    def model(self, item: ModelPlan) -> ModelPlan:
        return replace(
            item,
            fields=self.fields(item.fields),
            schema_part=self.optional(item.schema_part),
            as_dict=self.optional(item.as_dict),
        )

    def named_type(self, item: NamedTypePlan) -> NamedTypePlan:
        return replace(item, value=renamed(item.value, self.names), schema_part=self.optional(item.schema_part))

    def fields(self, items: Iterable[FieldPlan]) -> tuple[FieldPlan, ...]:
        return tuple(
            replace(each, annotation=renamed(each.annotation, self.names), default=self.optional(each.default))
            for each in items
        )

    def parameters(self, items: Iterable[Parameter]) -> tuple[Parameter, ...]:
        return tuple(replace(each, annotation=renamed(each.annotation, self.names)) for each in items)

    def method(self, item: MethodPlan) -> MethodPlan:
        return replace(
            item,
            parameters=self.parameters(item.parameters),
            variants=tuple(map(self.parameters, item.variants)),
            any_keyword=self.optional(item.any_keyword),
            missing=self.names.get("MISSING", "MISSING"),
            absent=self.names.get("ABSENT", "ABSENT"),
        )


def _names_of_helper(helper: HelperPlan) -> set[str]:
    names = {"Handed", "TYPE_CHECKING", "TypeAlias", "TypedSpan"}
    variants = [each for method in helper.methods for each in method.variants]
    keywords = [item for each in (helper.start.parameters, *variants) for item in each if not item.required]
    keywords += helper.complete.parameters
    names |= {helper.start.absent if item.is_object else helper.start.missing for item in keywords} & _IMPORTS.keys()
    names |= {"deprecated"} if helper.deprecated else set()
    return names | ({"overload"} if variants else set())


def with_imports(plan: ModulePlan) -> ModulePlan:
    """The plan with the imports that its expressions need."""
    plan = _without_shadows(plan)
    modules = {**_IMPORTS, **plan.shared_names}
    names = _used_names(plan) & modules.keys()
    names |= _names_of_helper(plan.helper) if plan.helper is not None else set()
    names |= {"TYPE_CHECKING"} if any(item.as_dict for item in plan.models) else set()
    names |= {item.base for item in plan.models}
    names |= {"ConfigDict"} if any(item.config for item in plan.models) else set()
    names |= {"TypeAliasType"} if any(not item.is_input for item in plan.types) else set()
    names |= {"TypeAlias"} if any(item.is_input for item in plan.types) else set()
    names |= {"TypedDict"} if plan.dicts else set()
    by_module: dict[str, list[str]] = {}
    for name in names:
        by_module.setdefault(modules[name], []).append(name)
    for shadow in plan.imports:
        by_module.setdefault(shadow.module, []).extend(shadow.names)
    order = [*_IMPORT_ORDER, *sorted(by_module.keys() - {*_IMPORT_ORDER})]
    imports = [ImportPlan(module, tuple(sorted(by_module[module]))) for module in order if module in by_module]
    # Shared types may refer to each other: their modules import each other once their own classes are there.
    is_late = [plan.helper is None and each.module.startswith(".") for each in imports]
    return replace(
        plan,
        imports=tuple(each for each, late in zip(imports, is_late, strict=True) if not late),
        late_imports=tuple(each for each, late in zip(imports, is_late, strict=True) if late),
    )
