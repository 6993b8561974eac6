// What a schema says of a field, and what does not match it.

/** @import { Child } from "./dom.js" */
/** @import { FieldInfo, Json } from "./shapes.js" */
/** @import { PayloadView } from "./texts.js" */
import { append, element } from "./dom.js";
import { isRedacted } from "./fields.js";
import { jsonElement } from "./json_view.js";

/**
 * The name of a field, and what its schema says of it.
 * @param {string} name
 * @param {FieldInfo} info
 * @param {Json} [value] If there is one.
 * @returns {Child[]}
 */
export function fieldLabel(name, info, value) {
  const title = info.title && info.title !== name ? element("span", { class: "field-title" }, info.title) : null;
  const code = element("code", { class: "field-name", title: typeOf(info) }, name || "(empty name)");
  const risk = info.data_risk && badge(info.data_risk, "risk", "The data risk of this field");
  return [
    title,
    code,
    info.unit ? element("span", { class: "muted" }, info.unit) : null,
    info.redacted && redactionBadge(value),
    risk,
    info.deprecated && badge("deprecated", "plain", "The schema says that this field should not be used any more"),
    info.description ? element("span", { class: "description" }, info.description) : null,
  ];
}

/** @param {Json} [value] */
function redactionBadge(value) {
  if (value === undefined || isRedacted(value))
    return badge("redacted", "lock", "The schema has this field redacted before it is recorded");
  return badge("⚠ not redacted", "warning", "The schema has this field redacted, but it was recorded as it was");
}

/** @param {FieldInfo} info */
function typeOf(info) {
  const words = [info.type, info.format, info.enum && "one of some values", info.required && "required"];
  return words.filter(Boolean).join(", ");
}

/**
 * @param {string} text
 * @param {string} kind
 * @param {string} title
 */
function badge(text, kind, title) {
  return element("span", { class: `badge ${kind}`, title }, text);
}

/**
 * What does not match the schema, beside the value.
 * @param {PayloadView} view
 * @param {string} pointer
 */
export function mismatchBoxes(view, pointer) {
  return (view.mismatches.get(pointer) ?? []).map(({ message, schema }) => {
    const box = element("div", { class: "mismatch" }, element("span", { class: "mismatch-text" }, `⚠ ${message}`));
    if (schema === undefined) return box;
    return append(box, element("details", {}, element("summary", {}, "Schema"), jsonElement(schema)));
  });
}
