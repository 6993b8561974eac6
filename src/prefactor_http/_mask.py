"""Removes the API token from texts of the server."""

from __future__ import annotations

import re

__all__ = ["without_token"]

_MASK = "[redacted]"
_MIN_LENGTH = 8
# No letter or digit of ASCII, of which tokens are made, or one that belongs to an escape of JSON.
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
_END = r"(?![A-Za-z0-9])"


def without_token(text: str, token: str) -> str:
    """The text with a mask in place of each token that stands as a whole, also if JSON escapes its characters.

    A token of less than 8 characters is not looked for: a real one is longer, and such texts occur by chance.
    """
    if len(token) < _MIN_LENGTH:
        return text
    return re.sub(_START + "".join(map(_escaped_or_not, token)) + _END, _MASK, text)


def _escaped_or_not(character: str) -> str:
    return rf"(?:\\?{re.escape(character)}|\\u(?i:{ord(character):04x}))"
