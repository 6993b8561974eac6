"""The text of an exception as it is recorded: without the input that pydantic quotes in its errors and warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError

__all__ = ["error_text"]

_MAX_LENGTH = 20_000
_MAX_EXCEPTIONS = 100
_QUOTED = re.compile(r"(?:, )?\binput_value=(?:.*(?=\])|.*)")  # up to the end of its brackets, or of the line
# The messages of pydantic that quote a part of the input.
_MESSAGES = {
    "union_tag_invalid": "Input tag does not match any of the expected tags",
    "uuid_parsing": "Input should be a valid UUID",
}


def error_text(error: BaseException) -> str:
    """The text of an exception, without the input of a pydantic error that it is, wraps, or has in its message."""
    if isinstance(error, ValidationError):
        return _without_input(error)
    text = str(error)
    if "input_value=" not in text:
        return text
    for each in _related(error):
        if isinstance(each, ValidationError):
            text = text.replace(str(each), _without_input(each))
    return _QUOTED.sub("", text)


def _without_input(error: ValidationError) -> str:
    """As pydantic words it with `hide_input_in_errors`."""
    count = error.error_count()
    text = f"{count} validation error{'' if count == 1 else 's'} for {error.title}"
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        if each["loc"]:
            text += f"\n{'.'.join(map(str, each['loc']))}"
        text += f"\n  {_MESSAGES.get(each['type'], each['msg'])} [type={each['type']}]"
        if len(text) > _MAX_LENGTH:
            break
    return text


def _related(error: BaseException) -> Iterator[BaseException]:
    """The exception, and those that it was raised from, groups, or holds as arguments or attributes."""
    found = {id(error): error}
    pending = [error]
    while pending and len(found) < _MAX_EXCEPTIONS:
        each = pending.pop()
        held = (each.__cause__, each.__context__, *each.args, *vars(each).values())
        grouped = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        for other in (*held, *grouped):
            if isinstance(other, BaseException) and id(other) not in found:
                found[id(other)] = other
                pending.append(other)
    return iter(found.values())
