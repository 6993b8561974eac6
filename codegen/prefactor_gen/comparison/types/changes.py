"""What changes for code that imports the generated package."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterable, Iterator, Mapping

from prefactor_gen.comparison.changes import Change, Part, Proof
from prefactor_gen.comparison.types.facts import Field, Method, PackageFacts, read_package
from prefactor_gen.comparison.types.inclusion import Inclusion
from prefactor_gen.definitions.python_names import names_made_of
from prefactor_gen.diagnostics.change_rules import (
    ATTRIBUTE_WIDENED,
    BECAME_OVERLOADS,
    EXPORT_GONE,
    KEYWORD_GONE,
    KEYWORD_NARROWED,
    KEYWORD_REQUIRED,
    ChangeRule,
)
from prefactor_gen.diagnostics.diagnostics import Place, Severity

__all__ = ["repeats", "type_changes"]

_METHODS = {"start": Part.PARAMS, "complete": Part.RESULT}
_MAX_TYPE = 200


def type_changes(
    old: Mapping[str, str], new: Mapping[str, str], places: Mapping[str, Place], other_exports: frozenset[str]
) -> Iterator[Change]:
    """Compare the generated modules of span types that are on both sides.

    Args:
        old: the text of each file, by its name.
        new: the same of the other side.
        places: the span types to compare, each with its place.
        other_exports: names of the new package beside those that its modules have.

    Yields:
        the changes, each once: that of a type which several span types share belongs to the first of them.

    Raises:
        OperandError: a module is not valid Python.
    """
    comparison = _Comparison(read_package(old), read_package(new), other_exports)
    seen: set[tuple[str, str]] = set()
    for name in sorted(places):
        for change in comparison.changes(name, places[name]):
            key = (change.rule.code, f"{change.part} {change.path}")
            if change.part is not Part.SPAN_TYPE or key not in seen:
                seen.add(key)
                yield change


def repeats(change: Change, others: Iterable[Change]) -> bool:
    """Whether a change of a keyword, a key or an attribute only repeats what a change of the schema says."""
    member = re.split(r"[(\[.]", change.path, maxsplit=1)[-1].rstrip(")]")
    return change.rule is not EXPORT_GONE and any(
        each.span_type == change.span_type
        and each.severity is not Severity.NOTE
        and member in re.split(r"\[\]|\.", each.path)
        for each in others
    )


class _Comparison:
    def __init__(self, old: PackageFacts, new: PackageFacts, other_exports: frozenset[str]) -> None:
        self.old = old
        self.new = new
        self.exports = new.exports | other_exports
        self.hides_values = False
        self.takes = Inclusion(new, old)
        """Compares what callers pass: the new type has to take all that the old one took."""
        self.gives = Inclusion(old, new)
        """Compares what they read: the new type has to give nothing else than the old one gave."""

    def changes(self, span_type: str, place: Place) -> Iterator[Change]:
        def change(rule: ChangeRule, path: str, message: str, part: Part = Part.SPAN_TYPE, hint: str = "") -> Change:
            return Change(
                rule=rule, span_type=span_type, part=part, path=path, message=message, place=place,
                writers=rule.writers, readers=rule.readers, proof=Proof.DECLARED, hint=hint,
            )  # fmt: skip

        before, after = self.old.by_span_type.get(span_type), self.new.by_span_type.get(span_type)
        if before is None or after is None:
            return
        self.hides_values = any(each.redacts for side in (self.old, self.new) for each in side.reached(span_type))
        for name, part in _METHODS.items():
            if name in before.methods and name in after.methods:
                for rule, keyword, message in self.method(before.methods[name], after.methods[name]):
                    yield change(rule, f"{name}({keyword})", message, part)
        roots = {f"{each}{end}" for each in before.exports for end in ("Params", "Result")}
        for module in self.old.reached(span_type):
            for name in sorted(_gone(module.exports, self.exports)):
                yield change(EXPORT_GONE, name, "no longer exported", hint=self.rename(name))
            for name in sorted(module.dicts.keys() & self.new.dicts.keys()):
                if name.removesuffix("Dict") not in roots:  # whose keys are those of the methods
                    for rule, key, message in self.input(module.dicts[name], self.new.dicts[name]):
                        yield change(rule, f"{name}[{key}]", message)
            for name in sorted(module.models.keys() & self.new.models.keys()):
                for rule, key, message in self.attributes(module.models[name], self.new.models[name]):
                    yield change(rule, f"{name}.{key}", message)

    def method(self, old: Method, new: Method) -> Iterator[tuple[ChangeRule, str, str]]:
        if new.is_overloaded and not old.is_overloaded:
            yield BECAME_OVERLOADS, "", "became overloads"
        elif not new.takes_others:
            yield from self.input(old.fields, new.fields)

    def input(self, old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[tuple[ChangeRule, str, str]]:
        """The changes of keywords, or of the keys of a dict."""
        for name, field in new.items():
            if field.is_required and (name not in old or not old[name].is_required):
                yield KEYWORD_REQUIRED, name, "required now"
        for name, field in old.items():
            if name not in new:
                yield KEYWORD_GONE, name, "gone"
            elif not self.takes.includes(new[name].annotation, _without_missing(field.annotation)):
                yield KEYWORD_NARROWED, name, f"takes {self.shown(new[name])}, took {self.shown(field)}"

    def attributes(self, old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[tuple[ChangeRule, str, str]]:
        for name, field in old.items():
            if name in new and not self.gives.includes(field.annotation, new[name].annotation):
                absent = " or absent" if not new[name].is_required else ""
                yield ATTRIBUTE_WIDENED, name, f"may be {self.shown(new[name])}{absent}, was {self.shown(field)}"

    def shown(self, field: Field) -> str:
        """The type of a field; without values, if the span type has redacted ones."""
        shown = copy.deepcopy(_without_missing(field.annotation))
        text = ast.unparse(_WithoutConstraints(hides_values=self.hides_values).visit(shown))
        return text if len(text) <= _MAX_TYPE else f"{text[:_MAX_TYPE]}…"

    def rename(self, name: str) -> str:
        """How to keep the name of a class, if one new class has its shape."""
        same = [
            each
            for each in sorted((self.new.models.keys() - self.old.models.keys()) & self.new.exports)
            if self.takes.includes(ast.Name(each), ast.Name(name)) and name in self.old.models
        ]
        return f'kept by former-names: {name} = "{same[0]}"' if len(same) == 1 else ""


def _gone(old: list[str], new: set[str]) -> set[str]:
    """The names that are gone, without those that are made of another one that is."""
    gone = {name for name in old if name not in new}
    return gone - {made for name in gone for made in names_made_of(name)[1:]}


def _without_missing(annotation: ast.expr) -> ast.expr:
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Name(id="MISSING")):
            return left
    return annotation


class _WithoutConstraints(ast.NodeTransformer):
    """Leaves out what only constrains the values of a type, which messages of type checkers do not show either."""

    def __init__(self, *, hides_values: bool) -> None:
        self.hides_values = hides_values

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:  # the name is that of ast
        self.generic_visit(node)
        match node:
            case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
                return first
            case ast.Subscript(value=ast.Name(id="Literal")) if self.hides_values:
                return ast.Subscript(node.value, ast.Constant(...))
        return node
