// A list of which only the lines that can be seen are in the document, however many there are.

import { element, oncePerFrame, setAttribute } from "./dom.js";

const AROUND = 6; // lines above and below what can be seen

/**
 * @typedef {object} Line
 * @property {HTMLElement} element
 * @property {(index: number) => void} draw
 */

/**
 * @typedef {object} WindowListOptions
 * @property {string} label
 * @property {string} id What the IDs of the lines begin with.
 * @property {number} columns
 * @property {number} height Of a line, in pixels.
 * @property {() => Line} newLine
 * @property {(index: number) => void} onOpen A line was clicked.
 */

export class WindowList {
  /** @param {WindowListOptions} options */
  constructor(options) {
    this.options = options;
    this.count = 0;
    /** The selected line; -1: none. */
    this.selected = -1;
    /** @type {Map<number, Line>} */
    this.drawn = new Map();
    this.canvas = element("div", { class: "spans-canvas", role: "rowgroup" });
    this.grid = element(
      "div",
      { class: "spans-scroll", role: "treegrid", tabindex: 0, "aria-label": options.label },
      this.canvas,
    );
    setAttribute(this.grid, "aria-colcount", options.columns);
    const drawSoon = oncePerFrame(() => this.draw());
    this.grid.addEventListener("scroll", drawSoon);
    new ResizeObserver(drawSoon).observe(this.grid);
    this.canvas.addEventListener("click", (event) => {
      const line = event.target instanceof Element ? event.target.closest(".row") : null;
      if (line instanceof HTMLElement) options.onOpen(Number(line.dataset.index));
    });
  }

  /**
   * Shows other lines.
   * @param {number} count
   * @param {number} selected
   */
  show(count, selected) {
    this.count = count;
    this.selected = selected;
    this.canvas.style.height = `${count * this.options.height}px`;
    setAttribute(this.grid, "aria-rowcount", count);
    for (const line of this.drawn.values()) line.element.remove();
    this.drawn.clear();
    this.draw();
  }

  /**
   * Selects a line, and scrolls as far as needed for it to be seen.
   * @param {number} index
   */
  select(index) {
    const before = this.selected;
    this.selected = index;
    for (const changed of [before, index]) this.drawn.get(changed)?.draw(changed);
    if (index >= 0) this.scrollTo(index);
    this.draw();
  }

  /** @param {number} index */
  scrollTo(index) {
    const { height } = this.options;
    const { scrollTop, clientHeight } = this.grid;
    const margin = Math.min(clientHeight / 3, height * 2);
    if (index * height < scrollTop) this.grid.scrollTop = index * height - margin;
    else if ((index + 1) * height > scrollTop + clientHeight)
      this.grid.scrollTop = (index + 1) * height - clientHeight + margin;
  }

  /** How many lines can be seen at once. */
  get pageSize() {
    return Math.max(1, Math.floor(this.grid.clientHeight / this.options.height) - 1);
  }

  /** Draws the lines that can be seen, and the selected one: the focus is there. */
  draw() {
    const { height, id } = this.options;
    const first = Math.max(0, Math.floor(this.grid.scrollTop / height) - AROUND);
    const last = Math.min(this.count, Math.ceil((this.grid.scrollTop + this.grid.clientHeight) / height) + AROUND);
    const wanted = new Set(Array.from({ length: Math.max(0, last - first) }, (_, place) => first + place));
    if (this.selected >= 0 && this.selected < this.count) wanted.add(this.selected);
    const spare = [...this.drawn].filter(([index]) => !wanted.has(index));
    for (const [index] of spare) this.drawn.delete(index);
    for (const index of wanted)
      if (!this.drawn.has(index)) this.drawLine(index, spare.pop()?.[1] ?? this.options.newLine());
    for (const [, line] of spare) line.element.remove();
    setAttribute(this.grid, "aria-activedescendant", this.selected < 0 ? null : `${id}-${this.selected}`);
  }

  /**
   * @param {number} index
   * @param {Line} line
   */
  drawLine(index, line) {
    this.drawn.set(index, line);
    line.element.id = `${this.options.id}-${index}`;
    line.element.dataset.index = String(index);
    line.element.style.top = `${index * this.options.height}px`;
    setAttribute(line.element, "aria-rowindex", index + 1);
    line.draw(index);
    if (!line.element.isConnected) this.canvas.append(line.element);
  }
}
