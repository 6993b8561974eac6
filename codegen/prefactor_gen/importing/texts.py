"""The texts of an imported span type that its source does not have: a title, and a display template."""

from __future__ import annotations

import re

from prefactor_gen.checks.definition_lint import suggested_category
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.json_types import main_type
from prefactor_gen.json_schema.properties import Properties
from prefactor_templates import InvalidTemplateError, TemplateLimitError, parse_template

__all__ = ["repeats", "template_for", "title_from"]

_SCALARS = frozenset({"boolean", "integer", "number", "string"})
_NAME_IN_LIQUID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[^\W_]+")
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MAX_TITLE = 100


def title_from(name: str) -> str:
    """A title made of a name: `git_log` and `gitLog` give `Git log`; the name itself if it has no words."""
    words = [word for part in _WORD.findall(name) for word in _BETWEEN_WORDS.split(part)]
    text = " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)
    return f"{text[:1].upper()}{text[1:]}" or name


def repeats(title: str, name: str) -> bool:
    """Whether a title says nothing but the words of a name."""
    return "".join(_WORD.findall(title)).casefold() == "".join(_WORD.findall(name)).casefold()


def template_for(title: str, params: ObjectNode) -> str | None:
    """A template with the title and the first required scalar of the params; None if there is none to show.

    A property whose name suggests personal data is not shown.
    """
    members = Properties(params)
    name = next((name for name in params.required if _is_shown(name, members)), None)
    if name is None or len(title) > _MAX_TITLE or not title.isprintable():
        return None
    template = f"{title}: {{{{ {name} }}}}"
    try:
        variables = parse_template(template).analyze(include_partials=False).globals
    except (InvalidTemplateError, TemplateLimitError):  # the title has signs of Liquid
        return None
    return template if set(variables) == {name} else None


def _is_shown(name: str, params: Properties) -> bool:
    """Whether a property is a text, a number or a truth value that may be shown."""
    pointers = params.member([""], name)
    if not _NAME_IN_LIQUID.fullmatch(name) or suggested_category(name) is not None or not pointers:
        return False
    schemas = params.in_place.applied(pointers).values()
    types = {each for schema in schemas for each in _types(schema)}
    return bool(types) and _SCALARS.issuperset(types) and not params.is_redacted(pointers)


def _types(schema: ObjectNode) -> list[str]:
    """The types of values that a schema names, by `type` or by the values themselves."""
    values = schema.list_at("enum") if "enum" in schema else [schema["const"]] if "const" in schema else []
    return schema.types or [main_type(value) for value in values]
