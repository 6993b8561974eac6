"""Imports span types from recorded spans: what the payloads of each type have in common."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.limits import MAX_BYTES, MAX_NAME, MAX_SPAN_TYPES
from prefactor_gen.importing.samples import ENOUGH, Samples
from prefactor_gen.importing.sources import SourceError, name_of_file
from prefactor_gen.importing.span_types import Found, Imported, ImportedSpanType

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY = "span types of recorded spans"
EXAMPLE = "spans recorded.jsonl"
PATHS = ("spans",)

_PLATFORM = "prefactor:"
"""Spans whose type begins so are the platform's own."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the source."""
    parser.add_argument(
        "spans", nargs="?", metavar="FILE.jsonl", help="a span a line, in the form of the rows of GET /agent_spans"
    )
    parser.add_argument(
        "--enums", action="store_true", help="make enumerations of texts that repeat; their values are in the file then"
    )


def default_name(options: Namespace) -> str | None:
    """The name of the file."""
    return name_of_file(options.spans)


def read(options: Namespace, base: Path) -> Imported:
    """Read the spans.

    Raises:
        SourceError: the file cannot be read, or a line of it is no span.
    """
    if not options.spans:
        raise SourceError("expected a file of spans, as in `prefactor-gen import spans recorded.jsonl`")
    seen: dict[str, _Seen] = {}
    spans = own = 0
    for span in _spans(base / options.spans, options.spans):
        name = span.schema_name
        if name.startswith(_PLATFORM):
            own += 1
            continue
        spans += 1
        if name not in seen and len(seen) >= MAX_SPAN_TYPES:
            raise SourceError(f"{options.spans}: more than {MAX_SPAN_TYPES:,} span types; are these names data?")
        seen.setdefault(name, _Seen()).add(span)
    if not seen:
        raise SourceError(f"{options.spans}: expected spans, found none")
    skipped = [Found("", f"{_count(own)} of the platform itself ({_PLATFORM}…), left out")] if own else []
    return Imported(
        source=f"{_count(spans)} of {Path(options.spans).name}",
        span_types=[each.span_type(name, enums=options.enums) for name, each in sorted(seen.items())],
        found=[*skipped, *(found for name, each in sorted(seen.items()) for found in each.remarks(name))],
        noun="span type",
        are_span_types=True,
    )


@dataclass(frozen=True)
class _Span:
    """What a line says."""

    schema_name: str
    title: str | None
    params: Mapping[str, object]
    result: Mapping[str, object] | None


@dataclass
class _Seen:
    """The spans of one type."""

    params: Samples = field(default_factory=Samples)
    result: Samples = field(default_factory=Samples)
    title: str | None = None
    spans: int = 0
    results: int = 0

    def add(self, span: _Span) -> None:
        self.spans += 1
        self.params.add(span.params)
        self.title = span.title or self.title
        if span.result is not None:
            self.results += 1
            self.result.add(span.result)

    def span_type(self, name: str, *, enums: bool) -> ImportedSpanType:
        result = self.result.schema(enums=enums) if self.results else None
        return ImportedSpanType(name=name, params=self.params.schema(enums=enums), result=result, title=self.title)

    def remarks(self, name: str) -> Iterator[Found]:
        if self.spans < ENOUGH:
            yield Found(name, f"{_count(self.spans)}; it takes {ENOUGH} to say what is required")
        if not self.results:
            yield Found(name, "no complete span: the result is not described", Severity.WARNING)


def _count(spans: int) -> str:
    return "1 span" if spans == 1 else f"{spans:,} spans"


def _spans(path: Path, shown: str) -> Iterator[_Span]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_BYTES + 1):
                number += 1
                if len(line) > MAX_BYTES:
                    raise SourceError(f"{shown}:{number}: the line has more than {MAX_BYTES:,} bytes")
                if line.strip():
                    yield _span(line.removeprefix(b"\xef\xbb\xbf"), f"{shown}:{number}")
    except OSError as error:
        raise SourceError(f"{shown}: cannot read: {error.strerror}") from None


def _span(line: bytes, place: str) -> _Span:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise SourceError(f"{place}: expected a span as JSON on one line") from None
    if not isinstance(row, Mapping):
        raise SourceError(f"{place}: expected an object with schema_name and payload")
    name, params, result = row.get("schema_name"), row.get("payload"), row.get("result_payload")
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > MAX_NAME:
        raise SourceError(f"{place}: expected the name of a span type in schema_name")
    if not isinstance(params, Mapping):
        raise SourceError(f"{place}: expected an object in payload")
    title = row.get("schema_title")
    is_complete = row.get("status") == "complete" and isinstance(result, Mapping)
    return _Span(
        name, title if isinstance(title, str) and title != name else None, params, result if is_complete else None
    )
