"""Places in schemas and values: JSON pointers, paths, and the URIs of schema resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin

from prefactor_schema.keywords import DATA
from prefactor_schema.mismatch import Step

__all__ = ["item_at", "joined", "pointer_of", "resources", "steps_of"]


def steps_of(pointer: str) -> Iterator[Step]:
    """The steps of a JSON pointer in URI fragment form."""
    return (unquote(step).replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def pointer_of(steps: Iterable[Step]) -> str:
    """The JSON pointer for the steps, in URI fragment form."""
    return "".join(f"/{quote(str(step).replace('~', '~0').replace('/', '~1'), safe='~')}" for step in steps)


def item_at(node: Any, steps: Iterable[Step]) -> Any:
    """The item that the steps lead to, or None if there is none."""
    for step in steps:
        try:
            node = node[int(step)] if isinstance(node, list) else node[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return node


def resources(schema: Any, uri: str, *, is_root: bool = True) -> Iterator[tuple[str, Any]]:
    """The schema resources by URI: the schema itself, and each subschema with an `$id`."""
    if is_root:
        yield uri, schema
    elif isinstance(schema, Mapping) and isinstance(name := schema.get("$id"), str) and name.partition("#")[0]:
        uri = joined(uri, name.partition("#")[0])
        yield uri, schema
    items = [item for keyword, item in schema.items() if keyword not in DATA] if isinstance(schema, Mapping) else schema
    for item in items if isinstance(items, list) else ():
        yield from resources(item, uri, is_root=False)


def joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # not a valid URI
        return reference
