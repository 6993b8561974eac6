"""Reads the data risk that a definition declares, in the words of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from pydantic import BaseModel

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import ObjectNode

__all__ = ["CLASSIFICATION", "UNKNOWN", "DeclaredRisk", "RiskSection", "data_categories", "declared_risk", "risk_words"]

CLASSIFICATION, UNKNOWN = "classification", "unknown"


@cache
def risk_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The keys of each section of data_risk, and the words that each key may have, as the API has them."""
    from prefactor_http.models import DataRisk

    return {
        name: {key: get_args(member.annotation) for key, member in section.model_fields.items()}
        for name, field in DataRisk.model_fields.items()
        if isinstance(section := field.annotation, type) and issubclass(section, BaseModel)
    }


@cache
def data_categories() -> tuple[str, ...]:
    """The categories of data."""
    return tuple(key for key in risk_words()["params_data_categories"] if key != CLASSIFICATION)


@dataclass(frozen=True, slots=True)
class RiskSection:
    """A section of data_risk: the actions, or the data in the params or in the result.

    Attributes:
        name: action_profile, params_data_categories or result_data_categories.
        words: what is said of each key, with the classification.
        place: where it is said.
        places: where each key is said.
    """

    name: str
    words: Mapping[str, str]
    place: Place
    places: Mapping[str, Place]

    @property
    def classification(self) -> str:
        """The most confidential class of data; of actions, unknown."""
        return self.words.get(CLASSIFICATION, UNKNOWN)

    @property
    def stated(self) -> list[str]:
        """The actions that are allowed, or the categories that are included."""
        return [key for key, word in self.words.items() if word in {"allowed", "included"}]

    @property
    def unknown(self) -> list[str]:
        """The keys of which nothing is known."""
        return [key for key, word in self.words.items() if word == UNKNOWN]

    def place_at(self, key: str) -> Place:
        """Where a key is said, or where it would be."""
        return self.places.get(key, self.place)


@dataclass(frozen=True, slots=True)
class DeclaredRisk:
    """The data risk of a definition. What it does not say is unknown, as at the API."""

    actions: RiskSection
    params: RiskSection
    result: RiskSection

    def __iter__(self) -> Iterator[RiskSection]:
        """The three sections."""
        return iter((self.actions, self.params, self.result))

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known."""
        return all(word == UNKNOWN for section in self for word in section.words.values())


def declared_risk(data_risk: ObjectNode | None, place: Place) -> DeclaredRisk:
    """The data risk of a definition.

    Args:
        data_risk: what the definition says. A word that the API does not know counts as unknown; `check` reports it.
        place: the place of the definition.
    """
    said = ObjectNode(place=place) if data_risk is None else data_risk
    actions, params, result = (_section(name, said) for name in risk_words())
    return DeclaredRisk(actions, params, result)


def _section(name: str, said: ObjectNode) -> RiskSection:
    node = said.object_at(name)
    words = {
        key: word if isinstance(word := node.get(key), str) and word in known else UNKNOWN
        for key, known in risk_words()[name].items()
    }
    return RiskSection(name, words, node.place, node.key_places)
