"""JSON Schemas of definition files and of the configuration, with which editors complete and check them.

They are in draft-07, which all editors support, and refer to no other files.
"""

from __future__ import annotations

from typing import Any

from prefactor_gen.checks.allowances import ALLOWABLE
from prefactor_gen.command.config import ALLOW_KEYS, KEYS, WIRE_KEYS
from prefactor_gen.command.diff.settings import diff_schema
from prefactor_gen.command.risk.settings import RISK_KEYS, UNKNOWN_VALUES
from prefactor_gen.command.status.settings import status_schema
from prefactor_gen.definitions.data_risk import data_categories, risk_words
from prefactor_gen.definitions.definitions import QUALITY_KEYS, ROOT_KEYS, SPAN_TYPE_KEYS
from prefactor_gen.diagnostics.rules import RULES
from prefactor_gen.json_schema.deprecation import DEPRECATION_KEYS
from prefactor_gen.json_schema.keywords import ALLOW, CLASS, DATA, DEPRECATED, NAME, REDACT, RENAMED_FROM
from prefactor_gen.json_schema.metaschema import draft_07_metaschema, flat_metaschema
from prefactor_gen.risk.gate import PARTS
from prefactor_gen.risk.span_risk import classifications

__all__ = ["config_schema", "definitions_schema"]

_DRAFT_07 = "http://json-schema.org/draft-07/schema#"
_PAYLOAD, _SCHEMA, _OLD_SCHEMA = "#/definitions/payload", "#/definitions/schema", "#/definitions/draft07"
_OBJECT_AMONG_TYPES = {"anyOf": [{"const": "object"}, {"type": "array", "contains": {"const": "object"}}]}
_TEXTS = {
    "name": "The span type's name, such as agent:llm. It becomes the class AgentLlm.",
    "title": "A short name for people.",
    "description": "What the span records.",
    "template": "How a span is shown, as Liquid: {{ model }}: {{ prompt }}.",
}


def definitions_schema() -> dict[str, Any]:
    """The schema of a definition file."""
    keys: dict[str, dict[str, Any]] = {
        "$schema": {"type": "string", "description": "This schema, for editors."},
        "external_identifier": {
            "type": "string",
            "description": "Not needed: the version is named by a hash of its content.",
        },
        "$defs": {
            "type": "object",
            "additionalProperties": {"$ref": "#/definitions/schema"},
            "description": "Schemas that span types refer to, by the name of this file.",
        },
        "span_type_schemas": _list("The span types.", "spanType"),
        "quality_schemas": _list("The quality payloads of an agent instance.", "quality"),
        "span_schemas": _map("The params of span types by name, in the legacy form."),
        "span_result_schemas": _map("The results of span types by name, in the legacy form."),
    }
    schemas = {
        "params_schema": "The input, as a JSON Schema of an object.",
        "result_schema": "The output, as a JSON Schema of an object.",
    }
    return {
        "$schema": _DRAFT_07,
        "title": "Span type definitions of prefactor-gen",
        **_object(keys, ROOT_KEYS),
        "anyOf": [{"required": [key]} for key in ("span_type_schemas", "span_schemas", "quality_schemas", "$defs")],
        "definitions": {
            "spanType": _definition(SPAN_TYPE_KEYS, schemas, "params_schema"),
            "quality": _definition(QUALITY_KEYS, {"schema": "The payload, as a JSON Schema of an object."}, "schema"),
            "payload": {
                "properties": {"type": _OBJECT_AMONG_TYPES},
                "if": {"required": ["$schema"], "properties": {"$schema": {"pattern": "draft-07"}}},
                "then": {"$ref": _OLD_SCHEMA},
                "else": {"$ref": _SCHEMA},
            },
            "schema": _with_our_keywords(flat_metaschema(_SCHEMA)),
            "draft07": _with_our_keywords(draft_07_metaschema(_OLD_SCHEMA)),
            "dataRisk": _data_risk(),
            "allow": _allow(),
            "deprecated": _deprecated(),
        },
    }


