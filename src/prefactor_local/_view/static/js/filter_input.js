// What all fields for a filter have in common.

import { element } from "./dom.js";

/**
 * @param {import("./dom.js").Attributes} attributes
 * @param {(text: string) => void} typed
 * @param {() => void} leave Goes to the list.
 */
export function filterInput(attributes, typed, leave) {
  const input = element("input", {
    type: "search",
    class: "filter",
    spellcheck: "false",
    autocomplete: "off",
    ...attributes,
  });
  input.addEventListener("input", () => typed(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter and Escape are for the input method
    if (event.key === "Enter" || event.key === "ArrowDown") leave();
    else if (event.key === "Escape" && input.value) typed("");
    else if (event.key === "Escape") input.blur();
    else return;
    event.preventDefault();
  });
  return input;
}
