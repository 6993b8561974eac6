"""Advice for values that YAML reads as a number, a truth value or null where their author meant text."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["quoting_advice", "truth_advice"]

# Truth values in YAML 1.1, text in YAML 1.2.
_TRUTH_VALUES = {"on": "true", "off": "false", "yes": "true", "no": "false", "y": "true", "n": "false"}
_MAX_SHOWN = 40


def quoting_advice(spelled: Iterable[str]) -> str:
    """The end of a message about values that should be text.

    Args:
        spelled: those of them that YAML has read as something else, as they are written there.
    """
    quoted = ", ".join(f'"{text[:_MAX_SHOWN]}"' for text in spelled)
    return f"; in YAML, quotes make it text: {quoted}" if quoted else ""


def truth_advice(value: object) -> str:
    """The end of a message about a text that should be a truth value; empty if it is none in any YAML."""
    word = _TRUTH_VALUES.get(value.lower()) if isinstance(value, str) else None
    return "" if word is None else f"; {value} is text in YAML 1.2: write {word}"
