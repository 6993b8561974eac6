"""Instances of a JSON Schema, most of them valid, and changed copies. Another validator decides which are valid."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["instances", "mutations", "same_json"]

_DEEPEST = 8
_TEXTS = ["", "a", "text", "2026-11-27", "2026-11-27T12:00:00Z", "https://example.org/x", "sha256-0", "é", "1"]
_NUMBERS = [0, 1, -1, 2, 10, 100, 0.5, 1.0, 1e20]
_OTHERS: list[Any] = [None, True, False, 0, 1, 1.0, 1.5, "", "x", [], {}, [None], {"x": 1}]


def instances(schema: dict[str, Any], count: int, seed: int = 0) -> Iterator[Any]:
    """Return instances that follow the schema, with other choices each time."""
    for number in range(count):
        yield _Sampler(schema, random.Random(f"{seed} {number}")).sample(schema, 0)


def mutations(instance: Any, count: int, seed: int = 0) -> Iterator[Any]:
    """Return copies with one change each: a member removed, added, renamed or of another type, an item repeated …"""
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        whole = {"": copy.deepcopy(instance)}
        container, key = chance.choice(list(_places(whole)))
        _change(container, key, chance)
        yield whole[""]


def same_json(one: Any, two: Any) -> bool:
    """Return whether two values are the same in JSON: 1.0 equals 1, and true does not."""
    return bool(_key(one) == _key(two))


def _key(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _key(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_key(item) for item in value]
    return (isinstance(value, bool), value)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in members:
        yield node, key
        yield from _places(item)


def _change(container: Any, key: Any, chance: random.Random) -> None:
    value = container[key]
    kind = chance.randrange(5)
    if kind == 0 and key != "":
        del container[key]
    elif kind == 1 and isinstance(value, dict):
        value[chance.choice(["other", "", "x-1", *value])] = chance.choice(_OTHERS)
    elif kind == 1 and isinstance(value, list):
        value.append(copy.deepcopy(chance.choice([*value, *_OTHERS])))
    elif kind == 2 and isinstance(value, (int, float)) and not isinstance(value, bool):
        container[key] = chance.choice([value + 1, value - 1, -value, value + 0.5, float(value), str(value)])
    elif kind == 2 and isinstance(value, str):
        container[key] = chance.choice([value + "x", value.upper(), value[:-1], value * 100])
    elif kind == 3 and isinstance(value, dict) and value:
        member = chance.choice(list(value))
        value[f"{member}_"] = value.pop(member)
    else:
        container[key] = copy.deepcopy(chance.choice(_OTHERS))


class _Sampler:
    def __init__(self, root: dict[str, Any], chance: random.Random) -> None:
        self.root = root
        self.chance = chance

    def sample(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return self.chance.choice(_OTHERS)
        if "const" in schema:
            return copy.deepcopy(schema["const"])
        if "enum" in schema:
            return copy.deepcopy(self.chance.choice(schema["enum"]))
        if "$ref" in schema:
            return self.sample(self.target(schema["$ref"]), depth + 1)
        parts = [*schema.get("allOf", [])]
        parts.extend(self.chance.choice(schema[key]) for key in ("anyOf", "oneOf") if schema.get(key))
        sampled = [self.sample(part, depth + 1) for part in parts]
        if not ({"type", "properties", "items"} & schema.keys()) and sampled:
            return self.together(sampled)
        return self.together([*sampled, self.of_type(schema, depth)])

    @staticmethod
    def together(values: list[Any]) -> Any:
        """Merge objects; of other values, return the last."""
        objects = [value for value in values if isinstance(value, dict)]
        return {key: item for each in objects for key, item in each.items()} if objects else values[-1]

    def target(self, reference: str) -> Any:
        node: Any = self.root
        for token in reference.partition("#")[2].split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node.get(key, {})
        return node

    def of_type(self, schema: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else None)
        kind = self.chance.choice(kind) if isinstance(kind, list) else kind
        match kind:
            case "object":
                return self.object(schema, depth)
            case "array":
                return self.array(schema, depth)
            case "string":
                text: str = self.chance.choice([*_TEXTS, *schema.get("examples", [])])
                return text + "x" * max(0, schema.get("minLength", 0) - len(text))
            case "integer":
                return self.chance.choice([schema.get("minimum", 0), schema.get("maximum", 1), 1, 2.0])
            case "number":
                return self.chance.choice([schema.get("minimum", 0), schema.get("maximum", 1), *_NUMBERS])
            case "boolean":
                return self.chance.choice([True, False])
            case "null":
                return None
        return self.chance.choice(_OTHERS)

    def object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        made = {
            name: self.sample(member, depth + 1)
            for name, member in schema.get("properties", {}).items()
            if name in required or (depth < _DEEPEST // 2 and self.chance.random() < 0.5)
        }
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and self.chance.random() < 0.5:
            made["another"] = self.sample(others, depth + 1)
        return made

    def array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        first = [self.sample(item, depth + 1) for item in schema.get("prefixItems", [])]
        least = max(schema.get("minItems", 0) - len(first), 0)
        count = least + (self.chance.randrange(3) if depth < _DEEPEST // 2 else 0)
        items = schema.get("items", {})
        return [*first, *(self.sample(items, depth + 1) for _ in range(count) if items is not False)]
