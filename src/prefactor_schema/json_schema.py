"""A JSON Schema and its verdict on values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from prefactor_schema.engine import NoThreadError, Schema, compile_schema, load, on_a_large_stack, registry_of
from prefactor_schema.keywords import DATA
from prefactor_schema.mismatch import Mismatch, SchemaError
from prefactor_schema.values import MAX_DEPTH, depth_of, readable, texts_in

if TYPE_CHECKING:
    from jsonschema_rs import Registry, Validator

    from prefactor_schema.engine_form import EngineForm
    from prefactor_schema.explanation import Explainer

__all__ = ["JsonSchema", "shared_schema"]

BASE_URI = "https://schema.prefactor.invalid/"
"""What a schema without an `$id` is called. Never fetched: `.invalid` is no host (RFC 2606)."""

_MAX_STEPS = 512
"""Native frames that fit any thread: levels of a value times what the schema applies to one value at most."""
_SAME_VALUE = ("$ref", "$dynamicRef", "allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then")
_MAX_TEXT_IN_ALL = 100_000
"""Characters of the texts of one value that are compared with patterns that need backtracking."""


class _Document:
    """A whole schema, and what is made of it when something is first checked with it.

    No lock: two threads may make the same, and a fork in the middle of that leaves nothing held.
    """

    def __init__(self, schema: Schema, *, assert_formats: bool) -> None:
        self.schema = schema
        self.assert_formats = assert_formats
        self.applied = 1
        self._form: EngineForm | None = None
        self._registry: Registry | None = None
        self._explainer: Explainer | None = None

    def __reduce__(self) -> tuple[Callable[..., _Document], tuple[Schema, bool]]:
        return _document, (self.schema, self.assert_formats)  # what is compiled is native code

    @property
    def form(self) -> EngineForm:
        if self._form is None:
            from prefactor_schema.engine_form import engine_form  # at the first check, as the engine itself

            self.applied = max(1, sum(1 for _ in _applied(self.schema)))
            self._form = engine_form(self.schema)
        return self._form

    def validator(self, pointer: str) -> Validator:
        """The engine's validator of a part.

        Raises:
            ValueError: the schema is none. RecursionError: it is nested too deeply.
        """
        form = self.form
        options: dict[str, Any] = {"linear": form.linear, "assert_formats": self.assert_formats}
        if not pointer:
            return compile_schema(form.schema, form.draft, **options)
        if self._registry is None:
            self._registry = registry_of(self.uri, form.schema, form.draft)
        reference = {"$ref": f"{self.uri}#{quote(pointer, safe='/~%')}"}
        return compile_schema(reference, form.draft, registry=self._registry, **options)

    def explained(self, value: object, pointer: str) -> Sequence[Mismatch]:
        """Why a value does not match a part."""
        if self._explainer is None:
            from prefactor_schema.explanation import Explainer

            self._explainer = Explainer(self.form, self.schema, self.uri, assert_formats=self.assert_formats)
        return self._explainer.mismatches(value, pointer)

    @property
    def uri(self) -> str:
        """What the schema is called."""
        name = self.form.schema.get("$id") if isinstance(self.form.schema, dict) else None
        return urljoin(BASE_URI, name.partition("#")[0]) if isinstance(name, str) else BASE_URI


class JsonSchema:
    """A JSON Schema, or a part of one, compiled at its first use. Safe from any thread.

    Args:
        schema: the whole schema, as plain dicts, lists and so on. It must not change any more.
        assert_formats: formats are checked, too.
    """

    def __init__(self, schema: Schema, *, assert_formats: bool = False) -> None:
        self._document = _Document(schema, assert_formats=assert_formats)
        self._pointer = ""
        self._validator: Validator | None = None
        self._error: SchemaError | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_validator": None}  # native code, which cannot be copied

    def part(self, pointer: str) -> JsonSchema:
        """A part of the schema, by its JSON pointer, with percent signs escaped as in a URI."""
        part = JsonSchema.__new__(JsonSchema)
        part._document, part._pointer, part._validator, part._error = self._document, pointer, None, None
        return part

    def check_schema(self) -> None:
        """See that it is a schema.

        Raises:
            SchemaError: it is none, or none that can be checked with.
        """
        try:
            self._compiled()
        except NoThreadError as error:
            raise SchemaError(str(error)) from None

    def mismatches(self, value: object, depth: int | None = None) -> Sequence[Mismatch]:
        """What does not match in a value, some twenty places at most; nothing for a valid one.

        What could not be checked is a mismatch that says so; no value raises.

        Args:
            value: plain dicts, lists and so on.
            depth: the levels of the value, or more, if that is known.

        Raises:
            SchemaError: the schema is none.
        """
        return self._found(value, depth, self._explained)

    def matches(self, value: object, depth: int | None = None) -> bool:
        """Whether a value matches, or could not be checked; arguments and errors as above."""
        return not any(each.checked for each in self._found(value, depth, lambda _: ()))

    def _found(
        self, value: object, depth: int | None, explained: Callable[[object], Sequence[Mismatch]]
    ) -> Sequence[Mismatch]:
        try:
            validator = self._validator or self._compiled()
        except NoThreadError as error:
            return [Mismatch((), str(error), checked=False)]
        if depth is None:
            depth = depth_of(value)
        if depth > MAX_DEPTH:
            return [Mismatch((), f"it has more than {MAX_DEPTH} levels", checked=False)]
        if not self._document.form.linear and (limit := self._past_a_limit(value)) is not None:
            return [limit]
        try:
            if (depth + 1) * self._document.applied > _MAX_STEPS:
                valid, value = on_a_large_stack(lambda: _judged(validator, value))
            else:
                valid, value = _judged(validator, value)
        except NoThreadError:
            return [Mismatch((), "there is no thread with room for it", checked=False)]
        except ValueError as error:
            return [Mismatch((), f"it is no JSON ({type(error).__name__})", checked=False)]
        return () if valid else explained(value) or [Mismatch((), "Input does not match its schema")]

    def _explained(self, value: object) -> Sequence[Mismatch]:
        try:
            return on_a_large_stack(lambda: self._document.explained(value, self._pointer))
        except (NoThreadError, RecursionError, ValueError):  # what is asked for errors is larger than the schema
            return ()

    def _past_a_limit(self, value: object) -> Mismatch | None:
        """What cannot be checked because patterns need backtracking: that takes its time."""
        from prefactor_schema.patterns import MAX_TEXT

        form, characters = self._document.form, 0
        for text, is_name in texts_in(value):
            most = form.max_name if is_name else form.max_text
            if most is not None and len(text) > most:
                what = "names" if is_name else "texts"
                return Mismatch((), f"it has {what} of more than {most:,} characters", checked=False)
            characters += len(text) if len(text) <= MAX_TEXT else 0  # no longer ones are compared
        if characters > _MAX_TEXT_IN_ALL:
            return Mismatch((), f"its texts have more than {_MAX_TEXT_IN_ALL:,} characters", checked=False)
        return None

    def _compiled(self) -> Validator:
        if self._error is not None:
            raise self._error
        if self._validator is None:
            load()
            try:
                self._validator = on_a_large_stack(lambda: self._document.validator(self._pointer))
            except RecursionError:
                self._error = SchemaError("it is nested too deeply")
                raise self._error from None
            except (TypeError, ValueError) as error:
                self._error = SchemaError.of(error)
                raise self._error from None
        return self._validator


@lru_cache(1_000)
def _shared(text: str, assert_formats: bool) -> JsonSchema:
    return JsonSchema(json.loads(text), assert_formats=assert_formats)


def shared_schema(schema: object, *, assert_formats: bool = False) -> JsonSchema:
    """A schema that is compiled once for all who ask with the same content. It may change afterwards.

    Raises:
        SchemaError: it is no JSON.
    """
    try:
        return _shared(json.dumps(schema), assert_formats)
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(f"it is no JSON: {error}") from None


def _document(schema: Schema, assert_formats: bool) -> _Document:
    return _Document(schema, assert_formats=assert_formats)


def _applied(schema: object) -> Iterator[str]:
    """The keywords that apply a schema to the same value, wherever they stand."""
    pending: list[object] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield from (keyword for keyword in _SAME_VALUE if keyword in node)
            pending.extend(item for keyword, item in node.items() if keyword not in DATA)
        elif isinstance(node, list):
            pending.extend(node)


def _judged(validator: Validator, value: object) -> tuple[bool, object]:
    """The verdict on a value, and the value as the engine can read it.

    Raises:
        ValueError: the engine cannot read it at all.
    """
    try:
        return validator.is_valid(value), value
    except ValueError:
        value = readable(value)
        return validator.is_valid(value), value
