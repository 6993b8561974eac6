// The ways to the runs beside the one that is shown, in the list as it was filtered last.

/** @import { Context } from "./app.js" */
import { element, setAttribute } from "./dom.js";
import { sentenceOf } from "./messages.js";
import { runUrl } from "./urls.js";

/** @typedef {"newer" | "older"} Side */

export class RunNeighbours {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.run = "";
    this.links = {
      newer: neighbourLink("‹ Newer", "Newer run of the list (K)"),
      older: neighbourLink("Older ›", "Older run of the list (J)"),
    };
    this.element = element("nav", { class: "neighbours", "aria-label": "Other runs" }, ...Object.values(this.links));
    this.element.addEventListener("pointerenter", () => this.show(this.run)); // there may be a newer one by now
  }

  ask() {
    return this.context.source.neighbours(this.run, this.context.listed);
  }

  /**
   * Shows the ways from a run. Without an answer there are none.
   * @param {string} run
   */
  async show(run) {
    this.run = run;
    const found = await this.ask().catch(() => ({ newer: null, older: null }));
    for (const side of /** @type {Side[]} */ (["newer", "older"])) {
      const id = found[side];
      if (id === null) this.links[side].removeAttribute("href");
      else setAttribute(this.links[side], "href", runUrl(id));
      setAttribute(this.links[side], "aria-disabled", id === null ? "true" : null);
    }
  }

  /**
   * Opens the run on one side. It asks again, for there may be a newer one now.
   * @param {Side} side
   */
  async go(side) {
    try {
      const run = (await this.ask())[side];
      if (!this.element.isConnected) return;
      if (run) this.context.go(runUrl(run));
      else this.context.announce(`There is no ${side} run in the list.`);
    } catch (error) {
      this.context.announce(sentenceOf(error));
    }
  }
}

/**
 * @param {string} label
 * @param {string} title
 */
function neighbourLink(label, title) {
  return element("a", { role: "link", "aria-disabled": "true", title }, label);
}
