"""Reads the entries of a list of tools, each by itself: what is wrong with one leaves the others as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place, Severity
from prefactor_gen.documents.nodes import ObjectNode, from_python
from prefactor_gen.importing.cleaning import payload_path
from prefactor_gen.importing.span_types import Found, ImportedSpanType
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.subschemas import located_schemas

__all__ = ["RefusedError", "SkippedError", "ToolEntry", "read_tools"]


class RefusedError(Exception):
    """A tool cannot be imported; the message says why."""


class SkippedError(Exception):
    """An entry is no tool with a schema; the message says what it is."""


class ToolEntry:
    """An entry of a list of tools, which may have any form.

    Attributes:
        members: its members. What is null is absent: programs in Go write all members.
        found: what there is to tell about it.
    """

    def __init__(self, entry: object, about: str) -> None:
        members = entry.items() if isinstance(entry, dict) else ()
        self.members: dict[str, object] = {key: value for key, value in members if value is not None}
        name = self.members.get("name")
        self.name = name if isinstance(name, str) and name.strip() else ""
        self.about = self.name or about
        self.found: list[Found] = []

    def checked_name(self) -> str:
        """The name of the tool.

        Raises:
            RefusedError: there is none.
        """
        if not self.name:
            raise RefusedError("expected an object with the name of a tool")
        return self.name

    def schema(self, key: str) -> Mapping[str, object] | None:
        """A schema; None if it is absent.

        Raises:
            RefusedError: it is no object.
            DiagnosticError: it holds something that JSON cannot express, or is nested too deeply.
        """
        value = self.members.get(key)
        if isinstance(value, dict):
            self.tell_redactions(key, value)
        if value is None or isinstance(value, dict):
            return value
        raise RefusedError(f"expected an object as {key}, found {type(value).__name__}")

    def tell_redactions(self, key: str, schema: Mapping[str, object]) -> None:
        """Tell which values the schema hides: whoever wrote it decides what others see of the tool."""
        node = from_python(schema, Place(key))
        for pointer, each in located_schemas(node) if isinstance(node, ObjectNode) else ():
            if each.get(REDACT) is True:
                self.note(f"{key} {payload_path(pointer)}: {REDACT}: the value is recorded as [redacted]")

    def text(self, key: str) -> str | None:
        """A text; None if it is absent or empty, or no text, which is told."""
        value = self.members.get(key)
        if value is None or isinstance(value, str):
            return value or None
        self.note(f"expected text as {key}, found {type(value).__name__}; left out")
        return None

    def note(self, message: str, severity: Severity = Severity.NOTE) -> None:
        """Tell something about the tool."""
        self.found.append(Found(self.about, message, severity))


def read_tools(
    entries: Iterable[object], read: Callable[[ToolEntry], ImportedSpanType]
) -> tuple[list[ImportedSpanType], list[Found]]:
    """The span types of a list of tools, and what there is to tell.

    Args:
        entries: the list.
        read: makes a span type of an entry; raises RefusedError, SkippedError or DiagnosticError.
    """
    span_types: list[ImportedSpanType] = []
    found: list[Found] = []
    for number, each in enumerate(entries, 1):
        entry = ToolEntry(each, f"tool {number}")
        try:
            span_types.append(read(entry))
        except SkippedError as error:
            entry.note(f"skipped: {error}")
        except RefusedError as error:
            entry.note(str(error), Severity.ERROR)
        except DiagnosticError as error:
            first = error.diagnostics[0]
            entry.note(f"{first.message} ({first.place})", Severity.ERROR)
        found.extend(entry.found)
    return span_types, found
