// The list of runs.

/** @import { Context } from "./app.js" */
/** @import { RunLine } from "./run_line.js" */
import { addressWriter } from "./address.js";
import { AnswerError } from "./data.js";
import { arrangeChildren, button, element, replaceChildren, setAttribute } from "./dom.js";
import { runLine, RUN_COLUMNS } from "./run_line.js";
import { askAgainAndAgain } from "./live.js";
import { sentenceOf } from "./messages.js";
import { noRunsYet } from "./no_runs.js";
import { Notice } from "./notice.js";
import { runsKeys } from "./runs_keys.js";
import { RunsModel, toggleMark } from "./runs_model.js";
import { RunsToolbar } from "./runs_toolbar.js";
import { compareUrl, parseRunsState, runsQuery, runsUrl, runUrl } from "./urls.js";

const ASK_EVERY = 2000; // milliseconds
const LIST_AFTER = 200;

export class RunsPage {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.title = "";
    this.keys = runsKeys(this);
    this.model = new RunsModel();
    this.state = parseRunsState(location.search);
    // What was selected and marked comes back with the browser's Back.
    const { selected = null, marked = [], top = 0 } = history.state?.runs ?? {};
    /** @type {string | null} */
    this.selected = selected;
    /** @type {string[]} */
    this.marked = marked;
    /** How far the list was scrolled; 0 when it is so again. @type {number} */
    this.scrolledTo = top;
    /** @type {Map<string, RunLine>} */
    this.lines = new Map();
    this.pageSize = 10; // lines, for the keys
    this.isLoadingOlder = false;
    this.isFailing = false;
    this.searchTimer = 0;
    this.stop = () => {};
    this.address = addressWriter(
      () => runsUrl(this.state),
      () => ({ runs: { selected: this.selected, marked: this.marked, top: this.scroll.scrollTop } }),
    );
    this.toolbar = new RunsToolbar(this.state, {
      changed: () => this.filterChanged(),
      leave: () => this.focusList(),
      compare: () => this.compare(),
    });
    this.notice = new Notice();
    this.body = element("tbody", { role: "rowgroup" });
    this.grid = element(
      "table",
      { class: "runs-table", role: "grid", tabindex: 0, "aria-label": "Runs" },
      runsHead(),
      this.body,
    );
    this.more = button("Show older runs", () => this.loadOlder(), { class: "older" });
    this.empty = element("div", { class: "no-runs" });
    this.scroll = element("div", { class: "runs-scroll" }, this.grid, this.empty, this.more);
    this.element = element(
      "div",
      { class: "runs" },
      element("h1", { class: "visually-hidden" }, "Runs"),
      this.toolbar.element,
      this.notice.element,
      this.scroll,
    );
    new IntersectionObserver((seen) => seen.at(-1)?.isIntersecting && this.loadOlder(), { root: this.scroll }).observe(
      this.more,
    );
  }

  open() {
    this.draw();
    this.ask();
  }

  close() {
    this.stop();
    this.address.stop();
    clearTimeout(this.searchTimer);
  }

  /** Asks for the newest runs, again and again. */
  ask() {
    this.stop();
    this.stop = askAgainAndAgain(
      () => this.askForChanges(),
      () => false,
      ASK_EVERY,
    );
  }

  /** @returns {Promise<"changed" | "same" | "failed">} */
  async askForChanges() {
    const query = String(runsQuery(this.state));
    try {
      const page = await this.context.source.runs(new URLSearchParams(query));
      if (query !== String(runsQuery(this.state))) return "same";
      const older = this.model.olderOpenRun(page);
      this.model.apply(page);
      if (older) await this.askForOlder(older.seq + 1, query);
      if (this.isFailing) this.notice.say("");
      this.isFailing = false;
      this.draw();
      return "changed";
    } catch (error) {
      this.isFailing = true;
      const mayPass = !(error instanceof AnswerError && error.status === 400); // 400: the filter of the address
      this.notice.say(sentenceOf(error) + (mayPass ? " This page tries again every few seconds." : ""));
      return "failed";
    }
  }

  /**
   * @param {number} before
   * @param {string} query As it was when the question came up; if it is another one now, the answer is of no use.
   */
  async askForOlder(before, query) {
    const page = await this.context.source.runs(new URLSearchParams(`${query}&before=${before}`));
    if (query === String(runsQuery(this.state))) this.model.apply(page, before);
  }

  async loadOlder() {
    const { before } = this.model;
    if (before === null || this.isLoadingOlder) return;
    this.isLoadingOlder = true;
    try {
      await this.askForOlder(before, String(runsQuery(this.state)));
    } catch (error) {
      this.isFailing = true;
      this.notice.say(sentenceOf(error));
    }
    this.isLoadingOlder = false;
    this.draw();
  }

  filterChanged() {
    this.address.write();
    clearTimeout(this.searchTimer);
    this.searchTimer = window.setTimeout(() => {
      this.model.clear();
      this.ask();
    }, LIST_AFTER);
  }

  draw() {
    const { runs, before, isLoaded } = this.model;
    this.toolbar.draw({
      agents: this.model.agents,
      count: isLoaded ? runs.length : 0,
      isAll: before === null,
      marked: this.marked.length,
    });
    const seen = this.anchor();
    this.drawLines();
    if (seen) this.scroll.scrollTop += seen.line.getBoundingClientRect().top - seen.top;
    this.grid.hidden = !runs.length;
    if (isLoaded && this.scrolledTo) this.scroll.scrollTop = this.scrolledTo;
    if (isLoaded) this.scrolledTo = 0;
    this.more.hidden = before === null;
    this.empty.hidden = !isLoaded || runs.length > 0;
    this.drawEmpty();
  }

  /** The line that stays where it is when others arrive above it: the first one that is seen, unless the list is at its top. */
  anchor() {
    const { top } = this.scroll.getBoundingClientRect();
    const line =
      this.scroll.scrollTop > 0
        ? [...this.body.children].find((one) => one.getBoundingClientRect().bottom > top)
        : null;
    return line ? { line, top: line.getBoundingClientRect().top } : null;
  }

  drawLines() {
    const { runs } = this.model;
    const view = { selected: this.selected, marked: this.marked };
    const before = this.lines;
    this.lines = new Map();
    runs.forEach((run, index) => {
      const line = before.get(run.id) ?? runLine(run.id, (id) => this.markWithPointer(id));
      line.draw(run, index, view);
      this.lines.set(run.id, line);
    });
    arrangeChildren(
      this.body,
      [...this.lines.values()].map((line) => line.element),
    );
    setAttribute(this.grid, "aria-rowcount", this.model.before === null ? runs.length + 1 : -1);
    const known = this.selected !== null && this.lines.has(this.selected);
    setAttribute(this.grid, "aria-activedescendant", known ? `run-${this.selected}` : null);
  }

  /** What is said where no run is listed. It is not drawn again: a person may be about to copy it. */
  drawEmpty() {
    const why = this.empty.hidden ? "" : runsQuery(this.state).size ? "filter" : "none";
    if (this.empty.dataset.why === why) return;
    this.empty.dataset.why = why;
    const said = why === "none" ? noRunsYet(location.origin) : [why && element("p", {}, "No run matches the filter.")];
    replaceChildren(this.empty, ...said);
  }

  focusList() {
    this.grid.focus();
    if (!this.selected || !this.lines.has(this.selected)) this.move(1);
  }

  /** @param {number} step How many lines further. */
  move(step) {
    const run = this.model.further(this.selected, step);
    if (!run) return;
    this.selected = run.id;
    this.address.write();
    this.draw();
    this.lines.get(run.id)?.element.scrollIntoView({ block: "nearest" });
    if (step > 0 && run === this.model.runs.at(-1)) this.loadOlder();
  }

  openSelected() {
    if (this.selected) this.context.go(runUrl(this.selected));
    else this.move(1);
  }

  /** @param {string} id */
  mark(id) {
    this.marked = toggleMark(this.marked, id);
    if (!this.isFailing) this.notice.say("");
    this.address.write();
    this.draw();
    this.context.announce(`${this.marked.length} of 2 runs marked for a comparison.`);
  }

  /**
   * The box takes the focus; the keys are for the list.
   * @param {string} id
   */
  markWithPointer(id) {
    this.grid.focus();
    this.mark(id);
  }

  markSelected() {
    if (this.selected) this.mark(this.selected);
  }

  /** Compares the marked runs, or the marked one with the selected one: the older one is on the left. */
  compare() {
    const ids = [...new Set([...this.marked, ...(this.selected ? [this.selected] : [])])].slice(0, 2);
    if (ids.length < 2)
      return this.notice.say("To compare two runs, mark them: press x, or use the boxes on the left.");
    const place = new Map(this.model.runs.map((run, index) => [run.id, index]));
    const [a, b] = ids.sort((one, other) => (place.get(other) ?? 0) - (place.get(one) ?? 0));
    return this.context.go(compareUrl(a, b));
  }
}

function runsHead() {
  const cells = RUN_COLUMNS.map(([name, kind]) => {
    const label = name || element("span", { class: "visually-hidden" }, "Marked");
    return element("th", { role: "columnheader", class: kind }, label);
  });
  return element("thead", { role: "rowgroup" }, element("tr", { role: "row", "aria-rowindex": 1 }, ...cells));
}
