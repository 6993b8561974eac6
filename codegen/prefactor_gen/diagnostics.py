"""What is wrong with a definition, where, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "EXPLANATIONS",
    "RULES",
    "SUPPRESSIBLE",
    "Diagnostic",
    "DiagnosticError",
    "Place",
    "Severity",
    "has_errors",
    "sorted_diagnostics",
]


# Characters of a place or a message that are printed; names may have thousands.
_LONGEST = 1_000


class Severity(StrEnum):
    """How much a diagnostic weighs: an error stops the generation, a warning does not, a note only `check` tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


# One line per rule. The codes are stable: a rule that goes leaves its number unused.
RULES: dict[str, str] = {
    "PG001": "the source cannot be read or is not valid JSON or YAML",
    "PG002": "the definition does not have the form of an agent schema version",
    "PG003": "two definitions have the same span type name",
    "PG004": "a name cannot become a Python name",
    "PG005": "two names become the same Python name",
    "PG006": "a schema is not a valid JSON Schema",
    "PG007": "params and results are JSON objects; the schema describes something else",
    "PG008": "a $ref cannot be resolved inside the definition folder",
    "PG009": "a key that would steer the model generator is refused",
    "PG011": "the model generator could not express the schema as chosen",
    "PG012": "a definition source holds no definitions",
    "PG013": "the output package cannot have this name",
    "PG014": "a mark for redaction stands where it cannot be honoured",
    "PG015": "a keyword is unknown to JSON Schema, which ignores it",
    "PG016": "a required name is no property of the object",
    "PG017": "a template is no Liquid",
    "PG018": "a template shows what is no property of params or result",
    "PG019": "a template shows a property that is redacted",
    "PG020": "a property's name suggests personal data that data_risk says nothing about",
    "PG021": "a definition has no title or no description",
    "PG022": "two names look alike, or a name mixes alphabets",
    "PG023": "an object says nothing of its members",
    "PG024": "definitions have both the structured and the legacy form",
    "PG025": "an allowance is wrong or not needed",
    "PG026": "a default does not match its schema",
    "PG029": "a definition is past a limit of the generator",
    "PG030": "a format that nobody can check is asserted, or misspelled",
    "PG031": "a keyword that nobody enforces",
    "PG032": "an example does not match its schema",
    "PG033": "a pattern that cannot be checked",
}

SUPPRESSIBLE = frozenset({*(f"PG{number:03}" for number in (*range(15, 25), 26, *range(30, 34)))})
"""The rules that a definition may allow itself to break, by x-prefactor-allow."""


