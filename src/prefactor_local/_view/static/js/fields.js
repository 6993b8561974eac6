// What is known of the fields of a payload. No DOM.

/** @import { FieldInfo, Json } from "./shapes.js" */

/**
 * @typedef {object} FieldNode What a schema says of a value, and of those in it.
 * @property {FieldInfo} info
 * @property {Map<string, FieldNode>} children By name; `*` is any item, and any other property.
 */

/**
 * @param {{ [pattern: string]: FieldInfo }} fields By the pattern of their JSON pointer.
 * @returns {FieldNode}
 */
export function fieldTree(fields) {
  const root = newField();
  for (const [pattern, info] of Object.entries(fields)) {
    let node = root;
    for (const part of pattern.split("/").slice(1)) {
      const name = unescapePointer(part);
      let next = node.children.get(name);
      if (!next) node.children.set(name, (next = newField()));
      node = next;
    }
    node.info = info;
  }
  return root;
}

/** @returns {FieldNode} */
function newField() {
  return { info: {}, children: new Map() };
}

/**
 * @param {FieldNode | null} node
 * @param {string} name Of a property; of an item, its number.
 * @returns {FieldNode | null} Null if nothing is known.
 */
export function childField(node, name) {
  return node?.children.get(name) ?? node?.children.get("*") ?? null;
}

/**
 * @param {string} pointer
 * @param {string | number} name
 */
export function childPointer(pointer, name) {
  return `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** @param {string} pointer Not that of the payload itself. */
export function parentPointer(pointer) {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));
}

/**
 * The name of the last field of a pointer.
 * @param {string} pointer
 */
export function lastName(pointer) {
  return unescapePointer(pointer.slice(pointer.lastIndexOf("/") + 1));
}

/**
 * The value at a pointer; undefined if there is none.
 * @param {Json} payload
 * @param {string} pointer
 */
export function valueAt(payload, pointer) {
  /** @type {Json | undefined} */
  let value = payload;
  for (const part of pointer.split("/").slice(1)) {
    const name = unescapePointer(part);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = /** @type {{ [name: string]: Json }} */ (value)[name];
  }
  return value;
}

/** @param {string} part */
function unescapePointer(part) {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/**
 * @param {Json} value
 * @returns {value is { [name: string]: Json }}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The error in the result of a span, as `error_of` in exports/payload_fields.py finds it.
 * @param {Json} result
 */
export function recordedError(result) {
  const outer = isObject(result) ? result : {};
  const inner = isObject(outer.error) ? outer.error : {};
  const message = [inner.message, outer.error_message, outer.error].find((text) => typeof text === "string" && text);
  return { type: typeof inner.type === "string" ? inner.type : "", message: String(message ?? "") };
}

/** @typedef {{ role: string, content?: Json, [name: string]: Json | undefined }} ChatMessage */

/**
 * Whether a value is a list of messages with a role.
 * @param {Json} value
 * @returns {value is ChatMessage[]}
 */
export function isConversation(value) {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage);
}

/**
 * @param {Json} value
 * @returns {value is ChatMessage}
 */
export function isMessage(value) {
  return (
    isObject(value) &&
    typeof value.role === "string" &&
    ("content" in value || "tool_calls" in value || "parts" in value)
  );
}

/** @param {Json} value */
export function isRedacted(value) {
  return typeof value === "string" && /^\[redacted(: [^\]]*)?\]$/.test(value);
}

/** @param {Json} value */
export function isShort(value) {
  if (typeof value === "string") return value.length <= 60 && !value.includes("\n");
  return typeof value !== "object" || value === null;
}

const CODE_LINES = [
  /^\s*[{}[\]<]/, // JSON, HTML, XML
  /[;{}]\s*$/,
  /^\s*(async|class|const|def|function|import|let|return|var) \S/,
  /^\s*(AND|FROM|GROUP BY|INSERT|JOIN|ORDER BY|SELECT|SET|UPDATE|VALUES|WHERE)\b/,
  /^\s*(at .+:\d+|File ".+", line \d+)/, // tracebacks
  /^(@@ |\+\+\+ |--- )/, // differences
];
const INDENTED = /^( {2,}|\t)\S/;

/**
 * Whether a text looks like code, JSON, a table or a traceback, which need letters of one width.
 * @param {string} text
 */
export function looksLikeCode(text) {
  const lines = text
    .slice(0, 4000)
    .split("\n")
    .filter((line) => line.trim());
  if (lines.length < 2) return /^\s*[[{<].*[\]}>]\s*$/.test(text) && text.length > 2;
  const code = lines.filter((line) => CODE_LINES.some((pattern) => pattern.test(line)));
  const indented = lines.filter((line) => INDENTED.test(line) && !code.includes(line)).length;
  // A list in a letter has indented lines, too.
  return code.length > 0 && indented + code.length >= lines.length / 2;
}
