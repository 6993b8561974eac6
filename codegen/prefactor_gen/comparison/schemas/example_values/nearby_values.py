"""Values that are a little different from one that a schema takes, to find one that another schema refuses."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prefactor_gen.comparison.schemas.example_values.examples import in_turn
from prefactor_gen.comparison.schemas.example_values.pattern_texts import text_for
from prefactor_gen.comparison.schemas.reading.plain_schemas import text_of

__all__ = ["Words", "nearby", "words_of"]

_MAX_WORDS = 20
_SIMPLE: tuple[object, ...] = (0, "a", None, True, 0.5, "", [], [0], {}, "\n")
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_MAPS_OF_NAMES = ("properties", "dependentRequired", "dependentSchemas")


@dataclass
class Words:
    """What schemas speak of.

    Attributes:
        names: names of properties.
        values: values that decide whether others are valid.
    """

    names: dict[str, None] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)


def words_of(*schemas: object) -> Words:
    """The names and values in some schemas, those near the root first, and not too many.

    Args:
        schemas: plain JSON.
    """
    found = Words()
    pending = deque(schemas)
    while pending and max(len(found.names), len(found.values)) < _MAX_WORDS:
        item = pending.popleft()
        if isinstance(item, dict):
            _add(found, item)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return found


def _add(found: Words, schema: Mapping[str, object]) -> None:
    for keyword in _MAPS_OF_NAMES:
        if isinstance(members := schema.get(keyword), dict):
            found.names.update(dict.fromkeys(members))
    if isinstance(required := schema.get("required"), list):
        found.names.update((name, None) for name in required if isinstance(name, str))
    if isinstance(members := schema.get("patternProperties"), dict):
        found.names.update((text, None) for text in map(text_for, members) if text is not None)
    listed = schema.get("enum")
    values = [schema["const"]] if "const" in schema else listed[:_MAX_WORDS] if isinstance(listed, list) else []
    for number in (schema[key] for key in schema if key in _NUMBERS):
        values += [number, number + 1, number - 1] if isinstance(number, int) else []
    found.values.update((text_of(value), value) for value in values)


def nearby(value: object, takes: Callable[[object], bool], words: Words, most: int) -> Iterator[object]:
    """Values that a schema takes, which differ from a value in few places; those with the fewest differences first.

    Args:
        value: a value that the schema takes.
        takes: whether the schema takes a value.
        words: what to put into it.
        most: the number of values to try.
    """
    known = {text_of(value)}
    pending = deque([value])
    while pending:
        for changed in _changed(pending.popleft(), words):
            text = text_of(changed)
            if text in known:
                continue
            if (most := most - 1) < 0:
                return
            known.add(text)
            if takes(changed):
                yield changed
                pending.append(changed)


def _changed(value: object, words: Words) -> Iterator[object]:
    """Copies of a value with one change: of a member, an item, or the whole."""
    if isinstance(value, dict):
        yield from _changed_object(value, words)
    elif isinstance(value, list):
        yield from _changed_list(value, words)
    yield from _simple(words)


def _changed_object(value: dict[str, object], words: Words) -> Iterator[object]:
    yield from ({key: item for key, item in value.items() if key != gone} for gone in value)
    more = [name for name in (*words.names, "other") if name not in value]
    yield from ({**value, name: item} for item, name in itertools.product(_simple(words), more))
    yield from in_turn([_with_member(value, name, words) for name in value])


def _with_member(value: dict[str, object], name: str, words: Words) -> Iterator[object]:
    yield from ({**value, name: item} for item in _changed(value[name], words))


def _changed_list(value: list[object], words: Words) -> Iterator[object]:
    yield from ([*value[:index], *value[index + 1 :]] for index in range(len(value)))
    yield from ([*value, item] for item in (*value[-1:], *_simple(words)))
    yield from in_turn([_with_item(value, index, words) for index in range(len(value))])


def _with_item(value: list[object], index: int, words: Words) -> Iterator[object]:
    yield from ([*value[:index], item, *value[index + 1 :]] for item in _changed(value[index], words))


def _simple(words: Words) -> Iterator[object]:
    yield from _SIMPLE
    yield from words.values.values()