# A paragraph per rule: why it is one, and what to do.
EXPLANATIONS: dict[str, str] = {
    "PG001": (
        "A definition source must exist and be UTF-8 text in JSON or YAML, or name a SchemaRegistry as "
        "module:attribute. Keys must not repeat, and numbers must be finite: a "
        "parser that guesses would register something that nobody wrote. Correct the place that is named."
    ),
    "PG002": (
        "Definitions have the form in which the API takes an agent schema version: span_type_schemas (a list of "
        "objects with name, params_schema, and optionally result_schema, title, description, template, "
        "data_risk), the pair span_schemas and span_result_schemas, and quality_schemas. What the API would "
        "refuse when the agent starts is refused here."
    ),
    "PG003": (
        "A span type has one definition. Two with the same name would overwrite each other at the API; remove or "
        "rename one of the two places."
    ),
    "PG004": (
        "A span type becomes a class and a module, a nested object a class. A name must give a usable Python name "
        "for that: not empty, no keyword, and no longer than 127 characters."
    ),
    "PG005": (
        "Two names that differ in the definitions become the same in Python (a-b and a_b, or Chat and chat on a "
        "file system that ignores case). Numbering one of them would change its name when a third comes, so "
        "neither is: rename one."
    ),
    "PG006": (
        "A schema must be valid by its metaschema: draft 2020-12, or draft-07 where $schema says so. Patterns "
        "must be regular expressions."
    ),
    "PG007": (
        "The params and the result of a span are JSON objects, by the API. A schema of another type could never "
        "match; put the value into a property."
    ),
    "PG008": (
        "A $ref must lead to a schema inside the definition folder: #/…, an anchor, or a file beside. Nothing is "
        "fetched and no file outside is read, so that a build has no other inputs. Below a nested $id, references "
        "are relative to it: they can only lead to parts of the same schema, and a file that a $ref leads to has no "
        "nested $id. A schema that is only a reference to itself describes nothing."
    ),
    "PG009": (
        "Some keys (customTypePath, customBasePath, default_factory, x-python-…) make datamodel-code-generator "
        "import modules and write code. Definitions are data; they never choose what runs."
    ),
    "PG011": (
        "datamodel-code-generator, which writes the models, refused the schema, warned of it, or made other "
        "classes than asked for. Simplify the schema at the place that is named; if it is a plain one, report it."
    ),
    "PG012": (
        "A source was read and holds no definition under any known key. It may be a misspelled key, or a file "
        "that belongs elsewhere."
    ),
    "PG013": (
        "The package would replace one of prefactor-sdk's own, or has no usable name. Choose another with --package."
    ),
    "PG014": (
        "x-prefactor-redact must be true, and stand where it names a part of the payload: on a property, items, "
        "or what a $ref leads to. Under not, if, contains and the like nobody could say which value is meant, and "
        "it would go out in the clear."
    ),
    "PG015": (
        "JSON Schema ignores keywords that it does not know, so that propertes or minlength say nothing and nobody is "
        "told. Keys of your own begin with x-; those that begin with x-prefactor- are this tool's, and an unknown one "
        "is an error: what it was to redact would go out."
    ),
    "PG016": (
        "A name in required that properties does not have must be there and may hold anything; mostly it is "
        "misspelled, or left over from a property that was renamed."
    ),
    "PG017": (
        "The platform renders templates as Liquid, and shows no summary where one does not parse; nobody is told. "
        "Values stand in {{ model }}, conditions in {% if model %}…{% endif %}."
    ),
    "PG018": (
        "A template is rendered with the params and the result as one object. What no property holds is shown as "
        "nothing. Inside objects a path leads on: {{ usage.input_tokens }}; a name with dots stands in brackets: "
        '{{ inputs["model.id"] }}. Where a schema leaves its members open, nothing is said.'
    ),
    "PG019": (
        "x-prefactor-redact replaces the value before it leaves the process, so the template could only show the "
        "placeholder. Show another property, or do not redact this one."
    ),
    "PG020": (
        "A name like email or password suggests personal data or a secret. data_risk says for params and result "
        "which categories are included or excluded; the platform computes the risk of a run from it. State the "
        "category, or mark the property with x-prefactor-redact, so that it is not recorded."
    ),
    "PG021": (
        "Title and description are what people read in the platform, in an editor and in the documentation of the "
        "generated helper. Without a title the platform shows the name."
    ),
    "PG022": (
        "userId and user_id in one object, or a Cyrillic letter among Latin ones, are read as the same name by people "
        "and are two for every program. Rename one."
    ),
    "PG023": (
        "An object without properties takes anything, so that no type finds a misspelled member. Name the properties "
        "that are known; additionalProperties says what the others hold."
    ),
    "PG024": (
        "span_type_schemas is the structured form; span_schemas with span_result_schemas is the legacy one, which has "
        "no titles, templates and data risk. Given both, the platform reads only the first. prefactor-gen registers "
        "all as structured, but who reads the files has to know that. Move the legacy ones over."
    ),
    "PG025": (
        "x-prefactor-allow in a definition or a schema names the rules that may be broken in it, each with the reason: "
        '{"PG020": "a mail address of the company"}. It may name the rules PG015 to PG024, PG026 and PG030 to PG033. '
        "One that allows nothing any more would hide the next mistake: remove it."
    ),
    "PG026": (
        "A default is what readers take an absent property for. Nothing fills it in, so that a wrong one is found by "
        "nobody, until a program relies on it. Correct the default, or the schema that it stands in; what other "
        "programs write, such as default: null beside type: string, does no harm here."
    ),
    "PG029": (
        "The generator takes what people write, and much of what programs write, and says where it stops instead of "
        "running for hours: the README lists the limits. The message says which one, and what to do."
    ),
    "PG030": (
        'formats = "assert" in [tool.prefactor-gen] has payloads compared with the formats of JSON Schema that their '
        "schemas name. This is none of them. Correct the name, or say with pattern what is meant."
    ),
    "PG031": (
        "format, contentEncoding, contentMediaType and contentSchema describe a text; by JSON Schema's own rules a "
        'payload is valid whether or not it is so. formats = "assert" in [tool.prefactor-gen] has formats checked; '
        "nothing checks the others."
    ),
    "PG032": ("Examples are for people, who copy them. Correct the example, or the schema that it stands in."),
    "PG033": (
        "The engine that checks payloads does not take the pattern, which may be one of ECMA 262 all the same: it is "
        "past 32 MiB when it is compiled, as .{0,65535} is, or it repeats a look-around. Payloads are not compared "
        "with it. Say the length with maxLength, and repeat less."
    ),
}


class Place(NamedTuple):
    """A node of a definition source. Lines and columns count from 1.

    Sources without text have a pointer only, and the name of the definition that it is in (`about`).
    """

    source: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None
    about: str = ""

    def __str__(self) -> str:
        text = self.source
        if self.line is not None:
            text += f":{self.line}:{self.column}"
        text = f"{text} {self.pointer}" if self.pointer else text
        return f"{text} ({self.about})" if self.about else text


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: which rule, where, what was expected and what was found."""

    code: str
    message: str
    place: Place
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        # One line, whatever a definition puts into names: no line breaks, no terminal codes, no lone surrogates.
        text = f"{_short(str(self.place))}: {self.severity} {self.code}: {_short(self.message)}"
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


class DiagnosticError(Exception):
    """Stops a stage whose input is wrong; carries everything that was found until then."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any of the diagnostics stops the generation."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


def sorted_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Order by source, line and code, each finding once."""
    unique = dict.fromkeys(diagnostics)
    return sorted(
        unique,
        key=lambda found: (found.place.source, found.place.line or 0, found.place.column or 0, found.code),
    )
