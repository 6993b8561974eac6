"""JSON pointers, and the URIs of references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode

__all__ = ["canonical_pointer", "is_metaschema", "is_remote", "resolve_pointer", "step", "tokens_of"]

_INDEX = re.compile("[0-9]{1,12}")  # Python makes no number of thousands of digits
_METASCHEMA = re.compile(r"https?://json-schema\.org/(draft-0[467]|draft/20(19-09|20-12))/schema(#.*)?")


def resolve_pointer(root: JsonValue, fragment: str) -> JsonValue | None:
    """The target of a JSON pointer, whose tokens are percent- and tilde-decoded, or None if there is none."""
    node = root
    for key in tokens_of(fragment):
        if isinstance(node, ObjectNode):
            node = node.get(key)
        elif isinstance(node, ListNode) and _INDEX.fullmatch(key) and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node


def step(keys: Sequence[str]) -> str:
    """Keys as JSON pointer tokens, in the one spelling that this package compares pointers in."""
    plain = f"/{'/'.join(keys)}"
    if "~" not in plain and "%" not in plain and plain.count("/") == len(keys):  # the usual case
        return plain
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1').replace('%', '%25')}" for key in keys)


def canonical_pointer(fragment: str) -> str:
    """The same pointer in the spelling of `step`, in which `%20` and a space are equal."""
    return step(tokens_of(fragment))


def tokens_of(fragment: str) -> list[str]:
    """The keys of a JSON pointer, percent- and tilde-decoded."""
    return [unquote(token).replace("~1", "/").replace("~0", "~") for token in fragment.split("/")[1:]]


def is_metaschema(reference: object) -> bool:
    """Whether a reference leads into the metaschema of a draft, which the check of payloads has built in."""
    return isinstance(reference, str) and _METASCHEMA.fullmatch(reference) is not None


def is_remote(reference: str) -> bool:
    """Whether a reference names another host or scheme."""
    try:
        parts = urlsplit(reference)
    except ValueError:  # not a URL, such as http://[
        return True
    return bool(parts.scheme or parts.netloc)
