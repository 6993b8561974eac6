"""What goes into a request: paths, bodies, keys. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from prefactor_http.exceptions import PrefactorClientError

__all__ = ["api_path", "checked_key", "encode_json", "given", "iso_time"]

_KEY_MAX_CHARS = 64


def api_path(*segments: str) -> str:
    """Path under the API's prefix; IDs are quoted.

    Raises:
        ValueError: A segment is empty or would lead to another place.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise ValueError(f"an ID must be given; it is {segment!r}")
    return "/api/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def checked_key(key: str | None) -> str | None:
    """The idempotency key, if the API takes it.

    Raises:
        ValueError: It is longer than 64 characters.
    """
    if key is not None and len(key) > _KEY_MAX_CHARS:
        raise ValueError(f"idempotency_key must have at most {_KEY_MAX_CHARS} characters; it has {len(key)}")
    return key


def given(**fields: object) -> dict[str, Any]:
    """The fields that have a value: an optional field is sent only when it is given."""
    return {name: value for name, value in fields.items() if value is not None}


def iso_time(time: datetime | None) -> str | None:
    """A time as the API takes it. A naive time goes without offset."""
    return None if time is None else time.isoformat()


def encode_json(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8.

    Raises:
        PrefactorClientError: The value has no JSON form (NaN and infinities have none).
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise PrefactorClientError(f"the request has no JSON form: {error}") from error
    # Half a surrogate pair is no UTF-8. It can only stand in a string, where \udc80 is JSON for it.
    return text.encode("utf-8", "backslashreplace")
