"""Warns of schemas that no value can match."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from prefactor_gen.checks.combinations import has_too_many_combinations
from prefactor_gen.diagnostics.diagnostics import Diagnostic
from prefactor_gen.diagnostics.rules import NOTHING_MATCHES
from prefactor_gen.documents.nodes import ListNode, ObjectNode, to_plain
from prefactor_gen.documents.quoting import quoting_advice, truth_advice
from prefactor_gen.json_schema.json_types import main_type, types_of
from prefactor_gen.json_schema.keywords import ASSERTIONS
from prefactor_gen.json_schema.pointers import canonical_pointer, resolve_pointer
from prefactor_gen.json_schema.redacted_values import VALUE_KEYWORDS, RedactedValues
from prefactor_gen.json_schema.references import applicable_schemas
from prefactor_schema.unsatisfiable import Cause, Unsatisfiable, unsatisfiable_parts

__all__ = ["check_matches"]

_MAX_SHOWN = 60
_MAX_VALUES = 3


def check_matches(root: ObjectNode) -> Iterator[Diagnostic]:
    """Warn of the parts of a self-contained, valid schema that no value can match, unless `false` says so."""
    if has_too_many_combinations(root):
        return
    found = unsatisfiable_parts(to_plain(root))  # type: ignore[arg-type]  # an object
    if not found:
        return
    applicable = {pointer for pointer, _ in applicable_schemas(root)}
    redacted = RedactedValues(root)
    parts = {pointer: part for pointer, part in found.items() if part.causes and not _is_never(_node(root, pointer))}
    for pointer, part in parts.items():
        node = _node(root, pointer)
        if (
            node is None
            or canonical_pointer(_quoted(pointer)) not in applicable
            or _follows(root, pointer, part, parts)
        ):
            continue
        places = [pointer, *(cause.pointer for cause in part.causes)]
        shows_values = not any(redacted.hides(canonical_pointer(_quoted(each))) for each in places)
        reason = _reason(root, node, part.causes, shows_values=shows_values)
        yield NOTHING_MATCHES.at(node.place, f"no value can match this schema: {reason}")


def _node(root: ObjectNode, pointer: str) -> ObjectNode | None:
    node = resolve_pointer(root, _quoted(pointer))
    return node if isinstance(node, ObjectNode) else None


def _quoted(pointer: str) -> str:
    return pointer.replace("%", "%25")  # as in a URI


def _is_never(node: ObjectNode | None) -> bool:
    """Whether a schema says that it matches nothing: `not: {}`, as some programs write `false`."""
    refused = node.get("not") if node is not None else None
    return refused is True or (isinstance(refused, ObjectNode) and not refused.keys() & ASSERTIONS)


def _follows(root: ObjectNode, pointer: str, part: Unsatisfiable, parts: Mapping[str, Unsatisfiable]) -> bool:
    """Whether nothing matches because nothing matches another part, which has a warning of its own."""
    for cause in part.causes:
        if not cause.keywords:  # a subschema as a whole: one of its own, or false, which is meant
            return True
        if cause.pointer != pointer and cause.pointer in parts:
            return True
        node = _node(root, cause.pointer)
        if "$ref" in cause.keywords:
            return True
        for keyword in cause.keywords:
            below = f"{cause.pointer}/{keyword}/"
            names = [other[len(below) :] for other in parts if other.startswith(below)]
            if keyword == "properties":
                names = [name for name in names if node is not None and name in node.required]
            if names or f"{cause.pointer}/{keyword}" in parts:
                return True
    return False


def _reason(root: ObjectNode, node: ObjectNode, causes: Sequence[Cause], *, shows_values: bool) -> str:
    if (text := _of_values(node, shows_values=shows_values)) or (text := _of_names(root, causes)):
        return text
    keywords = [(cause, keyword) for cause in causes for keyword in cause.keywords]
    if len(keywords) > 1:  # the type of a value excludes none of its own keywords
        own = [each for each in keywords if each[1] != "type"]
        keywords = own if len(own) > 1 and not any(cause.keywords == ("type",) for cause, _ in own) else keywords
    hidden = frozenset[str]() if shows_values else VALUE_KEYWORDS
    shown = [
        keyword if keyword in hidden else f"{keyword}{_shown(_node(root, cause.pointer), keyword)}"
        for cause, keyword in keywords
    ]
    if len(shown) == 1 and keywords[0][1] == "oneOf":
        return "whatever matches one option of oneOf matches another, too"
    if len(shown) == 1:
        return f"nothing matches {shown[0]}"
    return f"{', '.join(shown[:-1])} and {shown[-1]} exclude each other"


def _shown(node: ObjectNode | None, keyword: str) -> str:
    """The value of a keyword, if it is short."""
    value = node.get(keyword) if node is not None else None
    text = json.dumps(to_plain(value), ensure_ascii=False)
    return f": {text}" if keyword in (node or {}) and len(text) <= _MAX_SHOWN else ""


def _of_values(node: ObjectNode, *, shows_values: bool) -> str:
    """That no value of `const` or `enum` has a type of `type`."""
    if isinstance(values := node.get("enum"), ListNode):
        listed = [(value, values.spelled.get(index)) for index, value in enumerate(values)]
    else:
        listed = [(node["const"], node.spelled.get("const"))] if "const" in node else []
    if not listed or not node.types or any(types_of(value) & set(node.types) for value, _ in listed):
        return ""
    found = " or ".join(dict.fromkeys(main_type(value) for value, _ in listed))
    if not shows_values:
        return f"its values have the type {found}, and type says {' or '.join(node.types)}"
    shown = [spelled or json.dumps(to_plain(value), ensure_ascii=False) for value, spelled in listed[:_MAX_VALUES]]
    more = "" if len(listed) <= _MAX_VALUES else " …"
    text = (
        f"{', '.join(each[:_MAX_SHOWN] for each in shown)}{more} {'has' if len(listed) == 1 else 'have'} the type "
        f"{found}, and type says {' or '.join(node.types)}"
    )
    if "string" in node.types:
        return text + quoting_advice(
            [spelled for value, spelled in listed[:_MAX_VALUES] if spelled is not None and value is not None]
        )
    return text + (truth_advice(listed[0][0]) if "boolean" in node.types else "")


def _of_names(root: ObjectNode, causes: Sequence[Cause]) -> str:
    """That a member is required and excluded."""
    nodes = [node for cause in causes for node in (_node(root, cause.pointer),) if node is not None]
    required = [name for node in nodes for name in node.required]
    for node in nodes:
        for name in required:
            member = node.properties.get(name)
            if member is False or (isinstance(member, ObjectNode) and _is_never(member)):
                return f"{name!r} is required, and its schema is false"
            is_closed = node.get("additionalProperties") is False and not node.get("patternProperties")
            if is_closed and name not in node.properties:
                return f"{name!r} is required, and additionalProperties: false excludes it"
        if node.get("additionalProperties") is False and any("oneOf" in cause.keywords for cause in causes):
            return "additionalProperties: false excludes what each option of oneOf requires"
    return ""
