"""Whether two definitions say the same."""

from __future__ import annotations

import hashlib
import json

from prefactor_gen.definitions.definitions import QualityDefinition, SpanTypeDefinition

__all__ = ["content_hash"]


def content_hash(definition: SpanTypeDefinition | QualityDefinition) -> str:
    """A hash that is equal for definitions that say the same, whatever the order of their members.

    The name of the definition does not count, so that one that was renamed keeps its hash.
    """
    said: dict[str, object] = {
        "title": definition.title or definition.name,
        "description": definition.description or "",
        "template": definition.template or "",
        "data_risk": definition.data_risk,
    }
    if isinstance(definition, SpanTypeDefinition):
        result = None if definition.result is None else definition.result.schema
        said |= {
            "params": definition.params.schema,
            "result": result,
            "class": definition.chosen_class,
            "deprecation": str(definition.deprecation),
        }
    else:
        said["schema"] = definition.schema.schema
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
