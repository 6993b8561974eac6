"""The files of a package: its span type modules, the definitions as data, and the catalog that exports all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SchemaSource, SpanTypeDefinition
from prefactor_gen.definitions.python_names import is_usable, names_made_of
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place
from prefactor_gen.diagnostics.rules import UNUSABLE_NAME
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.package.literals import quote
from prefactor_gen.package.render import (
    Catalog,
    CatalogModule,
    CatalogSpanType,
    catalog_doc,
    render_catalog,
    render_definitions,
    render_former_names,
)
from prefactor_gen.pipeline.reuse import GeneratedModule
from prefactor_schema.schema_hash import schema_version_hash
from prefactor_schema.suggestions import did_you_mean

__all__ = ["package_files", "resolved_former_names"]

_FORMER_NAMES = "_former_names"


def package_files(
    definitions: Definitions,
    modules: Sequence[GeneratedModule],
    *,
    shared: Sequence[GeneratedModule],
    shared_definitions: ObjectNode,
    former_names: Sequence[tuple[str, str]],
    package: str,
    assert_formats: bool,
) -> dict[str, str]:
    """The text of each file, by name.

    Args:
        definitions: with what their schemas refer to in other files.
        modules: those of the span types, in the order of the definitions.
        shared: those of shared types.
        shared_definitions: the schema of all shared types.
        former_names: pairs of a name that a class had before, and its name.
        package: its name.
        assert_formats: payloads must match the formats of their schemas.
    """
    document = _agent_schema_version(definitions)
    # Only models whose types do not express the whole schema need it.
    needed = shared_definitions if any("SharedSchemaPart(" in item.text for item in shared) else None
    text = render_definitions(document, needed, assert_formats=assert_formats)
    compile(text, "__definitions__.py", "exec", dont_inherit=True)
    files = {
        **{f"{item.module}.py": item.text for item in (*shared, *modules)},
        "__definitions__.py": text,
        "py.typed": "",
    }
    catalog_modules = [CatalogModule(f".{item.module}", item.exports) for item in shared]
    catalog_modules.extend(
        CatalogModule(f".{item.module}", item.exports, definition.deprecation is not None)
        for item, definition in zip(modules, definitions.span_types, strict=True)
    )
    if former_names:
        files[f"{_FORMER_NAMES}.py"] = render_former_names(former_names)
        catalog_modules.append(CatalogModule(f".{_FORMER_NAMES}", tuple(old for old, _ in former_names)))
    plain = to_plain(document)
    assert isinstance(plain, dict)  # noqa: S101  # it was made as one
    catalog = Catalog(
        doc=catalog_doc(package),
        schema_version=quote(schema_version_hash(plain)),
        modules=tuple(catalog_modules),
        span_types=tuple(CatalogSpanType(item.schema_name, item.class_name) for item in modules),
    )
    text = render_catalog(catalog)
    compile(text, "__init__.py", "exec", dont_inherit=True)
    return {**files, "__init__.py": text}


def resolved_former_names(
    former_names: Sequence[tuple[str, str]], modules: Sequence[GeneratedModule]
) -> Checked[list[tuple[str, str]]]:
    """The former names of classes and of what is made of their names, and the problems of those that cannot be used."""
    exports = {name for module in modules for name in module.exports}
    place = Place("pyproject.toml")
    found: list[tuple[str, str]] = []
    diagnostics: list[Diagnostic] = []
    for old, new in former_names:
        if new not in exports:
            message = f"expected a class of the package as the new name of {old} in former-names, found {new!r}"
            diagnostics.append(UNUSABLE_NAME.at(place, f"{message}{did_you_mean(new, exports)}"))
        elif not is_usable(old) or old in exports:
            message = "expected a name that no class has" if old in exports else "expected a name that a class can have"
            diagnostics.append(UNUSABLE_NAME.at(place, f"{message} in former-names, found {old!r}"))
        else:
            made = zip(names_made_of(old), names_made_of(new), strict=True)
            found.extend((each, now) for each, now in made if now in exports and each not in exports)
    return Checked(found, diagnostics)


def _agent_schema_version(definitions: Definitions) -> ObjectNode:
    """The definitions in the form of the API, in which those of the legacy form are span type schemas too."""
    span_types = [
        _entry(item, {"params_schema": item.params, "result_schema": item.result}) for item in definitions.span_types
    ]
    quality = [_entry(item, {"schema": item.schema}) for item in definitions.quality]
    place = (definitions.span_types or definitions.quality)[0].place
    document: dict[str, JsonValue] = {"span_type_schemas": ListNode(span_types, place=place)}
    if quality:
        document["quality_schemas"] = ListNode(quality, place=place)
    return ObjectNode(document.items(), place=place)


def _entry(item: SpanTypeDefinition | QualityDefinition, schemas: Mapping[str, SchemaSource | None]) -> ObjectNode:
    members: dict[str, JsonValue] = {
        "name": item.name, "title": item.title, "description": item.description, "template": item.template,
        **{key: source.schema for key, source in schemas.items() if source is not None},
        "data_risk": item.data_risk,
    }  # fmt: skip
    return ObjectNode(((key, value) for key, value in members.items() if value is not None), place=item.place)
