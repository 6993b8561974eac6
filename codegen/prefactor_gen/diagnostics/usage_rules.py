"""The rules of `prefactor-gen status`, which reads the source code of an agent."""

from __future__ import annotations

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.rules import Rule

__all__ = [
    "CANNOT_TELL",
    "DEPRECATED_USE",
    "HAS_HELPER",
    "UNKNOWN_SPAN_TYPE",
    "UNNEEDED_IGNORE",
    "UNREAD_FILE",
    "UNUSED_SPAN_TYPE",
    "USAGE_RULES",
]

UNUSED_SPAN_TYPE = Rule(
    "PS001",
    "no source file uses the span type",
    (
        "No file that was read names the class of the span type, or opens a span by its name. Remove the definition "
        "when no recorded span needs it any more, or start to record it. If something else records such spans, say so "
        "in [tool.prefactor-gen.status.ignore]. It is a note if the span type is deprecated, so that the code is as it "
        "should be, if a place was found where the code cannot tell which span type is meant (PS005, PS007), and if "
        "the code makes names that begin as this one does."
    ),
    severity=Severity.WARNING,
)

HAS_HELPER = Rule(
    "PS002",
    "a span is opened by name although there is a generated class",
    (
        "With the name of a span type, payloads are checked when they are recorded. With the generated class, type "
        "checkers check them before. Import the class from the generated package, and use it in place of the name. "
        "create_span takes names only, and is not reported."
    ),
    severity=Severity.WARNING,
)

UNKNOWN_SPAN_TYPE = Rule(
    "PS003",
    "a span is opened by a name or a class that no definition has",
    (
        "No definition, no generated package that the code imports, and no registration in the code has a span type of "
        "this name, so the API refuses the span. Correct the name, or define the span type. Names without a colon that "
        "resemble no span type are reported only where the code shows that the span is one of prefactor. It is a note "
        "if the code takes span types from somewhere that status cannot read. A class is reported that is taken from a "
        "generated package and belongs to none of its span types: run prefactor-gen, or correct the name."
    ),
)

DEPRECATED_USE = Rule(
    "PS004",
    "the code uses a span type or a property that is deprecated",
    (
        "The definition says that it is deprecated (deprecated or x-prefactor-deprecated). Use what the message names "
        "instead. It is an error from the day after the date in until."
    ),
    severity=Severity.WARNING,
)

CANNOT_TELL = Rule(
    "PS005",
    "the code does not show which span type is used",
    (
        "The name or the class is made while the program runs, so it can be any span type. Nothing is wrong with "
        "that, but then it is not certain that a span type is unused (PS001). Constants, conditional expressions, and "
        "tables with the names or classes can be followed; values of parameters cannot."
    ),
    severity=Severity.NOTE,
)

UNNEEDED_IGNORE = Rule(
    "PS006",
    "an entry of [tool.prefactor-gen.status.ignore] is not needed",
    (
        "The entry covers no span type that is unused, and no name that is unknown. Remove it: it would hide the next "
        "one. With a PATH, entries are not checked, because only a part of the code is read."
    ),
    severity=Severity.WARNING,
)

UNREAD_FILE = Rule(
    "PS007",
    "a source file, or a cell of a notebook, cannot be read",
    (
        "The file names prefactor or the generated package, and is not valid Python for the version that runs "
        "prefactor-gen, or is no UTF-8 text, or is too large. What it uses is not known, so PS001 is a note. Run "
        "prefactor-gen with the version of Python that the agent needs."
    ),
    severity=Severity.WARNING,
)

USAGE_RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""
