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
  lastName,
  looksLikeCode,
  parentPointer,
} from "./fields.js";
import { formatBytes, formatCount, formatNumber } from "./format.js";
import { copyButton } from "./copy.js";

const FIRST_ITEMS = 20;
const FOLDED_LINES = 24;
const FOLDED_CHARACTERS = 2500;
const DEEPEST = 24;
/** For values of which nothing else is known. @type {PayloadView} */
export const PLAIN = {
  side: "params",
  cuts: new Map(),
  mismatches: new Map(),
  unfolded: "",
  showAll: null,
  wholeText: null,
};

/**
 * @typedef {object} PayloadView
 * @property {Side} side
 * @property {Map<string, Cut>} cuts By pointer.
 * @property {Map<string, Mismatch[]>} mismatches By pointer.
 * @property {string} unfolded The pointer of the text that a person asked for as a whole.
 * @property {((pointer: string) => void) | null} showAll Loads what was cut; null: it is in this file not at all.
 * @property {((pointer: string) => Promise<string>) | null} wholeText Loads a text that was cut, for the clipboard.
 */

/**
 * A payload.
 * @param {PayloadView} view
 * @param {Json} payload
 * @param {FieldNode} fields
 */
export function payloadElement(view, payload, fields) {
  const shown = element("div", { class: "payload" }, ...mismatchBoxes(view, ""));
  return append(shown, valueElement(view, payload, "", fields, 0));
}

/**
 * A value of which no schema is known.
 * @param {Json} value
 */
export function plainValue(value) {
  return valueElement(PLAIN, value, "", null, 0);
}

/**
 * @param {PayloadView} view
 * @param {Json} value
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @returns {HTMLElement}
 */
function valueElement(view, value, pointer, field, depth) {
  const cut = view.cuts.get(pointer);
  if (cut?.kind === "data") return dataElement(cut);
  if (typeof value === "string") return isRedacted(value) ? redactedElement(value) : textElement(view, value, pointer, cut);
  if (value === null || typeof value !== "object") return scalarElement(value);
  if (depth > DEEPEST) return textElement(view, JSON.stringify(value, null, 2), pointer, undefined);
  if (isConversation(value)) return conversationElement(view, value, pointer, field, depth, cut);
  if (Array.isArray(value)) return listElement(view, value, pointer, field, depth, cut);
  if (isMessage(value)) return oneMessage(view, value, pointer, field, depth);
  return objectElement(view, value, pointer, field, depth, cut);
}

/** @param {boolean | number | null} value */
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
  return element("span", { class: "data" }, `${kind}, ${formatBytes(cut.size)} as text; not shown`);
}

/**
 * @param {PayloadView} view
 * @param {string} text
 * @param {string} pointer
 * @param {Cut | undefined} cut
 */
function textElement(view, text, pointer, cut) {
  if (!text.trim()) return element("span", { class: "muted" }, emptyText(text));
  if (isShort(text) && !cut) return element("span", { class: "short", dir: "auto" }, shortText(view, text, pointer));
  const code = looksLikeCode(text);
  const block = element(code ? "pre" : "div", { class: code ? "text code" : "text", dir: code ? "ltr" : "auto" }, text);
  const box = element(
    "div",
    { class: "text-box" },
    block,
    cut ? copyCut(view, text, pointer) : copyButton(() => text),
  );
  if (cut && view.showAll) return append(box, wholeTextLine(view, block, pointer, cut));
  if (isLong(text) && view.unfolded !== pointer) foldText(block, text);
  if (cut) append(box, cutLine(view, pointer, formatCount(text.length, "character"), cut));
  return box;
}

/**
 * @param {PayloadView} view
 * @param {string} text What is shown of it.
 * @param {string} pointer
 */
function copyCut({ wholeText }, text, pointer) {
  return wholeText ? copyButton(() => wholeText(pointer)) : copyButton(() => text, "Copy this part");
}

/**
 * A text on one line. One that does not match its schema has quotation marks: it may look like a number.
 * @param {PayloadView} view
 * @param {string} text
 * @param {string} pointer
 */
function shortText(view, text, pointer) {
  return view.mismatches.has(pointer) ? `"${text}"` : text;
}

