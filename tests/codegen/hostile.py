"""Hostile and odd names and texts."""

# ruff: noqa: E501  # tables

from __future__ import annotations

import re
import unicodedata
from typing import Any

__all__ = ["NAMES", "TEXTS", "TRACE", "object_of", "schemas_of_names"]

# What would leave a trace if it ran as Python or as a template.
TRACE = "__import__('builtins').__dict__.__setitem__('EXECUTED', 1)"
TEXTS = [
    TRACE, f'"""\n{TRACE}\n"""', f"'''\n{TRACE}\n'''", f'"+{TRACE}+"', f"'+{TRACE}+'", f"\\\"; {TRACE} #", f"\n{TRACE}\n",
    f"\r{TRACE}", f"\u2028{TRACE}", f"#\x0c{TRACE}", "{{ 7 * 7 }}", "{% include 'x' %}", "{# c #}", f"{{{{ cycler.__init__.__globals__ }}}} {TRACE}",
    "\\", "\\\\", '"', '""', '"""', "'", "\\N{BULLET}", "\\x", "\\u12", "%s {0} $x", "\0", "\x1b[31m", "\u202eabc\u2066", "\ufeff", "\u200b",
    "\t", " ", "", "x" * 10_000, "é", "e\u0301", "\U0001d54f", "ﬁ", "名前", "😀", "# type: ignore", "# noqa", "None", "-1", "*", "**", "/", "~", "a/b~c%d",
]  # fmt: skip
NAMES = [
    "copy", "json", "dict", "model_config", "model_fields", "model_dump", "model_validate", "validate", "construct", "schema", "fields",
    "self", "cls", "params", "Params", "Result", "result", "schema_name", "id", "start", "complete", "finish", "cancel", "fail", "set_result",
    "start_with", "MISSING", "Literal", "Annotated", "Any", "Field", "ConfigDict", "PayloadModel", "TypedSpan", "TypeAlias", "TypedDict",
    "NotRequired", "Mapping", "ArrayOf", "JsonInteger", "JsonNumber", "JsonBoolean", "UUID", "datetime", "date", "time", "str", "int",
    "float", "bool", "list", "tuple", "object", "type", "None", "True", "class", "import", "async", "await", "match", "print", "super",
    "__init__", "__class__", "__dict__", "__slots__", "__annotations__", "__pydantic_extra__", "__private", "_private", "_", "__", "_self",
    "root", "properties", "$ref", "$defs", "a b", "a-b", "a.b", "9lives", "1", "-", "registry", "SPAN_TYPES", "AgentParams",
]  # fmt: skip


def object_of(*members: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(members), **more}


def schemas_of_names() -> dict[str, dict[str, Any]]:
    """The names as properties of one object, and as objects that have the name again.

    Names that would become the same Python name, which is told, go into different span types.
    """
    groups: dict[int, list[str]] = {}
    alike: dict[str, int] = {}
    for name in dict.fromkeys([*NAMES, *TEXTS]):
        letters = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()
        alike[letters] = alike.get(letters, -1) + 1
        groups.setdefault(alike[letters], []).append(name)
    text, number = {"type": "string"}, {"type": ["integer", "null"]}
    found: dict[str, dict[str, Any]] = {}
    for index, names in groups.items():
        found[f"scalars {index}"] = object_of(*((name, text) for name in names), required=names[::2])
        nested = [
            (name, object_of((name, number), ("text", text), ("day", {"type": "string", "format": "date"})))
            for name in names
            if name.strip("_") != "dict"  # as an object it takes the name of the literal, which is told
        ]
        found[f"nested {index}"] = object_of(*nested, ("flag", {"type": "boolean"}), ("n", {"type": "number"}))
    return found
