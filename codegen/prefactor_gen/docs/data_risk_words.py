"""What the data risk of span types says, in words, and as a matrix of span types and categories of data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prefactor_gen.definitions.data_risk import UNKNOWN, DeclaredRisk, RiskSection, data_categories, risk_words

__all__ = ["Matrix", "MatrixRow", "RiskFact", "SpanRisk", "category_words", "matrix", "risk_facts"]


_MOST_UNKNOWN = 5


@dataclass(frozen=True)
class RiskFact:
    """A line about the data risk of a span type: what it is about, and what belongs there."""

    about: str
    words: Sequence[str]


@dataclass(frozen=True)
class SpanRisk:
    """The data risk of a span type.

    Attributes:
        declared: what data_risk declares; None if there is none.
        of_fields: the categories of the fields of params and result that are not redacted.
    """

    name: str
    declared: DeclaredRisk | None
    of_fields: Mapping[str, Collection[str]]


@dataclass(frozen=True)
class MatrixRow:
    """What a span type declares.

    Attributes:
        classifications: of params and result, or one if both have the same.
        cells: for each column, where the data is or that the action is allowed; empty if neither, and a question mark
            if it is not said.
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


def matrix(span_types: Iterable[SpanRisk]) -> Matrix:
    """The matrix of span types."""
    given = list(span_types)
    declared = [each.declared for each in given if each.declared is not None]
    actions = [key for key in risk_words()["action_profile"] if any(key in each.actions.stated for each in declared)]
    parts = [section for risk in declared for section in (risk.params, risk.result)]
    of_fields = {key for each in given for keys in each.of_fields.values() for key in keys}
    included = {key for each in parts for key in each.stated} | of_fields
    categories = [key for key in data_categories() if key in included]
    return Matrix(
        list(map(_action_words, actions)),
        list(map(category_words, categories)),
        [_row(each, actions, categories) for each in given],
        [
            category_words(key)
            for key in data_categories()
            if key not in of_fields and all(key in each.unknown for each in parts)
        ],
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


def _row(item: SpanRisk, actions: Sequence[str], categories: Sequence[str]) -> MatrixRow:
    risk = item.declared
    if risk is None:
        cells = [_of_fields(item, key, item.of_fields) or "?" for key in categories]
        return MatrixRow(item.name, False, [], [*["?"] * len(actions), *cells])
    cells = [{"allowed": "yes", UNKNOWN: "?"}.get(risk.actions.words[key], "") for key in actions]
    cells.extend(_where(item, risk, key) for key in categories)
    classes = dict.fromkeys((risk.params.classification, risk.result.classification))
    return MatrixRow(item.name, True, list(classes), cells)


def _where(item: SpanRisk, risk: DeclaredRisk, key: str) -> str:
    """The parts that include a category, or have a field with it; a question mark if none does, and one may."""
    parts = {"params": risk.params, "result": risk.result}
    included = [name for name, section in parts.items() if key in section.stated]
    others = _of_fields(item, key, [name for name in parts if name not in included])
    return ", ".join(filter(None, [*included, others])) or (
        "?" if any(key in section.unknown for section in parts.values()) else ""
    )


def _of_fields(item: SpanRisk, key: str, parts: Iterable[str]) -> str:
    """The parts, of some, in which a field has a category that data_risk does not include."""
    found = [name for name in parts if key in item.of_fields.get(name, ())]
    return f"{', '.join(found)} (not declared)" if found else ""
