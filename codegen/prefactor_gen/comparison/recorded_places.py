"""Finds the places of changes in recorded payloads."""

from __future__ import annotations

import json
import re
from typing import Final

from prefactor_gen.comparison.schemas.reading.paths import ITEMS, OTHERS, Path, PathStep

__all__ = ["has_value", "steps_of"]

_STEP: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\[\d*\]|[^.\[\]"]+')


def steps_of(text: str) -> Path:
    """The steps that `path_text` has made a text of."""
    return tuple(_step(each) for each in _STEP.findall(text))


def _step(text: str) -> PathStep:
    if text in {ITEMS.text, OTHERS.text}:
        return ITEMS if text == ITEMS.text else OTHERS
    if text.startswith("["):
        return int(text[1:-1])
    return str(json.loads(text)) if text.startswith('"') else text


def has_value(payload: object, path: Path) -> bool:
    """Whether a payload has a value at a place, which may be one of all items or of all further members."""
    if not path:
        return True
    step, inside = path[0], []
    if isinstance(payload, dict):
        inside = list(payload.values()) if step == OTHERS else [payload[step]] if step in payload else []
    elif isinstance(payload, list) and not isinstance(step, str):
        inside = payload if step == ITEMS else payload[step : step + 1] if isinstance(step, int) else []
    return any(has_value(each, path[1:]) for each in inside)
