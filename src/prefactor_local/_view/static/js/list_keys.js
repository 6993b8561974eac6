// The keys that move through a list, the same on every page.

/** @import { KeyBinding } from "./keys.js" */

/**
 * @param {string} thing What the lines of the list show.
 * @param {{ move: (step: number) => void, pageSize: number }} page `move` selects what stands some lines further.
 * @returns {KeyBinding[]}
 */
export function listKeys(thing, page) {
  return [
    { keys: ["j"], listKeys: ["ArrowDown"], does: `Next ${thing}`, run: () => page.move(1) },
    { keys: ["k"], listKeys: ["ArrowUp"], does: `Previous ${thing}`, run: () => page.move(-1) },
    { keys: [], listKeys: ["PageDown"], does: "A page down", run: () => page.move(page.pageSize) },
    { keys: [], listKeys: ["PageUp"], does: "A page up", run: () => page.move(-page.pageSize) },
    { keys: [], listKeys: ["Home"], does: `First ${thing}`, run: () => page.move(-Infinity) },
    { keys: [], listKeys: ["End"], does: `Last ${thing}`, run: () => page.move(Infinity) },
  ];
}

/**
 * The place some lines further; at the ends, the last one in that direction.
 * @param {number} from -1: nothing is selected; the line before it is the last one.
 * @param {number} step
 * @param {number} count
 */
export function further(from, step, count) {
  const to = from < 0 && step === -1 ? count - 1 : from + step;
  return Math.max(0, Math.min(count - 1, to));
}
