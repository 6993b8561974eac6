"""Hostile and odd names and texts."""

# ruff: noqa: E501  # tables

from __future__ import annotations

import builtins
import re
import unicodedata
from typing import Any

from tests.codegen.schemas import TEXT, properties

__all__ = ["NAMES", "TEXTS", "TRACE", "executed", "schemas_of_names"]

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
    "start_with", "to_dict", "ABSENT", "TYPE_CHECKING", "MISSING", "Literal", "Annotated", "Any", "Field", "ConfigDict", "PayloadModel", "TypedSpan", "TypeAlias", "TypedDict",
    "NotRequired", "Mapping", "ArrayOf", "JsonInteger", "JsonNumber", "JsonBoolean", "UUID", "datetime", "date", "time", "str", "int",
    "float", "bool", "list", "tuple", "object", "type", "None", "True", "class", "import", "async", "await", "match", "print", "super",
    "__init__", "__class__", "__dict__", "__slots__", "__annotations__", "__pydantic_extra__", "__private", "_private", "_", "__", "_self",
    "root", "properties", "$ref", "$defs", "a b", "a-b", "a.b", "9lives", "1", "-", "registry", "SPAN_TYPES", "AgentParams",
]  # fmt: skip


def executed() -> bool:
    """Return whether `TRACE` has been run as Python or as a template."""
    return hasattr(builtins, "EXECUTED")


def schemas_of_names() -> dict[str, dict[str, Any]]:
    """Return span types with the names as properties, and as objects that have a property of the same name.

    Names that would become the same Python name, which is an error, go into different span types.
    """
    groups: dict[int, list[str]] = {}
    alike: dict[str, int] = {}
    for name in dict.fromkeys([*NAMES, *TEXTS]):
        letters = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()
        alike[letters] = alike.get(letters, -1) + 1
        groups.setdefault(alike[letters], []).append(name)
    number = {"type": ["integer", "null"]}
    found: dict[str, dict[str, Any]] = {}
    for index, names in groups.items():
        found[f"scalars {index}"] = properties(*names[::2], **dict.fromkeys(names, TEXT))
        nested = {
            name: properties(**{name: number}, text=TEXT, day={"type": "string", "format": "date"})
            for name in names
            if name.strip("_") != "dict"  # an object of this name would need the name of the literal, which is an error
        }
        found[f"nested {index}"] = properties(**nested, flag={"type": "boolean"}, n={"type": "number"})
    return found
