"""The characters that readers do not see, though Python calls some of them printable, or takes them in a name."""

from __future__ import annotations

import re

__all__ = ["INVISIBLE", "escape_invisible"]

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]|(?<=\\w)[\ufe00-\ufe0f]"
)
"""One of them: Unicode's Default_Ignorable_Code_Point, which unicodedata does not have, and the blank of Braille.

A variation selector counts after a letter or a digit only: after a symbol, it chooses the form of an emoji.
"""


def escape_invisible(text: str) -> str:
    """The text with Python's escape sequences for what readers do not see."""
    return text if text.isascii() else INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
