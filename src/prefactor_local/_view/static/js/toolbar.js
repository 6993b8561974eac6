// Chooses which spans are shown.

/** @import { Counts, RunModel } from "./run_model.js" */
import { button, element, replaceChildren } from "./dom.js";
import { formatNumber } from "./format.js";
import { menu } from "./menu.js";
import { STATUSES, statusWord } from "./status.js";

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
    this.input = element("input", {
      type: "search",
      class: "filter",
      placeholder: "Filter: text, >200ms",
      "aria-label": "Filter: text, or durations such as >200ms",
      title: 'Words in the type, summary, params or result; "words in this order"; >200ms or <2s for durations (/)',
      spellcheck: "false",
      autocomplete: "off",
    });
    this.typeItems = element("div", { class: "menu-items" });
    this.typeTitle = element("summary", {}, "Types");
    this.typeMenu = menu(this.typeTitle, this.typeItems);
    const statuses = STATUSES.map((status) => element("option", { value: status }, statusWord(status)));
    const others = [
      element("option", { value: "" }, "Any status"),
      element("option", { value: "mismatch" }, "with mismatches"),
    ];
    this.status = element("select", { "aria-label": "Status" }, others[0], ...statuses, others[1]);
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
    this.listen();
    this.drawState();
  }

  listen() {
    const { state } = this.model;
    this.input.addEventListener("input", () => {
      state.text = this.input.value;
      this.change();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") this.actions.leave();
      else if (event.key === "Escape" && this.input.value) {
        state.text = "";
        this.change();
      } else if (event.key === "Escape") this.input.blur();
      else return;
      event.preventDefault();
    });
    this.status.addEventListener("change", () => {
      state.status = this.status.value;
      this.change();
    });
    this.typeItems.addEventListener("change", () => {
      const chosen = this.typeItems.querySelectorAll("input:checked");
      state.types = [...chosen].map((box) => (box instanceof HTMLInputElement ? box.value : ""));
      this.change();
    });
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
    Object.assign(this.model.state, { text: "", types: [], status });
    this.change();
  }

  change() {
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
    const choose = () => {
      this.model.state.mode = mode;
      this.change();
    };
    return button(label, choose);
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
    const key = [...counts.types].join("|");
    if (this.typeItems.dataset.key !== key) {
      this.typeItems.dataset.key = key;
      replaceChildren(this.typeItems, ...[...counts.types].map(([name, count]) => this.typeLine(name, count)));
    }
    const errors = counts.failed + counts.mismatches > 0;
    if (errors === this.errors.childElementCount > 0) return;
    replaceChildren(this.errors, ...(errors ? this.errorButtons() : []));
  }

  errorButtons() {
    const previous = button("↑", () => this.actions.error(-1), {
      class: "icon",
      "aria-label": "Previous error",
      title: "Previous error (p)",
    });
    const next = button("↓", () => this.actions.error(1), {
      class: "icon",
      "aria-label": "Next error",
      title: "Next error (n)",
    });
    return [element("span", { class: "muted" }, "Errors"), previous, next];
  }

  /**
   * @param {string} name
   * @param {number} count
   */
  typeLine(name, count) {
    const box = element("input", { type: "checkbox", value: name, checked: this.model.state.types.includes(name) });
    const dot = element("span", { class: `dot ${this.model.typeOf(name)?.kind ?? ""}`, "aria-hidden": "true" });
    const line = element(
      "label",
      {},
      box,
      dot,
      element("span", { class: "menu-name" }, name),
      element("span", { class: "muted" }, formatNumber(count)),
    );
    line.style.setProperty("--hue", String(this.model.hueOf(name)));
    return line;
  }
}
