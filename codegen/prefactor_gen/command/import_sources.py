"""The sources of `prefactor-gen import`, by the word that chooses them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

from prefactor_gen.importing.sources import Source

__all__ = ["COMMANDS", "SOURCES", "given_options", "options_again", "source_named", "with_defaults"]

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


def _defaults(source: Source) -> dict[str, object]:
    parser = ArgumentParser(add_help=False)
    source.add_arguments(parser)
    return vars(parser.parse_args([]))
