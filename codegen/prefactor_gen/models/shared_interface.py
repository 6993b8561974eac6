"""What the modules that refer to a shared type need to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.all_of import merge_all_of
from prefactor_gen.json_schema.branch_members import BranchMembers
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.models.typing_view import is_object_schema, typing_view

__all__ = ["SharedInterface", "shared_interface"]


@dataclass(frozen=True)
class SharedInterface:
    """What a module needs to know of a class of another module.

    Attributes:
        is_class: it is a class, and not a name for another type.
        constants: the required properties that are constant texts, each with the texts.
    """

    is_class: bool
    constants: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def view(self, place: Place) -> ObjectNode:
        """A view that stands for the type when the model generator runs."""
        if not self.is_class:
            return ObjectNode([("type", "string")], place=place)
        return ObjectNode([("type", "object"), ("properties", ObjectNode([("x", True)], place=place))], place=place)


def shared_interface(schema: JsonValue, refs: LocalRefs) -> SharedInterface:
    """The interface of a shared type.

    Args:
        schema: its schema.
        refs: the references of the document that it is a part of.
    """
    if not isinstance(schema, ObjectNode):
        return SharedInterface(is_class=False)
    try:
        return _interface(schema, refs)
    except (DiagnosticError, RecursionError):  # reported when the type itself is compiled
        return SharedInterface(is_class=False)


def _interface(schema: ObjectNode, refs: LocalRefs) -> SharedInterface:
    merged = merge_all_of(schema, refs)
    view, _ = typing_view(merged.schema, draft_07=refs.draft_07)
    # The model generator makes a class of an object without properties, too, and a dict if all have one schema.
    has_members = view.properties or view.required or BranchMembers(refs).of(merged.branches)
    is_map = isinstance(view.get("additionalProperties"), ObjectNode) and not has_members
    if is_map or not (is_object_schema(view) or view.get("type") == "object"):
        return SharedInterface(is_class=False)
    constants = {name: _texts(view.properties.get(name), refs) for name in view.required}
    return SharedInterface(True, {name: texts for name, texts in constants.items() if texts})


def _texts(schema: JsonValue, refs: LocalRefs) -> list[str]:
    """The texts that a schema allows, if it allows a few texts only."""
    if not isinstance(schema, ObjectNode):
        return []
    view, _ = typing_view(merge_all_of(schema, refs).schema, draft_07=refs.draft_07)
    values = view.list_at("enum")
    texts = [value for value in values if isinstance(value, str)]
    return texts if len(texts) == len(values) else []
