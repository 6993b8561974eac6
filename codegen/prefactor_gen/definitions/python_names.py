"""Makes Python names from the names of definitions."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterator

from prefactor_gen.diagnostics.invisible import INVISIBLE

__all__ = ["digest_of", "is_usable", "module_name", "names_made_of", "pascal", "snake", "spelled", "with_digest"]

_SEPARATORS = re.compile(r"[\W_]+")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_MAX_SPELLED = 60
# Shorter words than those of the Unicode standard.
_WORDS = {
    "-": "dash", ".": "dot", "_": "underscore", "@": "at", "$": "dollar", "#": "hash", "/": "slash", "\\": "backslash",
    " ": "space", "&": "and", "+": "plus", "*": "star", "!": "not", "?": "question", "%": "percent",
}  # fmt: skip


def pascal(name: str) -> str:
    """`agent:llm` → `AgentLlm`; capitals inside a word stay: `getWeather` → `GetWeather`."""
    words = _SEPARATORS.split(name) if name.isascii() else _unicode_words(name)
    return unicodedata.normalize("NFKC", "".join(word[:1].upper() + word[1:] for word in words if word))


def _unicode_words(name: str) -> list[str]:
    """The parts of a name that Python takes in an identifier: some signs of a script are no letters, but belong."""
    normal = unicodedata.normalize("NFKC", INVISIBLE.sub(" ", name))
    return "".join(char if _is_in_word(char) else " " for char in normal).split()


def _is_in_word(char: str) -> bool:
    after_a_letter = f"a{char}"
    is_connector = unicodedata.category(char) == "Pc"  # such as `_`
    return after_a_letter.isidentifier() and not is_connector and not INVISIBLE.search(after_a_letter)


def spelled(name: str) -> str:
    """The name with words for what is no letter or digit: `@id` → `at_id`, `user.id` → `user_dot_id`, `-1` → `minus_1`.

    An underscore inside stays.
    """
    parts: list[str] = []
    for index, char in enumerate(name[:_MAX_SPELLED]):
        is_inner_underscore = char == "_" and 0 < index < len(name) - 1
        if char.isalnum() or is_inner_underscore:
            parts.append(char)
        elif char == "-" and name[index + 1 : index + 2].isdecimal() and not name[:index]:
            parts.append("minus_")
        else:
            word = _WORDS.get(char) or unicodedata.name(char, f"u{ord(char):04x}").lower()
            parts.append(f"_{word.replace('-', '_').replace(' ', '_')}_")
    return "_".join(part for part in "".join(parts).split("_") if part)


def snake(name: str) -> str:
    """`agent:llm` → `agent_llm`, `getWeather` → `get_weather`."""
    words = (part for word in _SEPARATORS.split(name) if word for part in _WORD_START.split(word))
    return "_".join(word.lower() for word in words)


def module_name(span_type: str) -> str:
    """The module of a span type. With its underscore it is neither a keyword nor a name that the package exports.

    Its file has an ASCII name, because systems disagree about others. A digest then keeps it distinct: `été` →
    `_ete_` and six digits.
    """
    name = snake(span_type)
    if name and name.isascii():
        return f"_{name}"
    ascii_name = snake(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    digest = digest_of(span_type)[:6]
    return f"_{ascii_name or 'span'}_{digest}"


def names_made_of(class_name: str) -> tuple[str, str, str]:
    """The names that a class takes: its own, its TypedDict's, and that of what a caller may pass for it."""
    return class_name, f"{class_name}Dict", f"{class_name}Input"


def digest_of(text: str) -> str:
    """64 digits and letters that are others for each text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def with_digest(name: str, text: str) -> Iterator[str]:
    """The name with the first six characters of a text's digest at its end, then with more of them."""
    digest = digest_of(text)
    return (f"{name}{digest[:end]}" for end in range(6, len(digest) + 1))


def is_usable(name: str) -> bool:
    """Whether a class may have this name: an identifier as Python reads it, no keyword, and not that of a built-in."""
    is_public = name.isidentifier() and not name.startswith("_") and unicodedata.is_normalized("NFKC", name)
    return is_public and not keyword.iskeyword(name) and name not in _BUILTINS
