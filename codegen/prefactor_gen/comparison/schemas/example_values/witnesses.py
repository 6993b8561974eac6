"""Finds a payload that shows a change: one schema takes it, the other does not."""

from __future__ import annotations

from prefactor_gen.comparison.schemas.changes.findings import Region
from prefactor_gen.comparison.schemas.example_values.examples import NO_VALUE, Examples
from prefactor_gen.comparison.schemas.example_values.nearby_values import nearby, words_of
from prefactor_gen.comparison.schemas.example_values.pattern_texts import text_for
from prefactor_gen.comparison.schemas.reading.algebra import Algebra
from prefactor_gen.comparison.schemas.reading.paths import ITEMS, Path
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.comparison.schemas.reading.sides import Side, Sides
from prefactor_gen.documents.nodes import to_plain
from prefactor_schema import JsonSchema, SchemaError

__all__ = ["Witnesses"]

_MAX_SOUGHT = 200
_MAX_CHARACTERS = 2_000_000
"""The most witnesses of one comparison, and the most characters of the schemas that are searched for them."""
_MAX_COMPLEMENT = 50_000
"""The most characters of two schemas whose difference is made as a whole: the engine needs much memory for it."""
_MAX_EVALUATIONS = 10_000
"""The most evaluations for one value of a schema that is written in its canonical form, which may be as much larger."""
_MAX_NEARBY, _MAX_NEARBY_FOR_ONE = 20_000, 1_000
"""The most values that are tried because they are near to one that is valid: in one comparison, and for one witness."""


class Witnesses:
    """Finds payloads that one of two schemas takes and the other refuses. The schemas are asked as they are written."""

    def __init__(self, sides: Sides, algebra: Algebra) -> None:
        self.sides, self.algebra = sides, algebra
        self.old, self.new = (_validator(side, sides) for side in (sides.old, sides.new))
        self._examples = Examples(assert_formats=sides.assert_formats)
        size = self._size = sum(len(text_of(sides.whole(side))) for side in (sides.old, sides.new))
        self._left = min(_MAX_SOUGHT, 1 + _MAX_CHARACTERS // size)
        self._nearby_left = min(_MAX_NEARBY, 10 * _MAX_CHARACTERS // size)

    def narrowing(self, region: Region) -> object:
        """A payload that only the old schema takes, with such a value; `NO_VALUE` if none is found."""
        return self._found(region, self.sides.old, self.sides.new, self.old, self.new)

    def widening(self, region: Region) -> object:
        """A payload that only the new schema takes, with such a value; `NO_VALUE` if none is found."""
        return self._found(region, self.sides.new, self.sides.old, self.new, self.old)

    def _found(self, region: Region, side: Side, other: Side, taking: JsonSchema, refusing: JsonSchema) -> object:
        self._left -= 1
        if self._left < 0 or self._examples.is_exhausted:
            return NO_VALUE
        whole, others = self.sides.whole(side), self.sides.whole(other)
        value: Plain = {"allOf": [region.taken, {"not": region.refused}]}
        shown: Plain = {"allOf": [whole, _reached(region.path, value)]}
        different: Plain = {"allOf": [whole, {"not": others}]}
        # First, one that the other side would take if only this had not changed; then any.
        for schema in (shown, different) if self._size <= _MAX_COMPLEMENT else (shown,):
            found = self._example(schema)
            if found is not NO_VALUE and _takes(taking, found) and _refuses(refusing, found):
                return found
        near: Plain = {"allOf": [whole, _reached(region.path, region.taken)]}
        return self._nearby((near, whole), (region.refused, others), taking, refusing)

    def _nearby(
        self, taken: tuple[Plain, Plain], refused: tuple[Plain, Plain], taking: JsonSchema, refusing: JsonSchema
    ) -> object:
        """A payload that only one side takes, found by changing one that it takes; the first schemas matter most."""
        words = words_of(*map(self.sides.document, (*refused, *taken)))
        for schema in taken:
            most = min(_MAX_NEARBY_FOR_ONE, self._nearby_left)
            value = self._example(schema) if most > 0 else NO_VALUE
            if value is NO_VALUE or not _takes(taking, value):
                continue
            self._nearby_left -= most
            tried = nearby(value, lambda changed: _takes(taking, changed), words, most)
            found = next((each for each in tried if _refuses(refusing, each)), NO_VALUE)
            if found is not NO_VALUE:
                return found
        return NO_VALUE

    def _example(self, schema: Plain) -> object:
        canonical = self.algebra.canonical(schema)
        if canonical is not None and self.algebra.evaluations(schema) <= _MAX_EVALUATIONS:
            try:
                simple = canonical.to_json_schema()
            except ValueError:
                simple = None
            if isinstance(simple, dict) and (found := self._value(simple)) is not NO_VALUE:
                return found
        return self._value(self.sides.document(schema))

    def _value(self, schema: object) -> object:
        return self._examples.of(schema)


def _validator(side: Side, sides: Sides) -> JsonSchema:
    return JsonSchema(to_plain(side.written), assert_formats=sides.assert_formats)  # type: ignore[arg-type]  # an object


def _takes(schema: JsonSchema, value: object) -> bool:
    """Whether a value is known to match; what cannot be checked does not."""
    try:
        return schema.certainly_matches(value)
    except SchemaError:
        return False


def _refuses(schema: JsonSchema, value: object) -> bool:
    try:
        return not schema.matches(value)
    except SchemaError:
        return False


def _reached(path: Path, value: Plain) -> Plain:
    """The schema of payloads with such a value at a place."""
    for step in reversed(path):
        if isinstance(step, str):
            value = {"type": "object", "properties": {step: value}, "required": [step]}
        elif isinstance(step, int):
            value = {"type": "array", "prefixItems": [*[True] * step, value], "minItems": step + 1}
        elif step == ITEMS:
            value = {"type": "array", "items": value, "minItems": 1}
        else:
            name = text_for(step.pattern) or "key"
            value = {"type": "object", "properties": {name: value}, "required": [name]}
    return value