/**
 * Folds a text of which there is more, and loads all of it.
 * @param {PayloadView} view
 * @param {HTMLElement} block
 * @param {string} pointer
 * @param {Cut} cut
 */
function wholeTextLine(view, block, pointer, cut) {
  block.classList.add("folded");
  const label = `Show the whole text (${formatCount(cut.size, "character")})`;
  return button(label, () => view.showAll?.(pointer), { class: "link" });
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
 * Says that there is more than is shown.
 * @param {PayloadView} view
 * @param {string} pointer
 * @param {string} shown How much is shown, as `1,000 items`.
 * @param {Cut} cut
 */
function cutLine(view, pointer, shown, cut) {
  const { showAll } = view;
  const rest = showAll
    ? button("Show all", () => showAll(pointer), { class: "link" })
    : "The others were cut off when this file was exported.";
  return element("p", { class: "cut" }, `The first ${shown} of ${formatNumber(cut.size)}. `, rest);
}

/**
 * @param {PayloadView} view
 * @param {{ [name: string]: Json }} value
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @param {Cut | undefined} [cut]
 */
function objectElement(view, value, pointer, field, depth, cut) {
  const names = Object.keys(value);
  const missing = missingNames(view, value, pointer);
  if (!names.length && !missing.length)
    return element("span", { class: "muted" }, depth ? "empty object" : "no fields");
  const list = element("dl", { class: depth ? "fields nested" : "fields" });
  append(list, ...missing.map((name) => missingField(view, name, pointer, field)));
  append(list, ...names.map((name) => fieldElement(view, name, value[name], pointer, field, depth)));
  if (!cut) return list;
  return element("div", {}, list, cutLine(view, pointer, formatCount(names.length, "field"), cut));
}

/**
 * The fields that an object must have, and has not: their places are among those that do not match the schema.
 * @param {PayloadView} view
 * @param {{ [name: string]: Json }} value
 * @param {string} pointer
 */
function missingNames(view, value, pointer) {
  if (view.cuts.has(pointer)) return [];
  const inside = [...view.mismatches.keys()].filter((place) => place && parentPointer(place) === pointer);
  return inside.map(lastName).filter((name) => !Object.hasOwn(value, name));
}

/**
 * @param {PayloadView} view
 * @param {string} name
 * @param {string} parent
 * @param {FieldNode | null} parentField
 */
function missingField(view, name, parent, parentField) {
  const pointer = childPointer(parent, name);
  const term = element("dt", {}, ...fieldLabel(name, childField(parentField, name)?.info ?? {}));
  const shown = element(
    "dd",
    {},
    ...mismatchBoxes(view, pointer),
    element("span", { class: "muted" }, "not there"),
  );
  return element("div", { class: "field wrong", "data-pointer": view.side + pointer, tabindex: -1 }, term, shown);
}

/**
 * @param {PayloadView} view
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
 * @param {PayloadView} view
 * @param {Json[]} items
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @param {Cut | undefined} cut
 */
function listElement(view, items, pointer, field, depth, cut) {
  if (!items.length) return element("span", { class: "muted" }, "empty list");
  const isWrong = items.some((_, index) => view.mismatches.has(childPointer(pointer, index)));
  const short = items.every(isShort) && !isWrong;
  const list = element("ol", { class: short ? "items short-items" : "items" });
  /** @param {Json} item @param {number} index */
  const itemElement = (item, index) => {
    const at = childPointer(pointer, index);
    const wrong = mismatchBoxes(view, at);
    const shown = valueElement(view, item, at, childField(field, String(index)), depth + 1);
    return element("li", { "data-pointer": view.side + at, tabindex: wrong.length ? -1 : null }, ...wrong, shown);
  };
  const box = element("div", {}, list);
  showItems(box, list, items, itemElement);
  if (cut) append(box, cutLine(view, pointer, formatCount(items.length, "item"), cut));
  return box;
}

/**
 * Shows the first items of a list, and the others when they are asked for.
 * @template Item
 * @param {HTMLElement} box
 * @param {HTMLElement} list
 * @param {Item[]} items
 * @param {(item: Item, index: number) => HTMLElement} itemElement
 */
function showItems(box, list, items, itemElement) {
  const first = items.length > FIRST_ITEMS * 1.5 ? FIRST_ITEMS : items.length;
  append(list, ...items.slice(0, first).map(itemElement));
  if (first === items.length) return;
  const more = button(
    `Show ${formatCount(items.length - first, "more item")}`,
    () => {
      append(list, ...items.slice(first).map((item, index) => itemElement(item, first + index)));
      more.remove();
    },
    { class: "link" },
  );
  append(box, more);
}

/**
 * @param {PayloadView} view
 * @param {ChatMessage[]} messages
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @param {Cut | undefined} cut
 */
function conversationElement(view, messages, pointer, field, depth, cut) {
  const list = element("ol", { class: "conversation" });
  const box = element("div", {}, list);
  showItems(box, list, messages, (item, index) => {
    const at = childPointer(pointer, index);
    const shown = messageElement(view, item, at, childField(field, String(index)), depth + 1);
    return element("li", { class: `said ${roleClass(item.role)}`, "data-pointer": view.side + at }, ...shown);
  });
  if (cut) append(box, cutLine(view, pointer, formatCount(messages.length, "message"), cut));
  return box;
}

/**
 * @param {PayloadView} view
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
 * @param {PayloadView} view
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
    ...otherFields(view, said, others, pointer, field, depth),
  ];
}

/**
 * The fields of a message beside its role and content, and those that are missing.
 * @param {PayloadView} view
 * @param {ChatMessage} said
 * @param {{ [name: string]: Json }} others
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function otherFields(view, said, others, pointer, field, depth) {
  const missing = missingNames(view, /** @type {{ [name: string]: Json }} */ (said), pointer);
  if (!Object.keys(others).length && !missing.length) return [];
  return [objectElement(view, others, pointer, field, depth)];
}

