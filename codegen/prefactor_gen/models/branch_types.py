"""The properties that a class has for the members that only branches of its schema name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, is_same
from prefactor_gen.json_schema.branch_members import BranchMember
from prefactor_gen.json_schema.keywords import NAME
from prefactor_gen.models.typing_view import is_long_enum

__all__ = ["any_of_views", "with_mentions"]

_ANNOTATIONS = (NAME, "title", "description")


def any_of_views(views: Sequence[JsonValue], place: Place) -> JsonValue:
    """The view of values that one of these views describes."""
    different: list[ObjectNode] = []
    for view in views:
        if not isinstance(view, ObjectNode) or not view:
            return True
        if not any(is_same(view, each) for each in different):
            different.append(view)
    if len(different) > 1 and all(view.keys() == {"enum"} for view in different):
        different = [_joined_enum(different)]
    return (
        different[0] if len(different) == 1 else ObjectNode([("anyOf", ListNode(different, place=place))], place=place)
    )


def _joined_enum(views: Sequence[ObjectNode]) -> ObjectNode:
    values: list[JsonValue] = []
    for value in (value for view in views for value in view.list_at("enum")):
        if not any(is_same(value, each) for each in values):
            values.append(value)
    return views[0].with_items([] if is_long_enum(values) else [("enum", ListNode(values, place=views[0].place))])


def with_mentions(properties: ObjectNode, members: Mapping[str, BranchMember]) -> ObjectNode:
    """The properties with the members that branches name, for their texts and chosen names."""
    added = members.keys() - properties.keys()
    mentioned = {key: _mention(each.mentions) for key, each in members.items() if key in added and each.mentions}
    places = {name: schema.place for name, schema in mentioned.items()}
    return ObjectNode(
        {**properties, **mentioned}.items(), place=properties.place, key_places={**places, **properties.key_places}
    )


def _mention(mentions: Sequence[ObjectNode]) -> ObjectNode:
    """The first schema for a member, with the texts that the others have in addition."""
    first, *others = mentions
    for keyword in _ANNOTATIONS:
        for other in others if keyword not in first else ():
            if keyword in other:
                places = {**first.key_places, keyword: other.place_at(keyword)}
                first = ObjectNode([*first.items(), (keyword, other[keyword])], place=first.place, key_places=places)
                break
    return first
