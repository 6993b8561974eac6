// The list of spans. Only the lines that can be seen are in the document, however many there are.

/** @import { Source } from "./data.js" */
/** @import { RunModel } from "./run_model.js" */
/** @import { RowElement, RowView } from "./span_row.js" */
/** @import { TreeNode } from "./tree.js" */
import { Briefs } from "./briefs.js";
import { element, oncePerFrame, replaceChildren, setAttribute } from "./dom.js";
import { axisMarks, formatDuration } from "./format.js";
import { savedSize } from "./settings.js";
import { splitter } from "./splitter.js";
import { ROW_HEIGHT, rowElement } from "./span_row.js";

const BEYOND = 6; // lines above and below what can be seen

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
  constructor(options) {
    this.model = options.model;
    this.onScroll = options.onScroll;
    this.now = 0;
    this.version = 0;
    /** @type {Map<number, RowElement>} */
    this.drawn = new Map();
    this.drawSoon = oncePerFrame(() => this.draw());
    this.briefs = new Briefs(options.source, () => this.redraw());
    this.canvas = element("div", { class: "spans-canvas", role: "rowgroup" });
    this.grid = element(
      "div",
      { class: "spans-scroll", role: "treegrid", tabindex: 0, "aria-label": "Spans", "aria-colcount": 2 },
      this.canvas,
    );
    this.axis = element("div", { class: "axis", "aria-hidden": "true" });
    this.lines = element("div", { class: "axis-lines", "aria-hidden": "true" });
    this.head = element("div", { class: "spans-head" }, element("span", { class: "head-tree" }, "Span"));
    this.element = element("div", { class: "spans" }, this.head);
    this.head.append(this.axis);
    this.element.style.setProperty("--tree-width", savedSize("tree-width"));
    const body = element("div", { class: "spans-body" }, this.lines, this.grid);
    this.element.append(body, element("div", { class: "column-border" }, this.columnSplitter()));
    this.listen(options);
  }

  columnSplitter() {
    const bar = splitter({
      label: "Width of the tree",
      setting: () => "tree-width",
      isUpright: () => true,
      grows: 1,
      limits: () => [120, Math.max(160, this.element.clientWidth - 100)],
      size: () => this.head.firstElementChild?.getBoundingClientRect().width ?? 0,
      resize: (size) => {
        this.element.style.setProperty("--tree-width", `${size}px`);
        this.redraw();
      },
    });
    bar.addEventListener("wheel", (event) => this.grid.scrollBy(0, event.deltaY), { passive: true });
    return bar;
  }

  /** @param {SpanListOptions} options */
  listen(options) {
    this.grid.addEventListener("scroll", () => {
      this.drawSoon();
      options.onScroll();
    });
    new ResizeObserver(() => {
      this.redraw();
      options.onScroll();
    }).observe(this.grid);
    this.canvas.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const node = this.nodeAt(target);
      if (node && target?.classList.contains("twisty")) options.onToggle(node);
      else if (node) options.onOpen(node);
    });
    this.canvas.addEventListener("dblclick", (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const node = this.nodeAt(target);
      if (node && !target?.classList.contains("twisty")) options.onToggle(node);
    });
  }

  /** Draws everything again, for another width. */
  redraw() {
    this.version += 1;
    this.drawAxis();
    this.drawSoon();
  }

  /** @param {Element | null} target */
  nodeAt(target) {
    const line = target?.closest(".row");
    const seq = line instanceof HTMLElement ? Number(line.dataset.seq) : Number.NaN;
    return this.model.tree.nodes.get(seq) ?? null;
  }

  /** The times at the left and the right edge. */
  get window() {
    return this.model.state.zoom ?? { from: 0, to: this.model.end * 1.02 };
  }

  /** Whether the end of the list can be seen. */
  get isAtEnd() {
    return this.grid.scrollTop + this.grid.clientHeight >= this.canvas.offsetHeight - ROW_HEIGHT / 2;
  }

  /** What of the list can be seen, as parts of its height. */
  get seen() {
    const height = Math.max(1, this.canvas.offsetHeight);
    return { top: this.grid.scrollTop / height, height: Math.min(1, this.grid.clientHeight / height) };
  }

  /**
   * Shows the visible rows of the model. The first line that is seen stays where it is; or the end, if it is seen.
   * @param {number} now
   */
  show(now) {
    const follow = this.model.isOpen && this.isAtEnd && this.grid.scrollTop > 0;
    const anchor = this.anchor;
    this.now = now;
    this.version += 1;
    this.canvas.style.height = `${this.model.visible.length * ROW_HEIGHT}px`;
    this.grid.setAttribute("aria-rowcount", String(this.model.visible.length));
    if (follow) this.grid.scrollTop = this.canvas.offsetHeight;
    else if (anchor) this.keep(anchor);
    this.drawAxis();
    this.draw();
  }

  /** The first line that is seen, and how far it is scrolled away; null at the top of the list. */
  get anchor() {
    const first = this.firstSeen;
    const top = this.grid.scrollTop;
    return first && top > 0 ? { seq: first, beyond: top % ROW_HEIGHT } : null;
  }

  get firstSeen() {
    let found = null;
    for (const [seq, line] of this.drawn) {
      const top = Number.parseFloat(line.element.style.top);
      if (top + ROW_HEIGHT > this.grid.scrollTop && (found === null || top < found.top)) found = { seq, top };
    }
    return found?.seq ?? null;
  }

  /** @param {{ seq: number, beyond: number }} anchor */
  keep(anchor) {
    const index = this.indexOf(anchor.seq);
    if (index >= 0) this.grid.scrollTop = index * ROW_HEIGHT + anchor.beyond;
  }

  /**
   * The line of a span; -1 if it is not shown.
   * @param {number} seq
   */
  indexOf(seq) {
    const wanted = this.model.tree.nodes.get(seq)?.index ?? -1;
    let low = 0;
    let high = this.model.visible.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { index } = this.model.visible[middle].node;
      if (index === wanted) return middle;
      if (index < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /**
   * Scrolls as far as needed for a line to be seen.
   * @param {number} index
   */
  scrollTo(index) {
    const top = index * ROW_HEIGHT;
    const height = this.grid.clientHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top - Math.min(height / 3, ROW_HEIGHT * 2);
    else if (top + ROW_HEIGHT > this.grid.scrollTop + height) {
      this.grid.scrollTop = top + ROW_HEIGHT - height + Math.min(height / 3, ROW_HEIGHT * 2);
    }
  }

  /** How many lines can be seen at once. */
  get pageSize() {
    return Math.max(1, Math.floor(this.grid.clientHeight / ROW_HEIGHT) - 1);
  }

  /** Draws the lines that can be seen, and the selected one: the focus is there. */
  draw() {
    const { visible } = this.model;
    const indexes = this.linesToDraw();
    const wanted = new Map(indexes.map((index) => [visible[index].node.seq, index]));
    const spare = this.takeSpare(wanted);
    const view = this.view();
    /** @type {Element | null} */
    let next = null;
    for (const [seq, index] of [...wanted].reverse()) {
      const line = this.drawn.get(seq) ?? spare.pop() ?? rowElement();
      if (line.version !== this.version || !this.drawn.has(seq)) line.draw(index, visible[index], view);
      line.version = this.version;
      // Screen readers read the lines as they stand in the document.
      if (!line.element.isConnected || line.element.nextSibling !== next) this.canvas.insertBefore(line.element, next);
      next = line.element;
      this.drawn.set(seq, line);
    }
    for (const line of spare) line.element.remove();
    this.briefs.want(indexes.map((index) => visible[index].node.row));
  }

  /** The lines that can be seen and some beyond, and the selected one, from top to bottom. */
  linesToDraw() {
    const { visible, state } = this.model;
    const { scrollTop, clientHeight } = this.grid;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - BEYOND);
    const last = Math.min(visible.length, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + BEYOND);
    const lines = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset);
    const selected = state.span === null ? -1 : this.indexOf(state.span);
    setAttribute(this.grid, "aria-activedescendant", selected < 0 ? null : `span-${state.span}`);
    if (selected >= last) return [...lines, selected];
    return selected >= 0 && selected < first ? [selected, ...lines] : lines;
  }

  /**
   * Takes away the lines that are not needed any more.
   * @param {Map<number, number>} wanted
   */
  takeSpare(wanted) {
    const spare = [];
    for (const [seq, line] of this.drawn) {
      if (wanted.has(seq)) continue;
      this.drawn.delete(seq);
      spare.push(line);
    }
    return spare;
  }

  /** @returns {RowView} */
  view() {
    const { collapsed, state, kept } = this.model;
    const dim = state.mode === "highlight" ? kept : null;
    const typeOf = this.model.typeOf.bind(this.model);
    const brief = this.briefs.of.bind(this.briefs);
    return {
      ...this.window,
      width: this.axis.clientWidth,
      now: this.now,
      brief,
      collapsed,
      selected: state.span,
      kept: dim,
      typeOf,
      hueOf: this.model.hueOf.bind(this.model),
    };
  }

  drawAxis() {
    const { from, to } = this.window;
    const width = this.axis.clientWidth;
    this.element.style.setProperty("--scrollbar", `${this.grid.offsetWidth - this.grid.clientWidth}px`);
    const marks = axisMarks(from, to, Math.max(2, Math.floor(width / 110)));
    replaceChildren(this.axis, ...marks.map((mark) => markAt((mark - from) / (to - from), formatDuration(mark))));
    replaceChildren(this.lines, ...marks.map((mark) => markAt((mark - from) / (to - from), "")));
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
