// Payloads field by field, as text that people read.

/** @import { Cut, FieldInfo, Json, Mismatch, Side } from "./shapes.js" */
/** @import { ChatMessage, FieldNode } from "./fields.js" */
/** @import { Child } from "./dom.js" */
import { append, button, element } from "./dom.js";
import {
  childField,
  childPointer,
  isConversation,
  isMessage,
  isObject,
  isRedacted,
  isShort,
  looksLikeCode,
} from "./fields.js";
import { formatBytes, formatCount, formatNumber } from "./format.js";
import { copyButton } from "./copy.js";
import { formatJson } from "./json.js";

const FIRST_ITEMS = 20;
const FIRST_FIELDS = 200;
const MORE_ITEMS = 200;
const FIRST_VALUES = 500; // of a payload; objects and lists after them are drawn when they are asked for
const FIRST_VALUES_OF_DIFFERENCE = 50;
const FOLDED_LINES = 24;
const FOLDED_CHARACTERS = 2500;
const DEEPEST = 24;

/**
 * @typedef {object} PayloadView
 * @property {Side} side
 * @property {Map<string, Cut>} cuts By pointer.
 * @property {Map<string, Mismatch[]>} mismatches By pointer.
 * @property {() => void} showAll Loads the values that were cut.
 */

/**
 * @typedef {PayloadView & { left: number }} Drawing
 * `left` is how many more values are drawn now: each takes some elements, and a payload may have a million.
 */

/**
 * A payload.
 * @param {PayloadView} payloadView
 * @param {Json} payload
 * @param {FieldNode} fields
 */
export function payloadElement(payloadView, payload, fields) {
  const view = { ...payloadView, left: FIRST_VALUES };
  const shown = element("div", { class: "payload" }, ...mismatchBoxes(view, ""));
  return append(shown, valueElement(view, payload, "", fields, 0));
}

/**
 * A value of which no schema is known.
 * @param {Json} value
 */
export function plainValue(value) {
  return valueElement(
    { side: "params", cuts: new Map(), mismatches: new Map(), showAll: () => {}, left: FIRST_VALUES_OF_DIFFERENCE },
    value,
    "",
    null,
    0,
  );
}

/**
 * @param {Drawing} view
 * @param {Json} value
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @returns {HTMLElement}
 */
function valueElement(view, value, pointer, field, depth) {
  const cut = view.cuts.get(pointer);
  view.left -= 1;
  if (cut?.kind === "data") return dataElement(cut);
  if (typeof value === "string") return isRedacted(value) ? redactedElement(value) : textElement(view, value, cut);
  if (value === null || typeof value !== "object") return scalarElement(value);
  if (depth > DEEPEST) return textElement(view, formatJson(value), undefined);
  if (view.left < 0 && depth && Object.keys(value).length)
    return foldedElement(view, value, () => valueElement(view, value, pointer, field, depth));
  if (isConversation(value)) return conversationElement(view, value, pointer, field, depth, cut);
  if (Array.isArray(value)) return listElement(view, value, pointer, field, depth, cut);
  if (isMessage(value)) return oneMessage(view, value, pointer, field, depth);
  return objectElement(view, value, pointer, field, depth);
}

/**
 * The place of an object or a list that is drawn when it is asked for.
 * @param {Drawing} view
 * @param {object} value
 * @param {() => HTMLElement} draw
 */
function foldedElement(view, value, draw) {
  const noun = Array.isArray(value) ? "item" : "field";
  const more = button(
    `Show ${formatCount(Object.keys(value).length, noun)}`,
    () => {
      view.left = FIRST_VALUES;
      more.replaceWith(draw());
    },
    { class: "link" },
  );
  return more;
}

/** @param {boolean | number | bigint | null} value */
function scalarElement(value) {
  return element("span", { class: `scalar ${value === null ? "null" : typeof value}` }, String(value));
}

/** @param {string} value */
function redactedElement(value) {
  return element("span", { class: "redacted" }, "🔒 ", value.replace(/^\[|\]$/g, ""));
}

/** @param {Cut} cut */
function dataElement(cut) {
  const kind = cut.media_type ? `Data of the type ${cut.media_type}` : "Data (Base64)";
  return element("span", { class: "data" }, `${kind}, ${formatBytes(cut.size)} of text; not shown`);
}

/**
 * @param {Drawing} view
 * @param {string} text
 * @param {Cut | undefined} cut
 */
function textElement(view, text, cut) {
  if (!text.trim()) return element("span", { class: "muted" }, emptyText(text));
  if (isShort(text) && !cut) return element("span", { class: "short", dir: "auto" }, text);
  const code = looksLikeCode(text);
  const block = element(code ? "pre" : "div", { class: code ? "text code" : "text", dir: code ? "ltr" : "auto" }, text);
  const box = element(
    "div",
    { class: "text-box" },
    block,
    copyButton(() => text),
  );
  if (cut)
    append(box, cutLine(view, `The first ${formatCount(text.length, "character")} of ${formatNumber(cut.size)}.`));
  if (isLong(text)) foldText(block, text);
  return box;
}

