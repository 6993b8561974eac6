"""Renders pages as Markdown: a file for each span type and each quality schema, and an index.

Every text that a template prints is escaped, unless a filter of this module has made Markdown of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from prefactor_gen.docs.markdown_text import code, code_block, escaped
from prefactor_gen.docs.members import Member
from prefactor_gen.docs.pages import Book, Page
from prefactor_gen.docs.visible_text import MARK, capitalized, paragraphs, with_code

__all__ = ["markdown_pages"]

_INDEX = "index.md"
# File names that Windows does not take, or that a folder may have for something else.
_RESERVED = re.compile(r"(?i)(aux|con|nul|prn|com\d|lpt\d|index|readme|quality_.*)")


class _Markdown(str):
    """Markdown of our own, which is printed as it is."""


def markdown_pages(book: Book) -> dict[str, str]:
    """The text of each file, by name."""
    files = {page.name: f"{_file_name(page)}.md" for page in book.span_types}
    of_quality = {page.name: f"quality_{number}.md" for number, page in enumerate(book.quality, 1)}
    index, template = (_environment().get_template(f"{name}.md.jinja") for name in ("index", "page"))
    return {
        _INDEX: index.render(book=book, files=files, of_quality=of_quality),
        **{files[page.name]: template.render(page=page) for page in book.span_types},
        **{of_quality[page.name]: template.render(page=page) for page in book.quality},
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("prefactor_gen.docs"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # `_printed` is its escaping
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printed,
    )
    environment.filters.update(
        paragraphs=paragraphs,
        capitalize_first=capitalized,
        code=lambda text: _Markdown(code(text)),
        code_block=lambda text, language: _Markdown(code_block(text, language)),
        link=lambda text, file: _Markdown(f"[{code(text)}]({file})"),
        facts=lambda facts: _Markdown(" ".join(map(_fact, facts))),
        meaning=lambda member: _Markdown(" ".join(_meaning(member))),
    )
    environment.globals["mark"] = _Markdown(MARK)
    return environment


def _printed(value: object) -> object:
    return escaped(value) if type(value) is str else value


def _meaning(member: Member) -> Iterator[str]:
    """What there is to say of a member, in one cell of a table."""
    if member.deprecation:
        yield f"**{escaped(capitalized(str(member.deprecation)))}**"
    if member.redacted:
        yield "**Redacted.**"
    if member.categories:
        yield f"**Data: {escaped(', '.join(member.categories))}.**"
    yield from map(escaped, paragraphs(member.text))
    if member.values:
        about = "Always" if len(member.values) == 1 and not member.more_values else "One of"
        more = f" and {member.more_values} more" if member.more_values else ""
        yield f"{about} {', '.join(map(code, member.values))}{more}."
    yield from map(_fact, member.facts)


def _fact(fact: str) -> str:
    """A sentence about values, with a pattern as code."""
    start, found, end = with_code(fact)
    return f"{escaped(start)} {code(found)}{escaped(end)}" if found else escaped(start)


def _file_name(page: Page) -> str:
    """The module of the span type without the underscore that it begins with."""
    name = page.module.removeprefix("_")
    return page.module if _RESERVED.fullmatch(name) else name
