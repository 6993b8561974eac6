"""The result of an OpenAPI operation: its first answer of success with JSON."""

from __future__ import annotations

import re
from typing import Final

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.limits import MAX_TYPES
from prefactor_gen.importing.openapi.context import Json, OperationContext, json_media_type
from prefactor_gen.importing.openapi.references import Documents, Located, is_object
from prefactor_gen.importing.openapi.schemas import Direction
from prefactor_gen.importing.openapi.shapes import describes_object

__all__ = ["result_of"]

_SUCCESS = re.compile(r"2(\d\d|XX)", re.IGNORECASE)
_ANY_OBJECT: Final[Json] = {"type": "object"}


def result_of(context: OperationContext, responses: Located) -> Json | None:
    """The schema of the result; None if the answer has no content.

    Raises:
        BrokenReferenceError: something that it needs cannot be read.
    """
    content = _success(context.documents, responses).member("content")
    if not content.members:
        return None
    media_type = json_media_type(content)
    if media_type is None:
        context.note(f"the response is {', '.join(content.members)}; the result takes any object")
        return _ANY_OBJECT
    schema = context.schema_of_media(content, media_type)
    return _ANY_OBJECT if schema is None else _as_object(context, schema)


def _as_object(context: OperationContext, schema: Located) -> Json:
    """The schema of an answer, or of an object that holds it as `result`."""
    found = context.converter.converted(schema, Direction.RESPONSE)
    if context.size(found) > MAX_TYPES:
        message = f"the response has more than {MAX_TYPES:,} schemas; the result takes any object"
        context.note(message, Severity.WARNING)
        return _ANY_OBJECT
    converted = context.used(found)
    if describes_object(context.documents, schema) and is_object(converted):
        return converted if "$ref" in converted else {"type": "object", **converted}
    return {"type": "object", "required": ["result"], "properties": {"result": converted}}


def _success(documents: Documents, responses: Located) -> Located:
    """The first response of success that has JSON, or else the first one."""
    found = documents.follow(responses)
    successes = sorted(status for status in found.members if _SUCCESS.fullmatch(status))
    followed = [documents.follow(found.member(status)) for status in successes]
    first = followed[0] if followed else Located(None, found.file)
    return next((each for each in followed if json_media_type(each.member("content"))), first)
