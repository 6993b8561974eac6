"""The engine that judges: jsonschema-rs, which is native code. Imported at the first schema that is compiled.

It recurses on the machine's stack, and a stack that overflows ends the process. So schemas are compiled, and what may
recurse deeply is checked, on a thread with a large stack.
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
"""Steps back that a match may take where a pattern needs backtracking."""
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
    """How far its import is."""

    is_loading = False
    is_loaded = False


_engine = _Engine()

# Held where a fork must not come between: the size of new stacks is one setting of the whole process, modules are half
# imported for a moment, and what the engine makes at its first use stays for the process. A signal handler may come in
# again on the same thread.
_no_fork = ForkLock()


def load() -> None:
    """Import the engine, and what is needed for checks: 18 ms and 5 MB, for who checks something.

    Raises:
        NoThreadError: this thread is importing it, and was interrupted by a signal: other threads would wait for it.
    """
    if _engine.is_loaded:
        return
    with _no_fork:
        if _engine.is_loading:
            raise NoThreadError("the engine is being imported")
        _engine.is_loading = True
        try:
            # difflib as well, which suggestions import when they need it.
            for module in ("jsonschema_rs", "difflib", "prefactor_schema.explanation"):
                importlib.import_module(module)
            for draft in _DRAFTS.values():
                for linear in (True, False):
                    _use(draft, linear=linear)
            _engine.is_loaded = True
        finally:
            _engine.is_loading = False


def _use(draft: str, *, linear: bool) -> None:
    """Have the engine make what it keeps for the process: its threads wait for each other's, a child for ever."""
    pattern = "^[a-z]+$" if linear else "^(?!x)[a-z]+$"
    members = {"a": {"pattern": pattern}, "b": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}}
    schema = {"properties": members, "patternProperties": {pattern: {}}, "additionalProperties": False}
    validator = compile_schema(schema, draft, linear=linear, assert_formats=True)
    for value in ({"a": "a", "b": {"b": 1}}, {"a": "0", "B": 1}):
        validator.is_valid(value)
        list(validator.iter_errors(value))


class NoThreadError(RuntimeError):
    """There is no thread with a large stack to be had: the interpreter ends, or the system has no more."""


def draft_of(schema: Schema) -> str:
    """The name of the engine's class for the draft that a schema names; that of 2020-12 for any other."""
    named = schema.get("$schema") if isinstance(schema, Mapping) else None
    return _DRAFTS.get(str(named).partition("://")[2].rstrip("#"), "Draft202012Validator")


def compile_schema(
    schema: Schema,
    draft: str = "Draft202012Validator",
    *,
    linear: bool = True,
    registry: Registry | None = None,
    assert_formats: bool = False,
) -> Validator:
    """The schema as the engine checks with it; nothing is ever fetched.

    Args:
        schema: the schema.
        draft: the engine's class.
        linear: its patterns are matched in linear time; those that need backtracking are none then.
        registry: what references may lead to.
        assert_formats: formats are checked, too.

    Raises:
        ValueError: it is no schema, or past what the engine takes. jsonschema_rs.ValidationError is one.
    """
    import jsonschema_rs

    kind: type[Validator] = getattr(jsonschema_rs, draft)
    return kind(
        schema,  # type: ignore[arg-type]  # a mapping that is a dict
        offline=True,
        registry=registry,
        validate_formats=assert_formats,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=_MAX_PATTERN_BYTES)
        if linear
        else jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=_MAX_PATTERN_BYTES),
    )


def registry_of(uri: str, schema: Schema, draft: str) -> Registry:
    """A registry that knows one schema by its URI."""
    import jsonschema_rs

    number: int = getattr(jsonschema_rs, draft.removesuffix("Validator"))
    return jsonschema_rs.Registry([(uri, schema)], draft=number)  # type: ignore[list-item]


def on_a_large_stack(function: Callable[[], T]) -> T:
    """What the function returns or raises, from a thread that has room for recursion.

    Raises:
        NoThreadError: there is none.
    """
    results: list[T] = []
    errors: list[BaseException] = []
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # it is raised again below
            errors.append(error)
        finally:
            done.release()

    try:
        with _no_fork:
            usual = threading.stack_size(_LARGE_STACK)
            try:
                # Not threading's: its start() holds a lock that a signal handler on the same thread would wait for.
                _thread.start_new_thread(run, ())
            finally:
                threading.stack_size(usual)
    except (RuntimeError, ValueError) as error:
        raise NoThreadError(str(error)) from None
    done.acquire()
    if errors:
        raise errors[0]
    return results[0]
