"""The parts of a request: paths, bodies, idempotency keys. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic_core import to_json

from prefactor_http.exceptions import PrefactorClientError

__all__ = ["api_path", "checked_key", "encode_json", "encode_json_types", "given", "iso_time"]

_KEY_MAX_CHARS = 64


def api_path(*segments: str) -> str:
    """A path below the API's prefix. Segments are quoted.

    Raises:
        ValueError: A segment is empty, "." or "..": the path would be that of another resource.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise ValueError(f"an ID must not be empty, '.' or '..'; it is {segment!r}")
    return "/api/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def checked_key(key: str | None) -> str | None:
    """The idempotency key, checked.

    Raises:
        ValueError: It has more than 64 characters, the API's limit.
    """
    if key is not None and len(key) > _KEY_MAX_CHARS:
        raise ValueError(f"idempotency_key must have at most {_KEY_MAX_CHARS} characters; it has {len(key)}")
    return key


def given(**fields: object) -> dict[str, Any]:
    """The fields that are not None: an optional field is sent only if it is given."""
    return {name: value for name, value in fields.items() if value is not None}


def iso_time(time: datetime | None) -> str | None:
    """A time in ISO 8601. A naive time has no offset."""
    return None if time is None else time.isoformat()


def encode_json(value: Mapping[str, Any]) -> bytes:
    """The value as JSON in UTF-8.

    Raises:
        PrefactorClientError: The value has no JSON form, such as NaN.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise PrefactorClientError(f"the request cannot be written as JSON: {error}") from error
    # UTF-8 has no form for a lone surrogate. It can only be inside a string, where JSON writes it as \udc80.
    return text.encode("utf-8", "backslashreplace")


def encode_json_types(value: Mapping[str, Any]) -> bytes:
    """As `encode_json()`, and several times as fast, for a value that has only the types of JSON, and texts as keys.

    Raises:
        PrefactorClientError: The value has no JSON form, such as NaN.
    """
    try:
        content = to_json(value)
    except (ValueError, RecursionError):  # a lone surrogate; more levels than pydantic takes
        return encode_json(value)
    # It does not refuse such numbers. (A text may have these words, too.)
    return encode_json(value) if b"NaN" in content or b"Infinity" in content else content
