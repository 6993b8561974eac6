"""Why each kind of change is told, and what to do about it, by its code."""

from __future__ import annotations

__all__ = ["EXPLANATIONS"]

EXPLANATIONS = {
    "PD001": (
        "Spans of this type are recorded already, and dashboards, queries and evaluations name it. Agents that still "
        "record it are not valid any more. Deprecate it first, with a date (x-prefactor-deprecated: until), and "
        "remove it when that has come. If it has another name now, write x-prefactor-renamed-from in the new one."
    ),
    "PD002": (
        "A new span type, or a new quality schema, breaks nobody. It is told so that a reader of the comparison sees "
        "everything that is new."
    ),
    "PD003": (
        "The definition says with x-prefactor-renamed-from that the span type had another name. The spans that are "
        "recorded keep the old one, so agents and readers have to know both for a while. Prefer to add the new span "
        "type, deprecate the old one, and remove it later."
    ),
    "PD004": (
        "Evaluations that write or read values of this quality schema find it no more. Keep it until nobody uses it."
    ),
    "PD005": (
        "Spans of this type had a result with properties, and may have only an empty one now: either the definition "
        "has no result_schema, or one that takes only {}. What agents record today is refused, and readers find "
        "nothing. Deprecate the span type, and add one without a result."
    ),
    "PD006": (
        "The span type had no result, and has one now. Readers may meet it. If it has required properties, agents "
        "that finish without a result break, which is reported as PD103."
    ),
    "PD007": (
        "The two schemas cannot be compared: one is not valid, refers to something that does not exist, or is nested "
        "too deeply. So nothing shows that the change is safe. If the old schema is wrong, allow the change once, "
        "with the reason."
    ),
    "PD101": (
        "Readers that show, filter or evaluate the property find nothing in new spans. In an object that takes "
        "further properties, old payloads are still valid, but helpers cannot record the property any more; a closed "
        "object refuses it. Deprecate it first, with a date, and remove it when that has come. If it has another name "
        "now, write x-prefactor-renamed-from in its schema."
    ),
    "PD102": (
        "A property that is not required breaks no agent and no reader. In a closed object it is a warning for "
        "readers, because old spans cannot have it. In theory an open object might have had any value under this "
        'name; helpers cannot record that, so it counts only with undeclared = "count".'
    ),
    "PD103": (
        "Agents that do not know the property yet record payloads without it, which are not valid any more. A default "
        "does not help: it is not written into payloads. Add the property without requiring it, and require it when "
        "every agent records it."
    ),
    "PD104": (
        "The schema says with x-prefactor-renamed-from that the property had another name. Agents record the old name "
        "and readers look for it. Prefer to add the new property, deprecate the old one, and remove it later."
    ),
    "PD105": ("Agents that leave the property out are not valid any more. Let every agent record it first."),
    "PD106": (
        "Readers that rely on the property may meet spans without it. Tell them before, or keep recording a value "
        "that stands for none."
    ),
    "PD107": (
        "A condition asks for more than before: dependentRequired, dependentSchemas, or if, then and else. Agents "
        "whose payloads do not fulfil it break. Let every agent fulfil it first."
    ),
    "PD108": (
        "A condition is gone or asks for less. Readers that rely on it may meet payloads that did not exist before."
    ),
    "PD109": (
        "The object refuses properties that it does not name. Agents that record some break. Name those that are "
        "recorded, or leave the object open."
    ),
    "PD110": ("The object takes properties that it does not name. Readers that list all properties may meet others."),
    "PD111": (
        "The values or the names of properties that have no schema of their own must fulfil more than before: "
        "additionalProperties, patternProperties, unevaluatedProperties or propertyNames. Agents that record others "
        "break."
    ),
    "PD112": (
        "The values or the names of properties that have no schema of their own may be more than before. Readers may "
        "meet values that did not exist, such as a number where there were only texts."
    ),
    "PD201": (
        "A type of value is not valid any more, such as null. Agents that record it break. Let every agent stop "
        "recording it first."
    ),
    "PD202": (
        "Readers may meet a type of value that did not exist, such as null, or a number with a fraction. Queries and "
        "evaluations have to expect it first."
    ),
    "PD203": (
        "What agents record is not valid any more, and readers meet another type. Add a property with the new type "
        "beside it, and deprecate the old one."
    ),
    "PD204": (
        "A limit is stricter: of a number, of a length, of a count, of multiples, or that items are different. Agents "
        "whose values are beyond it break. The value that is shown is an example."
    ),
    "PD205": (
        "A limit is less strict. Readers that rely on it, such as the scale of a chart or the width of a column, may "
        "meet values beyond it."
    ),
    "PD206": (
        "Agents that record the value break. Keep it, and say in its description that it is not recorded any more."
    ),
    "PD207": (
        "Readers that treat each value in its own way meet one that they do not know. Readers should have a case for "
        "others; then allow the change, with that as the reason."
    ),
    "PD208": ("Only some values are valid now. Agents that record others break."),
    "PD209": ("Readers that know all values meet others. If the list only grows, keep it and add the values instead."),
    "PD210": (
        "Texts must match a pattern, or another one. Agents whose texts do not match break; with another pattern, "
        "readers meet texts that did not exist. Whether one pattern takes all texts of another cannot be proven."
    ),
    "PD211": ("Texts need not match a pattern any more. Readers that take them apart by it may fail."),
    "PD212": (
        "A text has a format, or its content is described. Agents may record others. It is an error where formats are "
        'checked (formats = "assert").'
    ),
    "PD213": ("A text has no such format any more, or another one. Readers that parse it may fail."),
    "PD214": ("An option of a union is gone. Agents that record it break."),
    "PD215": (
        "Readers may meet an option that did not exist, such as another kind of payment. If the options of a oneOf "
        "overlap, a new one also makes values invalid that match two."
    ),
    "PD216": (
        "The items of a tuple have other positions, or their number is another. Agents and readers know items by "
        "their position. Describe an object with names instead."
    ),
    "PD217": ("contains, minContains or maxContains changed. Whom it breaks is said by the payload that is shown."),
    "PD218": ("What not excludes has changed. Whom it breaks is said by the payload that is shown."),
    "PD219": (
        "Helpers record a placeholder in place of the value, so readers of new spans find only that. It is often "
        "right: then allow the change with the reason."
    ),
    "PD220": (
        "No rule explains how the two differ, and the engine cannot prove that the change is safe. Unproven is not "
        "safe. Make the change in smaller steps, or write the schema more simply; or look at it, and allow it with "
        "the reason."
    ),
    "PD221": (
        "JSON Schema does not know the keyword, so what it means cannot be compared; nullable and discriminator are "
        "OpenAPI's. Write what it means with keywords of JSON Schema. A key of your own that starts with x- is not "
        "compared."
    ),
    "PD301": ("A title or a description changed. Neither decides whether a payload is valid."),
    "PD302": ("The platform shows spans by another template. Nothing else depends on it."),
    "PD303": (
        "The template shows something that the schemas had and do not have any more, so its place stays empty. "
        "Correct the template."
    ),
    "PD304": (
        "A default is what readers assume if a property is not recorded. Spans without it mean something else now, "
        "the old ones as well. Prefer to record the value."
    ),
    "PD305": (
        "Nobody breaks yet. The message says what to use, and until when the old one is supported. prefactor-gen "
        "status shows who still uses it."
    ),
    "PD306": (
        "Its deprecation said until when it is supported, and that day has come. prefactor-gen status shows whether "
        "somebody still uses it."
    ),
    "PD307": (
        "Its deprecation said until when it is supported, and that day has not come. People rely on it. Wait, or "
        "allow the change with the reason."
    ),
    "PD308": (
        "The day until which something is supported is nearer than the grace of the configuration, or in the past. "
        "Leave people more time, or set grace."
    ),
    "PD309": (
        "A deprecation said until when something is supported, and names an earlier day now. People rely on the day "
        "that was announced; with an earlier one, the removal would pass as one in time. Keep the day, or allow the "
        "change with the reason."
    ),
    "PD901": (
        "An entry of [tool.prefactor-gen.diff.allow] allows a change that is not there. If it stayed, it would allow "
        "the same change when it comes by mistake. Remove the entry."
    ),
}
