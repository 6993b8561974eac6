// Two buttons that lead to the previous and the next thing of a kind.

import { button, element } from "./dom.js";

/**
 * @param {string} thing In the singular.
 * @param {(step: 1 | -1) => void} go
 */
export function stepButtons(thing, go) {
  /** @param {string} sign @param {string} which @param {string} key @param {1 | -1} step */
  const one = (sign, which, key, step) =>
    button(sign, () => go(step), {
      class: "icon",
      "aria-label": `${which} ${thing}`,
      title: `${which} ${thing} (${key})`,
    });
  const title = `${thing[0].toUpperCase()}${thing.slice(1)}s`;
  return [element("span", { class: "muted" }, title), one("↑", "Previous", "p", -1), one("↓", "Next", "n", 1)];
}
