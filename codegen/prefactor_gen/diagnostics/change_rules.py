"""The rules by which `prefactor-gen diff` names a change of a definition, and says whom it breaks.

Writers are agents: they break if what they record today is no longer valid. Readers are dashboards, queries and
evaluations: they break if they may meet what they have not met before. Agents write both params and results, and people
read both, so the rules are the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from prefactor_gen.diagnostics.change_explanations import EXPLANATIONS
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.rules import Rule

__all__ = ["CHANGE_RULES", "ChangeRule"]

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRule(Rule):
    """One kind of change.

    Attributes:
        name: a name of words, such as became-required.
        writers: how severe it is for agents that record such spans; None if it does not concern them.
        readers: how severe it is for programs that read them; None if it does not concern them.
    """

    name: str
    writers: Severity | None = None
    readers: Severity | None = None


def _rule(code: str, name: str, summary: str, writers: Severity | None, readers: Severity | None) -> ChangeRule:
    severities = [each for each in Severity if each in {writers, readers}]
    return ChangeRule(
        code=code,
        name=name,
        summary=summary,
        explanation=EXPLANATIONS.get(code, summary),
        severity=severities[0],
        writers=writers,
        readers=readers,
    )


SPAN_TYPE_REMOVED = _rule("PD001", "span-type-removed", "a span type was removed", _E, _E)
SPAN_TYPE_ADDED = _rule("PD002", "span-type-added", "a span type was added", _N, _N)
SPAN_TYPE_RENAMED = _rule("PD003", "span-type-renamed", "a span type has another name", _E, _E)
QUALITY_REMOVED = _rule("PD004", "quality-removed", "a quality schema was removed", _E, _E)
RESULT_REMOVED = _rule("PD005", "result-removed", "a span type has no result any more", _E, _E)
RESULT_ADDED = _rule("PD006", "result-added", "a span type has a result now", None, _N)
INCOMPARABLE = _rule("PD007", "incomparable", "the old schema cannot be compared", _E, _E)

PROPERTY_REMOVED = _rule("PD101", "property-removed", "a property was removed", _W, _E)
PROPERTY_ADDED = _rule("PD102", "property-added", "a property was added", _N, None)
PROPERTY_ADDED_REQUIRED = _rule("PD103", "property-added-required", "a property was added and is required", _E, None)
PROPERTY_RENAMED = _rule("PD104", "property-renamed", "a property has another name", _E, _E)
BECAME_REQUIRED = _rule("PD105", "became-required", "a property became required", _E, None)
BECAME_OPTIONAL = _rule("PD106", "became-optional", "a property became optional", None, _E)
CONDITION_ADDED = _rule("PD107", "condition-added", "a condition was added", _E, None)
CONDITION_REMOVED = _rule("PD108", "condition-removed", "a condition was removed", None, _W)
CLOSED = _rule("PD109", "closed", "an object takes no further properties any more", _E, None)
OPENED = _rule("PD110", "opened", "an object takes further properties now", None, _W)
OTHERS_NARROWED = _rule("PD111", "others-narrowed", "further properties take less", _E, None)
OTHERS_WIDENED = _rule("PD112", "others-widened", "further properties take more", None, _E)

TYPE_NARROWED = _rule("PD201", "type-narrowed", "a value has fewer types", _E, None)
TYPE_WIDENED = _rule("PD202", "type-widened", "a value has more types", None, _E)
TYPE_REPLACED = _rule("PD203", "type-replaced", "a value has another type", _E, _E)
BOUND_TIGHTENED = _rule("PD204", "bound-tightened", "a bound is tighter", _E, None)
BOUND_LOOSENED = _rule("PD205", "bound-loosened", "a bound is looser", None, _W)
ENUM_VALUE_REMOVED = _rule("PD206", "enum-value-removed", "a value of an enum was removed", _E, None)
ENUM_VALUE_ADDED = _rule("PD207", "enum-value-added", "a value was added to an enum", None, _W)
BECAME_ENUM = _rule("PD208", "became-enum", "a value became one of an enum", _E, None)
ENUM_DROPPED = _rule("PD209", "enum-dropped", "a value is no longer one of an enum", None, _E)
PATTERN_ADDED = _rule("PD210", "pattern-added", "a pattern was added", _E, None)
PATTERN_REMOVED = _rule("PD211", "pattern-removed", "a pattern was removed", None, _W)
FORMAT_ADDED = _rule("PD212", "format-added", "a format was added", _W, None)
FORMAT_REMOVED = _rule("PD213", "format-removed", "a format was removed", None, _W)
OPTION_REMOVED = _rule("PD214", "option-removed", "an option of a union was removed", _E, None)
OPTION_ADDED = _rule("PD215", "option-added", "an option was added to a union", None, _E)
TUPLE_CHANGED = _rule("PD216", "tuple-changed", "the items of a tuple changed", _E, _E)
CONTAINS_CHANGED = _rule("PD217", "contains-changed", "what an array must contain changed", _E, _E)
EXCLUSION_CHANGED = _rule("PD218", "exclusion-changed", "what a value must not be changed", _E, _E)
REDACTION_ADDED = _rule("PD219", "redaction-added", "a property is redacted now", None, _E)
UNPROVEN = _rule("PD220", "unproven", "a change that no proof shows to be safe", _E, _E)
UNKNOWN_KEYWORD_CHANGED = _rule("PD221", "unknown-keyword", "a keyword that is not JSON Schema's changed", _E, _E)

TEXT_CHANGED = _rule("PD301", "text-changed", "a title or a description changed", _N, _N)
TEMPLATE_CHANGED = _rule("PD302", "template-changed", "a template changed", None, _N)
TEMPLATE_LOST = _rule("PD303", "template-lost", "a template shows what is not there any more", None, _E)
DEFAULT_CHANGED = _rule("PD304", "default-changed", "a default changed", None, _W)
DEPRECATED = _rule("PD305", "deprecated", "a deprecation was added, changed or taken back", _N, _N)
REMOVED_IN_TIME = _rule("PD306", "removed-in-time", "something was removed as its deprecation announced", _N, _N)
REMOVED_EARLY = _rule("PD307", "removed-early", "something was removed before the date of its deprecation", _E, _E)
UNTIL_TOO_NEAR = _rule("PD308", "until-too-near", "the date of a deprecation is too near", _W, _W)
UNTIL_EARLIER = _rule("PD309", "until-earlier", "a deprecation ends earlier than it said", _E, _E)

EXPORT_GONE = replace(
    _rule("PD401", "export-gone", "a name of the generated package is gone", _N, None),
    explanation=(
        "Code that imports the name fails. It happens without a change of what a payload may be: a nested object "
        "that moves into $defs gets another class. Keep the old name with former-names in [tool.prefactor-gen], "
        "as the hint shows, or give the object its old class with x-prefactor-class. This is a note, unless types "
        '= "error" says that others import the package.'
    ),
)
KEYWORD_GONE = replace(
    _rule("PD402", "keyword-gone", "a keyword of a method is gone", _N, None),
    explanation=(
        "Calls that pass the keyword, or dicts that have the key, are refused by type checkers. If the property "
        "only has another name in Python, x-prefactor-name keeps the old one. Where the property itself is gone, "
        "the change of the schema is reported, too."
    ),
)
KEYWORD_REQUIRED = replace(
    _rule("PD403", "keyword-required", "a keyword of a method is newly required", _N, None),
    explanation=(
        "Calls without the keyword, or dicts without the key, are refused by type checkers. Leave the property "
        "optional, at least until all callers pass it."
    ),
)
KEYWORD_NARROWED = replace(
    _rule("PD404", "keyword-narrowed", "a keyword of a method takes less", _N, None),
    explanation=(
        "Type checkers refuse some of the values that callers pass today. Types are compared as they are written, "
        "with the classes that they name; what is only a bound or a pattern does not count. Where the values "
        "themselves are refused now, the change of the schema is reported, too."
    ),
)
ATTRIBUTE_WIDENED = replace(
    _rule("PD405", "attribute-widened", "an attribute of a model may be more", None, _N),
    explanation=(
        "Code that reads the attribute of a model may get a value that it does not expect, such as a new option "
        "of a Literal, or MISSING because the property became optional. Type checkers report it where the code "
        "does not handle that."
    ),
)
BECAME_OVERLOADS = replace(
    _rule("PD406", "became-overloads", "the signature of a method became overloads", _N, None),
    explanation=(
        "The params or the result became a union of objects that a constant tells apart, so the method has one "
        "signature for each. Type checkers refuse calls that mix the keywords of several, and calls that pass the "
        "constant as a variable of a wider type."
    ),
)

CATEGORY_INCLUDED = replace(
    _rule("PD501", "category-included", "a category of data is included now", _E, _E),
    explanation=(
        "data_risk says that the params or the result have a category of data that they did not have. The "
        "platform adds it to the risk of every run. If somebody has to agree to that, ask before the change is "
        "merged, and allow it with the reason. If the category was unknown before, the change is a warning: the "
        "data was there, and now it is declared."
    ),
)
ACTION_ALLOWED = replace(
    _rule("PD502", "action-allowed", "an action is allowed now", _E, _E),
    explanation=(
        "data_risk allows the span type an action that it did not allow, such as destroy_data. The platform "
        "multiplies the risk of every run by it. If somebody has to agree to that, ask before the change is "
        "merged, and allow it with the reason. If the action was unknown before, the change is a warning."
    ),
)
CLASSIFICATION_RAISED = replace(
    _rule("PD503", "classification-raised", "the classification is higher", _E, _E),
    explanation=(
        "The classification of the params or of the result is higher than it was: public, internal, "
        "confidential, restricted and secret, in this order. Everybody who sees the spans has to be allowed to "
        "see such data. Leave the new data out of the payload, or allow the change with the reason. If the "
        "classification was unknown before, the change is a warning."
    ),
)
REDACTION_REMOVED = replace(
    _rule("PD504", "redaction-removed", "a property is not redacted any more", _E, _E),
    explanation=(
        "The value was recorded as [redacted] by the generated class, and is recorded in plain text now. A "
        "property that is renamed, or that a pattern or additionalProperties describes now, needs its "
        "x-prefactor-redact there. If the value is no secret any more, allow the change with the reason."
    ),
)
RISK_UNDECLARED = replace(
    _rule("PD505", "risk-undeclared", "the data risk is not declared", _W, _W),
    explanation=(
        "A new span type has no data_risk, or something that data_risk said is unknown now. What is unknown is "
        "not counted by the platform, so the risk of a run looks lower than it may be. Declare what the span "
        "type may do and what data it has; prefactor-gen risk lists what is unknown."
    ),
)
RISK_LOWERED = replace(
    _rule("PD506", "risk-lowered", "the declared risk is lower", _N, _N),
    explanation=(
        "data_risk says disallowed, excluded or a lower classification where it said more. Spans that are "
        "recorded already keep the version that they were recorded with. Nothing needs to be done, if it is "
        "true."
    ),
)

UNNEEDED_ALLOWANCE = replace(
    _rule("PD901", "unneeded-allowance", "an allowance is not needed", _W, _W),
    explanation=(
        "[tool.prefactor-gen.diff.allow] has an entry that no change needs: the change was merged, or is worded "
        "otherwise by now. An entry that stays would allow the same change the next time, unseen. Remove it. It "
        "is looked for only where the working tree is compared with `against`: another comparison may need it."
    ),
)

CHANGE_RULES: dict[str, ChangeRule] = {
    rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, ChangeRule)
}
"""Every kind of change by its code, in the order of the codes."""
