// Chooses which spans are shown.

/** @import { Counts, RunModel } from "./run_model.js" */
/** @import { RunState } from "./urls.js" */
import { arrangeChildren, button, element, replaceChildren } from "./dom.js";
import { filterInput } from "./filter_input.js";
import { formatNumber } from "./format.js";
import { menu } from "./menu.js";
import { statusSelect } from "./status.js";
import { stepButtons } from "./step_buttons.js";

/**
 * @typedef {object} ToolbarActions
 * @property {() => void} changed The state of the model was changed.
 * @property {() => void} leave Goes to the list, at the first span that matches.
 * @property {(step: 1 | -1) => void} error
 * @property {() => void} showAllTime
 */

export class Toolbar {
  /**
   * @param {RunModel} model
   * @param {ToolbarActions} actions
   */
  constructor(model, actions) {
    this.model = model;
    this.actions = actions;
    this.input = filterInput(
      {
        placeholder: "Filter: text, >200ms",
        "aria-label": "Filter: text, or durations such as >200ms",
        title: 'Words in the type, summary, params or result; "words in this order"; >200ms or <2s for durations (/)',
      },
      (text) => this.change({ text }),
      actions.leave,
    );
    /** By type, with what says how many spans it has. @type {Map<string, { line: HTMLElement, count: HTMLElement }>} */
    this.typeLines = new Map();
    this.typeItems = element("div", { class: "menu-items" });
    this.typeItems.addEventListener("change", () => {
      const chosen = this.typeItems.querySelectorAll("input:checked");
      this.change({ types: [...chosen].map((box) => (box instanceof HTMLInputElement ? box.value : "")) });
    });
    this.typeTitle = element("summary", {}, "Types");
    this.typeMenu = menu(this.typeTitle, this.typeItems);
    this.status = statusSelect(["mismatch", "with mismatches"]);
    this.status.addEventListener("change", () => this.change({ status: this.status.value }));
    this.hide = this.modeButton("hide", "Hide others");
    this.highlight = this.modeButton("highlight", "Highlight");
    this.mode = element(
      "div",
      { class: "switch", role: "group", "aria-label": "Spans that do not match" },
      this.hide,
      this.highlight,
    );
    this.allTime = button("All of the time", actions.showAllTime, {
      title: "Show the time from the beginning to the end (0)",
    });
    this.clear = button("Clear", () => this.reset(), { title: "Show all spans again" });
    this.count = element("span", { class: "count", role: "status" });
    this.errors = element("span", { class: "errors" });
    this.element = element("div", { class: "toolbar", role: "search", "aria-label": "Spans" });
    this.element.append(
      this.input,
      this.typeMenu,
      this.status,
      this.mode,
      this.clear,
      this.allTime,
      this.count,
      this.errors,
    );
    this.drawState();
  }

  reset() {
    this.showOnly("");
    this.input.focus();
  }

  /**
   * Filters by the status alone.
   * @param {string} status As in the state of a run.
   */
  showOnly(status) {
    this.change({ text: "", types: [], status });
  }

  /** @param {Partial<RunState>} chosen */
  change(chosen) {
    Object.assign(this.model.state, chosen);
    this.drawState();
    this.actions.changed();
  }

  /** Shows what is chosen. */
  drawState() {
    const { state } = this.model;
    if (this.input.value !== state.text) this.input.value = state.text;
    this.status.value = state.status;
    this.typeTitle.textContent = state.types.length ? `Types: ${state.types.length}` : "Types";
    for (const box of this.typeItems.querySelectorAll("input")) box.checked = state.types.includes(box.value);
    this.hide.setAttribute("aria-pressed", String(state.mode === "hide"));
    this.highlight.setAttribute("aria-pressed", String(state.mode === "highlight"));
    this.clear.hidden = !state.text && !state.types.length && !state.status;
    this.element.classList.toggle("filtered", !this.clear.hidden);
  }

  /**
   * @param {"hide" | "highlight"} mode
   * @param {string} label
   */
  modeButton(mode, label) {
    return button(label, () => this.change({ mode }));
  }

  /**
   * Shows how many spans there are.
   * @param {Counts} counts
   */
  drawCounts(counts) {
    const { matches, kept } = this.model;
    const total = formatNumber(counts.spans);
    this.allTime.hidden = !this.model.state.zoom;
    const text = kept ? `${formatNumber(matches)} of ${total} spans` : "";
    if (this.count.textContent !== text) this.count.textContent = text;
    this.drawTypes(counts.types);
    const errors = counts.failed + counts.mismatches > 0;
    if (errors !== this.errors.childElementCount > 0)
      replaceChildren(this.errors, ...(errors ? stepButtons("error", this.actions.error) : []));
  }

  /** @param {Map<string, number>} types */
  drawTypes(types) {
    for (const [name, spans] of types) {
      const known = this.typeLines.get(name) ?? this.typeLine(name);
      known.count.textContent = formatNumber(spans);
      this.typeLines.set(name, known);
    }
    arrangeChildren(
      this.typeItems,
      [...types.keys()].flatMap((name) => this.typeLines.get(name)?.line ?? []),
    );
  }

  /** @param {string} name */
  typeLine(name) {
    const box = element("input", { type: "checkbox", value: name, checked: this.model.state.types.includes(name) });
    const dot = element("span", { class: "dot", "aria-hidden": "true" });
    const count = element("span", { class: "muted" });
    const line = element("label", {}, box, dot, element("span", { class: "menu-name" }, name), count);
    line.style.setProperty("--hue", String(this.model.hueOf(name)));
    return { line, count };
  }
}