def config_schema() -> dict[str, Any]:
    """The schema of prefactor-gen's table in pyproject.toml."""
    text = {"type": "string", "pattern": r"\S"}
    keys: dict[str, dict[str, Any]] = {
        "sources": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": "Files, folders, or module:attribute of a SchemaRegistry.",
        },
        "output": {
            "type": "string",
            "default": "generated",
            "description": "The output folder.",
        },
        "package": {
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "description": "The package's name; the project's name and _spans by default.",
        },
        "formats": {
            "enum": ["annotate", "assert"],
            "default": "annotate",
            "description": "assert: payloads must match the formats of their schemas.",
        },
        "former-names": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The names that classes had before, each with its name now: both can be imported.",
        },
        "allow": {
            "type": "array",
            "items": {
                **_object(
                    {
                        "rule": {"enum": list(ALLOWABLE), "description": "The rule that may be broken."},
                        "file": {**text, "description": "A glob of files, relative to the project: vendor/**/*.json."},
                        "span-type": {**text, "description": "A glob of names of span types: crm:*."},
                        "reason": {**text, "description": "Why it is allowed."},
                    },
                    ALLOW_KEYS,
                ),
                "required": ["rule", "reason"],
                "anyOf": [{"required": ["file"]}, {"required": ["span-type"]}],
            },
            "description": "Rules that schemas of somebody else may break.",
        },
        "refs": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The file that stands for a URL in a $ref, or the folder for all URLs that begin so.",
        },
        "reference-folders": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Folders outside of the definition folders whose files a $ref may lead to.",
        },
        "diff": diff_schema(),
        "risk": _risk(),
        "status": {**status_schema(), "description": "What `prefactor-gen status` does not report."},
        "wire": {"description": "Another package, of plain models, one module for each JSON Schema of a folder."},
    }
    table = {**_object(keys, KEYS), "required": ["sources"]}
    wire = _object({key: keys[key] for key in WIRE_KEYS}, WIRE_KEYS)
    table["properties"]["wire"] = {**keys["wire"], **wire, "required": ["sources", "package"]}
    tool = {"type": "object", "properties": {"prefactor-gen": {"description": "What to generate.", **table}}}
    return {
        "$schema": _DRAFT_07,
        "title": "[tool.prefactor-gen] of pyproject.toml",
        "type": "object",
        "properties": {"tool": tool},
    }


def _object(keys: dict[str, dict[str, Any]], known: tuple[str, ...]) -> dict[str, Any]:
    assert keys.keys() == set(known)  # noqa: S101  # every key that is read is described
    return {"type": "object", "properties": keys, "additionalProperties": False}


def _list(description: str, item: str) -> dict[str, Any]:
    return {"description": description, "type": "array", "items": {"$ref": f"#/definitions/{item}"}}


def _map(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": {"allOf": [{"$ref": _PAYLOAD}], "type": "object"},
    }


def _definition(known: tuple[str, ...], schemas: dict[str, str], required: str) -> dict[str, Any]:
    texts: dict[str, dict[str, Any]] = {
        key: {"type": ["string", "null"], "description": text} for key, text in _TEXTS.items()
    }
    texts["name"] |= {"type": "string", "pattern": r"\S"}
    # Draft-07 ignores keywords beside a $ref.
    objects: dict[str, dict[str, Any]] = {
        key: {"description": text, "allOf": [{"$ref": _PAYLOAD}], "type": "object"} for key, text in schemas.items()
    }
    risk = {
        "description": "The categories of data that payloads may contain.",
        "anyOf": [{"$ref": "#/definitions/dataRisk"}, {"type": "null"}],
    }
    if "result_schema" in objects:
        objects["result_schema"] = {
            "description": schemas["result_schema"],
            "anyOf": [{"$ref": _PAYLOAD}, {"type": "null"}],
            "type": ["object", "null"],
        }
        objects["deprecated"] = {"type": "boolean", "description": "true: do not record this span type any more."}
        objects[DEPRECATED] = {"$ref": "#/definitions/deprecated"}
    keys = {**texts, **objects, "data_risk": risk, ALLOW: {"$ref": "#/definitions/allow"}}
    if CLASS in known:
        keys[CLASS] = {"type": "string", "description": "The name of the span type's class in Python."}
        keys[RENAMED_FROM] = {"type": "string", "description": "The name of the span type before, for comparisons."}
    return {**_object(keys, known), "required": ["name", required]}


