// What of a payload is drawn only when a person asks for it.

/** @import { PayloadView } from "./texts.js" */
import { append, button } from "./dom.js";
import { formatCount, formatNumber } from "./format.js";

const FIRST_ITEMS = 20;
const MORE_ITEMS = 200;
export const FIRST_VALUES = 500; // of a payload; objects and lists after them are drawn when they are asked for

/**
 * @typedef {PayloadView & { left: number }} Drawing
 * `left` is how many more values are drawn now: each takes some elements, and a payload may have a million.
 */

/**
 * The place of an object or a list that is drawn when it is asked for.
 * @param {Drawing} view
 * @param {object} value
 * @param {() => HTMLElement} draw
 */
export function drawLater(view, value, draw) {
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
export function showItems(view, box, list, items, itemElement, { first = FIRST_ITEMS, noun = "item" } = {}) {
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
