"""Reports what is valid in a definition, but missing or probably a mistake: texts, names, personal data, forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Literal

from prefactor_gen.definitions.definitions import QualityDefinition, SpanTypeDefinition
from prefactor_gen.definitions.python_names import snake
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place
from prefactor_gen.diagnostics.invisible import INVISIBLE
from prefactor_gen.diagnostics.rules import (
    CONFUSABLE_NAMES,
    MISSING_DATA_RISK,
    MISSING_DESCRIPTION,
    OPEN_OBJECT,
    TWO_FORMS,
    UNKNOWN_KEYWORD,
)
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.keywords import DATA, REDACT, RENAMED_FROM
from prefactor_gen.json_schema.pointers import step
from prefactor_gen.json_schema.properties import Properties
from prefactor_gen.json_schema.references import applicable_schemas

__all__ = ["lint_forms", "lint_names", "lint_payloads", "lint_texts", "suggested_category"]

# Words of property names, and the category of data_risk that they suggest.
_SUGGESTED_CATEGORY: dict[str, str] = {
    **dict.fromkeys(
        ("first_name", "full_name", "last_name", "national_id", "passport", "social_security", "ssn", "surname"),
        "personal_identifiers",
    ),
    **dict.fromkeys(
        ("email", "home_address", "mobile_number", "phone", "phone_number", "postal_address", "street", "telephone"),
        "contact_information",
    ),
    **dict.fromkeys(
        ("bank_account", "card_number", "credit_card", "cvv", "iban", "income", "salary"), "financial_information"
    ),
    **dict.fromkeys(("diagnosis", "medical", "medication", "patient"), "health_and_medical"),
    **dict.fromkeys(
        ("access_token", "api_key", "credentials", "passphrase", "password", "private_key", "secret"),
        "authentication_and_secrets",
    ),
    **dict.fromkeys(("geolocation", "gps", "ip_address", "latitude", "longitude"), "location_and_tracking"),
    **dict.fromkeys(("ethnicity",), "gdpr_racial_or_ethnic_origin"),
    **dict.fromkeys(("religion",), "gdpr_religious_or_philosophical_beliefs"),
    **dict.fromkeys(("fingerprint_scan", "biometric"), "gdpr_biometric_for_identification"),
}
_Part = Literal["params", "result"]


def lint_names(span_types: Sequence[SpanTypeDefinition]) -> Iterator[Diagnostic]:
    """Report span types of one package whose names look alike, and former names that another one has."""
    names = {item.name for item in span_types}
    for item in span_types:
        if item.renamed_from in names:
            message = f"{RENAMED_FROM}: there still is a span type {item.renamed_from!r}: nothing has been renamed"
            yield UNKNOWN_KEYWORD.at(item.place, message)
    yield from _look_alikes("span type", ((item.name, item.place) for item in span_types))


def lint_payloads(item: SpanTypeDefinition) -> Iterator[Diagnostic]:
    """Report what the payloads of a span type probably lack. Its schemas are valid and self-contained."""
    parts: list[tuple[_Part, ObjectNode]] = [("params", item.params.schema)]
    parts.extend([("result", item.result.schema)] if item.result is not None else [])
    for part, schema in parts:
        yield from _personal_data(schema, Properties(schema), part, item.data_risk)
        yield from _objects(schema)


def lint_forms(documents: Sequence[Document]) -> Iterator[Diagnostic]:
    """Warn of definitions in both forms, of which the platform reads only the structured one."""
    roots = [(document, document.root) for document in documents if isinstance(document.root, ObjectNode)]
    structured = [root for _, root in roots if "span_type_schemas" in root]
    for document, root in roots if structured else ():
        for key in ("span_schemas", "span_result_schemas"):
            if isinstance(root.get(key), ObjectNode):
                other = structured[0].place_at("span_type_schemas")
                expected = "the structured form only" if document.path else "register_type for all of them"
                message = f"{key} beside span_type_schemas ({other}): expected {expected}"
                yield TWO_FORMS.at(root.place_at(key), message)


def lint_texts(item: SpanTypeDefinition | QualityDefinition) -> Iterator[Diagnostic]:
    """Report the texts that a definition lacks."""
    missing = [key for key, text in (("title", item.title), ("description", item.description)) if not text]
    if missing and item.template_place is not None:  # the legacy form has no texts
        message = f"{item.name!r} has no {' and no '.join(missing)}, which the platform shows with its spans"
        yield MISSING_DESCRIPTION.at(item.place, message)


def _personal_data(
    schema: ObjectNode, lookup: Properties, part: _Part, data_risk: ObjectNode | None
) -> Iterator[Diagnostic]:
    """Report properties whose names suggest a category of data that data_risk does not mention."""
    categories = data_risk.get(f"{part}_data_categories") if data_risk is not None else None
    for name, place, pointer in _properties(schema):
        category = suggested_category(name)
        if category is None:
            continue
        redacted = lookup.is_redacted([pointer])
        stated = isinstance(categories, ObjectNode) and categories.get(category, "unknown") != "unknown"
        # PG037 compares what the schema says itself with data_risk.
        is_said = any(DATA in each for each in lookup.in_place.applied([pointer]).values())
        if not redacted and not stated and not is_said:
            message = (
                f"{name!r} suggests {category}: state in data_risk, {part}_data_categories, whether it is included"
            )
            yield MISSING_DATA_RISK.at(place, message)


@cache
def suggested_category(name: str) -> str | None:
    """The category of data that the name of a property suggests."""
    words = f"_{snake(name)}_"
    return next((each for word, each in _SUGGESTED_CATEGORY.items() if f"_{word}_" in words), None)


def _properties(schema: ObjectNode) -> Iterator[tuple[str, Place, str]]:
    """Each property with its place and the pointer of its schema."""
    for pointer, each in applicable_schemas(schema):
        for name in each.properties:
            yield name, each.properties.place_at(name), pointer + step(("properties", name))


def _objects(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Report properties whose names look alike, and objects that do not describe their members."""
    for _, each in applicable_schemas(schema):
        properties = each.get("properties")
        if isinstance(properties, ObjectNode):
            yield from _look_alikes("property", ((name, properties.place_at(name)) for name in properties))
        elif each.get("type") == "object" and each.keys() <= {"type", "title", "description", "$schema", DATA, REDACT}:
            problem = "this object names no properties, so no type checker can find a mistake in it"
            yield OPEN_OBJECT.at(each.place, f"{problem}; name those that are known")