def _with_our_keywords(metaschema: dict[str, Any]) -> dict[str, Any]:
    redact = {"type": "boolean", "description": "true: the typed helper records [redacted] in place of the value."}
    name = {"type": "string", "description": "The name of the property in Python. Its name in the payload stays."}
    made = {"type": "string", "description": "The name of the object's class in Python."}
    former = {"type": "string", "description": "The name of the property before, for comparisons."}
    ours = {
        REDACT: redact,
        NAME: name,
        CLASS: made,
        DEPRECATED: {"$ref": "#/definitions/deprecated"},
        RENAMED_FROM: former,
        DATA: _data(),
        ALLOW: {"$ref": "#/definitions/allow"},
    }
    return {**metaschema, "properties": {**metaschema["properties"], **ours}}


def _data_risk() -> dict[str, Any]:
    """The classification in the form of the API. Unknown names are refused."""
    from prefactor_http.models import DataRisk

    template = "#/definitions/dataRisk/definitions/{model}"
    schema = DataRisk.model_json_schema(ref_template=template)
    parts = schema.pop("$defs", {})
    for part in (schema, *parts.values()):
        if part.get("type") == "object":
            part["additionalProperties"] = False
    return {**schema, "definitions": parts}


def _data() -> dict[str, Any]:
    description = "The categories of data that the value belongs to; data_risk has to include them."
    return {"description": description, "type": "array", "minItems": 1, "items": {"enum": list(data_categories())}}


def _risk() -> dict[str, Any]:
    parts = [f"{part}.{name}" for part in PARTS.values() for name in data_categories()]
    denied = [*risk_words()["action_profile"], *data_categories(), *parts]
    text = {"type": "string", "pattern": r"\S"}
    keys: dict[str, dict[str, Any]] = {
        "deny": {
            "type": "array",
            "items": {"enum": denied},
            "description": "Actions and categories of data that no span type may declare.",
        },
        "max-classification": {
            "enum": list(classifications()[1:]),
            "description": "The most confidential class of data that span types may have.",
        },
        "unknown": {"enum": list(UNKNOWN_VALUES), "description": "How severe it is if data_risk leaves something out."},
        "profile": {**text, "description": "The file of the risk profile by which scores are computed."},
        "allow": {
            "type": "object",
            "additionalProperties": text,
            "description": "Exceptions, such as PR001 billing:refund destroy_data, each with the reason.",
        },
    }
    return {**_object(keys, RISK_KEYS), "description": "What `prefactor-gen risk` does not allow."}


def _deprecated() -> dict[str, Any]:
    texts = {key: {"type": "string", "pattern": r"\S", "description": text} for key, text in DEPRECATION_KEYS.items()}
    description = "This is deprecated: what to use instead, and since and until when."
    return {"description": description, "type": "object", "properties": texts, "additionalProperties": False}


def _allow() -> dict[str, Any]:
    reason = {"type": "string", "pattern": r"\S"}
    rules = {
        code: {**reason, "description": f"The reason why this is allowed: {rule.summary}."}
        for code, rule in RULES.items()
        if rule.suppressible
    }
    description = "Rules that may be broken in this object, each with the reason."
    return {"description": description, "type": "object", "properties": rules, "additionalProperties": False}
