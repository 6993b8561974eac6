"""What the data risk of span types says, in words, and as a matrix of span types and categories of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prefactor_gen.definitions.data_risk import UNKNOWN, DeclaredRisk, RiskSection, data_categories, risk_words

__all__ = ["Matrix", "MatrixRow", "RiskFact", "category_words", "matrix", "risk_facts"]


_MOST_UNKNOWN = 5


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


def _action_words(key: str) -> str:
    """The name of an action in words."""
    return key.replace("_", " ")


def category_words(key: str) -> str:
    """The name of a category in words."""
    words = key.replace("_", " ")
    return f"GDPR: {words.removeprefix('gdpr ')}" if words.startswith("gdpr ") else words


def risk_facts(risk: DeclaredRisk | None) -> list[RiskFact]:
    """What a span type declares; empty if it declares nothing."""
    if risk is None:
        return []
    found = [
        RiskFact(f"Actions {word}", [_action_words(key) for key, said in risk.actions.words.items() if said == word])
        for word in ("allowed", "disallowed", UNKNOWN)
    ]
    parts = {"Params": risk.params, "Result": risk.result}
    if risk.params.words == risk.result.words:
        parts = {"Params and result": risk.params}
    for name, section in parts.items():
        found.extend(RiskFact(f"{name}: {about}", words) for about, words in _said_of(section).items() if words)
    return [each for each in found if each.words]


def matrix(span_types: Iterable[tuple[str, DeclaredRisk | None]]) -> Matrix:
    """The matrix of span types, given by name with what they declare."""
    given = list(span_types)
    declared = [risk for _, risk in given if risk is not None]
    actions = [key for key in risk_words()["action_profile"] if any(key in each.actions.stated for each in declared)]
    parts = [section for risk in declared for section in (risk.params, risk.result)]
    categories = [key for key in data_categories() if any(key in each.stated for each in parts)]
    return Matrix(
        list(map(_action_words, actions)),
        list(map(category_words, categories)),
        [_row(name, risk, actions, categories) for name, risk in given],
        [category_words(key) for key in data_categories() if all(key in each.unknown for each in parts)],
    )


def _said_of(section: RiskSection) -> Mapping[str, Sequence[str]]:
    said: dict[str, Sequence[str]] = {"classification": [section.classification]}
    for word in ("included", "excluded", UNKNOWN):
        keys = [key for key in data_categories() if section.words[key] == word]
        said[word] = list(map(category_words, keys))
    if len(said[UNKNOWN]) > _MOST_UNKNOWN:
        rest = len(said[UNKNOWN])
        said[UNKNOWN] = ["all categories" if rest == len(data_categories()) else f"the other {rest} categories"]
    return said


def _row(name: str, risk: DeclaredRisk | None, actions: Sequence[str], categories: Sequence[str]) -> MatrixRow:
    if risk is None:
        return MatrixRow(name, False, [], [""] * (len(actions) + len(categories)))
    cells = [{"allowed": "yes", UNKNOWN: "?"}.get(risk.actions.words[key], "") for key in actions]
    cells.extend(_where(risk, key) for key in categories)
    classes = dict.fromkeys((risk.params.classification, risk.result.classification))
    return MatrixRow(name, True, list(classes), cells)


def _where(risk: DeclaredRisk, key: str) -> str:
    """The parts that include a category; a question mark if none does, and one may."""
    parts = {"params": risk.params, "result": risk.result}
    included = [name for name, section in parts.items() if key in section.stated]
    return ", ".join(included) or ("?" if any(key in section.unknown for section in parts.values()) else "")
