"""Values that a schema offers: a default must match the schema that it stands in, and examples should."""

from __future__ import annotations

import json
from collections.abc import Iterator

from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from prefactor_core._ecma_keywords import with_exact_keywords
from prefactor_gen.check import draft_of
from prefactor_gen.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode
from prefactor_gen.limits import MAX_CHECKED_VALUES
from prefactor_gen.walk import all_schemas

__all__ = ["check_values"]

_LONGEST = 80


def check_values(root: ObjectNode) -> Iterator[Diagnostic]:
    """The defaults (errors) and examples (warnings) in a self-contained, valid schema that do not match it."""
    validator: Validator | None = None
    for schema in all_schemas(root):
        offered = list(_offered(schema))
        if offered and validator is None:
            validator = _validator(root)
        for kind, value, place in offered:
            assert validator is not None  # noqa: S101  # made for the first
            yield from _mismatch(validator.evolve(schema=schema), kind, value, place)


def _validator(root: ObjectNode) -> Validator:
    # With a registry of its own: the default one would fetch what it does not know.
    return with_exact_keywords(draft_of(root))(root, registry=Registry())


def _offered(schema: ObjectNode) -> Iterator[tuple[str, JsonValue, Place]]:
    if "default" in schema:
        yield "default", schema["default"], schema.place_at("default")
    if isinstance(examples := schema.get("examples"), ListNode):
        for index, example in enumerate(examples):
            yield "example", example, examples.place_at(index)


def _mismatch(validator: Validator, kind: str, value: JsonValue, place: Place) -> Iterator[Diagnostic]:
    code, severity = ("PG026", Severity.ERROR) if kind == "default" else ("PG032", Severity.WARNING)
    if _exceeds(value, MAX_CHECKED_VALUES):
        message = f"expected at most {MAX_CHECKED_VALUES:,} values in a {kind}, which is compared with its schema"
        yield Diagnostic("PG029", message, place, severity)
        return
    try:
        error = best_match(validator.iter_errors(value))
    except (RecursionError, Unresolvable):  # what leads nowhere or never ends is told of the schema
        return
    if error is not None:
        yield Diagnostic(code, f"the {kind} does not match its schema: {_explained(error)}", place, severity)


def _explained(error: ValidationError) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    asked = _shortened({str(error.validator): error.validator_value} if error.validator else False)
    return f"expected {asked}, found {_shortened(error.instance)}{f' at {where}' if where else ''}"


def _shortened(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _exceeds(value: JsonValue, most: int) -> bool:
    """Whether there are more than so many values in a value; stops counting there."""
    pending, count = [value], 0
    while pending and count <= most:
        node = pending.pop()
        count += 1
        if isinstance(node, ObjectNode | ListNode):
            pending.extend(node.values() if isinstance(node, ObjectNode) else node)
    return count > most
