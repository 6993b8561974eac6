"""Reads fields of payloads, which need not match their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.shapes import Json

__all__ = ["Error", "Object", "as_text", "error_of", "fields", "objects", "part", "text", "texts"]

Object: TypeAlias = "Mapping[str, Json]"


def fields(value: Json) -> Object:
    """The fields of an object; none if the value is no object."""
    return value if isinstance(value, dict) else {}


def part(value: Object, name: str) -> Object:
    """The object in a field; empty if there is none."""
    return fields(value.get(name))


def text(value: Object, name: str) -> str | None:
    """The text in a field; None if there is none."""
    found = value.get(name)
    return found if isinstance(found, str) else None


def objects(value: Json) -> list[Object]:
    """The objects of an array; empty if it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Json) -> list[str]:
    """The texts of an array; empty if it is none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def as_text(value: Json) -> str | None:
    """A text as it is, null as None, other values as JSON."""
    return value if value is None or isinstance(value, str) else json_text(value)


class Error(NamedTuple):
    """Why a span failed. Texts are empty if its result does not tell."""

    type: str
    message: str


def error_of(result: Json) -> Error:
    """The error in the result of a span.

    The client records an exception as `{"error": {"type", "message"}}`; `agent:tool` has `error_message`.
    """
    outer = fields(result)
    inner = part(outer, "error")
    message = text(inner, "message") or text(outer, "error_message") or text(outer, "error") or ""
    return Error(text(inner, "type") or "", message)
