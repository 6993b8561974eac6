"""Reads `deprecated` and `x-prefactor-deprecated`, of a schema or of a definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import DEPRECATED
from prefactor_schema.suggestions import did_you_mean

__all__ = ["DEPRECATION_KEYS", "Deprecation", "deprecation", "deprecation_problems"]

DEPRECATION_KEYS = {
    "use": "What to use instead: the name of a property, or of a span type.",
    "reason": "Why it is deprecated.",
    "since": "The version or the date from which on it is deprecated.",
    "until": "The version or the date until which it is supported.",
}
"""The members of `x-prefactor-deprecated`, each of them optional, and what they mean."""

_DATE_FORM = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
# 2.0.1150 and 2026.11.2 may be versions.
_OTHER_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(19|20)\d\d|\d{4}/\d{1,2}/\d{1,2}", re.ASCII)
_NUMBERS = re.compile(r"v?\d{1,9}(\.\d{1,9}){0,9}", re.ASCII)


@dataclass(frozen=True)
class Deprecation:
    """That something is deprecated.

    Attributes:
        place: where it says what to use, or else that it is deprecated; None if it was not read from a document.
    """

    use: str | None = None
    since: str | None = None
    until: str | None = None
    reason: str | None = None
    place: Place | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """`deprecated since 1.2: use name instead. The reason. Supported until 2.0.`"""
        since = f" since {self.since}" if self.since else ""
        texts = [f"use {self.use} instead" if self.use else "", (self.reason or "").removesuffix(".")]
        said = ". ".join(filter(None, texts))
        until = f" Supported until {self.until}." if self.until else ""
        return f"deprecated{since}{f': {said}' if said else ''}.{until}"

    @property
    def since_date(self) -> date | None:
        """The day from which on it is deprecated; None if that is not said, or is a version."""
        return _as_date(self.since)

    @property
    def until_date(self) -> date | None:
        """The day until which it is supported; None if that is not said, or is a version."""
        return _as_date(self.until)


def deprecation(node: ObjectNode) -> Deprecation | None:
    """What a schema or a definition says about its deprecation; None if it is not deprecated."""
    if DEPRECATED not in node:
        return Deprecation(place=node.place_at("deprecated")) if node.get("deprecated") is True else None
    said = node.object_at(DEPRECATED)
    place = said.place_at("use") if "use" in said else node.place_at(DEPRECATED)
    texts = {key: " ".join(text.split()) for key in DEPRECATION_KEYS if isinstance(text := said.get(key), str)}
    return Deprecation(**{key: text for key, text in texts.items() if text}, place=place)


def deprecation_problems(node: ObjectNode) -> Iterator[tuple[Place, str]]:
    """What is wrong with `x-prefactor-deprecated` of a schema or a definition, with the place."""
    if DEPRECATED not in node:
        return
    said, place = node[DEPRECATED], node.place_at(DEPRECATED)
    if not isinstance(said, ObjectNode):
        yield place, f"expected an object with {', '.join(DEPRECATION_KEYS)} in {DEPRECATED}"
        return
    if node.get("deprecated") is False:
        yield place, f"found {DEPRECATED} beside deprecated: false"
    for key, text in said.items():
        if key not in DEPRECATION_KEYS:
            hint = did_you_mean(key, DEPRECATION_KEYS)
            words = ", ".join(DEPRECATION_KEYS)
            yield said.place_at(key), f"unknown key {key!r} in {DEPRECATED}; expected one of {words}{hint}"
        elif not isinstance(text, str) or not text.strip():
            hint = f", found {text!r}; quote it" if isinstance(text, int | float) else ""
            yield said.place_at(key), f"expected text in {key} of {DEPRECATED}{hint}"
        elif key in {"since", "until"} and not _is_version_or_date(text.strip()):
            message = f"expected a version or a date, as 2027-03-01, in {key} of {DEPRECATED}, found {text!r}"
            yield said.place_at(key), message
    found = deprecation(node) or Deprecation()
    if _is_before(found.until, found.since):
        yield said.place_at("until"), f"until of {DEPRECATED} is before since"


def _is_version_or_date(text: str) -> bool:
    if _DATE_FORM.fullmatch(text) or _OTHER_DATE.fullmatch(text):
        return _as_date(text) is not None
    return any(each.isdigit() for each in text)  # projects number their versions in many ways


def _is_before(one: str | None, other: str | None) -> bool:
    """Whether a date or a version is before another one; False if they cannot be compared."""
    day, other_day = _as_date(one), _as_date(other)
    if day is not None and other_day is not None:
        return day < other_day
    numbers, other_numbers = _numbers(one), _numbers(other)
    return numbers is not None and other_numbers is not None and numbers < other_numbers


def _numbers(version: str | None) -> list[int] | None:
    """The numbers of a version such as 1.10 or v2, without zeros at its end; None for other texts."""
    if version is None or not _NUMBERS.fullmatch(version):
        return None
    return [int(each) for each in re.sub(r"(\.0+)+$", "", version.removeprefix("v")).split(".")]


def _as_date(text: str | None) -> date | None:
    """The day that a text in the form YYYY-MM-DD says; None for another text, such as a version."""
    try:
        return date.fromisoformat(text) if text is not None and _DATE_FORM.fullmatch(text) else None
    except ValueError:  # there is no such day
        return None
