"""Texts for a terminal. Payloads, names and summaries are other people's: nothing of them may control the terminal."""

from __future__ import annotations

import json
import math
import re
import unicodedata

__all__ = ["counted", "duration_text", "escaped_json", "first_line", "time_text", "visible", "visible_lines"]

_JOINERS = "\u200c\u200d"
"""They join and separate letters and emoji. They have no other effect."""
_SUMMARY_CHARS = 1_000
_PERHAPS_ESCAPED = re.compile(r"[^ -~\n]")


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
    return _PERHAPS_ESCAPED.sub(lambda found: _escaped(found[0]), text)


def first_line(text: str) -> str:
    """A summary on one line of bounded length."""
    return visible(text if len(text) <= _SUMMARY_CHARS else f"{text[:_SUMMARY_CHARS]}…").strip()


def duration_text(milliseconds: float) -> str:
    """A duration as the browser shows it: `0.42 ms`, `850 ms`, `2.35 s`, `3 m 05 s`, `2 h 00 m`, `4 d 01 h`."""
    if not math.isfinite(milliseconds):  # only a server or a file that lies says so
        return "?"
    if milliseconds < 0:
        return f"-{duration_text(-milliseconds)}"
    if milliseconds < 999.5:
        return f"{_up_to_two_digits(milliseconds)} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.{2 if milliseconds < 9_995 else 1}f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} m {seconds:02} s"
    days, hours_of_day = divmod(hours, 24)
    return f"{days:,} d {hours_of_day:02} h" if days else f"{hours} h {minutes:02} m"


def _up_to_two_digits(milliseconds: float) -> str:
    digits = 2 if milliseconds < 0.995 else 1 if milliseconds < 9.95 else 0
    text = f"{milliseconds:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def time_text(time: str) -> str:
    """A time of the API, to the second."""
    return f"{visible(time[:19]).replace('T', ' ')} UTC"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 span`, `2 spans`, `no mismatches`."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"1 {noun}" if number == 1 else f"{number:,} {plural}" if number else f"no {plural}"


def _visible(char: str) -> str:
    if char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def _escaped(char: str) -> str:
    return char if _visible(char) == char else json.dumps(char)[1:-1]
