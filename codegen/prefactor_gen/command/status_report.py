"""Prints what `prefactor-gen status` found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from prefactor_gen.command.report import colour_of, console, is_terminal
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity, printable
from prefactor_gen.diagnostics.usage_rules import UNUSED_SPAN_TYPE

if TYPE_CHECKING:
    from prefactor_gen.usage.status import Status

__all__ = ["print_status"]

_WIDTH = max(map(len, Severity))


def print_status(status: Status, stream: TextIO) -> None:
    """Print the numbers of span types, and a line for each finding."""
    lines = [_line(found) for found in status.diagnostics]
    if not is_terminal(stream):
        print(_summary(status), *(f"{label} {text}" for label, text in lines), sep="\n", file=stream)
        return
    from rich.text import Text

    terminal = console(stream)
    terminal.print(_summary(status))
    for found, (label, text) in zip(status.diagnostics, lines, strict=True):
        terminal.print(Text.assemble((label, colour_of(found.severity)), f" {text}"), soft_wrap=True)


def _summary(status: Status) -> str:
    number = status.used + status.unused + status.perhaps + status.ignored
    rare = {"perhaps used": status.perhaps, "ignored": status.ignored}
    others = "".join(f", {count} {label}" for label, count in rare.items() if count)
    return f"{number} span type{'' if number == 1 else 's'}: {status.used} used, {status.unused} unused{others}"


def _line(found: Diagnostic) -> tuple[str, str]:
    """The severity and the rule, and the rest of the line."""
    label = f"{found.severity:<{_WIDTH}} {found.code}"
    place = printable(_shown(found.place))
    if found.code == UNUSED_SPAN_TYPE.code:
        return label, f"{printable(found.message)} ({place})"
    return label, f"{place}: {printable(found.message)}"


def _shown(place: Place) -> str:
    if place.line is not None:
        return f"{place.source}:{place.line}"
    return f"{place.source}, {place.about}" if place.about else place.source
