"""What a request asks of the viewer. Whatever is not understood is refused with 400, in a sentence."""

from __future__ import annotations

from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.requests import Request

from prefactor_http._text import one_line
from prefactor_local._protocol.strings import is_identifier

__all__ = ["choice", "flag", "identifier", "optional_choice", "text", "whole_number"]

MAX_TEXT_CHARS = 1000
_SHOWN_CHARS = 100


def text(request: Request, name: str) -> str:
    """A text to look for; empty if the request has none."""
    value = request.query_params.get(name, "")
    if len(value) > MAX_TEXT_CHARS or "\0" in value:
        raise HTTPException(400, f"{name} must be a text of at most {MAX_TEXT_CHARS} characters without NUL.")
    return value


def whole_number(request: Request, name: str) -> int | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 18):  # SQLite has 64 bits
        raise _wrong(name, "a whole number, 0 or more", value)
    return int(value)


def choice(request: Request, name: str, choices: Collection[str]) -> str:
    """One of some words."""
    value = request.query_params.get(name, "")
    if value not in choices:
        raise _wrong(name, f"one of {', '.join(choices)}", value)
    return value


def optional_choice(request: Request, name: str, choices: Collection[str]) -> str | None:
    """As `choice`, or None: browsers send an empty text for what is not chosen."""
    return choice(request, name, choices) if request.query_params.get(name) else None


def flag(request: Request, name: str) -> bool:
    return optional_choice(request, name, ("1", "0")) == "1"


def identifier(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not is_identifier(value):
        raise _wrong(name, "an ID", value)
    return value


def _wrong(name: str, wanted: str, found: str) -> HTTPException:
    return HTTPException(400, f"{name} must be {wanted}, found {one_line(found, _SHOWN_CHARS) or 'nothing'}.")
