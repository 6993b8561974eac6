// Texts of payloads, and what is said where a value is not shown as a whole.

/** @import { Cut, Mismatch, Side } from "./shapes.js" */
import { copyButton } from "./copy.js";
import { append, button, element } from "./dom.js";
import { isShort, looksLikeCode } from "./fields.js";
import { formatBytes, formatCount, formatNumber } from "./format.js";

const FOLDED_LINES = 24;
const FOLDED_CHARACTERS = 2500;

/**
 * @typedef {object} PayloadView
 * @property {Side} side
 * @property {Map<string, Cut>} cuts By pointer.
 * @property {Map<string, Mismatch[]>} mismatches By pointer.
 * @property {string} unfolded The pointer of the text that a person asked for as a whole.
 * @property {((pointer: string) => void) | null} showAll Loads what was cut; null: it is in this file not at all.
 * @property {((pointer: string) => Promise<string>) | null} wholeText Loads a text that was cut, for the clipboard.
 */

/** @param {string} value */
export function redactedElement(value) {
  return element("span", { class: "redacted lock" }, value.replace(/^\[|\]$/g, ""));
}

/** @param {Cut} cut */
export function dataElement(cut) {
  const kind = cut.media_type ? `Data of the type ${cut.media_type}` : "Data (Base64)";
  return element("span", { class: "data" }, `${kind}, ${formatBytes(cut.size)} as text; not shown`);
}

/**
 * @param {PayloadView} view
 * @param {string} text
 * @param {string} pointer
 * @param {Cut | undefined} cut
 */
export function textElement(view, text, pointer, cut) {
  if (!text.trim()) return element("span", { class: "muted" }, emptyText(text));
  if (isShort(text) && !cut) return element("span", { class: "short", dir: "auto" }, shortText(view, text, pointer));
  const code = looksLikeCode(text);
  const block = element(code ? "pre" : "div", { class: code ? "text code" : "text", dir: code ? "ltr" : "auto" }, text);
  const box = element("div", { class: "text-box" }, block, cut ? copyCut(view, text, pointer) : copyButton(() => text));
  if (cut && view.showAll) return append(box, wholeTextLine(view, block, pointer, cut));
  if (isLong(text) && view.unfolded !== pointer) foldText(block, text, cut);
  if (cut) append(box, cutLine(view, pointer, text.length, "character", cut));
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
 * @param {Cut | undefined} cut
 */
function foldText(block, text, cut) {
  block.classList.add("folded");
  const what = cut ? "what is here of the text" : "the whole text";
  const more = button(
    `Show ${what} (${formatCount(text.length, "character")})`,
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
 * @param {number} shown How many are shown.
 * @param {string} noun
 * @param {Cut} cut
 */
export function cutLine({ showAll }, pointer, shown, noun, cut) {
  const first = `The first ${formatCount(shown, noun)} of ${formatNumber(cut.size)}.`;
  const said = shown ? first : `${formatCount(cut.size, noun)}, not shown.`;
  const rest = showAll
    ? button("Show all", () => showAll(pointer), { class: "link" })
    : "The rest was cut off when this file was exported.";
  return element("p", { class: "cut" }, `${said} `, rest);
}
