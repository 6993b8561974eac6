"""Places in a payload."""

from __future__ import annotations

import json
import re
from typing import NamedTuple, TypeAlias

__all__ = ["ITEMS", "OTHERS", "Path", "PathStep", "matching_members", "path_text"]


class _Step(NamedTuple):
    """A step that is no name and no index; `pattern` is one that the names match."""

    text: str
    pattern: str = ""


ITEMS, OTHERS = _Step("[]"), _Step("*")
PathStep: TypeAlias = str | int | _Step
Path: TypeAlias = tuple[PathStep, ...]
"""The place in a payload: names, indices of tuples, `ITEMS` of an array and `OTHERS`, the further members."""

_PLAIN_NAME = re.compile(r"[\w$@:/-]+")


def matching_members(pattern: str) -> PathStep:
    """The step to the members whose names match a pattern."""
    return OTHERS._replace(pattern=pattern)


def path_text(path: Path) -> str:
    """`customer.id`, `tags[]`, `labels.*`, `point[0]`; other characters are quoted as in JSON."""
    text = ""
    for step in path:
        if isinstance(step, str):
            name = step if _PLAIN_NAME.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            text += f".{name}" if text else name
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step.text}" if text and step.text == OTHERS.text else step.text
    return text
