"""Makes span types of the operations of an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.limits import MAX_TYPES
from prefactor_gen.importing.openapi_components import Components
from prefactor_gen.importing.openapi_documents import BrokenReferenceError, Documents, Located, is_list, is_object
from prefactor_gen.importing.openapi_names import OperationName
from prefactor_gen.importing.openapi_schemas import Component, Converted, Direction, SchemaConverter, is_needed
from prefactor_gen.importing.openapi_shapes import BodyMembers, body_members, describes_object, with_type
from prefactor_gen.importing.span_types import Found

__all__ = ["Operation", "OperationReader", "operations_of"]

Json = Mapping[str, object]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_FORM = "application/x-www-form-urlencoded"
_JSON = re.compile(r"(application|text)/([\w.+-]+\+)?json\b", re.IGNORECASE)
_SUCCESS = re.compile(r"2(\d\d|XX)", re.IGNORECASE)
_OBJECT: Json = {"type": "object"}


@dataclass
class Operation:
    """What an operation becomes. References in its schemas are components yet.

    Attributes:
        found: what there is to tell about it.
        uses: the components that its schemas refer to.
    """

    name: OperationName
    params: Json = field(default_factory=dict)
    result: Json | None = None
    title: str | None = None
    description: str | None = None
    deprecated: bool = False
    found: list[Found] = field(default_factory=list)
    uses: set[Component] = field(default_factory=set)


def operations_of(documents: Documents, paths: Located) -> Iterator[tuple[OperationName, Located, Located]]:
    """The operations of a document: the name, the path item, and the operation.

    Raises:
        BrokenReferenceError: a path leads nowhere.
    """
    for path in paths.members:
        item = documents.follow(paths.member(path))
        for method in (each for each in _METHODS if each in item.members):
            operation = documents.follow(item.member(method))
            if is_object(operation.value):
                yield OperationName(method, path, _text(operation.members.get("operationId"))), item, operation


class OperationReader:
    """Reads operations of one document.

    Args:
        documents: its files.
        is_3_0: whether it is of OpenAPI 3.0.
    """

    def __init__(self, documents: Documents, *, is_3_0: bool) -> None:
        self._documents = documents
        self._converter = SchemaConverter(documents, is_3_0=is_3_0)
        self.components = Components(documents, self._converter)

    def read(self, name: OperationName, path_item: Located, operation: Located) -> Operation:
        """One operation. If it cannot be used, `found` has an error."""
        made = Operation(name)
        try:
            _Reading(self._documents, self._converter, self.components, made).read(path_item, operation)
        except BrokenReferenceError as error:
            made.found.append(Found(name.of_document, str(error), Severity.ERROR))
        return made


class _Reading:
    """Reads one operation."""

    def __init__(
        self, documents: Documents, converter: SchemaConverter, components: Components, made: Operation
    ) -> None:
        self._documents = documents
        self._converter = converter
        self._components = components
        self._made = made
        self._properties: dict[str, object] = {}
        self._required: list[str] = []
        self._others: object = None

    def read(self, path_item: Located, operation: Located) -> None:
        made, value = self._made, operation.members
        made.title = _text(value.get("summary"))
        made.description = _text(value.get("description"))
        made.deprecated = value.get("deprecated") is True
        self._body(operation.member("requestBody"))
        for place, name, parameter in self._parameters(path_item, operation):
            self._parameter(place, name, parameter)
        made.params = self._params()
        made.result = self._result(operation.member("responses"))

    def _note(self, message: str, severity: Severity = Severity.NOTE) -> None:
        self._made.found.append(Found(self._made.name.of_document, message, severity))

    def _params(self) -> Json:
        params: dict[str, object] = {"type": "object", "properties": self._properties}
        if self._required:
            params["required"] = self._required
        return params if self._others is None else {**params, "additionalProperties": self._others}

    def _parameters(self, path_item: Located, operation: Located) -> Iterator[tuple[str, str, Located]]:
        """The parameters of the path and the operation: those of the operation stand for those of the path."""
        found: dict[tuple[str, str], Located] = {}
        for holder in (path_item, operation):
            listed = self._documents.follow(holder.member("parameters"))
            for each in listed.value if is_list(listed.value) else ():
                parameter = self._documents.follow(Located(each, listed.file))
                found[str(parameter.members.get("in")), str(parameter.members.get("name"))] = parameter
        for place in ("path", "query"):
            yield from ((place, name, each) for (where, name), each in found.items() if where == place)

    def _parameter(self, place: str, name: str, located: Located) -> None:
        parameter = located.members
        content = located.member("content")
        media_type = next(iter(content.members), "")
        schema = located if "schema" in parameter else self._documents.follow(content.member(media_type))
        converted = self._schema(Located(schema.members.get("schema", {}), schema.file), Direction.REQUEST)
        said = {
            "description": _text(parameter.get("description")),
            "deprecated": parameter.get("deprecated") or None,
            "examples": [parameter["example"]] if "example" in parameter else None,
        }
        beside = converted if is_object(converted) else {}
        added = {key: value for key, value in said.items() if value is not None and key not in beside}
        key = name
        while key in self._properties:
            key = f"{key}__{place}"
        if key != name:
            self._note(f"the {place} parameter {name!r} is {key!r}: there are two of this name")
        self._properties[key] = {**beside, **added} if added else converted
        if place == "path" or parameter.get("required") is True:
            self._required.append(key)

    def _body(self, located: Located) -> None:
        body = self._documents.follow(located)
        schema = self._body_schema(body)
        if schema is None:
            return
        is_required = body.members.get("required") is True
        members = body_members(self._documents, schema)
        if members is None:
            self._properties["body"] = self._schema(schema, Direction.REQUEST)
            self._required.extend(["body"] if is_required else [])
            return
        for name, each in members.properties.items():
            self._properties[name] = self._schema(each, Direction.REQUEST)
        self._required.extend(self._needed(members) if is_required else [])
        if members.others is not None:
            self._others = self._schema(members.others, Direction.REQUEST)

    def _needed(self, body: BodyMembers) -> list[str]:
        """The members that a request must have."""
        absent = Located(None, self._documents.root)
        return [
            name
            for name in dict.fromkeys(body.required)
            if is_needed(self._documents, body.properties.get(name, absent), Direction.REQUEST)
        ]

    def _body_schema(self, body: Located) -> Located | None:
        content = body.member("content")
        if not content.members:
            return None
        media_type = _json_media_type(content) or (_FORM if _FORM in content.members else None)
        if media_type is None:
            self._note(f"the body is {', '.join(content.members)}, which is not imported; JSON is")
            return None
        return self._media_schema(content.member(media_type))

    def _media_schema(self, media: Located) -> Located | None:
        found = self._documents.follow(media)
        return found.member("schema") if "schema" in found.members else None

    def _result(self, responses: Located) -> Json | None:
        response = self._success(responses)
        content = response.member("content")
        if not content.members:
            return None
        media_type = _json_media_type(content)
        if media_type is None:
            self._note(f"the response is {', '.join(content.members)}; the result takes any object")
            return _OBJECT
        schema = self._media_schema(content.member(media_type))
        return _OBJECT if schema is None else self._result_schema(schema)

    def _result_schema(self, schema: Located) -> Json:
        found = self._converter.converted(schema, Direction.RESPONSE)
        if self._size(found) > MAX_TYPES:
            self._note("the response has too many schemas for types; the result takes any object", Severity.WARNING)
            return _OBJECT
        self._take(found)
        if describes_object(self._documents, schema) and is_object(found.schema):
            return with_type(found.schema)
        return {"type": "object", "required": ["result"], "properties": {"result": found.schema}}

    def _success(self, responses: Located) -> Located:
        """The first response of success that has JSON, or else the first one."""
        found = self._documents.follow(responses)
        successes = sorted(status for status in found.members if _SUCCESS.fullmatch(status))
        followed = [self._documents.follow(found.member(status)) for status in successes]
        first = followed[0] if followed else Located(None, found.file)
        return next((each for each in followed if _json_media_type(each.member("content"))), first)

    def _schema(self, located: Located, direction: Direction) -> object:
        found = self._converter.converted(located, direction)
        self._take(found)
        return found.schema

    def _take(self, found: Converted) -> None:
        reached = self._components.reached(found.uses)
        problems = [*found.problems, *(problem for each in reached.values() for problem in each.problems)]
        if problems:
            raise BrokenReferenceError(problems[0])
        self._made.uses |= found.uses

    def _size(self, found: Converted) -> int:
        return found.size + sum(each.size for each in self._components.reached(found.uses).values())


def _json_media_type(content: Located) -> str | None:
    return next((each for each in content.members if _JSON.match(each) or each == "*/*"), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
