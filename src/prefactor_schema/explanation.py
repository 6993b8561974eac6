"""Why a value does not match: from the engine's errors to places and plain words.

The engine lists the errors of each option of a union, and of each union in it: on a value of ten levels, that takes
seconds, and twice as many levels never end. So unions are explained one by one here. In the schema that is asked for
errors, a union is a condition (`if: {anyOf: …}, else: false`), which the engine only judges. Where that fails, each
option is asked for its errors, as long as the budget lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urljoin

from prefactor_schema.engine import Schema, compile_schema, registry_of
from prefactor_schema.engine_form import TOO_LONG, EngineForm, rewritten
from prefactor_schema.keywords import DATA, MAPS, UNIONS
from prefactor_schema.mismatch import Mismatch, Step
from prefactor_schema.values import depth_of, how_many_values
from prefactor_schema.wording import NO_OPTION, Finding, condition_of, is_of_type, kind_of, messages, one_of, type_names

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

__all__ = ["Explainer"]

_MOST = 20
"""Mismatches that are told of a value."""
_BUDGET = 1_000
"""What an explanation may cost, for the options of unions multiply: a list of errors costs 1, and 1 for 50 values."""
_MANY_VALUES = 2_000
"""Of larger values, the first mismatch is told only: listing them all takes its time."""
_DEEP = 6
_FEW_OPTIONS = 3
_MANY_OPTIONS = 20
_SHOULD_BE = "Input should be "


class _Union(NamedTuple):
    """A union of the schema, how many options it has, and the URI of the list of them."""

    keyword: str
    options: int
    uri: str


class Explainer:
    """Explains mismatches with one schema, or with parts of it.

    Args:
        form: the schema as the engine has it.
        original: the schema as it was written.
        uri: what it is called.
        assert_formats: formats are checked, too.
    """

    def __init__(self, form: EngineForm, original: Schema, uri: str, *, assert_formats: bool) -> None:
        self._form = form
        self._assert_formats = assert_formats
        self._uri = uri
        self._schema = rewritten(form.schema, self._with_conditions)
        self._schema = rewritten(self._schema, self._with_moved_reference)
        self._resources = dict(_resources(self._schema, uri))
        self._originals = dict(_resources(original, uri))
        self._registry = registry_of(uri, self._schema, form.draft)
        self._validators: dict[str, Validator] = {}

    def mismatches(self, value: object, pointer: str) -> list[Mismatch]:
        """What does not match; nothing where that cannot be told.

        Args:
            value: what does not match.
            pointer: the part of the schema that is meant.
        """
        found = _Explanation(self).told(f"{self._uri}#{self._moved(pointer)}", value, None)
        return list(dict.fromkeys(islice(found, _MOST)))

    def errors(self, uri: str, value: object, *, only_first: bool) -> list[ValidationError]:
        """The first errors of a value in the part of the schema that has this URI."""
        validator = self._validators.get(uri)
        if validator is None:
            validator = self._validators[uri] = compile_schema(
                {"$ref": uri},
                self._form.draft,
                linear=self._form.linear,
                registry=self._registry,
                assert_formats=self._assert_formats,
            )
        if not only_first:
            return list(islice(validator.iter_errors(value), _MOST))
        import jsonschema_rs

        try:
            validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []

    def union_at(self, uri: str, steps: Sequence[Step]) -> _Union | None:
        """The union that an error at this place is about, if it is about one."""
        condition = _at(self._resource(uri), steps[:-1])
        inner = _UNION_IN if self._form.has_if else _UNION_IN_NOT
        union = _at(condition, inner)
        keyword = next((each for each in UNIONS if isinstance(union, dict) and union.keys() == {each}), None)
        if keyword is None or condition != _as_condition(union, inner):
            return None
        return _Union(keyword, len(union[keyword]), f"{uri}#{_pointer([*steps[:-1], *inner, keyword])}")

    def option(self, union: _Union, index: int) -> Any:
        """An option of a union, through references inside the schema."""
        uri, _, pointer = union.uri.partition("#")
        option = _at(self._resource(uri), [*_steps(pointer), index])
        for _ in range(_FEW_OPTIONS):
            if not isinstance(option, Mapping) or not str(option.get("$ref", "")).startswith("#"):
                break
            option = _at(self._resource(uri), _steps(str(option["$ref"])[1:]))
        return option

    def _resource(self, uri: str) -> Any:
        """The schema that has a URI; the engine spells some in its own way."""
        return next(iter(self._resources.values())) if len(self._resources) == 1 else self._resources.get(uri)

    def finding(self, error: ValidationError, uri: str, steps: Sequence[Step], value: object) -> Finding:
        """An error with what the schema asks for there, as it was written."""
        original = _at(self._original(uri), steps[:-1])
        own = _at(self._resource(uri), steps[:-1])
        is_name = len(steps) > 1 and steps[-2] in MAPS
        keyword = "" if is_name or not steps else str(steps[-1])
        schema = original if isinstance(original, Mapping) and keyword in original else own
        return Finding(error.kind, keyword, schema if isinstance(schema, Mapping) else {}, value, self._form.originals)

    def _original(self, uri: str) -> Any:
        return next(iter(self._originals.values())) if len(self._originals) == 1 else self._originals.get(uri)

    def is_capped(self, uri: str, steps: Sequence[Step]) -> bool:
        """Whether the error stands in the condition that bounds the length of a text."""
        return bool(_at(self._resource(uri), [*steps[:-2], "else"]) == TOO_LONG)

    def _with_conditions(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with its unions as conditions."""
        inner = _UNION_IN if self._form.has_if else _UNION_IN_NOT
        unions = [{keyword: schema.pop(keyword)} for keyword in UNIONS if isinstance(schema.get(keyword), list)]
        joined = schema.get("allOf", [])
        if unions and isinstance(joined, list):
            schema["allOf"] = [*joined, *(_as_condition(union, inner) for union in unions)]
        return schema

    def _with_moved_reference(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            schema["$ref"] = f"#{self._moved(reference[1:])}"
        return schema

    def _moved(self, pointer: str) -> str:
        """Where a part of the schema is now: the options of unions are further in."""
        node: Any = self._schema
        moved: list[Step] = []
        is_map = False
        for step in _steps(pointer):
            steps: list[Step] = [step]
            if not is_map and step in UNIONS and isinstance(node, dict) and step not in node:
                inner = _UNION_IN if self._form.has_if else _UNION_IN_NOT
                joined = node.get("allOf", [])
                index = next((at for at, each in enumerate(joined) if step in (_at(each, inner) or ())), 0)
                steps = ["allOf", index, *inner, step]
            node = _at(node, steps)
            moved.extend(steps)
            is_map = not is_map and step in MAPS
        return _pointer(moved)


class _Explanation:
    """One explanation: what it may cost is bounded."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self._left = _BUDGET

    def told(self, uri: str, value: object, because: Step | None) -> Iterator[Mismatch]:
        yield from self._of_errors(self._errors(uri, value), value, because)

    def _errors(self, uri: str, value: object) -> list[ValidationError]:
        values = how_many_values(value, _MANY_VALUES)
        self._left -= 1 + values // 50
        # A list of all errors also doubles with each level where two parts of the schema speak of the same member.
        return self._explainer.errors(uri, value, only_first=values > _MANY_VALUES or depth_of(value) > _DEEP)

    def _of_errors(self, errors: Iterable[ValidationError], value: object, because: Step | None) -> Iterator[Mismatch]:
        for error in errors:
            yield from self._of_error(error, value, because)

    def _of_error(self, error: ValidationError, value: object, because: Step | None) -> Iterator[Mismatch]:
        uri, steps = _location(error)
        path: list[Step] = list(error.evaluation_path)
        if error.kind.name == "propertyNames":  # what stands in it is about the name
            steps, path = _up_to_names(steps), _up_to_names(path)
        where = tuple(error.instance_path)
        inside = _at(value, where)
        if (union := self._explainer.union_at(uri, steps)) is not None:
            found = self._of_union(union, inside, condition_of(path[:-3]) or because)
        else:
            condition = condition_of(path[:-4] if self._explainer.is_capped(uri, steps) else path) or because
            found = messages(self._explainer.finding(error, uri, steps, inside), condition)
        yield from (each._replace(path=(*where, *each.path)) for each in found)

    def _of_union(self, union: _Union, value: object, because: Step | None) -> Iterator[Mismatch]:
        """What does not match of the option that is meant, or of all of them."""
        others = [_glance(self._explainer.option(union, index), value) for index in range(union.options)]
        meant = [index for index, other in enumerate(others) if other is None]
        if not meant:
            yield Mismatch((), _of_no_option([other for other in others if other is not None], value))
            return
        if self._left < len(meant) or len(meant) > _MANY_OPTIONS:
            yield Mismatch((), NO_OPTION)
            return
        options = [self._errors(f"{union.uri}/{index}", value) for index in meant]
        if any(not errors for errors in options):
            several = union.keyword == "oneOf" and sum(not errors for errors in options) > 1
            yield Mismatch((), "Input should match one option of oneOf, and matches several" if several else NO_OPTION)
            return
        yield from _in_common([list(islice(self._of_errors(errors, value, because), _MOST)) for errors in options])


_UNION_IN = ("if",)
_UNION_IN_NOT = ("not", "not")


def _as_condition(union: dict[str, Any], inner: tuple[str, ...]) -> dict[str, Any]:
    """A union as a condition, whose errors the engine does not list."""
    return {"if": union, "else": False} if inner == _UNION_IN else {"not": {"not": union}}


def _in_common(told: Sequence[Sequence[Mismatch]]) -> Iterator[Mismatch]:
    """What is said of every option; or of each, if these are few."""
    if not all(told):
        yield Mismatch((), NO_OPTION)
        return
    common = [each for each in told[0] if all(each in others for others in told[1:])]
    if common:
        yield from common
        return
    values = [each[0].message.removeprefix(_SHOULD_BE) for each in told if len(each) == 1 and not each[0].path]
    if len(values) == len(told) and all(each[0].message.startswith(_SHOULD_BE) for each in told):
        yield Mismatch((), f"{_SHOULD_BE}{' or '.join(dict.fromkeys(values))}")
    elif len(told) <= _FEW_OPTIONS and not any(NO_OPTION in each[0].message for each in told):
        each = ", or ".join(dict.fromkeys(str(mismatches[0]) for mismatches in told))
        yield Mismatch((), f"{NO_OPTION}: {each}")
    else:
        yield Mismatch((), NO_OPTION)


class _Other(NamedTuple):
    """Why an option is not meant: it has other types, or another constant at a member."""

    types: Sequence[str] = ()
    member: str = ""
    constants: Sequence[object] = ()


def _glance(option: Any, value: object) -> _Other | None:
    """Why a value is surely of another option; None for one that may be meant."""
    if not isinstance(option, Mapping):
        return None
    named = option.get("type")
    types = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    if types and not any(is_of_type(value, name) for name in types):
        return _Other(types=types)
    properties = option.get("properties")
    if isinstance(properties, Mapping) and isinstance(value, dict):
        for name, member in properties.items():
            constants = _constants(member)
            if constants and isinstance(tag := value.get(name), str) and tag not in constants:
                return _Other(member=name, constants=constants)
    return None


def _constants(schema: object) -> Sequence[object]:
    if not isinstance(schema, Mapping):
        return ()
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return values if isinstance(values, list) and len(values) <= _MANY_OPTIONS else ()


def _of_no_option(others: Sequence[_Other], value: object) -> str:
    """What is told of a value that no option is meant for."""
    tagged = [other for other in others if other.member]
    if not tagged:
        return f"{_SHOULD_BE}{type_names(name for other in others for name in other.types)}, found {kind_of(value)}"
    same = [other for other in tagged if other.member == tagged[0].member]
    if len(same) < len(tagged):
        return NO_OPTION
    constants: list[object] = []
    for other in same:
        constants.extend(each for each in other.constants if each not in constants)
    return f"Input should have as {tagged[0].member!r} {one_of(constants)}"


def _location(error: ValidationError) -> tuple[str, list[Step]]:
    """The URI of the resource that an error's keyword stands in, and where in it."""
    uri, _, pointer = (error.absolute_keyword_location or "").partition("#")
    steps = list(_steps(pointer)) if uri else list(error.schema_path)
    if error.schema_path[-1:] in (["dependentRequired"], ["dependencies"]):
        steps.pop()  # the number of the rule, which leads nowhere
    return uri, steps


def _up_to_names(steps: list[Step]) -> list[Step]:
    return steps[: len(steps) - steps[::-1].index("propertyNames")] if "propertyNames" in steps else steps


def _steps(pointer: str) -> Iterator[Step]:
    return (unquote(step).replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _pointer(steps: Iterable[Step]) -> str:
    return "".join(f"/{quote(str(step).replace('~', '~0').replace('/', '~1'), safe='~')}" for step in steps)


def _at(node: Any, steps: Iterable[Step]) -> Any:
    """What stands at a place; None where nothing does."""
    for step in steps:
        try:
            node = node[int(step)] if isinstance(node, list) else node[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return node


def _resources(schema: Any, uri: str, *, is_root: bool = True) -> Iterator[tuple[str, Any]]:
    """The schema and those in it that have an `$id`, by their URIs."""
    if is_root:
        yield uri, schema
    elif isinstance(schema, Mapping) and isinstance(name := schema.get("$id"), str) and name.partition("#")[0]:
        uri = _joined(uri, name.partition("#")[0])
        yield uri, schema
    items = [item for keyword, item in schema.items() if keyword not in DATA] if isinstance(schema, Mapping) else schema
    for item in items if isinstance(items, list) else ():
        yield from _resources(item, uri, is_root=False)


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # no URI at all
        return reference
