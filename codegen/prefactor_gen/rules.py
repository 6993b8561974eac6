"""The rules that `prefactor-gen` checks definitions by."""

from __future__ import annotations

from dataclasses import dataclass

from prefactor_gen.diagnostics import Diagnostic, Place, Severity

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: its stable name, such as PG015. A rule that is removed leaves its number unused.
        summary: what is wrong where it is reported, in one line.
        explanation: why it is a rule, and what to do: a paragraph.
        severity: how much a diagnostic of it weighs, unless it is reported with another severity.
        suppressible: whether a definition may allow itself to break it, by x-prefactor-allow.
    """

    code: str
    summary: str
    explanation: str
    severity: Severity = Severity.ERROR
    suppressible: bool = False

    def at(self, place: Place, message: str, severity: Severity | None = None) -> Diagnostic:
        """A diagnostic of this rule."""
        return Diagnostic(self.code, message, place, severity or self.severity)


UNREADABLE_SOURCE = Rule(
    "PG001",
    "the source cannot be read or is not valid JSON or YAML",
    (
        "A definition source must exist and be UTF-8 text in JSON or YAML, or name a SchemaRegistry as "
        "module:attribute. Keys must not repeat, and numbers must be finite: a parser that guesses would register "
        "something that nobody wrote. Correct the place that is named."
    ),
)

INVALID_DEFINITION = Rule(
    "PG002",
    "the definition does not have the form of an agent schema version",
    (
        "Definitions have the form in which the API takes an agent schema version: span_type_schemas (a list of "
        "objects with name, params_schema, and optionally result_schema, title, description, template, "
        "data_risk), the pair span_schemas and span_result_schemas, and quality_schemas. What the API would "
        "refuse when the agent starts is refused here."
    ),
)

DUPLICATE_NAME = Rule(
    "PG003",
    "two definitions have the same span type name",
    (
        "A span type has one definition. Two with the same name would overwrite each other at the API; remove or "
        "rename one of the two places."
    ),
)

UNUSABLE_NAME = Rule(
    "PG004",
    "a name cannot become a Python name",
    (
        "A span type becomes a class and a module, a nested object a class. A name must give a usable Python name "
        "for that: not empty, no keyword, and no longer than 127 characters."
    ),
)

NAME_COLLISION = Rule(
    "PG005",
    "two names become the same Python name",
    (
        "Two names that differ in the definitions become the same in Python (a-b and a_b, or Chat and chat on a "
        "file system that ignores case). Numbering one of them would change its name when a third comes, so "
        "neither is: rename one."
    ),
)

INVALID_SCHEMA = Rule(
    "PG006",
    "a schema is not a valid JSON Schema",
    (
        "A schema must be valid by its metaschema: draft 2020-12, or draft-07 where $schema says so. Patterns "
        "must be regular expressions."
    ),
)

NOT_AN_OBJECT = Rule(
    "PG007",
    "params and results are JSON objects; the schema describes something else",
    (
        "The params and the result of a span are JSON objects, by the API. A schema of another type could never "
        "match; put the value into a property."
    ),
)

UNRESOLVED_REFERENCE = Rule(
    "PG008",
    "a $ref cannot be resolved inside the definition folder",
    (
        "A $ref must lead to a schema inside the definition folder: #/…, an anchor, or a file beside. Nothing is "
        "fetched and no file outside is read, so that a build has no other inputs. Below a nested $id, references "
        "are relative to it: they can only lead to parts of the same schema, and a file that a $ref leads to has "
        "no nested $id. A schema that is only a reference to itself describes nothing."
    ),
)

GENERATOR_KEY = Rule(
    "PG009",
    "a key that would steer the model generator is refused",
    (
        "Some keys (customTypePath, customBasePath, default_factory, x-python-…) make datamodel-code-generator "
        "import modules and write code. Definitions are data; they never choose what runs."
    ),
)

MODEL_GENERATOR_FAILED = Rule(
    "PG011",
    "the model generator could not express the schema as chosen",
    (
        "datamodel-code-generator, which writes the models, refused the schema, warned of it, or made other "
        "classes than asked for. Simplify the schema at the place that is named; if it is a plain one, report it."
    ),
)

NO_DEFINITIONS = Rule(
    "PG012",
    "a definition source holds no definitions",
    (
        "A source was read and holds no definition under any known key. It may be a misspelled key, or a file "
        "that belongs elsewhere."
    ),
)

UNUSABLE_PACKAGE = Rule(
    "PG013",
    "the output package cannot have this name",
    ("The package would replace one of prefactor-sdk's own, or has no usable name. Choose another with --package."),
)

MISPLACED_REDACTION = Rule(
    "PG014",
    "a mark for redaction stands where it cannot be honoured",
    (
        "x-prefactor-redact must be true, and stand where it names a part of the payload: on a property, items, "
        "or what a $ref leads to. Under not, if, contains and the like nobody could say which value is meant, and "
        "it would go out in the clear."
    ),
)

UNKNOWN_KEYWORD = Rule(
    "PG015",
    "a keyword is unknown to JSON Schema, which ignores it",
    (
        "JSON Schema ignores keywords that it does not know, so that propertes or minlength say nothing and "
        "nobody is told. Keys of your own begin with x-; those that begin with x-prefactor- are this tool's, and "
        "an unknown one is an error: what it was to redact would go out."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNKNOWN_REQUIRED_PROPERTY = Rule(
    "PG016",
    "a required name is no property of the object",
    (
        "A name in required that properties does not have must be there and may hold anything; mostly it is "
        "misspelled, or left over from a property that was renamed."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

INVALID_TEMPLATE = Rule(
    "PG017",
    "a template is no Liquid",
    (
        "The platform renders templates as Liquid, and shows no summary where one does not parse; nobody is told. "
        "Values stand in {{ model }}, conditions in {% if model %}…{% endif %}."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNKNOWN_TEMPLATE_PROPERTY = Rule(
    "PG018",
    "a template shows what is no property of params or result",
    (
        "A template is rendered with the params and the result as one object. What no property holds is shown as "
        "nothing. Inside objects a path leads on: {{ usage.input_tokens }}; a name with dots stands in brackets: "
        '{{ inputs["model.id"] }}. Where a schema leaves its members open, nothing is said.'
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

REDACTED_TEMPLATE_PROPERTY = Rule(
    "PG019",
    "a template shows a property that is redacted",
    (
        "x-prefactor-redact replaces the value before it leaves the process, so the template could only show the "
        "placeholder. Show another property, or do not redact this one."
    ),
    suppressible=True,
)

MISSING_DATA_RISK = Rule(
    "PG020",
    "a property's name suggests personal data that data_risk says nothing about",
    (
        "A name like email or password suggests personal data or a secret. data_risk says for params and result "
        "which categories are included or excluded; the platform computes the risk of a run from it. State the "
        "category, or mark the property with x-prefactor-redact, so that it is not recorded."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

MISSING_DESCRIPTION = Rule(
    "PG021",
    "a definition has no title or no description",
    (
        "Title and description are what people read in the platform, in an editor and in the documentation of the "
        "generated helper. Without a title the platform shows the name."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

CONFUSABLE_NAMES = Rule(
    "PG022",
    "two names look alike, or a name mixes alphabets",
    (
        "userId and user_id in one object, or a Cyrillic letter among Latin ones, are read as the same name by "
        "people and are two for every program. Rename one."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

OPEN_OBJECT = Rule(
    "PG023",
    "an object says nothing of its members",
    (
        "An object without properties takes anything, so that no type finds a misspelled member. Name the "
        "properties that are known; additionalProperties says what the others hold."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

TWO_FORMS = Rule(
    "PG024",
    "definitions have both the structured and the legacy form",
    (
        "span_type_schemas is the structured form; span_schemas with span_result_schemas is the legacy one, which "
        "has no titles, templates and data risk. Given both, the platform reads only the first. prefactor-gen "
        "registers all as structured, but who reads the files has to know that. Move the legacy ones over."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

INVALID_ALLOWANCE = Rule(
    "PG025",
    "an allowance is wrong or not needed",
    (
        "x-prefactor-allow in a definition or a schema names the rules that may be broken in it, each with the "
        'reason: {"PG020": "a mail address of the company"}. It may name the rules PG015 to PG024, PG026 and '
        "PG030 to PG033. One that allows nothing any more would hide the next mistake: remove it."
    ),
    severity=Severity.WARNING,
)

INVALID_DEFAULT = Rule(
    "PG026",
    "a default does not match its schema",
    (
        "A default is what readers take an absent property for. Nothing fills it in, so that a wrong one is found "
        "by nobody, until a program relies on it. Correct the default, or the schema that it stands in; what "
        "other programs write, such as default: null beside type: string, does no harm here."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

LIMIT_EXCEEDED = Rule(
    "PG029",
    "a definition is past a limit of the generator",
    (
        "The generator takes what people write, and much of what programs write, and says where it stops instead "
        "of running for hours: the README lists the limits. The message says which one, and what to do."
    ),
)

UNKNOWN_FORMAT = Rule(
    "PG030",
    "a format that nobody can check is asserted, or misspelled",
    (
        'formats = "assert" in [tool.prefactor-gen] has payloads compared with the formats of JSON Schema that '
        "their schemas name. This is none of them. Correct the name, or say with pattern what is meant."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNENFORCED_KEYWORD = Rule(
    "PG031",
    "a keyword that nobody enforces",
    (
        "format, contentEncoding, contentMediaType and contentSchema describe a text; by JSON Schema's own rules "
        'a payload is valid whether or not it is so. formats = "assert" in [tool.prefactor-gen] has formats '
        "checked; nothing checks the others."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

INVALID_EXAMPLE = Rule(
    "PG032",
    "an example does not match its schema",
    ("Examples are for people, who copy them. Correct the example, or the schema that it stands in."),
    severity=Severity.WARNING,
    suppressible=True,
)

UNCHECKED_PATTERN = Rule(
    "PG033",
    "a pattern that cannot be checked",
    (
        "The engine that checks payloads does not take the pattern, which may be one of ECMA 262 all the same: it "
        "is past 32 MiB when it is compiled, as .{0,65535} is, or it repeats a look-around. Payloads are not "
        "compared with it. Say the length with maxLength, and repeat less."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""
