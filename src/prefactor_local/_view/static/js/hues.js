// The colours of the span types of one run: no two are alike as long as there are enough. No DOM.

/** @import { SpanRow } from "./shapes.js" */
import { HUES, hueOf } from "./format.js";

const APART = 24; // degrees that people can tell from each other

/**
 * Gives a colour to each type that has none: its own, if that is far from the others; or the farthest from them.
 * @param {Map<string, number>} known Hues by type; it is added to.
 * @param {Iterable<SpanRow>} rows In any order: the types have their colours in the order in which they first arrived.
 */
export function addHues(known, rows) {
  /** @type {Map<string, number>} */
  const arrived = new Map();
  for (const [seq, , , type] of rows) {
    if (!known.has(type)) arrived.set(type, Math.min(seq, arrived.get(type) ?? seq));
  }
  const types = [...arrived].sort(([, a], [, b]) => a - b);
  for (const [type] of types) known.set(type, freeHue(hueOf(type), [...known.values()]));
}

/**
 * @param {number} wanted
 * @param {number[]} used
 */
function freeHue(wanted, used) {
  /** @param {number} hue */
  const room = (hue) => Math.min(APART, ...used.map((other) => Math.abs(hue - other)));
  const byRoom = [...HUES].sort((a, b) => room(b) - room(a) || Math.abs(a - wanted) - Math.abs(b - wanted));
  return room(byRoom[0]) > 0 ? byRoom[0] : wanted;
}
