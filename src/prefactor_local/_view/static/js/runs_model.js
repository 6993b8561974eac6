// The list of runs as it is known now. No DOM.

/** @import { RunsPage, RunSummary } from "./shapes.js" */
import { further } from "./list_keys.js";

export class RunsModel {
  constructor() {
    /** Newest first. @type {RunSummary[]} */
    this.runs = [];
    /** What to ask for older runs with; null: there are none. @type {number | null} */
    this.before = null;
    /** @type {[string, string][]} */
    this.agents = [];
    this.isLoaded = false;
  }

  /** Forgets the runs, for another question. */
  clear() {
    this.runs = [];
    this.before = null;
    this.isLoaded = false;
  }

  /**
   * Takes over a page: it has all runs that arrived before `upTo`, down to its oldest one. What is known of the others
   * stays, unless runs between them and the page may be missing.
   * @param {RunsPage} page
   * @param {number} [upTo]
   */
  apply(page, upTo = Infinity) {
    const from = page.before ?? -Infinity;
    const touches = upTo < Infinity || (this.runs[0]?.seq ?? -Infinity) >= from;
    const older = touches ? this.runs.filter((run) => run.seq < from) : [];
    this.runs = [...this.runs.filter((run) => run.seq >= upTo), ...page.runs, ...older];
    if (!older.length) this.before = page.before;
    this.agents = page.agents;
    this.isLoaded = true;
  }

  /**
   * The newest run that is not over, among those older than a page. To ask for it again, ask for what arrived before
   * the number after it.
   * @param {RunsPage} page
   */
  olderOpenRun({ before }) {
    return before === null ? undefined : this.runs.find((run) => run.seq < before && isOpen(run));
  }

  /**
   * The run some lines further; at the ends, the last one in that direction.
   * @param {string | null} id
   * @param {number} step
   * @returns {RunSummary | undefined}
   */
  further(id, step) {
    const from = this.runs.findIndex((run) => run.id === id);
    return this.runs[further(from, step, this.runs.length)];
  }
}

/** @param {{ status: string }} run */
export function isOpen(run) {
  return run.status === "active" || run.status === "pending";
}

/**
 * Marks a run, or takes its mark away. Two can be marked: a third one takes the place of the first.
 * @param {string[]} marked
 * @param {string} id
 */
export function toggleMark(marked, id) {
  return marked.includes(id) ? marked.filter((other) => other !== id) : [...marked, id].slice(-2);
}
