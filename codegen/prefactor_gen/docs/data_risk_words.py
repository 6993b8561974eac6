"""What the data risk of span types says, in words, and as a matrix of span types and categories of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prefactor_gen.documents.nodes import ObjectNode

__all__ = ["Matrix", "MatrixRow", "RiskFact", "action_words", "category_words", "matrix", "risk_facts"]

_UNKNOWN = "unknown"
_PARTS = {"params": "params_data_categories", "result": "result_data_categories"}


@dataclass(frozen=True)
class RiskFact:
    """A line about the data risk of a span type: what it is about, and what belongs there."""

    about: str
    words: Sequence[str]


@dataclass(frozen=True)
class MatrixRow:
    """What a span type declares.

    Attributes:
        classifications: of params and result, or one if both have the same.
        cells: for each column, where the data is or that the action is allowed; empty if neither.
    """

    name: str
    is_declared: bool
    classifications: Sequence[str]
    cells: Sequence[str]


@dataclass(frozen=True)
class Matrix:
    """Span types and what they may do and hold.

    Attributes:
        actions: the columns of actions, and then
        categories: those of categories of data: all that a span type allows or includes.
        undecided: the categories of which no span type says whether it has them.
    """

    actions: Sequence[str]
    categories: Sequence[str]
    rows: Sequence[MatrixRow]
    undecided: Sequence[str]


def action_words(key: str) -> str:
    """The name of an action in words."""
    return key.replace("_", " ")


def category_words(key: str) -> str:
    """The name of a category in words."""
    words = key.replace("_", " ")
    return f"GDPR: {words.removeprefix('gdpr ')}" if words.startswith("gdpr ") else words


def risk_facts(data_risk: ObjectNode | None) -> list[RiskFact]:
    """What a span type declares; empty if it declares nothing."""
    if data_risk is None:
        return []
    actions, categories = _keys()
    profile = data_risk.object_at("action_profile")
    found = [
        RiskFact(f"Actions {value}", [action_words(key) for key in actions if profile.get(key, _UNKNOWN) == value])
        for value in ("allowed", "disallowed", _UNKNOWN)
    ]
    of_parts = {part: _facts_of_part(data_risk, part, categories) for part in _PARTS}
    if of_parts["params"] == of_parts["result"]:
        of_parts = {"params and result": of_parts["params"]}
    for part, facts in of_parts.items():
        found.extend(RiskFact(f"{part.capitalize()}: {about}", words) for about, words in facts.items())
    return [each for each in found if each.words]


def _facts_of_part(data_risk: ObjectNode, part: str, categories: Sequence[str]) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {"classification": [_said(data_risk, part, "classification")]}
    for value in ("included", "excluded", _UNKNOWN):
        words = [category_words(key) for key in categories if _said(data_risk, part, key) == value]
        found[value] = ["all categories"] if len(words) == len(categories) else words
    return found


def matrix(span_types: Iterable[tuple[str, ObjectNode | None]]) -> Matrix:
    """The matrix of span types, given by name with what they declare."""
    given = list(span_types)
    declared = [each for _, each in given if each is not None]
    every_action, every_category = _keys()
    actions = [
        key for key in every_action if any(each.object_at("action_profile").get(key) == "allowed" for each in declared)
    ]
    said = {key: {_said(each, part, key) for each in declared for part in _PARTS} for key in every_category}
    categories = [key for key in every_category if "included" in said[key]]
    rows = [_row(name, each, actions, categories) for name, each in given]
    return Matrix(
        list(map(action_words, actions)),
        list(map(category_words, categories)),
        rows,
        [category_words(key) for key in every_category if said[key] <= {_UNKNOWN}],
    )


def _row(name: str, data_risk: ObjectNode | None, actions: Sequence[str], categories: Sequence[str]) -> MatrixRow:
    if data_risk is None:
        return MatrixRow(name, False, [], [""] * (len(actions) + len(categories)))
    words: Mapping[str, str] = {"allowed": "yes", _UNKNOWN: "?"}
    profile = data_risk.object_at("action_profile")
    cells = [words.get(str(profile.get(key, _UNKNOWN)), "") for key in actions]
    classes = [_said(data_risk, part, "classification") for part in _PARTS]
    return MatrixRow(
        name, True, list(dict.fromkeys(classes)), [*cells, *(_where(data_risk, key) for key in categories)]
    )


def _where(data_risk: ObjectNode, key: str) -> str:
    """The parts that include a category; a question mark if none does, and one may."""
    said = {part: _said(data_risk, part, key) for part in _PARTS}
    included = [part for part in _PARTS if said[part] == "included"]
    return ", ".join(included) or ("?" if _UNKNOWN in said.values() else "")


def _said(data_risk: ObjectNode, part: str, key: str) -> str:
    return str(data_risk.object_at(_PARTS[part]).get(key, _UNKNOWN))


def _keys() -> tuple[list[str], list[str]]:
    """The names of all actions and categories, as the API has them."""
    from prefactor_http.models import ActionProfile, DataCategories

    return [*ActionProfile.model_fields], [key for key in DataCategories.model_fields if key != "classification"]
