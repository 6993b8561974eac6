// The bar between the list of a page and the pane beside or below it.

import { savedSize } from "./settings.js";
import { splitter } from "./splitter.js";

const LEAST = 160; // pixels

/**
 * @param {HTMLElement} body What holds the list and the pane.
 * @param {HTMLElement} pane
 * @returns {HTMLElement}
 */
export function paneSplitter(body, pane) {
  const beside = matchMedia("(min-width: 901px)");
  const setting = () => (beside.matches ? "pane-width" : "pane-height");
  for (const name of ["pane-width", "pane-height"]) body.style.setProperty(`--${name}`, savedSize(name));
  return splitter({
    label: "Size of the pane",
    setting,
    isUpright: () => beside.matches,
    grows: -1,
    limits: () => [LEAST, (beside.matches ? body.clientWidth : body.clientHeight) - LEAST],
    size: () => (beside.matches ? pane.offsetWidth : pane.offsetHeight),
    resize: (size) => body.style.setProperty(`--${setting()}`, `${size}px`),
  });
}
