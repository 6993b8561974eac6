"""Finds the definitions that become one class for all span types: those that a reference in another file leads to.

A file that is the whole schema of a payload, by `params_schema: {$ref: params.json}`, is a schema of its own: its
definitions become classes of this payload.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

from prefactor_gen.definitions.definitions import FileTarget, SchemaSource
from prefactor_gen.definitions.file_references import FileCopier
from prefactor_gen.definitions.python_names import (
    digest_of,
    is_usable,
    module_name,
    names_made_of,
    pascal,
    spelled,
    with_digest,
)
from prefactor_gen.definitions.reserved_names import ReservedNames, names_in_package
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import display_name
from prefactor_gen.definitions.span_names import SpanNames
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Place, Severity
from prefactor_gen.diagnostics.rules import NAME_COLLISION, UNUSABLE_NAME
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, place_of
from prefactor_gen.json_schema.drafts import in_2020_12
from prefactor_gen.json_schema.keywords import CLASS
from prefactor_gen.json_schema.pointers import step, tokens_of
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.json_schema.subschemas import all_schemas

__all__ = ["SharedType", "SharedTypes", "collect_shared_types"]


@dataclass(frozen=True)
class SharedType:
    """A definition that several span types may refer to.

    Attributes:
        name: its class.
        module: its module, without `.py`.
        pointer: its pointer in the document of all shared types.
    """

    name: str
    module: str
    pointer: str
    place: Place


@dataclass(frozen=True)
class SharedTypes:
    """The shared types of a package.

    Attributes:
        document: a schema with all of them in its `$defs`.
        types: by class name.
        classes: the class of each target.
        reserved: the names that the classes of each shared type do not get, by class name.
    """

    document: ObjectNode
    types: Mapping[str, SharedType] = field(default_factory=dict)
    classes: Mapping[FileTarget, str] = field(default_factory=dict)
    reserved: Mapping[str, ReservedNames] = field(default_factory=dict)

    def classes_in(self, source: SchemaSource) -> dict[str, str]:
        """The class of each shared type that was copied into a schema, by its pointer there."""
        copies = source.copies.names.items()
        return {step(("$defs", name)): self.classes[target] for target, name in copies if target in self.classes}

    @cached_property
    def digest(self) -> str:
        """A hash of all shared types: what refers to one depends on what it refers to in turn."""
        return digest_of(f"{self.document!r} {sorted(each.name + each.module for each in self.types.values())}")

    @cached_property
    def classes_by_pointer(self) -> dict[str, str]:
        """The class of each shared type, by its pointer in the document."""
        return {each.pointer: each.name for each in self.types.values()}


def collect_shared_types(
    sources: Sequence[SchemaSource],
    files: SchemaFiles,
    spans: Collection[SpanNames],
    common: frozenset[str],
) -> Checked[SharedTypes]:
    """The shared types of all schemas.

    Args:
        sources: the schemas, with copies of what they refer to.
        files: the files that the copies are from.
        spans: the names of all span types.
        common: the names that every module uses.
    """
    targets, folders, in_draft_07 = _shared_targets(sources, files)
    place = sources[0].place if sources else Place("")
    empty = ObjectNode(place=place)
    if not targets:
        return Checked(SharedTypes(empty))
    copier = FileCopier(files, LocalRefs(empty), None, None)
    for target in sorted(targets):
        copier.folder, copier.draft_07 = folders[target], target in in_draft_07
        copier.copy(target)
        copier.copy_pending()
    names = copier.names
    for target in in_draft_07 & targets:
        schema = copier.copied[names[target]]
        copier.copied[names[target]] = in_2020_12(schema) if isinstance(schema, ObjectNode) else schema
    document = empty.with_items([("$defs", ObjectNode(sorted(copier.copied.items()), place=place))])
    schemas = {target: copier.copied[names[target]] for target in targets}
    namer = _Namer(schemas, files.base, spans, common)
    classes = namer.classes()
    modules = _modules(classes, {each.module for each in spans})
    types = {
        classes[target]: SharedType(
            classes[target],
            modules[target],
            step(("$defs", names[target])),
            place_of(schemas[target], place),
        )
        for target in sorted(targets)
    }
    in_package = names_in_package(common, [each.class_name for each in spans], types)
    reserved = {name: in_package.reserved_for(name) for name in types}
    return Checked(SharedTypes(document, types, classes, reserved), namer.diagnostics)


def _shared_targets(
    sources: Iterable[SchemaSource], files: SchemaFiles
) -> tuple[set[FileTarget], dict[FileTarget, Path | None], set[FileTarget]]:
    """The targets that are shared.

    Returns:
        The targets, the definition folder of a schema that refers to each, and those that are read as draft-07.
    """
    start = set[FileTarget]()
    uses = defaultdict[FileTarget, set[FileTarget]](set)
    folders: dict[FileTarget, Path | None] = {}
    unshared = set[FileTarget]()
    drafts = defaultdict[FileTarget, set[bool]](set)
    for source in sources:
        start.update(source.copies.of_other_files)
        for target, used in source.copies.uses.items():
            uses[target] |= used
        for target, name in source.copies.names.items():
            folders.setdefault(target, source.document.folder)
            drafts[target].add(source.schema.is_draft_07)
            # The target of a $dynamicRef depends on the schema that it is reached from.
            if _has_dynamic_reference(source.schema.object_at("$defs").get(name)):
                unshared.add(target)
    users = defaultdict[FileTarget, set[FileTarget]](set)
    for target, used in uses.items():
        for each in used:
            users[each].add(target)
    # A file that names no draft has that of the schema that refers to it.
    unnamed = {target: each for target, each in drafts.items() if not files.names_draft(target.path)}
    unshared.update(target for target, each in unnamed.items() if len(each) > 1)
    in_draft_07 = {target for target, each in unnamed.items() if each == {True}}
    return _reached(start, dict(uses)) - _reached(unshared, dict(users)), folders, in_draft_07


def _has_dynamic_reference(schema: JsonValue) -> bool:
    return isinstance(schema, ObjectNode) and any("$dynamicRef" in each for each in all_schemas(schema))


def _reached(start: Iterable[FileTarget], edges: Mapping[FileTarget, Iterable[FileTarget]]) -> set[FileTarget]:
    found = set[FileTarget]()
    pending = list(start)
    while pending:
        each = pending.pop()
        if each not in found:
            found.add(each)
            pending.extend(edges.get(each, ()))
    return found


def _modules(classes: Mapping[FileTarget, str], taken: set[str]) -> dict[FileTarget, str]:
    """The modules, of which no two are one file where the file system ignores case."""
    result: dict[FileTarget, str] = {}
    used = set(taken)
    for target, name in sorted(classes.items(), key=lambda item: item[1]):
        module = f"_shared{module_name(name)}"
        result[target] = module if module not in used else f"{module}_{digest_of(name)[:6]}"
        used.add(result[target])
    return result


class _Namer:
    """Chooses the classes: the name of the definition, or that of the file; where it is taken, both together.

    Of several definitions with one name, none keeps it: a file that is added would give it another meaning.
    """

    def __init__(
        self,
        schemas: Mapping[FileTarget, JsonValue],
        base: Path,
        spans: Iterable[SpanNames],
        common: frozenset[str],
    ) -> None:
        self.schemas = schemas
        self.base = base
        self.common = common
        self.taken = {each.class_name for each in spans}
        # The classes of payloads begin with these words.
        self.prefixes = {f"{each.class_name}{part}" for each in spans for part in ("Params", "Result")}
        self.wanting = defaultdict[str, list[FileTarget]](list)
        for target in sorted(schemas):
            self.wanting[next(_words(target))].append(target)
        open_targets = Counter(next(_words(each)) for each, schema in schemas.items() if _chosen(schema) is None)
        self.wanted_by_several = {name for name, count in open_targets.items() if count > 1}
        self.diagnostics: list[Diagnostic] = []

    def classes(self) -> dict[FileTarget, str]:
        result: dict[FileTarget, str] = {}
        for target in sorted(self.schemas, key=self.claim):
            name = result[target] = self.name(target)
            self.taken.update(names_made_of(name))
        return result

    def claim(self, target: FileTarget) -> tuple[bool, bool, str, str]:
        is_another = next(_words(target)) in self.wanted_by_several
        return _chosen(self.schemas[target]) is None, is_another, display_name(target.path, self.base), target.pointer

    def name(self, target: FileTarget) -> str:
        schema = self.schemas[target]
        chosen = _chosen(schema)
        if chosen is not None:
            name, place = chosen
            if isinstance(name, str) and is_usable(name) and self.is_free(name, ()):
                return name
            self.diagnostics.append(self.unusable(name, place))
        members = [each.properties for each in all_schemas(schema)] if isinstance(schema, ObjectNode) else []
        path = display_name(target.path, self.base)
        plain, *others = _words(target, Path(path).parent.name)  # the project's own folder has any name
        own = f"Shared{plain}"  # no payload begins so
        spare = chain([*others, own], with_digest(own, f"{path}#{target.pointer}"))
        if plain not in self.wanted_by_several and is_usable(plain) and self.is_free(plain, members):
            return plain
        name = next(each for each in spare if is_usable(each) and self.is_free(each, members))
        if chosen is None:
            message = (
                f"this is the class {name}, because {self.other(target, plain)} has or wants the name {plain}; "
                f"to choose a name, add {CLASS}: {name}"
            )
            self.diagnostics.append(NAME_COLLISION.at(place_of(schema, Place("")), message, Severity.NOTE))
        return name

    def other(self, target: FileTarget, plain: str) -> str:
        """What else wants the plain name of a target."""
        other = next((each for each in self.wanting[plain] if each != target), None)
        return "something else" if other is None else f"the schema at {place_of(self.schemas[other], Place(''))}"

    def unusable(self, name: JsonValue, place: Place) -> Diagnostic:
        if isinstance(name, str) and is_usable(name) and name not in self.common:
            return NAME_COLLISION.at(place, f"something else is the class {name}; choose another")
        return UNUSABLE_NAME.at(place, f"expected a name that a class can have, found {name!r}")

    def is_free(self, name: str, members: Iterable[Mapping[str, JsonValue]]) -> bool:
        made = names_made_of(name)
        if not self.common.isdisjoint(made) or not self.taken.isdisjoint(made):
            return False
        begins = any(name[:end] in self.prefixes for end in range(1, len(name) + 1))
        return not begins and not any(each in properties for properties in members for each in made)


def _chosen(schema: JsonValue) -> tuple[JsonValue, Place] | None:
    return (schema[CLASS], schema.place_at(CLASS)) if isinstance(schema, ObjectNode) and CLASS in schema else None


def _words(target: FileTarget, folder: str = "") -> Iterator[str]:
    """`shop/common.json#/$defs/Money` → `Money`, `CommonMoney`, `ShopCommonMoney`."""
    tokens = tokens_of(target.pointer)
    stem = pascal(target.path.stem) or pascal(spelled(target.path.stem))
    stem = stem if stem.isidentifier() else f"Schema{stem}"
    word = "".join(pascal(each) for each in tokens if each not in {"$defs", "definitions", "properties"})
    is_definition = len(tokens) == 2 and tokens[0] in {"$defs", "definitions"}  # /$defs/Money
    if is_definition and word:
        yield word
    yield f"{stem}{word}"
    yield f"{pascal(folder)}{stem}{word}"
    yield f"{stem}{word}Definition"
