"""The rules that `prefactor-gen` checks definitions by."""

from __future__ import annotations

from dataclasses import dataclass

from prefactor_gen.documents.diagnostics import Diagnostic, DiagnosticError, Place, Severity

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: its stable name, such as PG015. The number of a rule that is removed is not used again.
        summary: what is wrong where it is reported, in one line.
        explanation: why it is a rule, and what to do, in a paragraph.
        severity: the severity of its diagnostics, unless one is reported with another.
        suppressible: whether x-prefactor-allow may suppress it.
    """

    code: str
    summary: str
    explanation: str
    severity: Severity = Severity.ERROR
    suppressible: bool = False

    def at(self, place: Place, message: str, severity: Severity | None = None) -> Diagnostic:
        """A diagnostic of this rule."""
        return Diagnostic(self.code, message, place, severity or self.severity)

    def error(self, place: Place, message: str) -> DiagnosticError:
        """A diagnostic of this rule as an exception, for a function that has no value to return."""
        return DiagnosticError([self.at(place, message)])


UNREADABLE_SOURCE = Rule(
    "PG001",
    "the source cannot be read or is not valid JSON or YAML",
    (
        "A definition source is a UTF-8 file in JSON or YAML, a folder of such files, or a SchemaRegistry as "
        "module:attribute. Keys must not repeat, and numbers must be finite: a parser that guesses would register "
        "something else than the author wrote. Correct the source at the place that is named."
    ),
)

INVALID_DEFINITION = Rule(
    "PG002",
    "the definition does not have the form of an agent schema version",
    (
        "Definitions have the form in which the API takes an agent schema version: span_type_schemas (a list of "
        "objects with name, params_schema, and optionally result_schema, title, description, template, "
        "data_risk), the pair span_schemas and span_result_schemas, and quality_schemas. What the API would "
        "refuse when the agent starts is an error here."
    ),
)

DUPLICATE_NAME = Rule(
    "PG003",
    "two definitions have the same span type name",
    (
        "A span type has one definition. Two with the same name would overwrite each other at the API. Remove or "
        "rename one of them."
    ),
)

UNUSABLE_NAME = Rule(
    "PG004",
    "a name cannot become a Python name",
    (
        "A span type becomes a class and a module, and a nested object becomes a class. The name must give a usable "
        "Python name for that: not empty, not a keyword, and at most 127 characters long."
    ),
)

NAME_COLLISION = Rule(
    "PG005",
    "two names become the same Python name",
    (
        "Two names that differ in the definitions become the same in Python (a-b and a_b, or Chat and chat on a "
        "file system that ignores case). The generator does not number them, because a number would change when a "
        "third such name is added. Rename one of them."
    ),
)

INVALID_SCHEMA = Rule(
    "PG006",
    "a schema is not a valid JSON Schema",
    (
        "A schema must be valid by its metaschema: draft 2020-12, or draft-07 if $schema names it. Patterns must be "
        "regular expressions."
    ),
)

NOT_AN_OBJECT = Rule(
    "PG007",
    "params and results are JSON objects; the schema describes something else",
    (
        "In the API, the params and the result of a span are JSON objects. A schema of another type never matches. "
        "Put the value into a property."
    ),
)

UNRESOLVED_REFERENCE = Rule(
    "PG008",
    "a $ref cannot be resolved inside the definition folder",
    (
        "A $ref must lead to a schema inside the definition folder: #/…, an anchor, or another file. Nothing is "
        "fetched and no file outside the folder is read, so that a build depends on the folder only. Below a nested "
        "$id, references are relative to it: they can only lead to parts of the same schema, and a file that a $ref "
        "leads to must not have a nested $id. A schema that only refers to itself describes nothing."
    ),
)

GENERATOR_KEY = Rule(
    "PG009",
    "a key would control the model generator",
    (
        "Some keys (customTypePath, customBasePath, default_factory, x-python-…) make datamodel-code-generator "
        "import modules and write code. Definitions are data and must not choose which code runs. Remove the key."
    ),
)

MODEL_GENERATOR_FAILED = Rule(
    "PG011",
    "the model generator cannot generate models for the schema",
    (
        "datamodel-code-generator, which writes the models, refused the schema, warned about it, or wrote other "
        "classes than expected. Simplify the schema at the place that is named. If it is a simple schema, please "
        "report it."
    ),
)

NO_DEFINITIONS = Rule(
    "PG012",
    "a definition source holds no definitions",
    (
        "A source was read and holds no definitions under any known key. The key may be misspelled, or the file may "
        "belong elsewhere."
    ),
)

UNUSABLE_PACKAGE = Rule(
    "PG013",
    "the output package cannot have this name",
    (
        "The package would replace one of prefactor-sdk's own, or its name cannot be used. Choose another name with "
        "--package."
    ),
)

MISPLACED_REDACTION = Rule(
    "PG014",
    "x-prefactor-redact is at a place where it cannot be applied",
    (
        "x-prefactor-redact must be true or false, and belongs to a schema that names a part of the payload: a "
        "property, items, or the target of a $ref. Under not, if, contains and the like it is not clear which value "
        "is meant, and the value would be recorded."
    ),
)

UNKNOWN_KEYWORD = Rule(
    "PG015",
    "a keyword is unknown to JSON Schema, which ignores it",
    (
        "JSON Schema silently ignores keywords that it does not know, such as propertes or minlength. Start keys of "
        "your own with x-. Keys that start with x-prefactor- belong to this tool, and an unknown one is an error: a "
        "misspelled x-prefactor-redact would not redact."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNKNOWN_REQUIRED_PROPERTY = Rule(
    "PG016",
    "a required name is not a property of the object",
    (
        "A name in required that is not in properties must be present and may have any value. Usually it is "
        "misspelled, or the property was renamed."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

INVALID_TEMPLATE = Rule(
    "PG017",
    "a template is not valid Liquid",
    (
        "The platform renders templates as Liquid. If a template is not valid, it shows no summary and reports "
        "nothing. Write values as {{ model }} and conditions as {% if model %}…{% endif %}."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNKNOWN_TEMPLATE_PROPERTY = Rule(
    "PG018",
    "a template uses a name that is not a property of params or result",
    (
        "A template is rendered with the params and the result as one object. A name that neither has is rendered "
        "as empty text. A path leads into objects: {{ usage.input_tokens }}. Put a name with dots in brackets: "
        '{{ inputs["model.id"] }}. A schema that does not list its members is not checked.'
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

REDACTED_TEMPLATE_PROPERTY = Rule(
    "PG019",
    "a template shows a property that is redacted",
    (
        "x-prefactor-redact replaces the value before it leaves the process, so that the template could only show "
        "the placeholder. Show another property, or do not redact this one."
    ),
    suppressible=True,
)

MISSING_DATA_RISK = Rule(
    "PG020",
    "a property's name suggests personal data that data_risk does not mention",
    (
        "A name like email or password suggests personal data or a secret. data_risk states for params and result "
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
        "Title and description are shown in the platform, in editors and in the documentation of the generated "
        "helper. Without a title the platform shows the name."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

CONFUSABLE_NAMES = Rule(
    "PG022",
    "two names look alike, or a name mixes alphabets",
    (
        "People read userId and user_id in one object, or a Cyrillic letter among Latin ones, as the same name, but "
        "programs do not. Rename one."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

OPEN_OBJECT = Rule(
    "PG023",
    "an object does not describe its members",
    (
        "An object without properties accepts any member, so that no type finds a misspelled one. Name the "
        "properties that are known; additionalProperties describes the others."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

TWO_FORMS = Rule(
    "PG024",
    "definitions have both the structured and the legacy form",
    (
        "span_type_schemas is the structured form. span_schemas with span_result_schemas is the legacy form, which "
        "has no titles, templates or data risk. If it gets both, the platform reads only the structured form. "
        "prefactor-gen registers all definitions as structured, but a reader of the files would have to know that. "
        "Move the legacy definitions to the structured form."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

INVALID_ALLOWANCE = Rule(
    "PG025",
    "an entry of x-prefactor-allow is invalid or not needed",
    (
        "x-prefactor-allow in a definition or a schema names the rules that it may break, each with the reason: "
        '{"PG020": "a mail address of the company"}. It may name the rules PG015 to PG024, PG026 and PG030 to '
        "PG033. Remove an entry that is no longer needed: it would hide the next mistake."
    ),
    severity=Severity.WARNING,
)

INVALID_DEFAULT = Rule(
    "PG026",
    "a default does not match its schema",
    (
        "Readers take the default as the value of a property that is absent. Nothing fills it in, so that a wrong "
        "one stays unnoticed until a program relies on it. Correct the default or its schema. default: null beside "
        "type: string, which some programs write, does no harm here and can be allowed."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

LIMIT_EXCEEDED = Rule(
    "PG029",
    "a definition exceeds a limit of the generator",
    (
        "The generator has limits, so that it stops with a message instead of running for hours. They are listed in "
        "the documentation. The message names the limit and what to do."
    ),
)

UNKNOWN_FORMAT = Rule(
    "PG030",
    "a format is unknown or misspelled, so that it cannot be checked",
    (
        'formats = "assert" in [tool.prefactor-gen] checks payloads against the formats of JSON Schema that their '
        "schemas name. This is not one of them. Correct the name, or describe the text with pattern."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNENFORCED_KEYWORD = Rule(
    "PG031",
    "a keyword is not enforced",
    (
        "By JSON Schema's own rules, format, contentEncoding, contentMediaType and contentSchema describe a text and "
        'do not decide whether a payload is valid. formats = "assert" in [tool.prefactor-gen] enforces formats; the '
        "others are never enforced."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

INVALID_EXAMPLE = Rule(
    "PG032",
    "an example does not match its schema",
    ("People copy examples. Correct the example or its schema."),
    severity=Severity.WARNING,
    suppressible=True,
)

UNCHECKED_PATTERN = Rule(
    "PG033",
    "a pattern cannot be checked",
    (
        "The regular expression engine that checks payloads cannot use the pattern, even if it is valid in ECMA 262: "
        "it is larger than 32 MiB when compiled, as .{0,65535} is, or it repeats a look-around. Payloads are not "
        "checked against it. State lengths with maxLength, and repeat less."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""
