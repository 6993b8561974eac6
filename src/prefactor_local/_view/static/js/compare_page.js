// Two runs side by side.

/** @import { Context } from "./app.js" */
/** @import { PairView } from "./compare_pane.js" */
/** @import { SpanTypes } from "./compare_row.js" */
/** @import { Comparison, ComparisonRow, SpanRow } from "./shapes.js" */
import { addressWriter } from "./address.js";
import { Briefs } from "./briefs.js";
import { compareHeader, kindCounts } from "./compare_header.js";
import { compareKeys } from "./compare_keys.js";
import { differencesElement, drawPair, payloadsElement } from "./compare_pane.js";
import { compareRow } from "./compare_row.js";
import { kindOf, nextDifference, shownRows } from "./comparison.js";
import { button, element, replaceChildren, setAttribute } from "./dom.js";
import { runName } from "./format.js";
import { message, sentenceOf } from "./messages.js";
import { paneSplitter } from "./pane_splitter.js";
import { stepButtons } from "./step_buttons.js";
import { compareUrl, parseCompareState } from "./urls.js";
import { WindowList } from "./window_list.js";

const PAIR_HEIGHT = 28; // pixels

export class ComparePage {
  /**
   * @param {Context} context
   * @param {string} a
   * @param {string} b
   */
  constructor(context, a, b) {
    this.context = context;
    this.title = "Two runs";
    this.keys = compareKeys(this);
    this.ids = { a, b };
    this.state = parseCompareState(location.search);
    /** @type {ComparisonRow[]} */
    this.rows = [];
    /** The numbers of the rows that are shown. @type {number[]} */
    this.shown = [];
    /** @type {{ a: SpanTypes, b: SpanTypes }} */
    this.types = { a: {}, b: {} };
    this.loading = new AbortController();
    this.isClosed = false;
    this.briefs = new Briefs(context.source, () => this.list.redraw());
    this.list = new WindowList({
      label: "Pairs of spans",
      id: "pair",
      columns: 3,
      height: PAIR_HEIGHT,
      count: () => this.shown.length,
      keyAt: (index) => this.shown[index],
      indexOf: (row) => this.shown.indexOf(row),
      selected: () => this.state.row,
      newLine: () => compareRow((index) => this.viewOf(this.shown[index])),
      onOpen: (row) => this.select(row),
      onDrawn: (indexes) => this.briefs.want(indexes.flatMap((index) => spansOf(this.rows[this.shown[index]]))),
    });
    this.counts = element("span", { class: "count", role: "status" });
    this.hideEqual = button("Hide what is equal", () => this.toggleEqual(), {
      title: "Show only what differs (e)",
      "aria-pressed": "false",
      class: "toggle",
    });
    this.pane = element("aside", { class: "pane", tabindex: -1, "aria-label": "The selected pair" });
    const list = element("div", { class: "spans" }, element("div", { class: "spans-body" }, this.list.grid));
    this.body = element("div", { class: "run-body" }, element("div", { class: "run-left" }, list));
    this.splitter = paneSplitter(this.body, this.pane);
    this.address = addressWriter(() => compareUrl(this.ids.a, this.ids.b, this.state));
    this.element = element("div", { class: "run compare" }, message("Comparing…"));
  }

  async open() {
    const { a, b } = this.ids;
    try {
      if (!a || !b) throw new Error("A comparison needs two runs: mark them in the list of runs with x, and press c.");
      const { source } = this.context;
      const [comparison, runA, runB] = await Promise.all([source.compare(a, b), source.run(a), source.run(b)]);
      if (this.isClosed) return;
      this.types = { a: withoutPrototype(runA.span_types), b: withoutPrototype(runB.span_types) };
      this.show(comparison);
    } catch (error) {
      replaceChildren(this.element, message(sentenceOf(error), element("a", { href: "/ui/" }, "All runs")));
    }
  }

