"""The files of a package: its span type modules, the definitions as data, and the catalog that exports all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SchemaSource, SpanTypeDefinition
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.package.literals import quote
from prefactor_gen.package.render import (
    Catalog,
    CatalogModule,
    CatalogSpanType,
    catalog_doc,
    render_catalog,
    render_definitions,
)
from prefactor_gen.pipeline.reuse import SpanModule
from prefactor_schema.schema_hash import schema_version_hash

__all__ = ["package_files"]


def package_files(
    definitions: Definitions,
    modules: Sequence[SpanModule],
    package: str,
    *,
    assert_formats: bool,
) -> dict[str, str]:
    """The text of each file, by name.

    Args:
        definitions: with what their schemas refer to in other files.
        modules: those of the span types, in the order of the definitions.
        package: its name.
        assert_formats: payloads must match the formats of their schemas.
    """
    document = _agent_schema_version(definitions)
    text = render_definitions(document, assert_formats=assert_formats)
    compile(text, "__definitions__.py", "exec", dont_inherit=True)
    files = {**{f"{item.module}.py": item.text for item in modules}, "__definitions__.py": text, "py.typed": ""}
    plain = to_plain(document)
    assert isinstance(plain, dict)  # noqa: S101  # it was made as one
    catalog = Catalog(
        doc=catalog_doc(package),
        schema_version=quote(schema_version_hash(plain)),
        modules=tuple(
            CatalogModule(f".{item.module}", item.exports, definition.deprecation is not None)
            for item, definition in zip(modules, definitions.span_types, strict=True)
        ),
        span_types=tuple(CatalogSpanType(item.schema_name, item.class_name) for item in modules),
    )
    text = render_catalog(catalog)
    compile(text, "__init__.py", "exec", dont_inherit=True)
    return {**files, "__init__.py": text}


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
