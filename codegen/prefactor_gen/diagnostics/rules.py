"""The rules that `prefactor-gen` checks definitions by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place, Severity

__all__ = ["RULES", "Rule", "stops"]


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
        "A definition source is a UTF-8 file in JSON or YAML, a folder of such files, or a SchemaRegistry, "
        "given as module:attribute. A key must not occur twice in one object, and numbers must be finite, "
        "because parsers read such a text in different ways. Correct the source at the reported place."
    ),
)

INVALID_DEFINITION = Rule(
    "PG002",
    "the definition does not have the form of an agent schema version",
    (
        "Definitions have the form in which the API takes an agent schema version: span_type_schemas (a list "
        "of objects with name, params_schema, and optionally result_schema, title, description, template, "
        "data_risk), the pair span_schemas and span_result_schemas, and quality_schemas. The API would refuse "
        "another form only when the agent starts, so it is an error here."
    ),
)

DUPLICATE_NAME = Rule(
    "PG003",
    "two definitions have the same span type name",
    (
        "A span type can have only one definition: at the API, a second one with the same name would replace "
        "the first. Remove or rename one of them."
    ),
)

UNUSABLE_NAME = Rule(
    "PG004",
    "a name that was chosen cannot be a Python name",
    (
        "Names that Python does not take become others, and a note tells them (PG005). What is reported here is a "
        "name that was chosen: x-prefactor-name must be a name that a keyword of a call can have, and "
        "x-prefactor-class one that a class can have: not a keyword, and not the name of a built-in or of what "
        "generated modules import. The name of a span type is not empty and has at most 127 characters, because "
        "it is also a file name. Choose another name."
    ),
)

NAME_COLLISION = Rule(
    "PG005",
    "two names become the same Python name, or one that Python does not take",
    (
        "Two different names become the same name in Python, or a name is none that Python takes. Each gets a name "
        "of its own then, which a note tells. A property whose name is Python's keeps it, and the others say their "
        "characters as words, such as at_id for @id. A class whose name is written exactly so keeps it, and the "
        "others get another word, such as AddressProperty beside the definition Address. The names in payloads "
        "stay. x-prefactor-name in the schema of a property, or x-prefactor-class in the schema of an object or "
        "in a span type, chooses the name. It is an error only if two choose the same one."
    ),
)

INVALID_SCHEMA = Rule(
    "PG006",
    "a schema is not a valid JSON Schema",
    (
        "A schema must be valid by its metaschema: that of draft 2020-12, or of draft-07 if $schema names it. "
        "Patterns must be regular expressions. Correct the schema at the reported place."
    ),
)

NOT_AN_OBJECT = Rule(
    "PG007",
    "params and results are JSON objects; the schema describes something else",
    (
        "In the API, the params and the result of a span are JSON objects, so a schema of another type never "
        "matches. Describe an object, and put the value into one of its properties."
    ),
)

UNRESOLVED_REFERENCE = Rule(
    "PG008",
    "a $ref cannot be resolved inside the definition folder",
    (
        "A $ref must lead to a part of the same schema (#/… or an anchor) or to a schema in another file of the "
        "definition folder, by its path or by its $id. Nothing is fetched, and no file outside the folder is read "
        "unless the configuration names it: save a copy of the schema that a URL means in the folder, or anywhere, "
        "and name it in [tool.prefactor-gen.refs], which prefactor-gen refs add does; name other folders in "
        "reference-folders. In a part of a schema with an $id of its own, references are relative to "
        "that $id. A $ref that only leads back to itself describes no value."
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
        "datamodel-code-generator, which writes the models, refused the schema, warned about it, or wrote "
        "other classes than expected. Simplify the schema at the reported place. If it is simple already, "
        "please report a bug."
    ),
)

NO_DEFINITIONS = Rule(
    "PG012",
    "a definition source holds no definitions",
    (
        "The source was read, but it has no definitions under any known key. A key may be misspelled, or the "
        "file may not be a definition file."
    ),
)

UNUSABLE_PACKAGE = Rule(
    "PG013",
    "the output package cannot have this name",
    (
        "The package would have the name of a package of prefactor-sdk, of a module that it would hide, or of "
        "a device on Windows. Choose another name with --package, or with package in pyproject.toml."
    ),
)

MISPLACED_REDACTION = Rule(
    "PG014",
    "x-prefactor-redact is at a place where it cannot be applied",
    (
        "x-prefactor-redact must be true or false, and it belongs to the schema of a part of the payload: a "
        "property, an item, or the target of a $ref. Elsewhere it would have no effect, and the value would "
        "be recorded: under not, if, propertyNames or contentSchema, under a keyword that JSON Schema "
        "ignores, in a quality schema, or at the payload itself, which cannot be replaced."
    ),
)

UNKNOWN_KEYWORD = Rule(
    "PG015",
    "a keyword is unknown to JSON Schema, which ignores it",
    (
        "JSON Schema silently ignores keywords that it does not know, such as propertes or minlength. Start "
        "keys of your own with x-. Keys that start with x-prefactor- belong to prefactor-gen. An unknown one "
        "is an error, because a misspelled x-prefactor-redact would not redact anything."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNKNOWN_REQUIRED_PROPERTY = Rule(
    "PG016",
    "a required name is not a property of the object",
    (
        "A property that is listed in required but not in properties must be present and may have any value. "
        "Usually the name is misspelled, or the property was renamed. Correct the name, or add the property "
        "to properties."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

INVALID_TEMPLATE = Rule(
    "PG017",
    "a template is not valid Liquid",
    (
        "The platform renders templates with Liquid. For a template that is not valid, it shows no summary "
        "and reports no error. Write values as {{ model }} and conditions as {% if model %}…{% endif %}."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNKNOWN_TEMPLATE_PROPERTY = Rule(
    "PG018",
    "a template uses a name that is not a property of params or result",
    (
        "A template is rendered with the properties of the params and of the result together. A name that is "
        "in neither is rendered as empty text. Write a property of a nested object as a path: {{ "
        'usage.input_tokens }}. Put a name with dots in brackets: {{ inputs["model.id"] }}. Names are not '
        "checked where a schema does not list its properties."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

REDACTED_TEMPLATE_PROPERTY = Rule(
    "PG019",
    "a template shows a property that is redacted",
    (
        "x-prefactor-redact replaces the value before it leaves the process, so the template could only show "
        "the placeholder. Show another property, or do not redact this one. The template of an imported span type is "
        "replaced in its overlay."
    ),
    suppressible=True,
)

MISSING_DATA_RISK = Rule(
    "PG020",
    "a property's name suggests personal data that data_risk does not mention",
    (
        "A name like email or password suggests personal data or a secret. data_risk states which categories "
        "of data params and result include or exclude; the platform computes the risk of a run from it. State "
        "the category in data_risk, or redact the property with x-prefactor-redact: true."
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
    "two names look alike, or a name mixes alphabets or has invisible characters",
    (
        "People easily take two such names for one: userId and user_id in one object, or two names that "
        "differ only in a Cyrillic and a Latin letter, or in a character that nobody sees, such as U+3164. "
        "Programs do not. Rename one of them."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

OPEN_OBJECT = Rule(
    "PG023",
    "an object does not describe its members",
    (
        "An object without properties accepts any member, so a misspelled one is not reported. List the known "
        "properties in properties, and describe the others with additionalProperties."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

TWO_FORMS = Rule(
    "PG024",
    "definitions have both the structured and the legacy form",
    (
        "span_type_schemas is the structured form. span_schemas with span_result_schemas is the legacy form, "
        "which has no titles, templates or data risk. The platform reads only the structured form if it gets "
        "both. prefactor-gen registers all definitions in the structured form, but other programs that read "
        "the files may ignore the legacy ones. Move the legacy definitions to the structured form."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

INVALID_ALLOWANCE = Rule(
    "PG025",
    "an allowance is invalid or not needed",
    (
        "x-prefactor-allow in a definition or a schema lists the rules that may be broken in it, each with "
        'the reason: {"PG020": "a mail address of the company"}. [[tool.prefactor-gen.allow]] in pyproject.toml does '
        "so by file or span type, for schemas that are somebody else's. The table of the rules in the guide to "
        "prefactor-gen (codegen/README.md) says which of them it may list. Remove an entry that is no longer "
        "needed, because it would hide the next mistake."
    ),
    severity=Severity.WARNING,
)

INVALID_DEFAULT = Rule(
    "PG026",
    "a default does not match its schema",
    (
        "A default documents the value of an absent property. prefactor-sdk does not fill it in, so a wrong "
        "default stays unnoticed until a program relies on it. Correct the default or its schema. default: "
        "null beside type: string, which some programs write, does no harm here and can be allowed."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

LIMIT_EXCEEDED = Rule(
    "PG029",
    "a definition exceeds a limit of the generator",
    (
        "The generator has limits, so that it stops with a message instead of running for hours. The section "
        "Limits of the guide to prefactor-gen (codegen/README.md) lists them. The message names the limit and "
        "what to do."
    ),
)

UNKNOWN_FORMAT = Rule(
    "PG030",
    "a format is unknown or misspelled, so that it cannot be checked",
    (
        'With formats = "assert" in [tool.prefactor-gen], payloads are checked against the formats that JSON '
        "Schema defines. This format is not one of them, so it is never checked. Correct its name, or "
        "describe the text with pattern."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNENFORCED_KEYWORD = Rule(
    "PG031",
    "a keyword is not enforced",
    (
        "In JSON Schema, format, contentEncoding, contentMediaType and contentSchema describe a text and do "
        'not decide whether a payload is valid. formats = "assert" in [tool.prefactor-gen] has formats '
        "checked; the other keywords are never checked."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

INVALID_EXAMPLE = Rule(
    "PG032",
    "an example does not match its schema",
    ("People copy examples, so an example has to match its schema. Correct the example or its schema."),
    severity=Severity.WARNING,
    suppressible=True,
)

UNCHECKED_PATTERN = Rule(
    "PG033",
    "a pattern cannot be checked",
    (
        "The regular expression engine that checks payloads cannot use the pattern, even if it is valid in "
        "ECMA-262: the pattern is larger than 32 MiB when compiled, as (.{0,1000}){0,1000} is, or it repeats a "
        "look-around. Payloads are not checked against it. Limit lengths with maxLength, and use smaller "
        "repetitions."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

NOTHING_MATCHES = Rule(
    "PG034",
    "no value can match a schema",
    (
        "Nothing matches the schema, so no payload that has a value there is valid. A value of const or enum has "
        "another type than type says, two bounds exclude each other, or allOf joins what cannot be joined. In YAML, "
        "1.10, 0123 and null are not text: put quotes around them. Where a schema is meant to match nothing, write "
        "false."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

DEPRECATED_IN_TEMPLATE = Rule(
    "PG035",
    "a template shows a deprecated property, and not what replaces it",
    (
        "Agents record the new property in place of the deprecated one, and then the summary of their spans is "
        "empty. Show both while there are spans of both kinds: {{ prompt | default: prompt_text }}. Later, show the "
        "new one alone."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

DUPLICATE_ID = Rule(
    "PG036",
    "two files have the same $id",
    (
        "A $ref to that $id would mean either. The other file may also be one that [tool.prefactor-gen.refs] names for "
        "it, which references lead to. Remove one of the files, or give it an $id of its own. A copy of a "
        "schema from the web is needed once: prefactor-gen refs add finds one that is there."
    ),
)

UNDECLARED_CATEGORY = Rule(
    "PG037",
    "a property has a category of data that data_risk does not include",
    (
        "x-prefactor-data in the schema of a property says which categories of data its value belongs to. The platform "
        "does not read it: it computes the risk of a run from data_risk of the span type, which says that this "
        "category is excluded or unknown, so that the risk looks lower than it is. Write included in "
        "params_data_categories or result_data_categories, or have the property redacted, for example by "
        "x-prefactor-redact."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

UNEXPLAINED_DEPRECATION = Rule(
    "PG038",
    "a deprecation says neither what to use nor why",
    (
        "Whoever reads that something is deprecated asks what to do about it. Say it in x-prefactor-deprecated: use "
        "names the property or the span type that replaces it, and reason says why it is deprecated, if nothing "
        "does."
    ),
    severity=Severity.NOTE,
    suppressible=True,
)

UNKNOWN_REPLACEMENT = Rule(
    "PG039",
    "what a deprecation says to use does not exist",
    (
        "use in x-prefactor-deprecated is the name of another property of the same payload, with dots for a nested "
        "one, or of another span type of the package. Here it names nothing, itself, or something that is deprecated, "
        "too. Correct the name. A text for people belongs in reason. What another package defines can be allowed."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

CHANGED_COPY = Rule(
    "PG040",
    "a copy of a schema from the web differs from prefactor-refs.lock",
    (
        "prefactor-refs.lock has the hash of each schema that prefactor-gen refs has fetched. The file was edited or "
        "removed here, so it is no longer the schema that its URL names. prefactor-gen refs update takes the remote "
        "one again. To keep a version of your own, give it a $id and a name of its own, and refer to that."
    ),
    severity=Severity.WARNING,
    suppressible=True,
)

RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""


def stops(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of the diagnostics is an error that nobody can allow. The others may turn out to be allowed."""
    return any(item.severity is Severity.ERROR and not RULES[item.code].suppressible for item in diagnostics)
