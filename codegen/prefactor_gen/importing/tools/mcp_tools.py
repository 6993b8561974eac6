"""The tools of an MCP server as span types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_gen.importing.span_types import Imported, ImportedSpanType
from prefactor_gen.importing.tools.tool_entries import ToolEntry, read_tools
from prefactor_gen.importing.wrapping import as_result, may_be_an_object

__all__ = ["imported_tools"]

# A part has other members for each `type`, and programs have it as a dict, by `model_dump()`. With `required` beside
# `properties`, type checkers would take dicts with these keys alone; so it stands in `then`, and payloads are checked.
_PART: Mapping[str, object] = {
    "type": "object",
    "description": "A part, such as a text or an image.",
    "additionalProperties": True,
    "if": True,
    "then": {"required": ["type"], "properties": {"type": {"type": "string"}}},
}
_CONTENT: Mapping[str, object] = {
    "type": "object",
    "required": ["content"],
    "properties": {"content": {"type": "array", "description": "What the tool returned.", "items": _PART}},
}
_ACTIONS = ("create_data", "read_data", "update_data", "destroy_data", "external_communication")
_WRITES = ("create_data", "update_data", "destroy_data")
# A tool that writes may only create, or only change: readOnlyHint: false says nothing about each.
_ACTIONS_OF_HINTS: Mapping[str, Mapping[bool, Mapping[str, str]]] = {
    "openWorldHint": {True: {"external_communication": "allowed"}, False: {"external_communication": "disallowed"}},
    "destructiveHint": {True: {"destroy_data": "allowed"}, False: {"destroy_data": "disallowed"}},
    # The last one: of a tool that only reads, the others have no meaning.
    "readOnlyHint": {True: {"read_data": "allowed", **dict.fromkeys(_WRITES, "disallowed")}},
}


def imported_tools(tools: Sequence[object], source: str) -> Imported:
    """The tools that `tools/list` answers.

    Args:
        tools: the entries of the answer.
        source: the name and version of the server.
    """
    span_types, found = read_tools(tools, _span_type)
    return Imported(source=source, span_types=span_types, found=found)


def _span_type(entry: ToolEntry) -> ImportedSpanType:
    hints = ToolEntry(entry.members.get("annotations"), entry.about)
    span_type = ImportedSpanType(
        name=entry.checked_name(),
        title=entry.text("title") or hints.text("title"),
        description=entry.text("description"),
        params=_params(entry),
        result=_result(entry),
        data_risk=_data_risk(hints),
    )
    entry.found.extend(hints.found)
    return span_type


def _params(entry: ToolEntry) -> Mapping[str, object]:
    schema = entry.schema("inputSchema")
    if schema is None:
        entry.note("no inputSchema; params may have any properties")
    return schema or {}


def _result(entry: ToolEntry) -> Mapping[str, object]:
    schema = entry.schema("outputSchema")
    if schema is None:
        entry.note("no outputSchema; result is content")
        return _CONTENT
    if not may_be_an_object(schema):
        entry.note("outputSchema describes no object; its values are the property `result`")
    return as_result(schema)


def _data_risk(hints: ToolEntry) -> Mapping[str, object] | None:
    """What the hints say explicitly. What they do not say is unknown."""
    profile: dict[str, str] = {}
    for hint, actions in _ACTIONS_OF_HINTS.items():
        value = hints.members.get(hint)
        if isinstance(value, bool):
            profile |= actions.get(value, {})
        elif value is not None:
            hints.note(f"expected true or false as {hint}, found {type(value).__name__}; left out")
    if not profile:
        return None
    ordered = {action: profile[action] for action in _ACTIONS if action in profile}
    return {"action_profile": ordered, "params_data_categories": {}, "result_data_categories": {}}
