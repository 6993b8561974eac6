r"""Regular expressions of JSON Schemas, read as ECMA 262 does by whatever engine is at hand.

`\d`, `\w`, `\s`, `\b` and `.` are other characters in Python and in Rust; Python's `$` also matches before a last
line break. Written out, they are the same for all. Where that is possible the engine is Rust's, whose time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from pydantic_core import SchemaError, SchemaValidator, core_schema

from prefactor_core._ecma import EcmaError, parse
from prefactor_core._ecma_tree import ANY, Anchor, Characters, Look, Node, Ranges, Reference, complement, nodes

__all__ = ["Engine", "matcher", "rust_pattern", "translated"]

Engine: TypeAlias = Literal["python", "rust"]

_ANCHORS: dict[Engine, dict[str, str]] = {
    "python": {"^": "^", "$": r"\Z", r"\b": r"(?a:\b)", r"\B": r"(?a:(?!\b))"},
    "rust": {"^": "^", "$": "$", r"\b": r"(?-u:\b)"},
}


def translated(pattern: str, engine: Engine) -> str | None:
    r"""The pattern as the engine must have it to read it like ECMA 262; as it is where nothing differs.

    None where the engine has no such thing: look-around, references and `\\B` in Rust.

    Raises:
        EcmaError: it is no regular expression of ECMA 262.
    """
    parts: list[str] = []
    done = 0
    for node in nodes(parse(pattern)):
        if engine == "rust" and _not_in_rust(node):
            return None
        text = pattern[node.start : node.end]
        instead = _instead(node, text, engine)
        if instead != text:
            parts.extend((pattern[done : node.start], instead))
            done = node.end
    return "".join((*parts, pattern[done:]))


def _not_in_rust(node: Node) -> bool:
    # Rust's \B for ASCII looks between the bytes of other characters, and then misses matches.
    return isinstance(node, Look | Reference) or (isinstance(node, Anchor) and node.kind == r"\B")


def _instead(node: Node, text: str, engine: Engine) -> str:
    if isinstance(node, Anchor):
        return _ANCHORS[engine][node.kind]
    if isinstance(node, Characters) and not node.alike:
        return _written(node.ranges)
    return text


@lru_cache(1000)
def rust_pattern(pattern: str) -> str | None:
    """The pattern for pydantic's own engine; None where that cannot have it."""
    try:
        written = translated(pattern, "rust")
        if written is not None:
            _rust(written)
    except (EcmaError, SchemaError):
        return None
    return written


@cache
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text has what the pattern says, somewhere: what `pattern` means in JSON Schema."""
    try:
        search = re.compile(translated(pattern, "python") or "").search
    except EcmaError:  # the generator would have refused it
        search = re.compile(pattern).search
    written = rust_pattern(pattern)
    if written is None:
        return lambda text: search(text) is not None
    linear = _rust(written).isinstance_python
    # Lone surrogates are no text to Rust.
    return lambda text: linear(text) or (not _is_unicode(text) and search(text) is not None)


def _rust(written: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=written, regex_engine="rust-regex"))


def _is_unicode(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _written(ranges: Ranges) -> str:
    """A set of characters as a class that Python and Rust read alike."""
    if not ranges or (ranges[0][0] == 0 and ranges[-1][1] == ANY[0][1] and len(ranges) > 1):
        return f"[^{_members(complement(ranges))}]"
    return f"[{_members(ranges)}]"


def _members(ranges: Ranges) -> str:
    return "".join(
        _character(first) if first == last else f"{_character(first)}-{_character(last)}" for first, last in ranges
    )


def _character(code: int) -> str:
    if code < 0x80 and (chr(code).isalnum() or code == 0x5F):
        return chr(code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
