"""The tools of requests to OpenAI and Anthropic as span types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from prefactor_gen.diagnostics.diagnostics import Severity, printable
from prefactor_gen.importing.json_input import read_json
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Imported, ImportedSpanType
from prefactor_gen.importing.tools.strict_schemas import (
    closed_empty_objects,
    has_nullable_required,
    without_nullable_required,
)
from prefactor_gen.importing.tools.tool_entries import RefusedError, SkippedError, ToolEntry, read_tools

__all__ = ["anthropic_tool", "openai_tool", "read_tool_list"]

_OUTPUT: Mapping[str, object] = {
    "type": "object",
    "properties": {"output": {"description": "What the tool returned."}},
}
_NO_PARAMETERS: Mapping[str, object] = {"type": "object", "properties": {}}
# Where a schema is, by the source that has it there.
_FORMS = {"parameters": "import openai", "input_schema": "import anthropic", "inputSchema": "import mcp --file"}


def read_tool_list(file: str | None, read: Callable[[ToolEntry], ImportedSpanType]) -> Imported:
    """The tools in a file: a list of them, or a request that has one.

    Args:
        file: the path.
        read: makes a span type of an entry.

    Raises:
        SourceError: no file is given, or it is no list of tools.
    """
    if not file:
        raise SourceError("expected a file with a list of tools: TOOLS.json")
    if "://" in file:
        raise SourceError(f"expected a file, found an address, {printable(file)[:200]}; save what it answers first")
    path = Path(file)
    document = read_json(path, "a list of tools")
    for key in ("tools", "functions"):  # the second one is the older form
        document = document.get(key, document) if isinstance(document, dict) else document
    if not isinstance(document, list):
        raise SourceError(f'{printable(path.as_posix())}: expected a list of tools, or {{"tools": […]}}')
    span_types, found = read_tools(document, read)
    return Imported(source=path.name, span_types=span_types, found=found)


def openai_tool(entry: ToolEntry, *, unstrict: bool) -> ImportedSpanType:
    """A function of OpenAI, in the nested form or the flat one.

    Args:
        entry: the entry.
        unstrict: properties that are required and may be null become optional.
    """
    kind = entry.members.get("type", "function")
    if kind == "custom":
        raise SkippedError("a tool of the type custom takes text, and has no schema")
    if kind != "function":
        raise SkippedError(f"a tool of OpenAI's own ({printable(str(kind))}) has no schema")
    if isinstance(entry.members.get("function"), dict):
        entry = _nested(entry)
    params = _schema(entry, "parameters") or _NO_PARAMETERS
    if unstrict:
        params = without_nullable_required(params)
    elif entry.members.get("strict") is True and has_nullable_required(params):
        entry.note("strict: optional parameters are required and may be null; --unstrict makes them optional")
    for path in closed_empty_objects(params):
        message = f"params {path}: this object may only be {{}}; a map becomes that in strict mode of some libraries"
        entry.note(message, Severity.WARNING)
    return _span_type(entry, params)


def anthropic_tool(entry: ToolEntry) -> ImportedSpanType:
    """A tool of Anthropic with a schema of its own."""
    kind = entry.members.get("type", "custom")
    if kind != "custom":
        raise SkippedError(f"a tool of Anthropic's own ({printable(str(kind))}) has no schema")
    return _span_type(entry, _schema(entry, "input_schema") or _NO_PARAMETERS)


def _nested(outer: ToolEntry) -> ToolEntry:
    """The function in an entry, which tells what it finds as the entry does."""
    entry = ToolEntry(outer.members["function"], outer.about)
    outer.about, entry.found = entry.about, outer.found
    return entry


def _schema(entry: ToolEntry, key: str) -> Mapping[str, object] | None:
    """The schema of the parameters, if there are any.

    Raises:
        RefusedError: it is in another place, where another source has it.
    """
    schema = entry.schema(key)
    other = next((form for form in _FORMS if form in entry.members), None)
    if schema is None and other is not None:
        raise RefusedError(f"expected {key}, found {other}: {_FORMS[other]} reads that")
    return schema


def _span_type(entry: ToolEntry, params: Mapping[str, object]) -> ImportedSpanType:
    name, description = entry.checked_name(), entry.text("description")
    return ImportedSpanType(name=name, description=description, params=params, result=_OUTPUT)
