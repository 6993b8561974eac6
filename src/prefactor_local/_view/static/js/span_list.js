// The list of spans. Only the lines that can be seen are in the document, however many there are.

/** @import { Source } from "./data.js" */
/** @import { RunModel } from "./run_model.js" */
/** @import { RowView } from "./span_row.js" */
/** @import { TreeNode } from "./tree.js" */
/** @import { Line } from "./window_list.js" */
import { Briefs } from "./briefs.js";
import { element, replaceChildren } from "./dom.js";
import { axisMarks, formatDuration } from "./format.js";
import { savedSize } from "./settings.js";
import { splitter } from "./splitter.js";
import { ROW_HEIGHT, rowElement } from "./span_row.js";
import { WindowList } from "./window_list.js";

/**
 * @typedef {object} SpanListOptions
 * @property {RunModel} model
 * @property {Source} source
 * @property {(node: TreeNode) => void} onOpen A span was clicked.
 * @property {(node: TreeNode) => void} onToggle Its children are to be shown or hidden.
 * @property {() => void} onScroll
 */

export class SpanList {
  /** @param {SpanListOptions} options */
  constructor({ model, source, onOpen, onToggle, onScroll }) {
    this.model = model;
    this.now = 0;
    /** Of the column with the times, in pixels. */
    this.width = 0;
    this.briefs = new Briefs(source, () => this.rows.redraw());
    this.rows = new WindowList({
      label: "Spans",
      id: "span",
      columns: 2,
      height: ROW_HEIGHT,
      count: () => model.visible.length,
      keyAt: (index) => model.visible[index].node.seq,
      indexOf: (seq) => model.indexOf(seq),
      selected: () => model.state.span,
      newLine: () => this.newLine(),
      onOpen: (seq, target) => withNode(seq, target.classList.contains("twisty") ? onToggle : onOpen),
      onRedraw: () => {
        this.drawAxis();
        onScroll();
      },
      onDrawn: (indexes) => this.briefs.want(indexes.map((index) => model.visible[index].node.row)),
    });
    /** @param {number | null} seq @param {(node: TreeNode) => void} act */
    const withNode = (seq, act) => {
      const node = seq !== null && model.tree.nodes.get(seq);
      if (node) act(node);
    };
    this.rows.grid.addEventListener("scroll", onScroll);
    this.rows.canvas.addEventListener("dblclick", (event) => {
      const isTwisty = event.target instanceof Element && event.target.classList.contains("twisty");
      if (!isTwisty) withNode(this.rows.keyOf(event), onToggle);
    });
    this.axis = element("div", { class: "axis", "aria-hidden": "true" });
    this.axisLines = element("div", { class: "axis-lines", "aria-hidden": "true" });
    this.treeHead = element("span", { class: "head-tree" }, "Span");
    this.element = element(
      "div",
      { class: "spans" },
      element("div", { class: "spans-head" }, this.treeHead, this.axis),
      element("div", { class: "spans-body" }, this.axisLines, this.rows.grid),
      element("div", { class: "column-border" }, this.columnSplitter()),
    );
    this.element.style.setProperty("--tree-width", savedSize("tree-width"));
  }

  columnSplitter() {
    const bar = splitter({
      label: "Width of the tree",
      setting: () => "tree-width",
      isUpright: () => true,
      grows: 1,
      limits: () => [120, Math.max(160, this.element.clientWidth - 100)],
      size: () => this.treeHead.getBoundingClientRect().width,
      resize: (size) => {
        this.element.style.setProperty("--tree-width", `${size}px`);
        this.rows.redraw();
      },
    });
    bar.addEventListener("wheel", (event) => this.rows.grid.scrollBy(0, event.deltaY), { passive: true });
    return bar;
  }

  /** The times at the left and the right edge. */
  get window() {
    return this.model.state.zoom ?? { from: 0, to: this.model.end * 1.02 };
  }

  /**
   * Shows the visible rows of the model. If the end is seen while the run is open, it stays so.
   * @param {number} now
   */
  show(now) {
    this.now = now;
    this.rows.show(this.model.isOpen && this.rows.isAtEnd && this.rows.grid.scrollTop > 0);
  }

  /** @returns {Line} */
  newLine() {
    const row = rowElement();
    return { element: row.element, draw: (index) => row.draw(index, this.model.visible[index], this.view()) };
  }

  /** @returns {RowView} */
  view() {
    const { model } = this;
    return {
      ...this.window,
      width: this.width,
      now: this.now,
      brief: (row) => this.briefs.of(row),
      collapsed: model.collapsed,
      selected: model.state.span,
      kept: model.state.mode === "highlight" ? model.kept : null,
      typeOf: (name) => model.typeOf(name),
      hueOf: (type) => model.hueOf(type),
    };
  }

  drawAxis() {
    const { from, to } = this.window;
    const { grid } = this.rows;
    this.element.style.setProperty("--scrollbar", `${grid.offsetWidth - grid.clientWidth}px`);
    this.width = this.axis.clientWidth;
    const places = axisMarks(from, to, Math.max(2, Math.floor(this.width / 110)));
    /** @param {(ms: number) => string} textOf */
    const marks = (textOf) => places.map((ms) => markAt((ms - from) / (to - from), textOf(ms)));
    replaceChildren(this.axis, ...marks(formatDuration));
    replaceChildren(this.axisLines, ...marks(() => ""));
  }
}

/**
 * @param {number} place From 0 to 1.
 * @param {string} text
 */
function markAt(place, text) {
  const mark = element("span", { class: place > 0.93 ? "mark at-end" : "mark" }, text);
  mark.style.left = `${(place * 100).toFixed(3)}%`;
  return mark;
}
