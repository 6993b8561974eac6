// Two runs side by side.

/** @import { Context, Page } from "./app.js" */
/** @import { SpanTypes } from "./compare_row.js" */
/** @import { Comparison, ComparisonRow } from "./shapes.js" */
import { addressWriter } from "./address.js";
import { compareHeader, kindCounts } from "./compare_header.js";
import { compareKeys } from "./compare_keys.js";
import { differencesElement, drawPair, payloadsElement } from "./compare_pane.js";
import { compareRow } from "./compare_row.js";
import { kindOf, nextDifference, shownRows } from "./comparison.js";
import { button, element, replaceChildren, setAttribute } from "./dom.js";
import { runName } from "./format.js";
import { message, sentenceOf } from "./messages.js";
import { paneSplitter } from "./pane_splitter.js";
import { compareStateUrl, parseCompareState } from "./urls.js";
import { WindowList } from "./window_list.js";

const PAIR_HEIGHT = 28; // pixels

/**
 * @param {Context} context
 * @param {string} a
 * @param {string} b
 * @returns {Page}
 */
export function openComparePage(context, a, b) {
  const page = new ComparePage(context, a, b);
  return {
    element: page.element,
    title: "Two runs",
    keys: compareKeys(page),
    opened: () => page.open(),
    close: () => page.close(),
  };
}

export class ComparePage {
  /**
   * @param {Context} context
   * @param {string} a
   * @param {string} b
   */
  constructor(context, a, b) {
    this.context = context;
    this.ids = { a, b };
    this.state = parseCompareState(location.search);
    /** @type {ComparisonRow[]} */
    this.rows = [];
    /** The numbers of the rows that are shown. @type {number[]} */
    this.shown = [];
    /** @type {{ a: SpanTypes, b: SpanTypes }} */
    this.types = { a: {}, b: {} };
    this.loading = new AbortController();
    this.list = new WindowList({
      label: "Pairs of spans",
      id: "pair",
      columns: 3,
      height: PAIR_HEIGHT,
      newLine: () =>
        compareRow({
          row: (index) => this.rows[this.shown[index]],
          isSelected: (index) => this.shown[index] === this.state.row,
          types: () => this.types,
        }),
      onOpen: (index) => this.select(this.shown[index]),
    });
    this.counts = element("span", { class: "count", role: "status" });
    this.hideEqual = button("Hide what is equal", () => this.toggleEqual(), {
      title: "Show only what differs (e)",
      "aria-pressed": "false",
      class: "toggle",
    });
    this.pane = element("aside", { class: "pane", tabindex: -1, "aria-label": "The selected pair" });
    this.body = element("div", { class: "run-body" });
    this.splitter = paneSplitter(this.body, this.pane);
    this.address = addressWriter(() => compareStateUrl(this.ids.a, this.ids.b, this.state));
    this.element = element("div", { class: "run compare" }, message("Comparing…"));
  }

  async open() {
    const { a, b } = this.ids;
    try {
      if (!a || !b) throw new Error("A comparison needs two runs: mark them in the list of runs with x, and press c.");
      const { source } = this.context;
      const [comparison, runA, runB] = await Promise.all([source.compare(a, b), source.run(a), source.run(b)]);
      this.types = { a: runA.span_types, b: runB.span_types };
      this.show(comparison);
    } catch (error) {
      replaceChildren(this.element, message(sentenceOf(error), element("a", { href: "/ui/" }, "All runs")));
    }
  }

