"""The params of an OpenAPI operation: those of its path and query, and the members of its body."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.importing.openapi.context import Json, OperationContext, json_media_type, text_of
from prefactor_gen.importing.openapi.references import Located, is_list, is_object
from prefactor_gen.importing.openapi.schemas import Direction, is_needed
from prefactor_gen.importing.openapi.shapes import BodyMembers, body_members

__all__ = ["params_of"]

_FORM = "application/x-www-form-urlencoded"
_BODY = "body"


def params_of(context: OperationContext, path_item: Located, operation: Located) -> Json:
    """The schema of the params of an operation.

    Raises:
        BrokenReferenceError: something that it needs cannot be read.
    """
    params = _Params(context)
    params.add_body(context.documents.follow(operation.member("requestBody")))
    for place, name, parameter in _parameters(context, path_item, operation):
        params.add_parameter(place, name, parameter)
    return params.schema()


def _parameters(
    context: OperationContext, path_item: Located, operation: Located
) -> Iterator[tuple[str, str, Located]]:
    """The parameters with place and name: those of the operation stand for those of the path."""
    found: dict[tuple[str, str], Located] = {}
    for holder in (path_item, operation):
        listed = context.documents.follow(holder.member("parameters"))
        for each in listed.value if is_list(listed.value) else ():
            parameter = context.documents.follow(Located(each, listed.file))
            name = parameter.members.get("name")
            if isinstance(name, str):
                found[str(parameter.members.get("in")), name] = parameter
    for place in ("path", "query"):
        yield from ((place, name, each) for (where, name), each in found.items() if where == place)


class _Params:
    """The params so far. Members of the body keep their names; parameters of such a name get another one."""

    def __init__(self, context: OperationContext) -> None:
        self._context = context
        self._path: list[str] = []
        self._properties: dict[str, object] = {}
        self._required: list[str] = []
        self._others: object = None

    def schema(self) -> Json:
        """Their schema. What the path has comes first."""
        properties = {**{name: self._properties[name] for name in self._path}, **self._properties}
        schema: dict[str, object] = {"type": "object", "properties": properties}
        if required := [*dict.fromkeys([*self._path, *self._required])]:
            schema["required"] = required
        return schema if self._others is None else {**schema, "additionalProperties": self._others}

    def add_parameter(self, place: str, name: str, parameter: Located) -> None:
        key = name
        while key in self._properties:
            key = f"{key}__{place}"
        if key != name:
            self._context.note(f"the {place} parameter {name!r} is {key!r}: there are two of this name")
        self._properties[key] = self._described(parameter)
        if place == "path":
            self._path.append(key)
        elif parameter.members.get("required") is True:
            self._required.append(key)

    def _described(self, parameter: Located) -> object:
        """The schema of a parameter, with what the parameter says beside it."""
        converted = self._context.schema(self._schema_of(parameter), Direction.REQUEST)
        if not is_object(converted):
            return converted
        said = {
            "description": text_of(parameter.members.get("description")),
            "deprecated": True if parameter.members.get("deprecated") is True else None,
            "examples": [parameter.members["example"]] if "example" in parameter.members else None,
        }
        return {**{key: value for key, value in said.items() if value is not None}, **converted}

    def _schema_of(self, parameter: Located) -> Located:
        if "schema" in parameter.members:
            return parameter.member("schema")
        content = parameter.member("content")
        media_type = next(iter(content.members), "")
        return self._context.schema_of_media(content, media_type) or Located({}, parameter.file)

    def add_body(self, body: Located) -> None:
        schema = self._schema_of_body(body)
        if schema is None:
            return
        is_required = body.members.get("required") is True
        members = body_members(self._context.documents, schema)
        if members is None:
            self._properties[_BODY] = self._context.schema(schema, Direction.REQUEST)
            self._required.extend([_BODY] if is_required else [])
            return
        for name, each in members.properties.items():
            self._properties[name] = self._context.schema(each, Direction.REQUEST)
        self._required.extend(self._needed(members) if is_required else [])
        if members.others is not None:
            self._others = self._context.schema(members.others, Direction.REQUEST)

    def _needed(self, body: BodyMembers) -> Iterator[str]:
        """The members that a request must have."""
        documents = self._context.documents
        for name in body.required:
            if is_needed(documents, body.properties.get(name, Located(None, documents.root)), Direction.REQUEST):
                yield name

    def _schema_of_body(self, body: Located) -> Located | None:
        content = body.member("content")
        if not content.members:
            return None
        media_type = json_media_type(content) or (_FORM if _FORM in content.members else None)
        if media_type is None:
            self._context.note(f"the body is {', '.join(content.members)}, which is not imported; JSON is")
            return None
        return self._context.schema_of_media(content, media_type)
