"""Finds what was redacted and is recorded in plain text now."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from prefactor_gen.comparison.changes import Change, Part, Proof
from prefactor_gen.definitions.definitions import SchemaSource
from prefactor_gen.diagnostics.change_rules import REDACTION_REMOVED, UNPROVEN
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import REDACT, RENAMED_FROM
from prefactor_gen.json_schema.payload_locations import Location, PayloadLocations, below
from prefactor_gen.json_schema.redaction_rules import mentions_redaction

__all__ = ["unredacted"]


def unredacted(span_type: str, part: Part, old: SchemaSource, new: SchemaSource) -> Iterator[Change]:
    """The values that the old schema redacts, and that the new one describes without redacting them.

    Both schemas are compared place by place, through references. What two places of a payload share is reported at the
    first of them.
    """
    if not mentions_redaction(old.schema):
        return

    def change(path: str, place: Place) -> Change:
        return Change(
            rule=REDACTION_REMOVED,
            span_type=span_type,
            part=part,
            path=path,
            message="is not redacted any more",
            place=place,
            writers=REDACTION_REMOVED.writers,
            readers=REDACTION_REMOVED.readers,
            old=True,
            new=False,
            proof=Proof.DECLARED,
        )

    try:
        found = dict(reversed(list(_Both(old.schema, new.schema).unredacted())))  # of each path, the first place
        yield from (change(path, found[path]) for path in sorted(found))
    except DiagnosticError as error:
        message = f"whether everything is still redacted is not known: {error.diagnostics[0].message}"
        yield Change(
            rule=UNPROVEN,
            span_type=span_type,
            part=part,
            message=message,
            place=new.place,
            writers=UNPROVEN.writers,
            readers=UNPROVEN.readers,
            proof=Proof.UNPROVEN,
        )


class _Both:
    """The payloads of two schemas, gone through together."""

    def __init__(self, old: ObjectNode, new: ObjectNode) -> None:
        self.old, self.new = PayloadLocations(old), PayloadLocations(new)
        self._place = new.place

    def unredacted(self) -> Iterator[tuple[str, Place]]:
        """The path of each value that only the old schema redacts, with the place of its new schema."""
        pending: deque[tuple[str, Location, Location]] = deque([("", self.old.root, self.new.root)])
        seen: set[tuple[Location, Location]] = set()
        while pending:
            path, old, new = pending.popleft()
            if not old or not new or (old, new) in seen:
                continue
            seen.add((old, new))
            if _is_redacted(self.new, new):
                continue
            if _is_redacted(self.old, old):
                schemas = self.new.schemas(new).values()
                yield path, next((each.place for each in schemas), self._place)
                continue
            pending.extend(self._below(path, old, new))

    def _below(self, path: str, old: Location, new: Location) -> Iterator[tuple[str, Location, Location]]:
        for name in dict.fromkeys([*self.old.names(old), *self.new.names(new)]):
            after = self.new.member(new, name)
            yield below(path, name), self.old.member(old, self._old_name(name, after)), after
        for matched in _combinations([*self.old.patterns(old), *self.new.patterns(new)]):
            yield below(path, "*"), self.old.other(old, matched), self.new.other(new, matched)
        first = max(self.old.first_items(old), self.new.first_items(new))
        for index in range(first):
            yield f"{path}[{index}]", self.old.item(old, index), self.new.item(new, index)
        yield f"{path}[]", self.old.item(old, first), self.new.item(new, first)

    def _old_name(self, name: str, location: Location) -> str:
        said = (each.get(RENAMED_FROM) for each in self.new.schemas(location).values())
        return next((former for former in said if isinstance(former, str)), name)


def _combinations(patterns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The patterns that a name may match together. Of more than a few, only pairs are looked at."""
    every = list(dict.fromkeys(patterns))
    most = len(every) if len(every) <= 4 else 2  # 16 combinations
    return chain.from_iterable(combinations(every, number) for number in range(most + 1))


def _is_redacted(locations: PayloadLocations, location: Location) -> bool:
    return any(schema.get(REDACT) is True for schema in locations.schemas(location).values())
