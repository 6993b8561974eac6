"""The span types of a run, as clients registered them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, get_args

from prefactor_api.agent_instance import DataCategories
from prefactor_local._state.store import Store
from prefactor_local._view.fields import fields_of
from prefactor_local._view.schema_places import Budget, SchemaPlaces
from prefactor_local._view.shapes import FieldInfo, Json, Side, SpanTypeInfo

__all__ = ["SpanTypes", "StoredType"]

StoredType: TypeAlias = dict[str, Any]
"""A span type as `_operations.schemas` stores it."""

_MOST_VERSIONS = 64
_CLASSES: tuple[str, ...] = get_args(DataCategories.model_fields["classification"].annotation)
"""The classes of data: unknown, then the least confidential first."""


class SpanTypes:
    """Reads the span types of schema versions, each once: schema versions never change. Any thread may use it.

    Its methods must not be called in a transaction.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # Caches of this object: one for the whole class would keep the store.
        self.stored = lru_cache(_MOST_VERSIONS)(self._stored)
        self.shown = lru_cache(_MOST_VERSIONS)(self._shown)
        self.places = lru_cache(_MOST_VERSIONS)(self._places)

    def _stored(self, schema_version_id: str) -> dict[str, StoredType]:
        """The span types by name."""
        query = "SELECT span_types FROM agent_schema_version WHERE id = ?"
        with self._store.transaction(write=False):
            found = self._store.select(query, schema_version_id)
        types: dict[str, StoredType] = json.loads(found[0]["span_types"]) if found else {}
        return types

    def _shown(self, schema_version_id: str) -> dict[str, SpanTypeInfo]:
        """The span types by name, as the viewer shows them."""
        budget = Budget(looks=200_000, chars=4 * 1024 * 1024)  # for all types: there may be a thousand
        return {name: _shown(stored, budget) for name, stored in self.stored(schema_version_id).items()}

    def _places(self, schema_version_id: str, name: str, side: Side) -> SchemaPlaces:
        """The places of the schema of the params or the result of a span type that is registered."""
        return SchemaPlaces(self.stored(schema_version_id)[name][f"{side}_schema"])


def _shown(stored: StoredType, budget: Budget) -> SpanTypeInfo:
    risk: Mapping[str, Json] = stored["data_risk"] or {}
    params_risk, result_risk = (_words(risk.get(f"{part}_data_categories")) for part in ("params", "result"))
    schema = stored["params_schema"]
    return {
        "name": stored["name"],
        "title": stored["title"],
        "description": stored["description"],
        "template": stored["template"],
        "data_risk": max((_classification(params_risk), _classification(result_risk)), key=_rank) or None,
        "deprecated": schema.get("deprecated") is True or "x-prefactor-deprecated" in schema,
        "params": _with_risk(fields_of(schema, budget), params_risk),
        "result": _with_risk(fields_of(stored["result_schema"], budget), result_risk),
    }


def _with_risk(fields: dict[str, FieldInfo], risk: Mapping[str, str]) -> dict[str, FieldInfo]:
    """The fields, with what data_risk says of the payload as a whole at its root."""
    included = [name.replace("_", " ") for name, word in risk.items() if word == "included"]
    said = ": ".join(filter(None, [_classification(risk), ", ".join(included)]))
    if said and "" in fields:
        fields[""]["data_risk"] = said
    return fields


def _classification(risk: Mapping[str, str]) -> str:
    """The class of data of a payload; empty if it is unknown."""
    said = risk.get("classification", "")
    return said if _rank(said) > 0 else ""


def _rank(classification: str) -> int:
    """How confidential a class of data is; 0 if it is unknown, or is none."""
    return _CLASSES.index(classification) if classification in _CLASSES else 0


def _words(section: Json) -> dict[str, str]:
    return {key: word for key, word in section.items() if isinstance(word, str)} if isinstance(section, dict) else {}
