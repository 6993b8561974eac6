"""The engine that checks values: jsonschema-rs, which is native code. Imported when the first schema is compiled.

It recurses on the native stack, and a stack overflow ends the process. So a thread with a large stack compiles schemas
and makes checks that may recurse deeply.
"""

from __future__ import annotations

import _thread
import importlib
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from prefactor_schema.fork_lock import ForkLock

if TYPE_CHECKING:
    from jsonschema_rs import Registry, Validator

__all__ = ["NoThreadError", "Schema", "compile_schema", "draft_of", "load", "on_a_large_stack", "registry_of"]

Schema: TypeAlias = Mapping[str, Any] | bool
T = TypeVar("T")

MAX_BACKTRACKS = 100_000
"""The most backtracking steps of a match."""
_MAX_PATTERN_BYTES = 32 * 1024 * 1024
_LARGE_STACK = 64 * 1024 * 1024
_DRAFTS = {
    "json-schema.org/draft-04/schema": "Draft4Validator",
    "json-schema.org/draft-06/schema": "Draft6Validator",
    "json-schema.org/draft-07/schema": "Draft7Validator",
    "json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "json-schema.org/draft/2020-12/schema": "Draft202012Validator",
}


class _Engine:
    """The state of its import."""

    is_loading = False
    is_loaded = False


_engine = _Engine()

# Held while a fork must wait: the stack size of new threads is a setting of the process, modules are partly imported
# for a moment, and the engine initialises global state at its first use. Reentrant, because a signal handler may run
# on the same thread.
_no_fork = ForkLock()


def load() -> None:
    """Imports the engine and the modules that checks need. It takes 18 ms and 5 MB, so it waits until they are needed.

    Raises:
        NoThreadError: This is a signal handler that has interrupted the import on the same thread. A check would wait
            for the import, which waits for the handler.
    """
    if _engine.is_loaded:
        return
    with _no_fork:
        if _engine.is_loading:
            raise NoThreadError("the schema engine is still being imported")
        _engine.is_loading = True
        try:
            # difflib, too: suggestions import it when they need it.
            for module in ("jsonschema_rs", "difflib", "prefactor_schema.explanation"):
                importlib.import_module(module)
            for draft in _DRAFTS.values():
                for linear in (True, False):
                    _use(draft, linear=linear)
            _engine.is_loaded = True
        finally:
            _engine.is_loading = False


def _use(draft: str, *, linear: bool) -> None:
    """Makes the engine initialise its global state. A child forked in the middle of that would never finish it."""
    pattern = "^[a-z]+$" if linear else "^(?!x)[a-z]+$"
    members = {"a": {"pattern": pattern}, "b": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}}
    schema = {"properties": members, "patternProperties": {pattern: {}}, "additionalProperties": False}
    validator = compile_schema(schema, draft, linear=linear, assert_formats=True)
    for value in ({"a": "a", "b": {"b": 1}}, {"a": "0", "B": 1}):
        validator.is_valid(value)
        list(validator.iter_errors(value))


class NoThreadError(RuntimeError):
    """A thread with a large stack cannot start: the interpreter is shutting down, or the system has no more threads."""


def draft_of(schema: Schema) -> str:
    """The name of the engine's class for the draft in `$schema`; for an unknown or missing one, that of 2020-12."""
    uri = schema.get("$schema") if isinstance(schema, Mapping) else None
    return _DRAFTS.get(str(uri).partition("://")[2].rstrip("#"), "Draft202012Validator")


def compile_schema(
    schema: Schema,
    draft: str = "Draft202012Validator",
    *,
    linear: bool = True,
    registry: Registry | None = None,
    assert_formats: bool = False,
) -> Validator:
    """Compiles a schema. Nothing is ever fetched.

    Args:
        schema: The schema.
        draft: The engine's class.
        linear: Whether patterns are matched in linear time. Then patterns that need backtracking are errors.
        registry: The schemas that references may lead to.
        assert_formats: Whether formats are checked.

    Raises:
        ValueError: It is not a valid schema, or exceeds a limit of the engine. (jsonschema_rs.ValidationError is a
            ValueError.)
    """
    import jsonschema_rs

    validator_class: type[Validator] = getattr(jsonschema_rs, draft)
    return validator_class(
        schema,  # type: ignore[arg-type]  # a mapping that is a dict
        offline=True,
        registry=registry,
        validate_formats=assert_formats,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=_MAX_PATTERN_BYTES)
        if linear
        else jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=_MAX_PATTERN_BYTES),
    )


def registry_of(uri: str, schema: Schema, draft: str) -> Registry:
    """A registry with one schema."""
    import jsonschema_rs

    number: int = getattr(jsonschema_rs, draft.removesuffix("Validator"))
    return jsonschema_rs.Registry([(uri, schema)], draft=number)  # type: ignore[list-item]


def on_a_large_stack(function: Callable[[], T]) -> T:
    """Calls a function on a thread with a large stack, and returns its result or raises its error.

    Raises:
        NoThreadError: The thread cannot start.
    """
    results: list[T] = []
    errors: list[BaseException] = []
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # raised again below
            errors.append(error)
        finally:
            done.release()

    try:
        with _no_fork:
            usual_size = threading.stack_size(_LARGE_STACK)
            try:
                # Not threading.Thread: start() holds a lock that a signal handler on the same thread would wait for.
                _thread.start_new_thread(run, ())
            finally:
                threading.stack_size(usual_size)
    except (RuntimeError, ValueError) as error:
        raise NoThreadError(str(error)) from None
    done.acquire()
    if errors:
        raise errors[0]
    return results[0]
