"""Explains why a value does not match its schema: turns the engine's errors into mismatches.

Unions are explained one by one: where the condition of a union fails, each option that the value may be meant for is
asked for its errors, as long as the budget lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from prefactor_schema.evaluations import Evaluations
from prefactor_schema.explainable_schema import ExplainableSchema, Union
from prefactor_schema.json_values import count_values, depth_of
from prefactor_schema.locations import item_at, steps_of
from prefactor_schema.messages import NO_OPTION, SEVERAL_OPTIONS, condition_of, messages
from prefactor_schema.mismatch import Mismatch, Step
from prefactor_schema.unions import MANY_OPTIONS, common_mismatches, exclusion_of, no_option_message

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

__all__ = ["explain"]

_MAX_MISMATCHES = 20
_BUDGET = 1_000
"""The most that one explanation may cost: a list of errors costs 1, plus 1 for every 50 values. Options multiply."""
_MANY_EVALUATIONS = 10_000
"""So many evaluations of schemas for one value cost 1, too; if there are more, only the first mismatch is reported."""
_MANY_VALUES = 2_000
"""If a value has more items than this, or a keyword requires more members, only the first mismatch is reported.

Listing all of them is slow.
"""
_MANY_ERRORS = 50_000
"""If there may be more errors than this, by an estimate, only the first mismatch is reported.

The engine lists all errors before the first can be read: so many take a second and 90 MB.
"""
_USUAL_NAMES = 4
"""How many members a keyword usually requires: the estimate of errors grows where it is more."""
_DEEP = 6


def explain(schema: ExplainableSchema, value: object, pointer: str, evaluations: Evaluations) -> list[Mismatch]:
    """The mismatches of a value; empty if they cannot be found.

    Args:
        schema: The schema.
        value: A value that does not match.
        pointer: The part of the schema that the value should match.
        evaluations: How often the engine evaluates the schema.
    """
    found = _Explanation(schema, evaluations).mismatches(schema.uri_of_part(pointer), value, None)
    return list(dict.fromkeys(islice(found, _MAX_MISMATCHES)))


class _Explanation:
    """One explanation, with its budget.

    In its methods, `condition` is the `then` or `else` that applies the part of the schema, if there is one.
    """

    def __init__(self, schema: ExplainableSchema, evaluations: Evaluations) -> None:
        self._schema = schema
        self._evaluations = evaluations
        self._budget = _BUDGET

    def mismatches(self, uri: str, value: object, condition: Step | None) -> Iterator[Mismatch]:
        yield from self._of_errors(self._errors(uri, value), value, condition)

    def _errors(self, uri: str, value: object) -> list[ValidationError]:
        values, depth = count_values(value, _MANY_VALUES), depth_of(value)
        evaluations = self._evaluations.most(depth)
        self._budget -= 1 + values // 50 + evaluations // _MANY_EVALUATIONS
        # If two parts of the schema apply to the same member, the number of errors doubles with each level.
        names = self._schema.most_names
        only_first = (
            max(values, names) > _MANY_VALUES
            or depth > _DEEP
            or evaluations > _MANY_EVALUATIONS
            or values * evaluations * (1 + names // _USUAL_NAMES) > _MANY_ERRORS
        )
        return self._schema.errors(uri, value, only_first=only_first)

    def _of_errors(
        self, errors: Iterable[ValidationError], value: object, condition: Step | None
    ) -> Iterator[Mismatch]:
        for error in errors:
            yield from self._of_error(error, value, condition)

    def _of_error(self, error: ValidationError, value: object, condition: Step | None) -> Iterator[Mismatch]:
        uri, steps = _location(error)
        evaluation_path: list[Step] = list(error.evaluation_path)
        if error.kind.name == "propertyNames":  # what is inside it applies to the name
            steps, evaluation_path = _up_to_property_names(steps), _up_to_property_names(evaluation_path)
        path = tuple(error.instance_path)
        item = item_at(value, path)
        if (union := self._schema.union_at(uri, steps)) is not None:
            found = self._of_union(union, item, condition_of(evaluation_path[:-3]) or condition)
        else:
            outer = evaluation_path[:-4] if self._schema.is_length_condition(uri, steps) else evaluation_path
            found = messages(self._schema.finding(error, uri, steps, item), condition_of(outer) or condition)
        yield from (each._replace(path=(*path, *each.path)) for each in found)

    def _of_union(self, union: Union, value: object, condition: Step | None) -> Iterator[Mismatch]:
        """The mismatches with the option that the value is meant for, or those that all such options share."""
        exclusions = [exclusion_of(self._schema.option(union, index), value) for index in range(union.options)]
        possible = [index for index, exclusion in enumerate(exclusions) if exclusion is None]
        if not possible:
            yield Mismatch((), no_option_message([each for each in exclusions if each is not None], value))
            return
        if self._budget < len(possible) or len(possible) > MANY_OPTIONS:
            yield Mismatch((), NO_OPTION)
            return
        errors_by_option = [self._errors(f"{union.uri}/{index}", value) for index in possible]
        if not all(errors_by_option):
            several = union.keyword == "oneOf" and sum(not errors for errors in errors_by_option) > 1
            yield Mismatch((), SEVERAL_OPTIONS if several else NO_OPTION)
            return
        yield from common_mismatches(
            [list(islice(self._of_errors(errors, value, condition), _MAX_MISMATCHES)) for errors in errors_by_option]
        )


def _location(error: ValidationError) -> tuple[str, list[Step]]:
    """The URI of the schema resource that has the error's keyword, and the steps to the keyword in it."""
    uri, _, pointer = (error.absolute_keyword_location or "").partition("#")
    steps = list(steps_of(pointer)) if uri else list(error.schema_path)
    if error.schema_path[-1:] in (["dependentRequired"], ["dependencies"]):
        steps.pop()  # the engine adds a number, which is not a place in the schema
    return uri, steps


def _up_to_property_names(steps: list[Step]) -> list[Step]:
    return steps[: len(steps) - steps[::-1].index("propertyNames")] if "propertyNames" in steps else steps
