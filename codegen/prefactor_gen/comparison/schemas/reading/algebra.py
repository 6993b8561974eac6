"""Asks the engine whether a schema covers another. Only its yes is a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefactor_gen.checks.combinations import combinations_of, has_too_many_combinations
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.comparison.schemas.reading.sides import Sides
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.documents.nodes import ObjectNode, from_python
from prefactor_schema.engine import MAX_BACKTRACKS, load
from prefactor_schema.evaluations import Evaluations
from prefactor_schema.json_values import MAX_DEPTH

if TYPE_CHECKING:
    from jsonschema_rs import CanonicalSchema

__all__ = ["Algebra"]

_DRAFT = 20
_MAX_QUESTIONS = 20_000
"""The most questions of one comparison; what is left is unproven."""
_MAX_CHARACTERS = 5_000_000
"""The most characters of all schemas that are asked for."""
_MAX_PRODUCT = 10**10
"""The most characters of one schema times those of the other; of larger ones, only the parts are compared."""
_MAX_CASES = 10_000_000
"""The most cases of one schema times those of the other, of all questions: the engine compares each with each."""
_MANY_EVALUATIONS = 10_000
"""The evaluations of one schema times those of the other, from which on the engine takes 0.7 s to say "unknown"."""
_COST_OF_UNKNOWN = _MAX_CASES // 8
"""The cases that such an answer counts for."""
_COMBINING = ("anyOf", "oneOf", '"if"', '"not"', "dependent")


class Algebra:
    """What the engine knows of parts of two schemas. Run it on a large stack: the engine recurses."""

    def __init__(self, sides: Sides) -> None:
        load()
        self.sides = sides
        self.questions = 0
        self._left = _MAX_CHARACTERS
        self._texts: dict[int, tuple[Plain, str]] = {}
        self._canonical: dict[str, CanonicalSchema | None] = {}
        self._answers: dict[tuple[str, str], bool] = {}
        self._cases: dict[str, int] = {}
        self._cases_left = _MAX_CASES

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing more is proven."""
        return self.questions >= _MAX_QUESTIONS or self._cases_left <= 0 or self._left <= 0

    def covers(self, wide: Plain, narrow: Plain) -> bool:
        """Whether it is proven that a schema takes every value that another one takes."""
        key = (self._text(wide), self._text(narrow))
        if key not in self._answers:
            self._answers[key] = key[0] == key[1] or wide is True or narrow is False or self._asked(wide, narrow)
        return self._answers[key]

    def takes_nothing(self, *schemas: Plain) -> bool:
        """Whether it is proven that no value matches all of these."""
        from jsonschema_rs.canonical import Satisfiability

        found = self.canonical({"allOf": list(schemas)})
        return found is not None and found.satisfiability() == Satisfiability.NO

    def canonical(self, schema: Plain) -> CanonicalSchema | None:
        """The canonical form of a schema; None if the engine cannot make it within the limits."""
        text = self._text(schema)
        if text not in self._canonical:
            self._canonical[text] = self._made(schema, text)
        return self._canonical[text]

    def _text(self, schema: Plain) -> str:
        """The text of a schema, which is made once: large ones are asked for again and again."""
        known = self._texts.get(id(schema))
        if known is None:
            known = self._texts[id(schema)] = (schema, text_of(schema))  # kept, so that no other one has its id
        return known[1]

    def _asked(self, wide: Plain, narrow: Plain) -> bool:
        from jsonschema_rs.canonical import Containment

        if self.is_exhausted or len(self._text(wide)) * len(self._text(narrow)) > _MAX_PRODUCT:
            return False
        if (one := self.canonical(wide)) is None or (other := self.canonical(narrow)) is None:
            return False
        self.questions += 1
        cases = self._cases[self._text(wide)] * self._cases[self._text(narrow)]
        if cases > _MAX_CASES:
            return False
        self._cases_left -= cases
        try:
            answer = one.covers(other)
        except ValueError:  # not supported
            return False
        if answer == Containment.UNKNOWN and self.evaluations(wide) * self.evaluations(narrow) > _MANY_EVALUATIONS:
            self._cases_left -= _COST_OF_UNKNOWN
        return answer == Containment.YES

    def evaluations(self, schema: Plain) -> int:
        """The most evaluations of subschemas for one part of a value, as far as they are counted."""
        return Evaluations(self.sides.document(schema)).most(MAX_DEPTH)

    def _made(self, schema: Plain, text: str) -> CanonicalSchema | None:
        from jsonschema_rs import FancyRegexOptions, canonicalize

        if "$dynamicRef" in text:
            return None
        document = self.sides.document(schema)
        self._left -= len(text) if document is schema else len(text_of(document))
        if self._left < 0:
            return None
        cases = _cases(document)
        if cases is None:
            return None
        self._cases[text] = cases
        try:
            return canonicalize(
                document,
                draft=_DRAFT,
                offline=True,
                validate_formats=self.sides.assert_formats,
                pattern_options=FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS),
            )
        except (ValueError, RecursionError):  # not valid, or not supported
            return None


def _cases(document: Plain) -> int | None:
    """To how many cases the options in a schema combine; None if comparing them takes too long."""
    if isinstance(document, bool) or not any(keyword in text_of(document) for keyword in _COMBINING):
        return 1
    try:
        node = from_python(document, Place(""))
    except DiagnosticError:  # too deep
        return None
    if not isinstance(node, ObjectNode) or has_too_many_combinations(node):
        return None
    return 1 + combinations_of(node)
