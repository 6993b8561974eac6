// Copies text to the clipboard.

import { button, element } from "./dom.js";
import { sentenceOf } from "./messages.js";

const SAID_FOR = 1500; // milliseconds

/**
 * @param {() => string | Promise<string>} textToCopy
 * @param {string} [label]
 */
export function copyButton(textToCopy, label = "Copy") {
  const made = button(
    label,
    async () => {
      made.textContent = await copied(textToCopy);
      setTimeout(() => (made.textContent = label), SAID_FOR);
    },
    { class: "copy" },
  );
  return made;
}

/**
 * Copies a text, and says how it went.
 * @param {() => string | Promise<string>} textToCopy
 */
async function copied(textToCopy) {
  try {
    return (await copyText(await textToCopy())) ? "Copied" : "This browser does not allow it";
  } catch (error) {
    return sentenceOf(error);
  }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} Whether it was copied.
 */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/**
 * For pages where the browser offers no clipboard, such as those of another computer.
 * @param {string} text
 */
function copyBySelection(text) {
  const area = element("textarea", { class: "visually-hidden" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
