// The keyboard: which key does what on this page, and the dialog that lists them.

import { button, element, replaceChildren } from "./dom.js";

/**
 * @typedef {object} KeyBinding
 * @property {string[]} keys Values of `KeyboardEvent.key`.
 * @property {string[]} [listKeys] More of them, while the focus is in the list of the page or nowhere: other elements
 *   use these keys, too.
 * @property {string} does What the key does, for the list.
 * @property {() => void} run
 */

const SHOWN = new Map([
  ["ArrowDown", "↓"],
  ["ArrowUp", "↑"],
  ["ArrowLeft", "←"],
  ["ArrowRight", "→"],
  ["Escape", "Esc"],
  ["PageDown", "Page Down"],
  ["PageUp", "Page Up"],
]);

/**
 * Listens to the keyboard.
 * @param {() => KeyBinding[]} current The keys of the page that is shown; the first one that fits is taken.
 */
export function listenToKeys(current) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOccupied(event)) return;
    const listHasFocus = isList(document.activeElement);
    const found = current().find(
      (binding) => binding.keys.includes(event.key) || (listHasFocus && binding.listKeys?.includes(event.key)),
    );
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

/** @param {KeyboardEvent} event */
function isOccupied(event) {
  const target = event.target instanceof Element ? event.target : null;
  return Boolean(document.querySelector("dialog[open]") || target?.closest("input, textarea, select"));
}

/** @param {Element | null} target */
function isList(target) {
  return !target || target === document.body || /^(tree)?grid$/.test(target.getAttribute("role") ?? "");
}

/**
 * The dialog with all keys.
 * @returns {{ element: HTMLDialogElement, show: (keys: KeyBinding[]) => void }}
 */
export function helpDialog() {
  const list = element("dl", { class: "keys" });
  const close = button("Close", () => dialog.close());
  const title = element("h2", { id: "help-title" }, "Keys");
  // The button comes first: the browser scrolls to what has the focus.
  const head = element("div", { class: "pane-line" }, title, close);
  const dialog = element("dialog", { class: "help", "aria-labelledby": "help-title" }, head, list);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return {
    element: dialog,
    show(keys) {
      replaceChildren(list, ...keys.map(keyLine));
      dialog.showModal();
    },
  };
}

/** @param {KeyBinding} binding */
function keyLine(binding) {
  const names = [...binding.keys, ...(binding.listKeys ?? [])].map((key) => element("kbd", {}, SHOWN.get(key) ?? key));
  return element("div", {}, element("dt", {}, ...names), element("dd", {}, binding.does));
}
