"""The tools of an MCP server as span types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Severity
from prefactor_gen.importing.span_types import Found, Imported, ImportedSpanType
from prefactor_gen.importing.wrapping import as_result, may_be_an_object

__all__ = ["imported_tools"]

_CONTENT: Mapping[str, object] = {
    "type": "object",
    "required": ["content"],
    "properties": {
        "content": {
            "type": "array",
            "description": "What the tool returned, in parts such as texts and images.",
            "items": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
        }
    },
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
    span_types: list[ImportedSpanType] = []
    found: list[Found] = []
    for number, tool in enumerate(tools, 1):
        reader = _Tool(tool, number)
        span_type = reader.span_type()
        found.extend(reader.found)
        span_types.extend([] if span_type is None else [span_type])
    return Imported(source=source, span_types=span_types, found=found)


class _RefusedError(Exception):
    """The tool cannot be imported; the message says why."""


class _Tool:
    """Reads one entry, which may have any form."""

    def __init__(self, entry: object, number: int) -> None:
        # What is null is absent: servers in Go write all members.
        members = entry.items() if isinstance(entry, dict) else ()
        self.entry: dict[str, object] = {key: value for key, value in members if value is not None}
        name = self.entry.get("name")
        self.name = name if isinstance(name, str) else ""
        self.number = number
        self.found: list[Found] = []

    def span_type(self) -> ImportedSpanType | None:
        """The span type of the tool, or None if there can be none."""
        try:
            return self.read()
        except _RefusedError as error:
            problem = str(error)
        except DiagnosticError as error:
            problem = f"{error.diagnostics[0].message} ({error.diagnostics[0].place})"
        self.found.append(Found(self.name or f"tool {self.number}", problem, Severity.ERROR))
        return None

    def read(self) -> ImportedSpanType:
        if not self.name.strip():
            raise _RefusedError("expected an object with the name of a tool")
        for key in ("inputSchema", "outputSchema"):
            if not isinstance(self.entry.get(key, {}), dict):
                raise _RefusedError(f"expected an object as {key}, found {type(self.entry[key]).__name__}")
        annotations = self.entry.get("annotations")
        hints = annotations if isinstance(annotations, dict) else {}
        return ImportedSpanType(
            name=self.name,
            title=self.text(self.entry, "title") or self.text(hints, "title"),
            description=self.text(self.entry, "description"),
            params=self.params(),
            result=self.result(),
            data_risk=self.data_risk(hints),
        )

    def params(self) -> Mapping[str, object]:
        schema = self.entry.get("inputSchema")
        if schema is None:
            self.note("no inputSchema; params may have any properties")
        return schema if isinstance(schema, dict) else {}

    def result(self) -> Mapping[str, object]:
        schema = self.entry.get("outputSchema")
        if not isinstance(schema, dict):
            self.note("no outputSchema; result is content")
            return _CONTENT
        if not may_be_an_object(schema):
            self.note("outputSchema describes no object; it is the property result of the result")
        return as_result(schema)

    def text(self, entry: Mapping[str, object], key: str) -> str | None:
        value = entry.get(key)
        if value is None or isinstance(value, str):
            return value or None
        self.note(f"expected text as {key}, found {type(value).__name__}; left out")
        return None

    def data_risk(self, hints: Mapping[str, object]) -> Mapping[str, object] | None:
        """What the hints say explicitly. What they do not say is unknown."""
        profile: dict[str, str] = {}
        for hint, actions in _ACTIONS_OF_HINTS.items():
            value = hints.get(hint)
            if isinstance(value, bool):
                profile |= actions.get(value, {})
            elif value is not None:
                self.note(f"expected true or false as {hint}, found {type(value).__name__}; left out")
        if not profile:
            return None
        ordered = {action: profile[action] for action in _ACTIONS if action in profile}
        return {"action_profile": ordered, "params_data_categories": {}, "result_data_categories": {}}

    def note(self, message: str) -> None:
        self.found.append(Found(self.name, message))
