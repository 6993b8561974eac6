"""Prints what `prefactor-gen status` found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from prefactor_gen.command.report import Line, print_lines
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable
from prefactor_gen.diagnostics.usage_rules import UNUSED_SPAN_TYPE

if TYPE_CHECKING:
    from prefactor_gen.usage.status import Status

__all__ = ["print_status"]

_WIDTH = max(map(len, Severity))


def print_status(status: Status, stream: TextIO) -> None:
    """Print the numbers of span types, and a line for each finding."""
    print_lines([Line(_summary(status)), *map(_line, status.diagnostics)], stream)


def _summary(status: Status) -> str:
    number = status.used + status.unused + status.perhaps + status.ignored
    rare = {"perhaps used": status.perhaps, "ignored": status.ignored}
    others = "".join(f", {count} {label}" for label, count in rare.items() if count)
    return f"{number} span type{'' if number == 1 else 's'}: {status.used} used, {status.unused} unused{others}"


def _line(found: Diagnostic) -> Line:
    label = f"{found.severity:<{_WIDTH}} {found.code}"
    place, message = printable(_shown(found.place)), printable(found.message)
    text = f"{message} ({place})" if found.code == UNUSED_SPAN_TYPE.code else f"{place}: {message}"
    return Line(f"{label} {text}", found.severity, label)


def _shown(place: Place) -> str:
    if place.line is not None:
        return f"{place.source}:{place.line}"
    return f"{place.source}, {place.about}" if place.about else place.source
