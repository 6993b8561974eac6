"""The sources of `prefactor-gen import`, by the word that chooses them."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Mapping
from importlib import import_module
from types import UnionType
from typing import Final, cast

from prefactor_gen.importing.sources import Source
from prefactor_schema.suggestions import did_you_mean

__all__ = [
    "COMMANDS",
    "SOURCES",
    "WAITING",
    "given_options",
    "options_again",
    "source_named",
    "with_defaults",
    "wrong_option",
]

SOURCES: Final[dict[str, str]] = {
    "mcp": "tools.mcp_source",
    "openai": "tools.openai_source",
    "anthropic": "tools.anthropic_source",
    "openapi": "openapi.openapi_source",
    "python": "python_source",
    "spans": "spans_source",
    "platform": "platform_source",
}
"""The module in `prefactor_gen.importing` of each source, in the order of the help."""

_WHAT: Final = frozenset({"agent", "document", "file", "objects", "server", "spans", "url"})
"""The options that say what is read; the others say how."""

WAITING: Final = frozenset({"mcp", "platform"})
"""The sources that wait for a server, so that several can be read at a time."""

COMMANDS: Final[dict[str, str]] = {"platform": "pull"}
"""The sources that have a command of their own, and are left out of the help of `import`."""


def source_named(kind: str) -> Source:
    """The module of a source."""
    return cast("Source", import_module(f"prefactor_gen.importing.{SOURCES[kind]}"))


def given_options(source: Source, options: Namespace) -> dict[str, object]:
    """The options of a source that were given, as the lock has them."""
    values = vars(options)
    return {key: values[key] for key, default in _defaults(source).items() if values.get(key, default) != default}


def options_again(given: Mapping[str, object], before: Mapping[str, object]) -> Mapping[str, object]:
    """The options of an import that was made before: what is given replaces all, or only how it is read.

    Args:
        given: the options that are given now.
        before: those of the last time.
    """
    return given if not _WHAT.isdisjoint(given) else {**before, **given}


def with_defaults(source: Source, given: Mapping[str, object]) -> Namespace:
    """The options of a source, as `read` takes them. What the source does not know is left out."""
    defaults = _defaults(source)
    return Namespace(**{**defaults, **{key: value for key, value in given.items() if key in defaults}})


def wrong_option(source: Source, given: Mapping[str, object]) -> str | None:
    """What is wrong with the options in the lock, which somebody may have edited; None if nothing is."""
    parser = ArgumentParser(add_help=False)
    source.add_arguments(parser)
    actions = {each.dest: each for each in parser._actions}
    for key, value in given.items():
        if key not in actions:
            return f"unknown option {key!r}{did_you_mean(key, actions)}"
        expected, form = _form(actions[key])
        are_texts = not isinstance(value, list) or all(isinstance(each, str) for each in value)
        if not isinstance(value, form) or not are_texts:
            return f"expected {expected} as {key}"
    return None


def _form(action: Action) -> tuple[str, type | UnionType]:
    if action.nargs == 0:
        return "true or false", bool
    if action.nargs == "*" or isinstance(action.default, list) or type(action).__name__ == "_AppendAction":
        return "a list of texts", list
    return ("a number", int | float) if action.type is float else ("a text", str)


def _defaults(source: Source) -> dict[str, object]:
    parser = ArgumentParser(add_help=False)
    source.add_arguments(parser)
    return vars(parser.parse_args([]))