  close() {
    this.loading.abort();
    this.address.stop();
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    this.ids = { a: comparison.a.id, b: comparison.b.id };
    this.rows = comparison.rows;
    this.context.setTitle(`${runName(comparison.a)} and ${runName(comparison.b)}`.slice(0, 80));
    this.counts.textContent = kindCounts(comparison);
    const different = this.rows.some((row) => kindOf(row) !== "equal");
    const tools = element(
      "div",
      { class: "toolbar" },
      this.hideEqual,
      this.counts,
      different ? this.stepButtons() : null,
    );
    const left = element(
      "div",
      { class: "run-left" },
      element("div", { class: "spans" }, element("div", { class: "spans-body" }, this.list.grid)),
    );
    replaceChildren(this.body, left);
    replaceChildren(
      this.element,
      compareHeader(
        comparison,
        () => this.swap(),
        () => this.open(),
      ),
      tools,
      this.body,
    );
    this.arrange();
    if (this.state.row !== null && this.rows[this.state.row]) this.select(this.state.row);
  }

  stepButtons() {
    const previous = button("↑", () => this.goToDifference(-1), {
      class: "icon",
      "aria-label": "Previous difference",
      title: "Previous difference (p)",
    });
    const next = button("↓", () => this.goToDifference(1), {
      class: "icon",
      "aria-label": "Next difference",
      title: "Next difference (n)",
    });
    return element("span", { class: "errors" }, element("span", { class: "muted" }, "Differences"), previous, next);
  }

  /** Decides which rows are shown. */
  arrange() {
    this.shown = shownRows(this.rows, this.state.hideEqual);
    setAttribute(this.hideEqual, "aria-pressed", String(this.state.hideEqual));
    this.list.show(this.shown.length, this.placeOf(this.state.row));
  }

  /**
   * Where a row is in the list; -1: it is not shown.
   * @param {number | null} row
   */
  placeOf(row) {
    return row === null ? -1 : this.shown.indexOf(row);
  }

  /** @param {number} row Its number. */
  select(row) {
    this.state.row = row;
    this.address.write();
    if (this.placeOf(row) < 0) {
      this.state.hideEqual = false;
      this.arrange();
    }
    this.list.select(this.placeOf(row));
    this.load(row);
  }

  /** @param {number} step How many lines further. */
  move(step) {
    if (!this.shown.length) return;
    const from = this.placeOf(this.state.row);
    const to = from < 0 && step === -1 ? this.shown.length - 1 : from + step;
    this.select(this.shown[Math.max(0, Math.min(this.shown.length - 1, to))]);
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
    const place = this.placeOf(this.state.row);
    if (place >= 0) this.list.scrollTo(place);
  }

  swap() {
    this.context.go(compareStateUrl(this.ids.b, this.ids.a, { ...this.state, row: null }));
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
    const row = this.rows[number];
    const view = { row, runs: this.ids, types: this.types };
    if (!this.pane.isConnected) this.body.append(this.splitter, this.pane);
    /** @param {HTMLElement} content */
    const draw = (content) => drawPair(this.pane, view, content, () => this.closePane());
    try {
      const content = await this.contentOf(row, signal, full ? null : () => this.load(number, true));
      if (!signal.aborted) draw(content);
    } catch (error) {
      if (!signal.aborted) draw(message(sentenceOf(error)));
    }
  }

  /**
   * @param {ComparisonRow} row
   * @param {AbortSignal} signal
   * @param {(() => void) | null} showAll Loads long values as a whole; null: they are wanted so.
   */
  async contentOf(row, signal, showAll) {
    const { source } = this.context;
    const payloads = row.changed.includes("params") || row.changed.includes("result");
    if (row.a && row.b && payloads) {
      return differencesElement(await source.differences(row.a[1], row.b[1]), {
        row,
        runs: this.ids,
        types: this.types,
      });
    }
    const shown = row.b ?? row.a;
    if (!shown) return message("");
    const span = await source.span(shown[1], !showAll, signal);
    return payloadsElement(span, (row.b ? this.types.b : this.types.a)[shown[3]] ?? null, showAll);
  }

  openPane() {
    if (this.pane.isConnected) this.pane.focus();
    else this.move(1);
  }

  closePane() {
    if (!this.pane.isConnected) return;
    this.loading.abort();
    this.splitter.remove();
    this.pane.remove();
    this.state.row = null;
    this.address.write();
    this.list.select(-1);
    this.list.grid.focus();
  }
}
