"""Changes of what decides no validity: names of properties, texts, defaults, deprecations, redaction, formats.

They are found by the names of properties, in every option of a union, whether or not the values have changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prefactor_gen.comparison.deprecations import deprecation_changes
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.schemas.changes.findings import Finding
from prefactor_gen.comparison.schemas.changes.group_changes import shown
from prefactor_gen.comparison.schemas.reading.described import described, described_item, described_others
from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.paths import ITEMS, OTHERS, Path
from prefactor_gen.comparison.schemas.reading.plain_schemas import text_of
from prefactor_gen.comparison.schemas.reading.renames import renamed, wrong_former_name
from prefactor_gen.comparison.schemas.reading.sides import Sides
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import JsonValue, ListNode, to_plain
from prefactor_gen.json_schema.deprecation import Deprecation, deprecation
from prefactor_gen.json_schema.keywords import KNOWN, REDACT

__all__ = ["Annotations", "annotation_changes"]

_MAX_PLACES = 5_000
"""The most places whose annotations are compared."""
_MAX_SHOWN = 60
_OF_OPENAPI = frozenset({"discriminator", "nullable"})
_CONTENT = ("contentEncoding", "contentMediaType", "contentSchema")


@dataclass
class Annotations:
    """What has been found.

    Attributes:
        findings: the changes.
        deprecated: the deprecations of removed properties, by their places.
    """

    findings: list[Finding] = field(default_factory=list)
    deprecated: dict[Path, Deprecation] = field(default_factory=dict)


def annotation_changes(sides: Sides, place: Place, options: ComparisonOptions) -> Annotations:
    """Compare the annotations of two schemas, and the names of their properties.

    Args:
        sides: both schemas.
        place: the place of what has no other.
        options: what the comparison depends on.
    """
    found = Annotations()
    old, new = (Location(sides, side, [side.root]) for side in (sides.old, sides.new))
    root = Pair(old, new, ())
    pending = deque([(root, frozenset[object]())])
    for _ in range(_MAX_PLACES):
        if not pending:
            return found
        pair, around = pending.popleft()
        key = (pair.old.identity, pair.new.identity)
        if key in around:  # a recursive schema: the same again
            continue
        _Here(pair, place, options, found).compare()
        pending.extend((each, around | {key}) for each in _below(pair))
    if pending:
        message = "cannot be compared: it has too many places"
        error = Severity.ERROR
        found.findings.append(
            Finding(rule=rules.UNPROVEN, path=(), message=message, place=place, writers=error, readers=error)
        )
    return found


def _below(pair: Pair) -> Iterator[Pair]:
    """The places one step further that both schemas describe."""
    old, new, _ = pair
    names = renamed(old, new)
    for name in new.declared:
        if (former := names.get(name, name)) in old.declared:
            yield pair.at(name, described(old, former), described(new, name))
    length = max(old.tuple_length, new.tuple_length)
    for index in range(min(old.tuple_length, new.tuple_length)):
        yield pair.at(index, described_item(old, index), described_item(new, index))
    items = pair.at(ITEMS, described_item(old, length), described_item(new, length))
    others = pair.at(OTHERS, described_others(old), described_others(new))
    yield from (each for each in (items, others) if each.old.applied and each.new.applied)


class _Here:
    """The annotations of one place."""

    def __init__(self, pair: Pair, place: Place, options: ComparisonOptions, found: Annotations) -> None:
        self.pair, self.old, self.new = pair, pair.old, pair.new
        self.place, self.options, self.found = place, options, found

    def compare(self) -> None:
        self._names()
        self._texts()
        self._defaults()
        self._deprecation()
        self._redaction()
        self._formats()
        self._unknown_keywords()

    def _names(self) -> None:
        former_names = renamed(self.old, self.new)
        for name, schema in self.new.declared.items():
            place = schema.properties.place_at(name)
            if name in former_names:
                message = f"renamed from {former_names[name]}"
                self._report(rules.PROPERTY_RENAMED, message, place=place, step=name, said=(former_names[name], name))
            elif name not in self.old.declared:
                is_required = name in self.new.required
                message = "added and required" if is_required else "added"
                said = (None, described(self.new, name).said)
                hint = wrong_former_name(self.old, self.new, name)
                self._report(rules.PROPERTY_ADDED, message, place=place, step=name, said=said, hint=hint)
        for name in self.old.declared:
            if name not in self.new.declared and name not in former_names.values():
                member = described(self.old, name)
                self._report(rules.PROPERTY_REMOVED, "removed", step=name, said=(member.said, None))
                if (said_so := _deprecation(member)) is not None:
                    self.found.deprecated[(*self.pair.path, name)] = said_so

    def _texts(self) -> None:
        for keyword in ("title", "description"):
            before, after = _values(self.old, keyword), _values(self.new, keyword)
            if before.keys() != after.keys():
                message = f"{keyword} {_change(before, after, '')}"
                self._report(rules.TEXT_CHANGED, message, keyword=keyword, said=_said(before, after))

    def _defaults(self) -> None:
        before, after = _values(self.old, "default"), _values(self.new, "default")
        if before.keys() != after.keys():
            message = _change(before, after, "default ")
            self._report(rules.DEFAULT_CHANGED, message, keyword="default", said=_said(before, after))

    def _deprecation(self) -> None:
        for rule, message in deprecation_changes(_deprecation(self.old), _deprecation(self.new), self.options):
            self._report(rule, message)

    def _redaction(self) -> None:
        if _is_redacted(self.new) and not _is_redacted(self.old):
            self._report(rules.REDACTION_ADDED, "redacted now: readers find a placeholder", keyword=REDACT)

    def _formats(self) -> None:
        """Compare formats, if they are annotations, and what describes the content of a text, which always is one."""
        checked = self.old.sides.assert_formats
        for keyword in _CONTENT if checked else ("format", *_CONTENT):
            before, after = _values(self.old, keyword), _values(self.new, keyword)
            if before.keys() == after.keys():
                continue
            message, said = _change(before, after, f"{keyword} "), _said(before, after)
            if after.keys() - before.keys():
                self._report(rules.FORMAT_ADDED, message, keyword=keyword, said=said)
            if before.keys() - after.keys():
                self._report(rules.FORMAT_REMOVED, message, keyword=keyword, said=said)

    def _unknown_keywords(self) -> None:
        for keyword in sorted({key for each in (*self.old.applied, *self.new.applied) for key in each}):
            if keyword.startswith("x-") or (keyword in KNOWN and keyword not in _OF_OPENAPI):
                continue
            before, after = _values(self.old, keyword), _values(self.new, keyword)
            if before.keys() != after.keys():
                message = f"{shown(keyword)} {_change(before, after, '')}: its meaning is not known"
                self._report(rules.UNKNOWN_KEYWORD_CHANGED, message, keyword=keyword, said=_said(before, after))

    def _report(
        self,
        rule: ChangeRule,
        message: str,
        *,
        place: Place | None = None,
        step: str | None = None,
        keyword: str | None = None,
        said: tuple[JsonValue, JsonValue] = (None, None),
        hint: str = "",
    ) -> None:
        found = Finding(
            rule=rule,
            path=self.pair.path if step is None else (*self.pair.path, step),
            message=message,
            place=place or self._keyword_place(keyword),
            writers=rule.writers,
            readers=rule.readers,
            old=said[0],
            new=said[1],
            hint=hint,
        )
        self.found.findings.append(found)

    def _keyword_place(self, keyword: str | None) -> Place:
        for each in self.new.applied:
            if keyword is not None and keyword in each:
                return each.place_at(keyword)
        return self.new.node.place if self.new.node is not None else self.place


def _values(location: Location, keyword: str) -> Mapping[str, JsonValue]:
    """The values of a keyword in all schemas that apply, by their JSON text."""
    return {text_of(to_plain(each[keyword])): each[keyword] for each in location.applied if keyword in each}


def _change(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue], what: str) -> str:
    """`default 1 became 2`; texts and objects are not repeated."""
    gone, added = before.keys() - after.keys(), after.keys() - before.keys()
    if len(gone) == len(added) == 1 and what and (texts := [*_short(gone), *_short(added)])[1:]:
        return f"{what}{texts[0]} became {texts[1]}"
    if gone and added:
        return f"{what}changed"
    texts = _short(gone or added) if what else []
    shown_text = f"{what}{', '.join(texts)} " if texts else what
    return f"{shown_text}{'added' if added else 'removed'}"


def _short(texts: Iterable[str]) -> list[str]:
    return [text for text in sorted(texts) if len(text) <= _MAX_SHOWN]


def _said(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> tuple[JsonValue, JsonValue]:
    return _one(before), _one(after)


def _one(values: Mapping[str, JsonValue]) -> JsonValue:
    found = list(values.values())
    return found[0] if len(found) == 1 else ListNode(found, place=Place("")) if found else None


def _deprecation(location: Location) -> Deprecation | None:
    return next((found for each in location.applied if (found := deprecation(each)) is not None), None)


def _is_redacted(location: Location) -> bool:
    return any(each.get(REDACT) is True for each in location.applied)
