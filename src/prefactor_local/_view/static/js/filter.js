// Which spans a person wants to see. No DOM.

/** @import { SpanRow } from "./shapes.js" */
/** @import { RunState } from "./urls.js" */
import { endOf } from "./tree.js";

/**
 * @typedef {object} TextFilter A filter as it was typed.
 * @property {string[]} words What spans must hold, in lower case: each of them.
 * @property {number} longer Only spans that took longer, in milliseconds.
 * @property {number} shorter Only spans that took less.
 */

const DURATION = /(?<=^|\s)([<>])=?\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?(?=\s|$)/gi;
const WORD = /"([^"]+)"|\S+/g;
const MOST_WORDS = 8;
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads a filter: words, `"words in this order"`, and durations such as `>200ms` or `< 1.5 s` (without a unit:
 * milliseconds).
 * @param {string} typed
 * @returns {TextFilter}
 */
export function parseFilter(typed) {
  const filter = { words: /** @type {string[]} */ ([]), longer: -1, shorter: Infinity };
  for (const [, sign, number, unit = "ms"] of typed.matchAll(DURATION)) {
    const ms = Number(number) * UNITS[/** @type {keyof typeof UNITS} */ (unit.toLowerCase())];
    if (sign === ">") filter.longer = ms;
    else filter.shorter = ms;
  }
  const words = typed.replace(DURATION, " ").toLowerCase().matchAll(WORD);
  filter.words = [...new Set([...words].map(([word, quoted]) => quoted ?? word))].slice(0, MOST_WORDS);
  return filter;
}

/**
 * A function that tells whether a span matches; null if everything does.
 * @param {RunState} state
 * @param {Map<string, Set<number>>} found The spans whose payloads hold a word, by seq, as far as they are known.
 * @param {number} now The end of spans that still run.
 * @returns {((row: SpanRow) => boolean) | null}
 */
export function matcherOf(state, found, now) {
  const filter = parseFilter(state.text);
  const types = new Set(state.types);
  const timed = filter.longer >= 0 || filter.shorter < Infinity;
  if (!filter.words.length && !timed && !types.size && !state.status) return null;
  return (row) =>
    (!types.size || types.has(row[3])) &&
    (!state.status || (state.status === "mismatch" ? row[8] > 0 : row[4] === state.status)) &&
    (!timed || matchesDuration(row, filter, now)) &&
    filter.words.every((word) => found.get(word)?.has(row[0]) || `${row[3]}\n${row[7]}`.toLowerCase().includes(word));
}

/**
 * @param {SpanRow} row
 * @param {TextFilter} filter
 * @param {number} now
 */
function matchesDuration(row, filter, now) {
  const end = endOf(row, now);
  if (row[5] === null || end === null) return false;
  const duration = end - row[5];
  return duration > filter.longer && duration < filter.shorter;
}