def _invisible(name: str) -> list[str]:
    """The characters of a name that are drawn as nothing or as a blank, each once."""
    return list(dict.fromkeys(INVISIBLE.findall(name)))


def _visible(name: str) -> str:
    """The name in quotation marks, with escapes for what readers do not see."""
    return ascii(name) if INVISIBLE.search(name) else repr(name)


def _look_alikes(noun: str, named: Iterable[tuple[str, Place]]) -> Iterator[Diagnostic]:
    first: dict[str, str] = {}
    for name, place in named:
        other = first.setdefault(_skeleton(name), name)
        if other != name and not _differ_visibly(name, other):
            yield CONFUSABLE_NAMES.at(place, f"the {noun} {_visible(name)} looks like {_visible(other)}")
        if invisible := _invisible(name):
            shown = " and ".join(f"U+{ord(char):04X}" for char in invisible)
            yield CONFUSABLE_NAMES.at(
                place, f"the {noun} {_visible(name)} has characters that readers do not see: {shown}"
            )
        scripts = _scripts(name)
        if len(scripts) > 1:
            message = f"the {noun} {name!r} mixes {' and '.join(sorted(scripts))} letters, which look alike"
            yield CONFUSABLE_NAMES.at(place, message)


def _differ_visibly(name: str, other: str) -> bool:
    """Whether two names differ in signs of ASCII only, as x-y and x.y do: PG005 tells the Python names of those."""
    return name.isascii() and other.isascii() and re.sub(r"\W", "_", name) == re.sub(r"\W", "_", other)


# What readers take for another sign: o for 0, i and l for 1, and small letters of the Cyrillic and Greek alphabets.
_LOOKS_LIKE = {
    ord(letter): sign
    for sign, letters in {
        "0": "o\u043e\u03bf", "1": "il\u0456\u03b9\u0131", "a": "\u0430\u03b1", "b": "\u0432", "c": "\u0441",
        "d": "\u0501", "e": "\u0435\u03b5", "h": "\u04bb\u043d", "j": "\u0458", "k": "\u043a\u03ba", "m": "\u043c",
        "n": "\u03b7", "p": "\u0440\u03c1", "q": "\u051b", "s": "\u0455", "t": "\u0442\u03c4", "u": "\u03c5",
        "v": "\u03bd", "w": "\u051d", "x": "\u0445\u03c7", "y": "\u0443\u03b3",
    }.items()
    for letter in letters
}  # fmt: skip


@cache
def _skeleton(name: str) -> str:
    """The name without differences that readers overlook: case, separators, accents and forms of letters."""
    decomposed = INVISIBLE.sub("", unicodedata.normalize("NFKD", INVISIBLE.sub("", name)).casefold())
    letters = re.sub(r"[\W_]", "", "".join(char for char in decomposed if not unicodedata.combining(char)))
    return letters.translate(_LOOKS_LIKE) or INVISIBLE.sub("", name)


@cache
def _scripts(name: str) -> frozenset[str]:
    """The scripts of a name's letters, but only those scripts that have similar letters."""
    if name.isascii():
        return frozenset()
    words = {unicodedata.name(char, "").partition(" ")[0] for char in name}
    return frozenset(word.capitalize() for word in words & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