/** @param {string} text */
function emptyText(text) {
  return text ? `white space only (${formatCount(text.length, "character")})` : "empty text";
}

/** @param {string} text */
function isLong(text) {
  return text.length > FOLDED_CHARACTERS || text.split("\n", FOLDED_LINES + 1).length > FOLDED_LINES;
}

/**
 * @param {HTMLElement} block
 * @param {string} text
 */
function foldText(block, text) {
  block.classList.add("folded");
  const more = button(
    `Show the whole text (${formatCount(text.length, "character")})`,
    () => {
      block.classList.remove("folded");
      more.remove();
    },
    { class: "link" },
  );
  block.after(more);
}

/**
 * @param {Drawing} view
 * @param {string} said
 */
function cutLine(view, said) {
  return element("p", { class: "cut" }, `${said} `, button("Show all", view.showAll, { class: "link" }));
}

/**
 * @param {Drawing} view
 * @param {{ [name: string]: Json }} value
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function objectElement(view, value, pointer, field, depth) {
  const names = Object.keys(value);
  const cut = view.cuts.get(pointer);
  if (!names.length && cut) return notShown(view, cut, "field");
  if (!names.length) return element("span", { class: "muted" }, depth ? "empty object" : "no fields");
  const list = element("dl", { class: depth ? "fields nested" : "fields" });
  const box = element("div", {}, list);
  const draw = /** @param {string} name */ (name) => fieldElement(view, name, value[name], pointer, field, depth);
  showItems(view, box, list, names, draw, { first: FIRST_FIELDS, noun: "field" });
  if (cut?.kind === "items")
    append(box, cutLine(view, `The first ${formatCount(names.length, "field")} of ${formatNumber(cut.size)}.`));
  return box.childElementCount > 1 ? box : list;
}

/**
 * An object or a list of which nothing is there.
 * @param {Drawing} view
 * @param {Cut} cut
 * @param {string} noun
 */
function notShown(view, cut, noun) {
  return cutLine(view, `${formatCount(cut.size, noun)}, not shown here.`);
}

/**
 * @param {Drawing} view
 * @param {string} name
 * @param {Json} value
 * @param {string} parent The pointer of the object.
 * @param {FieldNode | null} parentField
 * @param {number} depth
 */
function fieldElement(view, name, value, parent, parentField, depth) {
  const pointer = childPointer(parent, name);
  const field = childField(parentField, name);
  const wrong = mismatchBoxes(view, pointer);
  const inline = isShort(value) && !wrong.length && !view.cuts.has(pointer);
  const term = element("dt", {}, ...fieldLabel(name, field?.info ?? {}));
  const shown = element("dd", {}, ...wrong, valueElement(view, value, pointer, field, depth + 1));
  const kind = `field${inline ? " inline" : ""}${wrong.length ? " wrong" : ""}`;
  return element(
    "div",
    { class: kind, "data-pointer": view.side + pointer, tabindex: wrong.length ? -1 : null },
    term,
    shown,
  );
}

/**
 * The name of a field, and what its schema says of it.
 * @param {string} name
 * @param {FieldInfo} info
 * @returns {Child[]}
 */
