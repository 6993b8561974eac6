// All spans of a run in a strip: where the time goes, and what of it is shown below.

/** @import { SpanList } from "./span_list.js" */
import { element } from "./dom.js";
import { hueOf } from "./format.js";
import { endOf, hasError } from "./tree.js";

const HEIGHT = 44;
const CLICK = 4; // pixels; a pointer that moves less has clicked

export class Minimap {
  /**
   * @param {SpanList} list
   * @param {(range: { from: number, to: number } | null) => void} onRange A part of the time was chosen; null: all.
   */
  constructor(list, onRange) {
    this.list = list;
    this.canvas = element("canvas");
    this.canvas.height = HEIGHT;
    this.frame = element("div", { class: "minimap-frame" });
    this.drag = element("div", { class: "minimap-drag" });
    this.drag.hidden = true;
    this.element = element(
      "div",
      { class: "minimap", "aria-hidden": "true", title: "Drag to zoom into a part of the time, double-click for all of it" },
      this.canvas,
      this.frame,
      this.drag,
    );
    this.element.addEventListener("pointerdown", (event) => this.startDrag(event, onRange));
    this.element.addEventListener("dblclick", () => onRange(null));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  get end() {
    return this.list.model.end * 1.02;
  }

  draw() {
    const scale = devicePixelRatio;
    const width = this.element.clientWidth;
    this.canvas.width = width * scale;
    this.canvas.height = HEIGHT * scale;
    const context = this.canvas.getContext("2d");
    if (!context || !width) return;
    context.scale(scale, scale);
    this.drawSpans(context, width);
    this.drawFrame();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   */
  drawSpans(context, width) {
    const rows = this.list.model.visible;
    const style = getComputedStyle(this.element);
    const failed = style.getPropertyValue("--failed");
    const tone = style.getPropertyValue("--type-tone");
    const thickness = Math.max(1, Math.min(4, (HEIGHT - 8) / rows.length - 1));
    const step = (HEIGHT - 8 - thickness) / Math.max(1, rows.length - 1);
    /** @type {Map<string, string>} */
    const colours = new Map();
    rows.forEach(({ node: { row } }, index) => {
      const start = row[5];
      if (start === null) return;
      let colour = hasError(row) && row[4] === "failed" ? failed : colours.get(row[3]);
      if (!colour) colours.set(row[3], (colour = `oklch(${tone} ${hueOf(row[3])})`));
      if (context.fillStyle !== colour) context.fillStyle = colour;
      const end = endOf(row, this.list.now) ?? start;
      const length = Math.max(1, ((end - start) / this.end) * width);
      context.fillRect((start / this.end) * width, 4 + Math.min(index, rows.length - 1) * Math.min(step, 6), length, thickness);
    });
  }

  /** Moves the frame around what is shown below. */
  drawFrame() {
    const { from, to } = this.list.window;
    const { top, height } = this.list.seen;
    this.frame.style.left = `${Math.max(0, from / this.end) * 100}%`;
    this.frame.style.width = `${Math.min(1, (to - from) / this.end) * 100}%`;
    const used = Math.min(HEIGHT - 8, this.list.model.visible.length * 6);
    this.frame.style.top = `${2 + top * used}px`;
    this.frame.style.height = `${Math.min(HEIGHT - 4, Math.max(4, height * used + 4))}px`;
    this.frame.hidden = height >= 1 && !this.list.range;
  }

  /**
   * @param {PointerEvent} event
   * @param {(range: { from: number, to: number } | null) => void} onRange
   */
  startDrag(event, onRange) {
    const box = this.element.getBoundingClientRect();
    /** @param {PointerEvent} at */
    const place = (at) => Math.max(0, Math.min(1, (at.clientX - box.left) / box.width));
    const start = place(event);
    this.element.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} moved */
    const move = (moved) => {
      const here = place(moved);
      this.drag.hidden = Math.abs(here - start) * box.width < CLICK;
      this.drag.style.left = `${Math.min(here, start) * 100}%`;
      this.drag.style.width = `${Math.abs(here - start) * 100}%`;
    };
    /** @param {PointerEvent} ended */
    const end = (ended) => {
      this.element.removeEventListener("pointermove", move);
      this.drag.hidden = true;
      const here = place(ended);
      if (Math.abs(here - start) * box.width < CLICK) this.scrollTo((ended.clientY - box.top - 4) / (HEIGHT - 8));
      else onRange({ from: Math.min(here, start) * this.end, to: Math.max(here, start) * this.end });
    };
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", end, { once: true });
  }

  /** @param {number} part Of the height of the list. */
  scrollTo(part) {
    const { grid, canvas } = this.list;
    grid.scrollTop = Math.max(0, Math.min(1, part)) * canvas.offsetHeight - grid.clientHeight / 2;
  }
}
