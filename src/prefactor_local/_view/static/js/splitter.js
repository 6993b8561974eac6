// The bar between two parts of a page: drag it, or use the arrow keys.

import { element } from "./dom.js";
import { writeSetting } from "./settings.js";

const STEP = 24;

/**
 * @typedef {object} SplitterOptions
 * @property {string} label
 * @property {() => string} setting What the size is remembered as.
 * @property {() => boolean} isUpright Whether it stands between left and right.
 * @property {1 | -1} grows 1: the part before it has the size; -1: the part after it.
 * @property {() => [number, number]} limits The least and the greatest size, in pixels.
 * @property {() => number} size The size now.
 * @property {(size: number) => void} resize
 */

/**
 * @param {SplitterOptions} options
 * @returns {HTMLElement}
 */
export function splitter(options) {
  const bar = element("div", { class: "splitter", role: "separator", tabindex: 0, "aria-label": options.label });

  /** @param {number} wanted */
  function apply(wanted) {
    const [least, greatest] = options.limits();
    const size = Math.round(Math.max(least, Math.min(wanted, greatest)));
    options.resize(size);
    writeSetting(options.setting(), String(size));
    describe();
  }

  function describe() {
    const [least, greatest] = options.limits();
    bar.setAttribute("aria-orientation", options.isUpright() ? "vertical" : "horizontal");
    bar.setAttribute("aria-valuemin", String(Math.round(least)));
    bar.setAttribute("aria-valuemax", String(Math.round(greatest)));
    bar.setAttribute("aria-valuenow", String(Math.round(options.size())));
  }

  bar.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    bar.focus();
    bar.setPointerCapture(event.pointerId);
    const from = options.isUpright() ? event.clientX : event.clientY;
    const before = options.size();
    /** @param {PointerEvent} moved */
    const move = (moved) => {
      const to = options.isUpright() ? moved.clientX : moved.clientY;
      apply(before + (to - from) * options.grows);
    };
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
  });
  bar.addEventListener("keydown", (event) => {
    const [less, more] = options.isUpright() ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    apply(options.size() + STEP * (event.key === more ? 1 : -1) * options.grows);
  });
  bar.addEventListener("focus", describe);
  bar.setAttribute("aria-valuenow", "0");
  return bar;
}
