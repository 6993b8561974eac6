// Chooses which runs are listed.

/** @import { RunsState } from "./urls.js" */
import { button, element, replaceChildren } from "./dom.js";
import { filterInput } from "./filter_input.js";
import { formatNumber, shorten, visibleText } from "./format.js";
import { statusSelect } from "./status.js";

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
    this.input = filterInput(
      {
        placeholder: "Filter: agent, version, ID",
        "aria-label": "Filter: text in the agent, version or ID",
        title: "Text in the agent's name, its version, the ID or external ID of the run (/)",
      },
      (text) => this.change({ text }),
      actions.leave,
    );
    this.agent = element("select", { "aria-label": "Agent" });
    this.agent.addEventListener("change", () => this.change({ agent: this.agent.value }));
    this.status = statusSelect();
    this.status.addEventListener("change", () => this.change({ status: this.status.value }));
    this.clear = button("Clear", () => this.reset(), { title: "List all runs again" });
    this.count = element("span", { class: "count", role: "status" });
    this.compare = button("Compare", actions.compare, {
      title: "Compare the two marked runs (c)",
      class: "compare-runs",
    });
    this.element = element("div", { class: "toolbar", role: "search", "aria-label": "Runs" });
    this.element.append(this.input, this.agent, this.status, this.clear, this.count, this.compare);
    this.agentsShown = "";
    this.drawAgents([]);
    this.drawState();
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
    const options = all.map(([id, name]) => element("option", { value: id }, shorten(visibleText(name), LONGEST_NAME)));
    replaceChildren(this.agent, element("option", { value: "" }, "Any agent"), ...options);
    this.agent.value = this.state.agent;
  }
}
