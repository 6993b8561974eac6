"""Texts for a terminal. Payloads, names and summaries are other people's: nothing of them may control the terminal."""

from __future__ import annotations

import json
import unicodedata

__all__ = ["counted", "duration_text", "escaped_json", "first_line", "time_text", "visible", "visible_lines"]

_JOINERS = "\u200c\u200d"
"""They join and separate letters and emoji. They have no other effect."""
_SUMMARY_CHARS = 1_000


def visible(text: str) -> str:
    """The text on one line, with Python's escapes for what a terminal would act on.

    These are control characters, line breaks, marks that change the direction of writing, and lone surrogates.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def visible_lines(text: str) -> list[str]:
    """The lines of a text, each as `visible` gives it. Tabs are spaces."""
    return [visible(line) for line in text.replace("\r\n", "\n").expandtabs(4).split("\n")]


def escaped_json(text: str) -> str:
    """JSON with escapes of JSON for the same characters, so that a terminal can show it."""
    return text if text.isascii() else "".join(map(_escaped, text))


def first_line(text: str) -> str:
    """A summary on one line of bounded length."""
    return visible(text if len(text) <= _SUMMARY_CHARS else f"{text[:_SUMMARY_CHARS]}…").strip()


def duration_text(milliseconds: float) -> str:
    """A duration for people: `0.4 ms`, `70 ms`, `1.25 s`, `2 min 5 s`, `3 h 20 min`."""
    if milliseconds < 0.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_995:
        return f"{milliseconds / 1000:.2f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def time_text(time: str) -> str:
    """A time of the API, to the second."""
    return f"{time[:19].replace('T', ' ')} UTC"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 span`, `2 spans`, `no mismatches`."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"1 {noun}" if number == 1 else f"{number:,} {plural}" if number else f"no {plural}"


def _visible(char: str) -> str:
    if char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def _escaped(char: str) -> str:
    return char if char == "\n" or _visible(char) == char else json.dumps(char)[1:-1]
