"""Renders pages as one HTML file, which needs no network, no scripts and no other file.

Jinja escapes every text. The policy in the file allows one style sheet, by its hash, and nothing else, so that a
browser would not run or fetch anything even if a text got into the page as markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from prefactor_gen.docs.members import Member
from prefactor_gen.docs.pages import Book, Page, Part
from prefactor_gen.docs.visible_text import MARK, capitalized, paragraphs, shown, with_code

__all__ = ["html_page"]


@dataclass(frozen=True)
class _Row:
    """A row of a table, with its anchor, and that of the row whose members it has."""

    member: Member
    anchor: str
    same_as: str = ""


@dataclass(frozen=True)
class _Group:
    """The span types of a domain: what stands before the colon of their names."""

    name: str
    pages: Sequence[Page]


def html_page(book: Book) -> str:
    """The text of the file."""
    style = files("prefactor_gen.docs").joinpath("templates", "style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = _environment().get_template("span_types.html.jinja")
    return template.render(
        mark=Markup(MARK),  # noqa: S704  # our own text
        book=book,
        groups=_groups(book.span_types),
        style=Markup(style),  # noqa: S704  # our own text
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("prefactor_gen.docs"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )
    environment.filters.update(
        paragraphs=paragraphs, anchor=_anchor, rows=_rows, capitalize_first=capitalized, facts=_facts
    )
    return environment


def _visible(value: object) -> object:
    return shown(value) if type(value) is str else value  # Markup is a str of our own


def _facts(facts: Iterable[str]) -> Markup:
    """Sentences about values, with patterns as code."""
    return Markup(" ").join(map(_fact, facts))


def _fact(fact: str) -> Markup:
    start, found, end = map(shown, with_code(fact))
    code = Markup("<code>{}</code>").format(found) if found else ""
    return Markup("{}{}{}").format(start, code, end)


def _anchor(*names: str) -> str:
    """The id of a place, which is also the end of a link to it: `billing:refund/params/customer.id`.

    The slash is between the names only, so that no two places have one id.
    """
    return "/".join(quote(name, safe=":") for name in names)


def _groups(pages: Iterable[Page]) -> list[_Group]:
    """The domains; those without one are the last."""
    found: dict[str, list[Page]] = {}
    for page in pages:
        found.setdefault(page.name.partition(":")[0] if ":" in page.name else "", []).append(page)
    without = [_Group("", found.pop(""))] if "" in found else []
    return [*(_Group(name, group) for name, group in found.items()), *without]


def _rows(part: Part, page: Page) -> list[_Row]:
    """The rows of the table of a part."""
    taken = Counter[str]()
    anchors: dict[str, str] = {}
    rows: list[_Row] = []
    for member in part.table.members:
        anchor = ""
        if member.type:
            anchor = _anchor(page.name, part.name, member.path)
            taken[anchor] += 1
            anchor += f"({taken[anchor]})" if taken[anchor] > 1 else ""
            anchors.setdefault(member.path, anchor)
        rows.append(_Row(member, anchor, anchors.get(member.same_as, "")))
    return rows
