"""Makes Python names from the names of definitions."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import unicodedata

from prefactor_gen.diagnostics.invisible import INVISIBLE

__all__ = ["class_name", "is_usable", "module_name", "pascal", "snake"]

_WORD = re.compile(r"\w+")
_SEPARATORS = re.compile(r"[\W_]+")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


def pascal(name: str) -> str:
    """`agent:llm` → `AgentLlm`; capitals inside a word stay: `getWeather` → `GetWeather`."""
    words = (word for word in _SEPARATORS.split(unicodedata.normalize("NFKC", INVISIBLE.sub(" ", name))) if word)
    return unicodedata.normalize("NFKC", "".join(word[:1].upper() + word[1:] for word in words))


def snake(name: str) -> str:
    """`agent:llm` → `agent_llm`, `getWeather` → `get_weather`."""
    words = (part for word in _SEPARATORS.split(name) if word for part in _WORD_START.split(word))
    return "_".join(word.lower() for word in words)


def class_name(span_type: str) -> str:
    """The helper class of a span type."""
    return pascal(span_type)


def module_name(span_type: str) -> str:
    """The module of a span type. With its underscore it is neither a keyword nor a name that the package exports.

    Its file has an ASCII name, because systems disagree about others. A digest then keeps it distinct: `été` →
    `_ete_` and six digits.
    """
    name = snake(span_type)
    if name.isascii():
        return f"_{name}"
    ascii_name = snake(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    digest = hashlib.sha256(span_type.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"_{ascii_name or 'span'}_{digest}"


def is_usable(name: str) -> bool:
    """Whether a class may have this name: an identifier that is not a keyword and hides no built-in.

    The model generator changes names that start with a number (`ᛮ`, `一`) or have combining marks.
    """
    is_kept = name[:1].isalpha() and not name[:1].isnumeric() and _WORD.fullmatch(name) is not None
    return is_kept and name.isidentifier() and not keyword.iskeyword(name) and name not in _BUILTINS
