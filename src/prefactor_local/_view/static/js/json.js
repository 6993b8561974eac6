// JSON whose whole numbers are as they were recorded: those that JavaScript has no number for are `bigint`. No DOM.

/** @import { Json } from "./shapes.js" */

// What a reviver is told beside the value, and its counterpart: not known to TypeScript yet, nor to all browsers.
/** @typedef {(key: string, value: any, context?: { source?: string }) => any} Reviver */
const rawJson = /** @type {{ rawJSON?: (text: string) => unknown }} */ (/** @type {unknown} */ (JSON)).rawJSON;

const LONG_NUMBER = /\d{16}/;
const WHOLE_NUMBER = /^-?\d+$/;

/**
 * What a text in JSON says. A browser that does not tell how a number is written rounds it.
 * @param {string} text
 * @returns {any}
 */
export function parseJson(text) {
  // Asking for each value takes several times as long, so it is done only where it may matter.
  return LONG_NUMBER.test(text) ? JSON.parse(text, /** @type {Reviver} */ (exactNumber)) : JSON.parse(text);
}

/** @type {Reviver} */
function exactNumber(_key, value, context) {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return WHOLE_NUMBER.test(source) ? BigInt(source) : value;
}

/**
 * A value as JSON that people read.
 * @param {Json} value
 * @returns {string}
 */
export function formatJson(value) {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? writtenNumber(inner) : inner), 2);
}

/** @param {bigint} number */
function writtenNumber(number) {
  return rawJson ? rawJson(String(number)) : Number(number);
}
