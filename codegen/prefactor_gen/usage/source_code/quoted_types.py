"""The types in annotations that are written as text, such as `"AgentLlm | None"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["parsed_type", "quoted_types"]

_DEPTH = 5
"""The texts inside of texts that are read."""


def quoted_types(annotation: ast.expr) -> Iterator[ast.expr]:
    """The types that an annotation has as texts, at the place of the text. `Literal` has values, not types."""
    pending: list[tuple[ast.AST, int]] = [(annotation, 0)]
    while pending:  # a loop, because expressions may be nested deeper than Python can recurse
        node, depth = pending.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parsed = parsed_type(node.value) if depth < _DEPTH else None
            if parsed is not None:
                for each in ast.walk(parsed):
                    ast.copy_location(each, node)
                yield parsed
                pending.append((parsed, depth + 1))
        else:
            pending.extend((each, depth) for each in _types_in(node))


def parsed_type(text: str) -> ast.expr | None:
    """The type that a text is; None if it is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _types_in(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Subscript):
        return ast.iter_child_nodes(node)
    name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    if name == "Annotated" and isinstance(node.slice, ast.Tuple):
        return iter(node.slice.elts[:1])
    return iter(()) if name == "Literal" else iter((node.slice,))
