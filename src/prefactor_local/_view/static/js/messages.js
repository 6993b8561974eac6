// A sentence in the place of a page, or in a line above it.

/** @import { Child } from "./dom.js" */
/** @import { Page } from "./app.js" */
import { element } from "./dom.js";

/**
 * A page that only says something.
 * @param {string} text
 * @param {...Child} more
 * @returns {Page}
 */
export function messagePage(text, ...more) {
  return { element: message(text, ...more), title: "", keys: [] };
}

/**
 * @param {string} text
 * @param {...Child} more
 */
export function message(text, ...more) {
  return element("div", { class: "message" }, element("p", {}, text), ...more);
}

/**
 * The sentence for something that was thrown. Those of the server begin with a small letter, and have no full stop.
 * @param {unknown} error
 */
export function sentenceOf(error) {
  const said = error instanceof Error ? error.message : String(error);
  return said.charAt(0).toUpperCase() + said.slice(1) + (/[.!?…]$/.test(said) ? "" : ".");
}
