"""Tells at a glance which files concern prefactor, so that few of a large tree are parsed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from prefactor_gen.usage.source_code.span_types import SpanTypesOfPackage
from prefactor_gen.usage.source_code.syntax import read_source

__all__ = ["Relevance"]

_CALLS: Final = (
    b"prefactor", b".span(", b"create_span", b"traced", b"current_span", b"SPAN_TYPES", b"_schemas", b"register_type",
)  # fmt: skip
_MANY: Final = 200
_WORD: Final = re.compile(rb"[\w:.-]+")


class Relevance:
    """Looks for words in the bytes of a file.

    Args:
        package: the folder of the generated package.
        own: its span types.
    """

    def __init__(self, package: Path, own: SpanTypesOfPackage) -> None:
        self._package = package.name.encode()
        self._names = {name.encode() for name in [*own.classes, *own.definitions]}

    def may_use_spans(self, content: bytes) -> bool:
        """Whether a file may use a span type, or say which there are."""
        if self._package in content or any(word in content for word in _CALLS):
            return True
        if len(self._names) <= _MANY:
            return any(name in content for name in self._names)
        return not self._names.isdisjoint(_WORD.findall(content))

    def names_prefactor(self, path: Path) -> bool:
        """Whether a file that cannot be parsed probably uses prefactor."""
        try:
            content = read_source(path)
        except OSError:
            return True
        return b"prefactor" in content or re.search(rb"\b" + re.escape(self._package) + rb"\b", content) is not None
