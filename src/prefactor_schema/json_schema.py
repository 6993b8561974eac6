"""JSON Schemas, compiled when they are first used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from prefactor_schema.engine import NoThreadError, Schema, compile_schema, load, on_a_large_stack, registry_of
from prefactor_schema.json_values import MAX_DEPTH, depth_of, readable, texts_in
from prefactor_schema.keywords import DATA
from prefactor_schema.mismatch import Mismatch, SchemaError

if TYPE_CHECKING:
    from jsonschema_rs import Registry, Validator

    from prefactor_schema.engine_schema import EngineSchema
    from prefactor_schema.evaluations import Evaluations
    from prefactor_schema.explainable_schema import ExplainableSchema

__all__ = ["JsonSchema", "shared_schema"]

BASE_URI = "https://schema.prefactor.invalid/"
"""The URI of a schema without `$id`. It is never fetched: no host ends in `.invalid` (RFC 2606)."""

_MAX_FRAMES = 512
"""The most native stack frames that fit any thread: levels of the value times keywords applied to one level."""
_IN_PLACE_APPLICATORS = (
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "oneOf",
    "then",
)
_MAX_TEXT_IN_ALL = 100_000
"""The most characters of all texts of a value together, if patterns need backtracking."""


class _Document:
    """A schema with all its parts, and what is derived from it at the first check.

    There is no lock: two threads may derive the same, and a fork in the middle of that leaves no lock held.

    Attributes:
        applicators: The number of in-place applicators in the schema, at least 1.
    """

    def __init__(self, schema: Schema, *, assert_formats: bool) -> None:
        self.schema = schema
        self.assert_formats = assert_formats
        self.applicators = 1
        self._engine_schema: EngineSchema | None = None
        self._evaluations: Evaluations | None = None
        self._registry: Registry | None = None
        self._explainable: ExplainableSchema | None = None

    def __reduce__(self) -> tuple[Callable[..., _Document], tuple[Schema, bool]]:
        return _document, (self.schema, self.assert_formats)  # compiled objects are native code

    @property
    def engine_schema(self) -> EngineSchema:
        if self._engine_schema is None:
            from prefactor_schema.engine_schema import prepare  # at the first check, as the engine itself

            self.applicators = max(1, sum(1 for _ in _in_place_applicators(self.schema)))
            self._engine_schema = prepare(self.schema)
        return self._engine_schema

    @property
    def evaluations(self) -> Evaluations:
        """How often the engine evaluates the schemas to check a value."""
        if self._evaluations is None:
            from prefactor_schema.evaluations import Evaluations

            self._evaluations = Evaluations(self.schema, BASE_URI)
        return self._evaluations

    def validator(self, pointer: str) -> Validator:
        """The engine's validator of a part.

        Raises:
            ValueError: It is not a valid schema.
            RecursionError: The schema is nested too deeply.
        """
        prepared = self.engine_schema
        options: dict[str, Any] = {"linear": prepared.linear, "assert_formats": self.assert_formats}
        if not pointer:
            return compile_schema(prepared.schema, prepared.draft, **options)
        if self._registry is None:
            self._registry = registry_of(self.uri, prepared.schema, prepared.draft)
        reference = {"$ref": f"{self.uri}#{quote(pointer, safe='/~%')}"}
        return compile_schema(reference, prepared.draft, registry=self._registry, **options)

    def explain(self, value: object, pointer: str) -> Sequence[Mismatch]:
        """The mismatches of a value with a part."""
        from prefactor_schema.explainable_schema import ExplainableSchema
        from prefactor_schema.explanation import explain

        if self._explainable is None:
            self._explainable = ExplainableSchema(
                self.engine_schema, self.schema, self.uri, assert_formats=self.assert_formats
            )
        return explain(self._explainable, value, pointer, self.evaluations)

    @property
    def uri(self) -> str:
        """The URI of the schema."""
        from prefactor_schema.engine_schema import id_keyword

        schema = self.engine_schema.schema
        own = schema.get(id_keyword(self.engine_schema.draft)) if isinstance(schema, dict) else None
        return urljoin(BASE_URI, own.partition("#")[0]) if isinstance(own, str) else BASE_URI


class JsonSchema:
    """A JSON Schema, or a part of one, compiled when it is first used. May be used from any thread.

    Args:
        schema: The whole schema, as plain JSON values. It must not be changed afterwards.
        assert_formats: Whether formats are checked.
    """

    def __init__(self, schema: Schema, *, assert_formats: bool = False) -> None:
        self._document = _Document(schema, assert_formats=assert_formats)
        self._pointer = ""
        self._validator: Validator | None = None
        self._error: SchemaError | None = None
        self._easy_depth = -1  # the engine checks a value that is not deeper without limits and on any stack

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_validator": None, "_easy_depth": -1}  # native code, which cannot be pickled

    def part(self, pointer: str) -> JsonSchema:
        """A part of the schema, by its JSON pointer, with percent signs escaped as in a URI."""
        part = JsonSchema.__new__(JsonSchema)
        part._document, part._pointer, part._validator, part._error = self._document, pointer, None, None
        part._easy_depth = -1
        return part

    def check_schema(self) -> None:
        """Checks that the schema is valid.

        Raises:
            SchemaError: It is not valid, or the engine cannot use it.
        """
        try:
            self._compiled()
        except NoThreadError as error:
            raise SchemaError(str(error)) from None

    def mismatches(self, value: object, depth: int | None = None) -> Sequence[Mismatch]:
        """The mismatches of a value, at most about twenty; empty if it matches.

        A value that cannot be checked raises no error: it has one mismatch, whose `checked` is False.

        Args:
            value: Plain JSON values.
            depth: The number of levels of the value, or a larger number; default: it is counted.

        Raises:
            SchemaError: The schema is not valid.
        """
        if depth is None:
            depth = depth_of(value)
        if depth <= self._easy_depth and self._validator is not None:
            try:
                if self._validator.is_valid(value):  # as a rule
                    return ()
            except ValueError:  # the engine cannot read it as it is
                pass
        return self._check(value, depth, self._explain)

    def matches(self, value: object, depth: int | None = None) -> bool:
        """Whether a value matches or cannot be checked. Arguments and errors as for `mismatches`."""
        return not any(each.checked for each in self._check(value, depth, lambda _: ()))

    def certainly_matches(self, value: object) -> bool:
        """Whether a value has been checked and matches. Errors as for `mismatches`; it takes less time."""
        return not self._check(value, None, lambda _: ())

    def _check(
        self, value: object, depth: int | None, explain: Callable[[object], Sequence[Mismatch]]
    ) -> Sequence[Mismatch]:
        try:
            validator = self._validator or self._compiled()
        except NoThreadError as error:
            return [Mismatch((), str(error), checked=False)]
        if depth is None:
            depth = depth_of(value)
        if depth > MAX_DEPTH:
            return [Mismatch((), f"it has more than {MAX_DEPTH} levels", checked=False)]
        if not self._document.engine_schema.linear and (limit := self._exceeded_limit(value)) is not None:
            return [limit]
        if not self._document.evaluations.are_few(depth):
            return [Mismatch((), f"its schema takes too long for a value of {depth} levels", checked=False)]
        try:
            if (depth + 1) * self._document.applicators > _MAX_FRAMES:
                valid, value = on_a_large_stack(lambda: _is_valid(validator, value))
            else:
                valid, value = _is_valid(validator, value)
        except NoThreadError:
            return [Mismatch((), "no thread with a large enough stack could be started", checked=False)]
        except ValueError as error:
            return [Mismatch((), f"it is not JSON ({type(error).__name__})", checked=False)]
        return () if valid else explain(value) or [Mismatch((), "Input does not match its schema")]

    def _explain(self, value: object) -> Sequence[Mismatch]:
        try:
            return on_a_large_stack(lambda: self._document.explain(value, self._pointer))
        except (NoThreadError, RecursionError, ValueError):  # the explainable schema is larger than the checked one
            return ()

    def _exceeded_limit(self, value: object) -> Mismatch | None:
        """The limit of texts that the value exceeds, as a mismatch: backtracking in long texts is slow."""
        from prefactor_schema.patterns import MAX_TEXT

        schema, characters = self._document.engine_schema, 0
        for text, is_name in texts_in(value):
            limit = schema.max_name if is_name else schema.max_text
            if limit is not None and len(text) > limit:
                what = "names" if is_name else "texts"
                return Mismatch((), f"it has {what} of more than {limit:,} characters", checked=False)
            characters += len(text) if len(text) <= MAX_TEXT else 0  # longer ones are not matched
        if characters > _MAX_TEXT_IN_ALL:
            return Mismatch((), f"its texts have more than {_MAX_TEXT_IN_ALL:,} characters", checked=False)
        return None

    def _compiled(self) -> Validator:
        if self._error is not None:
            raise self._error
        if self._validator is None:
            load()
            self._limit_evaluations()
            try:
                self._validator = on_a_large_stack(lambda: self._document.validator(self._pointer))
            except RecursionError:
                self._error = SchemaError("it is nested too deeply")
                raise self._error from None
            except (TypeError, ValueError) as error:
                self._error = SchemaError.of(error)
                raise self._error from None
            if self._document.engine_schema.linear and self._document.evaluations.are_always_few:
                self._easy_depth = min(MAX_DEPTH, _MAX_FRAMES // self._document.applicators - 1)
        return self._validator

    def _limit_evaluations(self) -> None:
        try:
            are_few = self._document.evaluations.are_few(0)
        except SchemaError as error:  # its URIs are too long
            self._error = error
            raise
        if not are_few:
            from prefactor_schema.evaluations import MAX_EVALUATIONS

            self._error = SchemaError(f"it applies more than {MAX_EVALUATIONS:,} subschemas to one value")
            raise self._error


@lru_cache(1_000)
def _shared(text: str, assert_formats: bool) -> JsonSchema:
    return JsonSchema(json.loads(text), assert_formats=assert_formats)


def shared_schema(schema: object, *, assert_formats: bool = False) -> JsonSchema:
    """A JsonSchema that is shared by all calls with equal content. The argument may be changed afterwards.

    Raises:
        SchemaError: It is not JSON.
    """
    try:
        return _shared(json.dumps(schema), assert_formats)
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(f"it is not JSON: {error}") from None


def _document(schema: Schema, assert_formats: bool) -> _Document:
    return _Document(schema, assert_formats=assert_formats)


def _in_place_applicators(schema: object) -> Iterator[str]:
    """The keywords anywhere in a schema that apply a subschema to the same value."""
    pending: list[object] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield from (keyword for keyword in _IN_PLACE_APPLICATORS if keyword in node)
            pending.extend(item for keyword, item in node.items() if keyword not in DATA)
        elif isinstance(node, list):
            pending.extend(node)


def _is_valid(validator: Validator, value: object) -> tuple[bool, object]:
    """Whether a value is valid, and the value in a form that the engine can read.

    Raises:
        ValueError: The engine cannot read it at all.
    """
    try:
        return validator.is_valid(value), value
    except ValueError:
        value = readable(value)
        return validator.is_valid(value), value
