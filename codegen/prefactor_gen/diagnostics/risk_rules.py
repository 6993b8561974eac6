"""The rules of `prefactor-gen risk`: what a project does not allow its span types to declare."""

from __future__ import annotations

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.rules import Rule

__all__ = ["RISK_RULES"]

DENIED_RISK = Rule(
    "PR001",
    "a span type declares what the project denies",
    (
        "data_risk of the span type allows an action, or includes a category of data, that deny in "
        "[tool.prefactor-gen.risk] names; or a field that is not redacted has the category by x-prefactor-data. "
        "Do without the action or the data, and declare it disallowed or "
        "excluded; or, if this span type needs it, add the line that is printed to "
        "[tool.prefactor-gen.risk.allow], with the reason."
    ),
)

CLASSIFICATION_TOO_HIGH = Rule(
    "PR002",
    "a span type has more confidential data than the project allows",
    (
        "The classification of the params or of the result is above max-classification in "
        "[tool.prefactor-gen.risk]. Classes of data are public, internal, confidential, restricted and secret, in "
        "this order. Leave the data out of the payload and lower the classification, or allow it for this span "
        "type, with the reason."
    ),
)

UNKNOWN_RISK = Rule(
    "PR003",
    "the data risk of a span type is not completely declared",
    (
        "What data_risk does not say is unknown, and the platform does not count it: the risk of a run looks lower "
        "than it may be, and deny cannot refuse it. State for each action whether it is allowed or disallowed, for "
        "each category of data whether it is included or excluded, and the classification. A span type without a "
        "result need not say anything about the result. unknown in [tool.prefactor-gen.risk] is the severity of "
        "this rule."
    ),
    severity=Severity.NOTE,
)

REDACTED_CATEGORY = Rule(
    "PR004",
    "a category of data is declared, but nothing of it is recorded",
    (
        "data_risk includes a category of data. All fields that belong to it by x-prefactor-data are redacted, or "
        "there is no result that could have it. The risk looks higher than it is. Declare the category excluded if "
        "the spans are recorded by the generated class, which redacts them; a span that is opened by name is not "
        "redacted."
    ),
    severity=Severity.NOTE,
)

UNNEEDED_RISK_ALLOWANCE = Rule(
    "PR005",
    "an allowance of risk is not needed",
    (
        "An entry of [tool.prefactor-gen.risk.allow] allows what no span type declares any more. It would allow it "
        "again later, when nobody has decided on it. Remove the entry, or correct its spelling."
    ),
    severity=Severity.WARNING,
)

NOT_IN_PROFILE = Rule(
    "PR006",
    "a span type declares what the risk profile does not count",
    (
        "An action that is allowed, or a category that is included, is not in the risk profile, so it adds nothing to "
        "the score. The platform shows it as beyond the risk that was agreed for the agent. Add it to the profile, "
        "with 0 if it should not count, or do without it."
    ),
    severity=Severity.NOTE,
)

RISK_RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""