function fieldLabel(name, info) {
  const title = info.title && info.title !== name ? element("span", { class: "field-title" }, info.title) : null;
  const code = element("code", { class: "field-name", title: typeOf(info) }, name || "(empty name)");
  const risk = info.data_risk && badge(info.data_risk, "risk", "The data risk of this field");
  return [
    title,
    code,
    info.unit ? element("span", { class: "muted" }, info.unit) : null,
    info.redacted && badge("🔒 redacted", "lock", "The schema has this field redacted before it is recorded"),
    risk,
    info.deprecated && badge("deprecated", "plain", "The schema says that this field should not be used any more"),
    info.description ? element("span", { class: "description" }, info.description) : null,
  ];
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
 * @param {Drawing} view
 * @param {Json[]} items
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @param {Cut | undefined} cut
 */
function listElement(view, items, pointer, field, depth, cut) {
  if (!items.length && cut) return notShown(view, cut, "item");
  if (!items.length) return element("span", { class: "muted" }, "empty list");
  const short = items.every(isShort);
  const list = element("ol", { class: short ? "items short-items" : "items" });
  /** @param {Json} item @param {number} index */
  const itemElement = (item, index) => {
    const at = childPointer(pointer, index);
    const wrong = mismatchBoxes(view, at);
    const shown = valueElement(view, item, at, childField(field, String(index)), depth + 1);
    return element("li", { "data-pointer": view.side + at, tabindex: wrong.length ? -1 : null }, ...wrong, shown);
  };
  const box = element("div", {}, list);
  showItems(view, box, list, items, itemElement);
  if (cut) append(box, cutLine(view, `The first ${formatCount(items.length, "item")} of ${formatNumber(cut.size)}.`));
  return box;
}

/**
 * Shows the first items of a list, and the others when they are asked for.
 * @template Item
 * @param {Drawing} view
 * @param {HTMLElement} box
 * @param {HTMLElement} list
 * @param {Item[]} items
 * @param {(item: Item, index: number) => HTMLElement} itemElement
 * @param {{ first?: number, noun?: string }} [how]
 */
function showItems(view, box, list, items, itemElement, { first = FIRST_ITEMS, noun = "item" } = {}) {
  let shown = 0;
  /** @param {number} count */
  const show = (count) => {
    append(list, ...items.slice(shown, shown + count).map((item, index) => itemElement(item, shown + index)));
    shown += Math.min(count, items.length - shown);
    if (shown < items.length) append(box, moreButton());
  };
  const moreButton = () => {
    const next = Math.min(MORE_ITEMS, items.length - shown);
    const rest = next < items.length - shown ? ` (of ${formatNumber(items.length - shown)})` : "";
    const more = button(
      `Show ${formatCount(next, `more ${noun}`)}${rest}`,
      () => {
        view.left = FIRST_VALUES;
        more.remove();
        show(next);
      },
      { class: "link" },
    );
    return more;
  };
  show(items.length > first * 1.5 ? first : items.length);
}

/**
 * @param {Drawing} view
 * @param {ChatMessage[]} messages
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @param {Cut | undefined} cut
 */
function conversationElement(view, messages, pointer, field, depth, cut) {
  const list = element("ol", { class: "conversation" });
  const box = element("div", {}, list);
  showItems(view, box, list, messages, (item, index) => {
    const at = childPointer(pointer, index);
    const shown = messageElement(view, item, at, childField(field, String(index)), depth + 1);
    return element("li", { class: `said ${roleClass(item.role)}`, "data-pointer": view.side + at }, ...shown);
  });
  if (cut)
    append(box, cutLine(view, `The first ${formatCount(messages.length, "message")} of ${formatNumber(cut.size)}.`));
  return box;
}

/**
 * @param {Drawing} view
 * @param {ChatMessage} said
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function oneMessage(view, said, pointer, field, depth) {
  return element(
    "div",
    { class: `said ${roleClass(said.role)}` },
    ...messageElement(view, said, pointer, field, depth),
  );
}

/** @param {string} role */
function roleClass(role) {
  return ["system", "user", "assistant", "tool"].includes(role) ? role : "other";
}

/**
 * Who speaks, what is said, and the other fields of a message.
 * @param {Drawing} view
 * @param {ChatMessage} said
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @returns {Child[]}
 */
function messageElement(view, said, pointer, field, depth) {
  const { role, content, ...others } = /** @type {{ [name: string]: Json }} */ (said);
  const at = childPointer(pointer, "content");
  const inside = childField(field, "content");
  return [
    element("span", { class: "role" }, String(role)),
    ...mismatchBoxes(view, pointer),
    ...mismatchBoxes(view, childPointer(pointer, "role")),
    ...mismatchBoxes(view, at),
    content === undefined || content === null ? null : contentElement(view, content, at, inside, depth),
    Object.keys(others).length ? objectElement(view, others, pointer, field, depth) : null,
  ];
}

/**
 * The content of a message: a text, or a list of parts of which some are texts.
 * @param {Drawing} view
 * @param {Json} content
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function contentElement(view, content, pointer, field, depth) {
  if (!Array.isArray(content) || !content.some(isTextPart)) return valueElement(view, content, pointer, field, depth);
  const list = element("div", { class: "parts" });
  const box = element("div", {}, list);
  showItems(view, box, list, content, (part, index) => {
    const at = childPointer(pointer, index);
    const inside = childField(field, String(index));
    if (!isTextPart(part)) return valueElement(view, part, at, inside, depth + 1);
    return valueElement(view, part.text, childPointer(at, "text"), childField(inside, "text"), depth + 1);
  });
  return box;
}

/**
 * @param {Json} part
 * @returns {part is { type: string, text: string }}
 */
function isTextPart(part) {
  return isObject(part) && part.type === "text" && typeof part.text === "string" && Object.keys(part).length === 2;
}

/**
 * What does not match the schema, beside the value.
 * @param {Drawing} view
 * @param {string} pointer
 */
function mismatchBoxes(view, pointer) {
  return (view.mismatches.get(pointer) ?? []).map(({ message, schema }) => {
    const box = element("div", { class: "mismatch" }, element("span", { class: "mismatch-text" }, `⚠ ${message}`));
    if (schema === undefined) return box;
    const shown = element("pre", { class: "text code" }, formatJson(schema));
    return append(box, element("details", {}, element("summary", {}, "Schema"), shown));
  });
}
