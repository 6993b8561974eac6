// A button that opens a list below it.

import { element } from "./dom.js";

/**
 * @param {HTMLElement} title A `summary`.
 * @param {HTMLElement} items With the class `menu-items`.
 * @param {string} [kind]
 */
export function menu(title, items, kind = "") {
  const made = element("details", { class: `menu ${kind}` }, title, items);
  closeWhenLeft(made);
  return made;
}

/**
 * Closes a menu when the focus or a click goes elsewhere, and with Escape.
 * @param {HTMLDetailsElement} opened
 */
function closeWhenLeft(opened) {
  /** @param {Event} event */
  const outside = (event) => {
    if (!(event.target instanceof Node && opened.contains(event.target))) opened.open = false;
  };
  // Only while it is open: the page keeps nothing of a menu that has gone.
  opened.addEventListener("toggle", () => {
    if (opened.open) document.addEventListener("pointerdown", outside);
    else document.removeEventListener("pointerdown", outside);
  });
  opened.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !opened.contains(event.relatedTarget)) opened.open = false;
  });
  opened.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opened.open) return;
    event.preventDefault();
    opened.open = false;
    opened.querySelector("summary")?.focus();
  });
}
