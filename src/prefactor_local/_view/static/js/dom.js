// Builds elements. Payloads are hostile text: they become text nodes, and never HTML, a style, or an address.

import { visibleText } from "./format.js";

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {{ [name: string]: string | number | boolean | null | undefined | ((event: any) => void) }} Attributes */

const ALLOWED_ATTRIBUTES = new Set(
  (
    "autocomplete checked class datetime dir disabled download href id name open placeholder role selected " +
    "spellcheck tabindex title type value"
  ).split(" "),
);

/**
 * An element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes] `onclick` and the like take functions; true is an attribute without a value;
 *   null, undefined and false are left out.
 * @param {...Child} children Text, elements, and what is left out: null, undefined, false.
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(made, key, value);
  return append(made, ...children);
}

/**
 * Sets or removes an attribute, or adds a listener.
 * @param {Element} target
 * @param {string} key
 * @param {Attributes[string]} value
 */
export function setAttribute(target, key, value) {
  if (typeof value === "function") {
    if (!key.startsWith("on")) throw new TypeError(`${key}: only listeners are functions`);
    target.addEventListener(key.slice(2), value);
    return;
  }
  if (!ALLOWED_ATTRIBUTES.has(key) && !/^(aria|data)-[a-z]+$/.test(key))
    throw new TypeError(`the attribute ${key} is not allowed here`);
  if (key === "href" && !String(value).startsWith("/ui/")) throw new TypeError("links stay in the viewer");
  if (value === null || value === undefined || value === false) target.removeAttribute(key);
  else target.setAttribute(key, value === true ? "" : shownValue(key, String(value)));
}

/**
 * @param {string} key
 * @param {string} value
 */
function shownValue(key, value) {
  return key === "title" || key === "aria-label" ? visibleText(value) : value;
}

/**
 * Adds children.
 * @template {Element} Target
 * @param {Target} target
 * @param {...Child} children
 * @returns {Target}
 */
export function append(target, ...children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) {
      target.append(child instanceof Node ? child : visibleText(String(child)));
    }
  }
  return target;
}

/**
 * Puts children in the place of the ones that are there.
 * @template {Element} Target
 * @param {Target} target
 * @param {...Child} children
 * @returns {Target}
 */
export function replaceChildren(target, ...children) {
  target.replaceChildren();
  return append(target, ...children);
}

/**
 * Puts elements in the place of the ones that are there. Those that stay are not moved, unless their order changes: they
 * keep the focus, and what of their text is selected.
 * @param {Element} target
 * @param {Element[]} children
 */
export function arrangeChildren(target, children) {
  const kept = new Set(children);
  for (const child of [...target.children]) if (!kept.has(child)) child.remove();
  /** @type {Element | null} */
  let next = null;
  for (const child of children.toReversed()) {
    if (child.parentNode !== target || child.nextElementSibling !== next) target.insertBefore(child, next);
    next = child;
  }
}

/**
 * A button with a text.
 * @param {Child} label
 * @param {(event: MouseEvent) => void} onclick
 * @param {Attributes} [attributes]
 */
export function button(label, onclick, attributes = {}) {
  return element("button", { type: "button", ...attributes, onclick }, label);
}

/**
 * Calls a function at most once a frame, for whatever was last asked.
 * @param {() => void} draw
 * @returns {() => void}
 */
export function oncePerFrame(draw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
}
