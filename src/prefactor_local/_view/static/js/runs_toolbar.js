// Chooses which runs are listed.

/** @import { RunsState } from "./urls.js" */
import { button, element, replaceChildren } from "./dom.js";
import { formatNumber, visibleText } from "./format.js";
import { STATUSES, statusWord } from "./status.js";

const LONGEST_NAME = 60;

/**
 * @typedef {object} RunsToolbarActions
 * @property {() => void} changed The state was changed.
 * @property {() => void} leave Goes to the list.
 * @property {() => void} compare
 */

/**
 * @typedef {object} RunsToolbarView
 * @property {[string, string][]} agents
 * @property {number} count How many runs are listed.
 * @property {boolean} isAll Whether there are no others.
 * @property {number} marked How many are marked.
 */

export class RunsToolbar {
  /**
   * @param {RunsState} state
   * @param {RunsToolbarActions} actions
   */
  constructor(state, actions) {
    this.state = state;
    this.actions = actions;
    this.input = element("input", {
      type: "search",
      class: "filter",
      placeholder: "Filter: agent, summary, ID",
      "aria-label": "Filter: text in the agent, version, summary or ID",
      title:
        "Text in the agent's name, its version, the summary of its first span, the ID or external ID of the run (/)",
      spellcheck: "false",
      autocomplete: "off",
    });
    this.agent = element("select", { "aria-label": "Agent" });
    const statuses = STATUSES.map((status) => element("option", { value: status }, statusWord(status)));
    this.status = element(
      "select",
      { "aria-label": "Status" },
      element("option", { value: "" }, "Any status"),
      ...statuses,
    );
    this.clear = button("Clear", () => this.reset(), { title: "List all runs again" });
    this.count = element("span", { class: "count", role: "status" });
    this.compare = button("Compare", actions.compare, {
      title: "Compare the two marked runs (c)",
      class: "compare-runs",
    });
    this.element = element("div", { class: "toolbar", role: "search", "aria-label": "Runs" });
    this.element.append(this.input, this.agent, this.status, this.clear, this.count, this.compare);
    this.agentsShown = "";
    this.listen();
    this.drawAgents([]);
    this.drawState();
  }

  listen() {
    this.input.addEventListener("input", () => this.change({ text: this.input.value }));
    this.agent.addEventListener("change", () => this.change({ agent: this.agent.value }));
    this.status.addEventListener("change", () => this.change({ status: this.status.value }));
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") this.actions.leave();
      else if (event.key === "Escape" && this.input.value) this.change({ text: "" });
      else if (event.key === "Escape") this.input.blur();
      else return;
      event.preventDefault();
    });
  }

  reset() {
    this.change({ text: "", agent: "", status: "" });
    this.input.focus();
  }

  /** @param {Partial<RunsState>} chosen */
  change(chosen) {
    Object.assign(this.state, chosen);
    this.drawState();
    this.actions.changed();
  }

  /** Shows what is chosen. */
  drawState() {
    const { text, agent, status } = this.state;
    if (this.input.value !== text) this.input.value = text;
    this.agent.value = agent;
    this.status.value = status;
    this.clear.hidden = !text && !agent && !status;
  }

  /** @param {RunsToolbarView} view */
  draw({ agents, count, isAll, marked }) {
    this.drawAgents(agents);
    const text = count ? `${formatNumber(count)}${isAll ? "" : " newest"} ${count === 1 ? "run" : "runs"}` : "";
    if (this.count.textContent !== text) this.count.textContent = text;
    this.compare.textContent = marked ? `Compare (${marked} of 2 marked)` : "Compare";
    this.compare.disabled = marked === 0;
  }

  /** @param {[string, string][]} agents */
  drawAgents(agents) {
    const key = JSON.stringify(agents);
    if (key === this.agentsShown) return;
    this.agentsShown = key;
    // The agent of the address stays chosen until its name is known.
    const unknown = this.state.agent && !agents.some(([id]) => id === this.state.agent);
    const all = unknown ? [...agents, [this.state.agent, this.state.agent]] : agents;
    const options = all.map(([id, name]) => element("option", { value: id }, shortName(name)));
    replaceChildren(this.agent, element("option", { value: "" }, "Any agent"), ...options);
    this.agent.value = this.state.agent;
  }
}

/** @param {string} name */
function shortName(name) {
  const text = visibleText(name);
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text;
}
