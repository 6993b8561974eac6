"""The names of OpenAPI operations, and the choice of some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from prefactor_schema.suggestions import did_you_mean

__all__ = ["OperationName", "chosen_by", "suggestion"]


class OperationName(NamedTuple):
    """What an operation is called."""

    method: str
    path: str
    operation_id: str | None = None

    @property
    def of_path(self) -> str:
        """The name made of method and path: `get_items_item_id` of `GET /items/{item_id}`."""
        return "_".join([self.method, *re.findall(r"\w+", self.path)])

    @property
    def of_document(self) -> str:
        """Its operationId, or the name made of method and path."""
        return self.operation_id or self.of_path

    @property
    def request(self) -> str:
        """Its request: `GET /items/{item_id}`."""
        return f"{self.method.upper()} {self.path}"


def chosen_by(patterns: Sequence[str], name: OperationName) -> bool:
    """Whether one of these patterns is that of an operation, by any of its names; without patterns, all are chosen."""
    names = (name.of_document, name.of_path, name.request)
    return not patterns or any(fnmatchcase(each, pattern) for pattern in patterns for each in names)


def suggestion(pattern: str, names: Sequence[OperationName]) -> str:
    """The end of a message that no operation has this name."""
    method, _, path = pattern.partition(" ")
    if path and (hint := did_you_mean(f"{method.upper()} {path}", [each.request for each in names])):
        return hint
    hint = did_you_mean(pattern, [each.of_document for each in names])
    return hint or (f"; the first one is {names[0].of_document!r}, {names[0].request!r}" if names else "")