  close() {
    this.isClosed = true;
    this.loading.abort();
    this.briefs.stop();
    this.address.stop();
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    this.ids = { a: comparison.a.id, b: comparison.b.id };
    this.rows = comparison.rows;
    this.context.setTitle(`${runName(comparison.a)} and ${runName(comparison.b)}`.slice(0, 80));
    this.counts.textContent = kindCounts(comparison);
    const isDifferent = this.rows.some((row) => kindOf(row) !== "equal");
    const steps = isDifferent && stepButtons("difference", (step) => this.goToDifference(step));
    const hadFocus = this.element.contains(document.activeElement);
    replaceChildren(
      this.element,
      compareHeader(
        comparison,
        () => this.swap(),
        () => this.open(),
      ),
      element(
        "div",
        { class: "toolbar" },
        this.hideEqual,
        this.counts,
        steps && element("span", { class: "errors" }, ...steps),
      ),
      this.body,
    );
    if (hadFocus) this.list.grid.focus();
    this.arrange();
    const { row, closed } = this.state;
    if (row !== null && this.rows[row] && !closed) this.select(row);
    else this.closePane();
  }

  /** Decides which rows are shown. */
  arrange() {
    this.shown = shownRows(this.rows, this.state.hideEqual);
    setAttribute(this.hideEqual, "aria-pressed", String(this.state.hideEqual));
    this.list.show();
  }

  /** @param {number} number Of a row. */
  viewOf(number) {
    const isSelected = number === this.state.row;
    const brief = (/** @type {SpanRow} */ row) => this.briefs.of(row);
    return { row: this.rows[number], isSelected, runs: this.ids, types: this.types, brief };
  }

  /** @param {number} row Its number. */
  select(row) {
    Object.assign(this.state, { row, closed: false });
    if (!this.shown.includes(row)) {
      this.state.hideEqual = false;
      this.arrange();
    }
    this.address.write();
    this.list.showSelected();
    this.load(row);
  }

  get pageSize() {
    return this.list.pageSize;
  }

  /** @param {number} step How many lines further. */
  move(step) {
    const row = this.list.further(step);
    if (row !== null) this.select(row);
  }

  /** @param {1 | -1} step */
  goToDifference(step) {
    const row = nextDifference(this.rows, this.state.row ?? -1, step);
    if (row !== null) this.select(row);
    else this.context.announce(`There is no difference ${step > 0 ? "below" : "above"}.`);
  }

  toggleEqual() {
    this.state.hideEqual = !this.state.hideEqual;
    this.address.write();
    this.arrange();
    this.list.showSelected();
  }

  swap() {
    this.context.go(compareUrl(this.ids.b, this.ids.a, { ...this.state, row: null }));
  }

  /**
   * Loads what differs into the pane.
   * @param {number} number Of a row.
   * @param {boolean} [full] Whether long values are wanted as a whole.
   */
  async load(number, full = false) {
    this.loading.abort();
    this.loading = new AbortController();
    const { signal } = this.loading;
    const view = this.viewOf(number);
    if (!this.pane.isConnected) this.body.append(this.splitter, this.pane);
    const showAll = full ? null : () => this.load(number, true);
    await this.briefs.need(spansOf(view.row)[0]);
    if (signal.aborted) return;
    const content = await this.contentOf(view, signal, showAll).catch((error) => message(sentenceOf(error)));
    if (!signal.aborted) drawPair(this.pane, view, content, () => this.closePane());
  }

  /**
   * @param {PairView} view
   * @param {AbortSignal} signal
   * @param {(() => void) | null} showAll Loads long values as a whole; null: they are wanted so.
   */
  async contentOf(view, signal, showAll) {
    const { source } = this.context;
    const { a, b, changed } = view.row;
    if (a && b && (changed.includes("params") || changed.includes("result")))
      return differencesElement(await source.differences(a[1], b[1]), view);
    const shown = b ?? a;
    if (!shown) return message("");
    const span = await source.span(shown[1], !showAll, signal);
    return payloadsElement(span, (b ? view.types.b : view.types.a)[shown[3]] ?? null, showAll);
  }

  openPane() {
    if (this.state.row === null) return this.move(1);
    if (this.state.closed) this.select(this.state.row);
    return this.pane.focus();
  }

  closePane() {
    if (!this.pane.isConnected) return;
    this.loading.abort();
    this.splitter.remove();
    this.pane.remove();
    this.state.closed = true; // the line stays the current one
    this.address.write();
    this.list.grid.focus();
  }
}

/** @param {ComparisonRow} row */
function spansOf({ a, b }) {
  return [a, b].filter((row) => row !== null);
}

/**
 * A span type may have the name of something that every object has.
 * @param {SpanTypes} types
 * @returns {SpanTypes}
 */
function withoutPrototype(types) {
  return Object.assign(Object.create(null), types);
}
