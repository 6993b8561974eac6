// What differs between two runs, as rows. No DOM.

/** @import { ComparisonRow } from "./shapes.js" */

/** @typedef {"equal" | "changed" | "added" | "removed"} Kind */

/** The signs of the kinds, for colours alone tell some people nothing. @type {{ [kind in Kind]: string }} */
export const KIND_SIGNS = { equal: "=", changed: "≠", added: "+", removed: "−" };

/** @param {ComparisonRow} row @returns {Kind} */
export function kindOf({ a, b, changed }) {
  if (!a) return "added";
  if (!b) return "removed";
  return changed.length ? "changed" : "equal";
}

/**
 * The kind of a row in words: `changed: status, result`, `only in B`.
 * @param {ComparisonRow} row
 */
export function kindWords(row) {
  const words = {
    equal: "equal",
    changed: `changed: ${row.changed.join(", ")}`,
    added: "only in B",
    removed: "only in A",
  };
  return words[kindOf(row)];
}

/**
 * The numbers of the rows that are shown: all, or those that differ and those above them in the tree.
 * @param {ComparisonRow[]} rows In the order of the tree.
 * @param {boolean} hideEqual
 * @returns {number[]}
 */
export function shownRows(rows, hideEqual) {
  const shown = [];
  let wanted = -1; // the depth of the next row that is shown because something below it is
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const { depth } = rows[index];
    if (!hideEqual || kindOf(rows[index]) !== "equal" || depth === wanted) {
      shown.push(index);
      wanted = depth - 1;
    }
  }
  return shown.reverse();
}

/**
 * The next row that differs; null if there is none in this direction.
 * @param {ComparisonRow[]} rows
 * @param {number} from The number of a row; -1: none.
 * @param {1 | -1} step
 */
export function nextDifference(rows, from, step) {
  const first = from < 0 && step < 0 ? rows.length - 1 : from + step;
  for (let index = first; index >= 0 && index < rows.length; index += step) {
    if (kindOf(rows[index]) !== "equal") return index;
  }
  return null;
}

/**
 * How many rows there are of each kind.
 * @param {ComparisonRow[]} rows
 */
export function countKinds(rows) {
  const counts = { equal: 0, changed: 0, added: 0, removed: 0 };
  for (const row of rows) counts[kindOf(row)] += 1;
  return counts;
}

/**
 * Splits two texts into what they begin with alike, what differs, and what they end with alike.
 * @param {string} a
 * @param {string} b
 */
export function splitTexts(a, b) {
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shortest - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  // A character of two code units stays whole.
  if (/[\ud800-\udbff]/.test(a.charAt(start - 1))) start -= 1;
  if (/[\udc00-\udfff]/.test(a.charAt(a.length - end))) end -= 1;
  /** @param {string} text */
  const parts = (text) => ({
    before: text.slice(0, start),
    middle: text.slice(start, text.length - end),
    after: text.slice(text.length - end),
  });
  return { a: parts(a), b: parts(b) };
}