/**
 * The content of a message: a text, or a list of parts of which some are texts.
 * @param {PayloadView} view
 * @param {Json} content
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function contentElement(view, content, pointer, field, depth) {
  if (!Array.isArray(content) || !content.every(isPart)) return valueElement(view, content, pointer, field, depth);
  const parts = content.map((part, index) => {
    const at = childPointer(pointer, index);
    const inside = childField(field, String(index));
    if (isTextPart(part))
      return valueElement(view, part.text, childPointer(at, "text"), childField(inside, "text"), depth + 1);
    return partElement(view, part, at, inside, depth);
  });
  return element("div", { class: "parts" }, ...parts);
}

/**
 * A part that is no text. Of `{"type": "image_url", "image_url": {"url": …}}` only the last is worth a line.
 * @param {PayloadView} view
 * @param {Json} part
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function partElement(view, part, pointer, field, depth) {
  const kind = isObject(part) && typeof part.type === "string" ? part.type : "";
  if (!kind || !isObject(part)) return valueElement(view, part, pointer, field, depth + 1);
  const { type: _, ...others } = part;
  let [shown, at, inside] = /** @type {[Json, string, FieldNode | null]} */ ([others, pointer, field]);
  for (let names = Object.keys(others); names.length === 1; names = isObject(shown) ? Object.keys(shown) : []) {
    const [name] = names;
    shown = /** @type {{ [name: string]: Json }} */ (shown)[name];
    [at, inside] = [childPointer(at, name), childField(inside, name)];
  }
  const value = valueElement(view, shown, at, inside, depth + 1);
  return element("div", { class: "part", "data-pointer": view.side + at }, element("code", {}, kind), " ", value);
}

/** @param {Json} part */
function isPart(part) {
  return typeof part === "string" || (isObject(part) && typeof part.type === "string");
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
 * @param {PayloadView} view
 * @param {string} pointer
 */
function mismatchBoxes(view, pointer) {
  return (view.mismatches.get(pointer) ?? []).map(({ message, schema }) => {
    const box = element("div", { class: "mismatch" }, element("span", { class: "mismatch-text" }, `⚠ ${message}`));
    if (schema === undefined) return box;
    const shown = element("pre", { class: "text code" }, JSON.stringify(schema, null, 2));
    return append(box, element("details", {}, element("summary", {}, "Schema"), shown));
  });
}
