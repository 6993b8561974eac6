"""Imports the definitions that an agent has registered at the platform."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Found, Imported, ImportedSpanType

if TYPE_CHECKING:
    from prefactor_gen.remote.agent_versions import AgentVersion

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY = "definitions that an agent has registered at the platform"
EXAMPLE = "pull my-agent"
PATHS = ()


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the source."""
    parser.add_argument(
        "agent",
        nargs="?",
        metavar="AGENT[@VERSION]",
        help="external identifier, ID or name of the agent, and external identifier or ID of the version (default: the "
        "newest); PREFACTOR_API_URL and PREFACTOR_API_TOKEN say where it is and who reads it",
    )


def default_name(options: Namespace) -> str | None:
    """The agent, as the name of a file."""
    return re.sub(r"[^\w.-]+", "-", _agent(options.agent)[0]).strip("-.") or None if options.agent else None


def read(options: Namespace, _base: Path) -> Imported:
    """Read the newest version, or the one that is named.

    Raises:
        SourceError: no agent is named.
        RemoteError: it cannot be read.
    """
    if not options.agent:
        raise SourceError("expected an agent, as in `prefactor-gen pull my-agent`")
    from prefactor_gen.remote.agent_versions import agent_versions

    agent, version = _agent(options.agent)
    found = agent_versions(agent, version)
    newest = found[0]
    span_types = newest.definitions.get("span_type_schemas")
    usable, problems = _span_types(span_types if isinstance(span_types, list) else [])
    quality = newest.definitions.get("quality_schemas", ())
    return Imported(
        source=f"{agent} {newest.identifier}",
        span_types=usable,
        found=[*_remarks(found, version), *problems],
        noun="span type",
        are_span_types=True,
        quality_schemas=[each for each in quality if isinstance(each, Mapping)] if isinstance(quality, list) else [],
    )


def _agent(given: str) -> tuple[str, str | None]:
    agent, at, version = given.rpartition("@")
    if not at:
        return given, None
    if not agent or not version:
        raise SourceError(f"expected AGENT or AGENT@VERSION, found {given!r}")
    return agent, version


def _remarks(found: Sequence[AgentVersion], version: str | None) -> Iterator[Found]:
    newest = found[0]
    if version is not None and len(found) > 1:
        named = ", ".join(each.id for each in found[1:])
        yield Found("", f"{len(found)} versions are {version!r}; this is the newest, {newest.id}; the others: {named}")
    if "quality_schemas" not in newest.definitions:
        yield Found("", "the API does not show quality schemas; they are not read", Severity.WARNING)


def _span_types(entries: Sequence[object]) -> tuple[list[ImportedSpanType], list[Found]]:
    usable: list[ImportedSpanType] = []
    problems: list[Found] = []
    for entry in filter(_is_object, entries):
        params, result, data_risk = (entry.get(key) for key in ("params_schema", "result_schema", "data_risk"))
        if not _is_object(params) or not (result is None or _is_object(result)):
            problems.append(Found(str(entry["name"]), "expected a schema that is an object", Severity.ERROR))
            continue
        usable.append(
            ImportedSpanType(
                name=str(entry["name"]),
                params=params,
                result=result,
                title=_text(entry.get("title")),
                description=_text(entry.get("description")),
                template=_text(entry.get("template")),
                data_risk=data_risk if _is_object(data_risk) else None,
            )
        )
    return usable, problems


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)
