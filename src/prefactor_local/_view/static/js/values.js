// Payloads field by field, as text that people read.

/** @import { Cut, Json } from "./shapes.js" */
/** @import { ChatMessage, FieldNode } from "./fields.js" */
/** @import { Child } from "./dom.js" */
/** @import { Drawing } from "./drawn_later.js" */
/** @import { PayloadView } from "./texts.js" */
import { append, element } from "./dom.js";
import { drawLater, FIRST_VALUES, showItems } from "./drawn_later.js";
import { fieldLabel, mismatchBoxes } from "./field_labels.js";
import {
  childField,
  childPointer,
  isConversation,
  isMessage,
  isObject,
  isRedacted,
  isShort,
  lastName,
  parentPointer,
} from "./fields.js";
import { formatJson } from "./json.js";
import { cutLine, dataElement, redactedElement, textElement } from "./texts.js";

const FIRST_FIELDS = 200;
const FIRST_VALUES_OF_DIFFERENCE = 50;
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
  return valueElement({ ...PLAIN, left: FIRST_VALUES_OF_DIFFERENCE }, value, "", null, 0);
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
  if (typeof value === "string")
    return isRedacted(value) ? redactedElement(value) : textElement(view, value, pointer, cut);
  if (value === null || typeof value !== "object") return scalarElement(value);
  if (depth > DEEPEST) return textElement(view, formatJson(value), pointer, undefined);
  if (view.left < 0 && depth && Object.keys(value).length)
    return drawLater(view, value, () => valueElement(view, value, pointer, field, depth));
  if (isConversation(value)) return conversationElement(view, value, pointer, field, depth, cut);
  if (Array.isArray(value)) return listElement(view, value, pointer, field, depth, cut);
  if (isMessage(value)) return oneMessage(view, value, pointer, field, depth);
  return objectElement(view, value, pointer, field, depth);
}

/** @param {boolean | number | bigint | null} value */
function scalarElement(value) {
  return element("span", { class: `scalar ${value === null ? "null" : typeof value}` }, String(value));
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
  const missing = missingNames(view, value, pointer);
  if (!names.length && cut) return cutLine(view, pointer, 0, "field", cut);
  if (!names.length && !missing.length)
    return element("span", { class: "muted" }, depth ? "empty object" : "no fields");
  const list = element("dl", { class: depth ? "fields nested" : "fields" });
  append(list, ...missing.map((name) => missingField(view, name, pointer, field)));
  const box = element("div", {}, list);
  const draw = /** @param {string} name */ (name) => fieldElement(view, name, value[name], pointer, field, depth);
  showItems(view, box, list, names, draw, { first: FIRST_FIELDS, noun: "field" });
  if (cut) append(box, cutLine(view, pointer, names.length, "field", cut));
  return box.childElementCount > 1 ? box : list;
}

/**
 * The fields that an object must have, and has not: their places are among those that do not match the schema.
 * @param {Drawing} view
 * @param {{ [name: string]: Json }} value
 * @param {string} pointer
 */
function missingNames(view, value, pointer) {
  if (view.cuts.has(pointer)) return [];
  const inside = [...view.mismatches.keys()].filter((place) => place && parentPointer(place) === pointer);
  return inside.map(lastName).filter((name) => !Object.hasOwn(value, name));
}

/**
 * @param {Drawing} view
 * @param {string} name
 * @param {string} parent
 * @param {FieldNode | null} parentField
 */
function missingField(view, name, parent, parentField) {
  const pointer = childPointer(parent, name);
  const term = element("dt", {}, ...fieldLabel(name, childField(parentField, name)?.info ?? {}));
  const shown = element("dd", {}, ...mismatchBoxes(view, pointer), element("span", { class: "muted" }, "not there"));
  return element("div", { class: "field wrong", "data-pointer": view.side + pointer, tabindex: -1 }, term, shown);
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
  const term = element("dt", {}, ...fieldLabel(name, field?.info ?? {}, value));
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
 * @param {Drawing} view
 * @param {Json[]} items
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 * @param {Cut | undefined} cut
 */
function listElement(view, items, pointer, field, depth, cut) {
  if (!items.length && cut) return cutLine(view, pointer, 0, "item", cut);
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
  showItems(view, box, list, items, itemElement);
  if (cut) append(box, cutLine(view, pointer, items.length, "item", cut));
  return box;
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
  if (cut) append(box, cutLine(view, pointer, messages.length, "message", cut));
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
    ...otherFields(view, said, others, pointer, field, depth),
  ];
}

/**
 * The fields of a message beside its role and content, and those that are missing.
 * @param {Drawing} view
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
 * @param {Drawing} view
 * @param {Json} content
 * @param {string} pointer
 * @param {FieldNode | null} field
 * @param {number} depth
 */
function contentElement(view, content, pointer, field, depth) {
  if (!Array.isArray(content) || !content.every(isPart)) return valueElement(view, content, pointer, field, depth);
  const list = element("div", { class: "parts" });
  const box = element("div", {}, list);
  showItems(view, box, list, content, (part, index) => {
    const at = childPointer(pointer, index);
    const inside = childField(field, String(index));
    if (isTextPart(part))
      return valueElement(view, part.text, childPointer(at, "text"), childField(inside, "text"), depth + 1);
    return partElement(view, part, at, inside, depth);
  });
  return box;
}

/**
 * A part that is no text. Of `{"type": "image_url", "image_url": {"url": …}}` only the last is worth a line.
 * @param {Drawing} view
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
