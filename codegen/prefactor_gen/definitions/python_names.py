"""Makes Python names from the names of definitions."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata

__all__ = ["class_name", "is_usable", "module_name", "pascal", "snake"]

_SEPARATORS = re.compile(r"[\W_]+")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


def pascal(name: str) -> str:
    """`agent:llm` → `AgentLlm`; capitals inside a word stay: `getWeather` → `GetWeather`."""
    words = (word for word in _SEPARATORS.split(name) if word)
    return unicodedata.normalize("NFKC", "".join(word[:1].upper() + word[1:] for word in words))


def snake(name: str) -> str:
    """`agent:llm` → `agent_llm`, `getWeather` → `get_weather`."""
    words = (part for word in _SEPARATORS.split(name) if word for part in _WORD_START.split(word))
    return "_".join(word.lower() for word in words)


def class_name(span_type: str) -> str:
    """The helper class of a span type."""
    return pascal(span_type)


def module_name(span_type: str) -> str:
    """The module of a span type. With its underscore it is neither a keyword nor a name that the package exports."""
    return f"_{snake(span_type)}"


def is_usable(name: str) -> bool:
    """Whether a class may have this name: an identifier that is not a keyword and hides no built-in."""
    return name.isidentifier() and not keyword.iskeyword(name) and name not in _BUILTINS
