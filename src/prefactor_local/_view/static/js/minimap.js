// All spans of a run in a strip: where the time goes, and what of it is shown below.

/** @import { SpanRow } from "./shapes.js" */
/** @import { SpanList } from "./span_list.js" */
import { element } from "./dom.js";
import { endOf } from "./tree.js";

const HEIGHT = 44; // pixels, as all of these
const EDGE = 4;
const THICKEST = 6;
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
      {
        class: "minimap",
        "aria-hidden": "true",
        title: "Drag to zoom into a part of the time, double-click for all of it",
      },
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

  get usedHeight() {
    return Math.max(1, Math.min(HEIGHT - 2 * EDGE, this.list.model.visible.length * THICKEST));
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
    const failed = style.color; // a canvas knows no variables
    const tone = style.getPropertyValue("--type-tone");
    const step = this.usedHeight / Math.max(1, rows.length);
    const thickness = Math.max(1, step - 2);
    /** @type {Map<string, string>} */
    const colours = new Map();
    /** @param {SpanRow} row @param {number} index @param {string} colour @param {number} height */
    const draw = (row, index, colour, height) => {
      const start = row[5] ?? 0;
      const length = ((endOf(row, this.list.now) ?? start) - start) / this.end;
      context.fillStyle = colour;
      context.fillRect((start / this.end) * width, EDGE + index * step, Math.max(1, length * width), height);
    };
    rows.forEach(({ node: { row } }, index) => {
      const colour = colours.get(row[3]) ?? `oklch(${tone} ${this.list.model.hueOf(row[3])})`;
      colours.set(row[3], colour);
      if (row[5] !== null && row[4] !== "failed") draw(row, index, colour, thickness);
    });
    rows.forEach(({ node: { row } }, index) => {
      if (row[5] !== null && row[4] === "failed") draw(row, index, failed, Math.max(2, thickness));
    });
  }

  /** Moves the frame around what is shown below. */
  drawFrame() {
    const { from, to } = this.list.window;
    const { top, height } = this.list.rows.seen;
    this.frame.style.left = `${Math.max(0, from / this.end) * 100}%`;
    this.frame.style.width = `${Math.min(1, (to - from) / this.end) * 100}%`;
    this.frame.style.top = `${EDGE - 2 + top * this.usedHeight}px`;
    this.frame.style.height = `${Math.max(4, height * this.usedHeight) + 4}px`;
    this.frame.hidden = height >= 1 && !this.list.model.state.zoom;
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
      const here = place(ended);
      if (Math.abs(here - start) * box.width < CLICK) this.scrollTo((ended.clientY - box.top - EDGE) / this.usedHeight);
      else onRange({ from: Math.min(here, start) * this.end, to: Math.max(here, start) * this.end });
    };
    // The browser may take the pointer away, for example to scroll: then nothing was chosen.
    const over = () => {
      this.element.removeEventListener("pointermove", move);
      this.element.removeEventListener("pointerup", end);
      this.drag.hidden = true;
    };
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", end);
    this.element.addEventListener("lostpointercapture", over, { once: true });
  }

  /** @param {number} part Of the height of the list. */
  scrollTo(part) {
    const { grid, canvas } = this.list.rows;
    grid.scrollTop = Math.max(0, Math.min(1, part)) * canvas.offsetHeight - grid.clientHeight / 2;
  }
}
