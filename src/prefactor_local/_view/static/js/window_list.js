// A list of which only the lines that can be seen are in the document, however many there are.

import { arrangeChildren, element, oncePerFrame, setAttribute } from "./dom.js";
import { further } from "./list_keys.js";

const AROUND = 6; // lines above and below what can be seen

/**
 * @typedef {object} Line
 * @property {HTMLElement} element
 * @property {(index: number) => void} draw Shows what stands at a place of the list.
 */

/** @typedef {Line & { index: number, drawnFor: string }} DrawnLine With its place, and what it was drawn for. */

/**
 * @typedef {object} WindowListOptions What stands in a line has a key, and keeps it when its place changes.
 * @property {string} label
 * @property {string} id What the IDs of the lines begin with.
 * @property {number} columns
 * @property {number} height Of a line, in pixels.
 * @property {() => number} count
 * @property {(index: number) => number} keyAt
 * @property {(key: number) => number} indexOf -1: it is not in the list.
 * @property {() => number | null} selected Its key; null: nothing is selected.
 * @property {() => Line} newLine
 * @property {(key: number, target: Element) => void} onOpen A line was clicked.
 * @property {() => void} [onRedraw] Called before all lines are drawn again.
 * @property {(indexes: number[]) => void} [onDrawn] Takes what is drawn now.
 */

export class WindowList {
  /** @param {WindowListOptions} options */
  constructor(options) {
    this.options = options;
    this.version = 0;
    /** By key. @type {Map<number, DrawnLine>} */
    this.drawn = new Map();
    this.canvas = element("div", { class: "spans-canvas", role: "rowgroup" });
    this.grid = element(
      "div",
      { class: "spans-scroll", role: "treegrid", tabindex: 0, "aria-label": options.label },
      this.canvas,
    );
    setAttribute(this.grid, "aria-colcount", options.columns);
    this.drawSoon = oncePerFrame(() => this.draw());
    this.grid.addEventListener("scroll", this.drawSoon);
    new ResizeObserver(() => this.redraw()).observe(this.grid);
    this.canvas.addEventListener("click", (event) => {
      const key = this.keyOf(event);
      if (key !== null && event.target instanceof Element) options.onOpen(key, event.target);
    });
  }

  /**
   * What stands in the line that an event is about.
   * @param {Event} event
   */
  keyOf({ target }) {
    const line = target instanceof Element ? target.closest(".row") : null;
    return line instanceof HTMLElement ? Number(line.dataset.key) : null;
  }

  /**
   * Shows other lines. The first one that is seen stays where it is.
   * @param {boolean} [toEnd] Whether the end is to be seen instead.
   */
  show(toEnd = false) {
    const { height, count, indexOf } = this.options;
    const { anchor } = this;
    this.canvas.style.height = `${count() * height}px`;
    setAttribute(this.grid, "aria-rowcount", count());
    const index = anchor ? indexOf(anchor.key) : -1;
    if (toEnd) this.grid.scrollTop = this.canvas.offsetHeight;
    else if (anchor && index >= 0) this.grid.scrollTop = index * height + anchor.beyond;
    this.outdate();
    this.draw();
  }

  /** Draws all lines again, soon. */
  redraw() {
    this.outdate();
    this.drawSoon();
  }

  outdate() {
    this.version += 1;
    this.options.onRedraw?.();
  }

  /** What the first line that is seen shows, and how far it is scrolled away; null at the top of the list. */
  get anchor() {
    const { height } = this.options;
    const { scrollTop } = this.grid;
    const first = Math.floor(scrollTop / height);
    for (const [key, { index }] of scrollTop > 0 ? this.drawn : [])
      if (index === first) return { key, beyond: scrollTop % height };
    return null;
  }

  /** Whether the end of the list can be seen. */
  get isAtEnd() {
    return this.grid.scrollTop + this.grid.clientHeight >= this.canvas.offsetHeight - this.options.height / 2;
  }

  /** What of the list can be seen, as parts of its height. */
  get seen() {
    const height = Math.max(1, this.canvas.offsetHeight);
    return { top: this.grid.scrollTop / height, height: Math.min(1, this.grid.clientHeight / height) };
  }

  /** How many lines can be seen at once. */
  get pageSize() {
    return Math.max(1, Math.floor(this.grid.clientHeight / this.options.height) - 1);
  }

  get selectedIndex() {
    const key = this.options.selected();
    return key === null ? -1 : this.options.indexOf(key);
  }

  /**
   * What stands some lines below the selected one; null if the list is empty.
   * @param {number} step
   */
  further(step) {
    const { count, keyAt } = this.options;
    return count() ? keyAt(further(this.selectedIndex, step, count())) : null;
  }

  /** Scrolls as far as needed for the selected line to be seen. */
  showSelected() {
    const { height } = this.options;
    const { scrollTop, clientHeight } = this.grid;
    const margin = Math.min(clientHeight / 3, height * 2);
    const top = this.selectedIndex * height;
    if (top >= 0 && top < scrollTop) this.grid.scrollTop = top - margin;
    else if (top + height > scrollTop + clientHeight) this.grid.scrollTop = top + height - clientHeight + margin;
    this.draw();
  }

  /** Draws the lines that can be seen, and the selected one: the focus is there. */
  draw() {
    const { id, keyAt, newLine, selected } = this.options;
    const indexes = this.indexesToDraw();
    const wanted = new Map(indexes.map((index) => [keyAt(index), index]));
    const spare = [...this.drawn].filter(([key]) => !wanted.has(key)).map(([, line]) => line);
    for (const line of spare) line.element.remove();
    const before = this.drawn;
    this.drawn = new Map();
    for (const [key, index] of wanted) {
      const line = before.get(key) ?? spare.pop() ?? { ...newLine(), index: -1, drawnFor: "" };
      this.drawn.set(key, line);
      const drawnFor = [this.version, key, index, key === selected()].join();
      if (line.drawnFor !== drawnFor) this.drawLine(line, key, index);
      line.drawnFor = drawnFor;
    }
    // Screen readers read the lines as they stand in the document.
    arrangeChildren(
      this.canvas,
      [...this.drawn.values()].map((line) => line.element),
    );
    setAttribute(this.grid, "aria-activedescendant", this.selectedIndex < 0 ? null : `${id}-${selected()}`);
    this.options.onDrawn?.(indexes);
  }

  /** The lines that can be seen and some around them, and the selected one, from top to bottom. */
  indexesToDraw() {
    const { height, count } = this.options;
    const { scrollTop, clientHeight } = this.grid;
    const first = Math.max(0, Math.floor(scrollTop / height) - AROUND);
    const last = Math.min(count(), Math.ceil((scrollTop + clientHeight) / height) + AROUND);
    const lines = Array.from({ length: Math.max(0, last - first) }, (_, place) => first + place);
    const selected = this.selectedIndex;
    if (selected >= last) return [...lines, selected];
    return selected >= 0 && selected < first ? [selected, ...lines] : lines;
  }

  /**
   * @param {DrawnLine} line
   * @param {number} key
   * @param {number} index
   */
  drawLine(line, key, index) {
    line.index = index;
    line.element.id = `${this.options.id}-${key}`;
    line.element.dataset.key = String(key);
    line.element.style.top = `${index * this.options.height}px`;
    setAttribute(line.element, "aria-rowindex", index + 1);
    line.draw(index);
  }
}
