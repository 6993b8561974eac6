"""Chooses the class names for the subschemas of one schema, by their pointers.

A name is made of those of the schemas around: `AgentLlmParams`, `AgentLlmParamsUsage`, `AgentLlmParamsUsageItem`. Where
two schemas want one name, the rule depends on the schemas alone, not on their order: see `other_names`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prefactor_gen.definitions.python_names import is_usable, names_made_of, pascal, spelled, with_digest
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.keywords import CLASS
from prefactor_gen.json_schema.pointers import resolve_pointer, step, tokens_of
from prefactor_gen.json_schema.subschemas import POSITIONS, Position

__all__ = ["ClassNames", "chosen_class"]

# For subschemas without a name: the word for their class, and one for the case that something has this name.
_WORDS: Mapping[str, tuple[str, str]] = {
    "items": ("Item", "Element"), "prefixItems": ("Item", "Element"), "additionalProperties": ("Value", "Entry"),
    "patternProperties": ("Value", "Entry"), "anyOf": ("Option", "Choice"), "oneOf": ("Option", "Choice"),
    "allOf": ("Part", "Branch"),
}  # fmt: skip
_MAX_CONSTANT = 60
"""The longest constant that an option is named after, in characters."""

_NAMED: Mapping[str, str] = {"$defs": "Definition", "definitions": "Definition", "properties": "Property"}


def chosen_class(schema: JsonValue) -> str | None:
    """The class name that a schema chooses, if a class can have it."""
    name = schema.get(CLASS) if isinstance(schema, ObjectNode) else None
    return name if isinstance(name, str) and is_usable(name) else None


@dataclass(frozen=True)
class _Candidates:
    """The names that one subschema may have.

    Attributes:
        parent: the class name of the schema around it.
        words: what follows the parent's name: the first is the plain name.
        silent: how many of them need no explanation.
        rank: which of several subschemas with one name keeps it: the one with the lowest.
    """

    parent: str
    words: tuple[str, ...]
    silent: int
    rank: int


class ClassNames:
    """The names of one schema.

    Args:
        root: the schema.
        root_name: the class name at the pointer `root_pointer`, with which all others begin.
        root_pointer: where the schema is that is compiled.
        given: the names of subschemas whose plain name is another's, by pointer.
    """

    def __init__(self, root: ObjectNode, root_name: str, root_pointer: str, given: Mapping[str, str]) -> None:
        self.root = root
        self.root_name = root_name
        self.root_pointer = root_pointer
        self.given = given
        self.candidates: dict[str, _Candidates] = {}

    def below(self, name: str, keys: tuple[str, ...], pointer: str, schema: JsonValue, inner: JsonValue) -> str:
        """The class name of a subschema of the class `name`.

        Args:
            name: the class name of the schema.
            keys: the keys that lead to the subschema: a property's name counts, `items` is `Item`, and an option of a
                union is named after a constant that only it has, or numbered.
            pointer: the pointer of the subschema.
            schema: the schema that `keys` start from.
            inner: the subschema.
        """
        found = self.candidates[pointer] = _candidates(name, keys, schema)
        return self.given.get(pointer) or chosen_class(inner) or _joined(name, found.words[0])

    def at(self, pointer: str) -> str:
        """The class name for a pointer from the root: `/properties/usage/items` → `…UsageItem`, as step by step."""
        name, at, rest = self.root_name, "", pointer
        if pointer.startswith(f"{self.root_pointer}/"):
            at, rest = self.root_pointer, pointer.removeprefix(self.root_pointer)
        tokens = tokens_of(rest)
        while tokens:
            position = POSITIONS.get(tokens[0])
            has_inner_key = position in {Position.MAP, Position.LIST} or (
                position is Position.SCHEMA_OR_LIST and tokens[1:] and tokens[1].isdecimal()
            )
            keys = tuple(tokens[: 2 if has_inner_key else 1])
            schema, at = resolve_pointer(self.root, at), at + step(keys)
            name = self.below(name, keys, at, schema, resolve_pointer(self.root, at))
            tokens = tokens[len(keys) :]
        return name

    def other_names(self, classes: Mapping[str, str], reserved: Callable[[str], bool]) -> dict[str, str]:
        """Names for the classes whose name is another's, or reserved, by pointer; none if all are different.

        A name that the schema chooses is kept, then one that the schema has exactly, such as `$defs/Item`, then those
        of definitions, those of properties, and those that are made, such as `Item` for `items`. A class whose name is
        made of another's, such as `FooDict`, gives way.

        Args:
            classes: all classes, by pointer.
            reserved: whether a name is reserved.
        """

        def claim(pointer: str) -> tuple[int, int, str]:
            name = classes[pointer]
            if pointer == self.root_pointer:
                return 0, 0, pointer
            if pointer in self.given:  # what has a name of its own keeps it, so that this comes to an end
                return 1, 0, pointer
            if name == chosen_class(resolve_pointer(self.root, pointer)):
                return 2, len(name), pointer
            return 3 + self.candidates[pointer].rank, len(name), pointer

        taken: set[str] = set()
        losing = self._inside_their_own_name(classes)
        for pointer in sorted(classes.keys() - losing, key=claim):
            made = names_made_of(classes[pointer])
            is_free = pointer == self.root_pointer or not (reserved(made[0]) or taken.intersection(made))
            taken.update(made if is_free else ())
            if not is_free:
                losing.add(pointer)
        # The classes inside one that gets another name get other names, too.
        outermost = [pointer for pointer in sorted(losing) if losing.isdisjoint(_pointers_around(pointer))]
        result: dict[str, str] = {}
        for pointer in outermost:
            spare = self._spare(pointer)
            result[pointer] = next(
                name for name in spare if not reserved(name) and taken.isdisjoint(names_made_of(name))
            )
            taken.update(names_made_of(result[pointer]))
        return result

    def _inside_their_own_name(self, classes: Mapping[str, str]) -> set[str]:
        """The classes that have a name of a class around them: that one would take its new name into theirs, too."""
        made_by = defaultdict[str, set[str]](set)
        for pointer, name in classes.items():
            for made in names_made_of(name):
                made_by[made].add(pointer)
        several = [pointers for pointers in made_by.values() if len(pointers) > 1]
        return {
            pointer
            for pointers in several
            for pointer in pointers
            if pointer not in self.given and not pointers.isdisjoint(_pointers_around(pointer))
        }

    def _spare(self, pointer: str) -> Iterator[str]:
        found = self.candidates[pointer]
        yield from (_joined(found.parent, word) for word in found.words[1:])
        yield from with_digest(_joined(found.parent, found.words[-1]), pointer)
        # What begins with the parent's name may belong to another module.
        below = found.parent.removeprefix(self.root_name)
        yield from (_joined(self.root_name, f"Property{below}{word}") for word in found.words)
        for word in ("Type", "Schema", "Class"):
            yield from with_digest(f"{self.root_name}{word}", pointer)

    def needs_note(self, pointer: str) -> bool:
        """Whether the name of a subschema is none that a reader would expect."""
        found = self.candidates.get(pointer)
        usual = [_joined(found.parent, word) for word in found.words[: found.silent]] if found is not None else []
        return pointer in self.given and self.given[pointer] not in usual


def _pointers_around(pointer: str) -> Iterator[str]:
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _joined(name: str, word: str) -> str:
    return name + word if word.isascii() else unicodedata.normalize("NFKC", name + word)


def _candidates(parent: str, keys: tuple[str, ...], schema: JsonValue) -> _Candidates:
    keyword, *rest = keys
    if keyword in _NAMED and rest:
        plain = pascal(rest[0])
        word = plain or pascal(spelled(rest[0])) or _NAMED[keyword]
        rank = (keyword == "properties") + (0 if plain == rest[0] else 2)
        kind = _NAMED[keyword]
        return _Candidates(parent, (word, f"{word}{kind}", f"{kind}{word}"), 1, rank)
    plain = pascal(keyword) or pascal(spelled(keyword))
    word, other = _WORDS.get(keyword, (plain, f"{plain}Schema"))
    if not rest:
        return _Candidates(parent, (word, other), 1, 4)
    if not rest[0].isdecimal() or keyword == "patternProperties":
        end = pascal(rest[0])
        return _Candidates(parent, (word + end, other + end), 1, 4)
    number = int(rest[0])
    constants = list(_distinct_constants(schema, keyword, number)) if keyword in {"anyOf", "oneOf"} else []
    words = (*constants, f"{word}{number + 1}", f"{other}{number + 1}")
    return _Candidates(parent, words, len(constants) + 1, 4)


def _distinct_constants(schema: JsonValue, keyword: str, index: int) -> Iterator[str]:
    """The constants by which an option differs from all others, as words."""
    options = schema.branches(keyword) if isinstance(schema, ObjectNode) else []
    if index >= len(options):
        return
    others = [_constants(option) for option in options]
    for name, word in others.pop(index).items():
        if 0 < len(word) <= _MAX_CONSTANT and all(other.get(name) != word for other in others):
            yield word


def _constants(option: JsonValue) -> dict[str, str]:
    """The option's properties that are constant texts, as words, by property name."""
    if not isinstance(option, ObjectNode):
        return {}
    found: dict[str, str] = {}
    for name, schema in option.properties.items():
        if isinstance(schema, ObjectNode):
            values = [schema["const"]] if "const" in schema else schema.list_at("enum")
            if len(values) == 1 and isinstance(value := values[0], str):
                found[name] = pascal(value)
    for branch in reversed(option.branches("allOf")):  # its own come first, then those beside the union
        found |= _constants(branch) | found
    return found
