// A line above a page that says what is wrong.

import { element } from "./dom.js";

export class Notice {
  constructor() {
    this.element = element("p", { class: "notice", role: "status" });
    this.say("");
  }

  /** @param {string} text Empty: nothing is wrong. */
  say(text) {
    this.element.hidden = !text;
    if (this.element.textContent !== text) this.element.textContent = text;
  }
}
