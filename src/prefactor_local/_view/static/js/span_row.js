// A line of the list of spans: its place in the tree on the left, its time on the right.

/** @import { SpanRow, SpanTypeInfo } from "./shapes.js" */
/** @import { Brief } from "./briefs.js" */
/** @import { VisibleRow } from "./tree.js" */
import { element, setAttribute } from "./dom.js";
import { formatDuration } from "./format.js";
import { headlineOf, spanLabel } from "./span_label.js";
import { endOf } from "./tree.js";

export const ROW_HEIGHT = 28;
const INDENT = 14;
const MOST_INDENTED = 16;
const CHARACTER = 7; // pixels, of a duration
const GAP = 14; // pixels, around it

/**
 * @typedef {object} RowView What a line depends on beside its span.
 * @property {number} from The time at the left edge, in milliseconds.
 * @property {number} to The time at the right edge.
 * @property {number} width Of the column with the times, in pixels.
 * @property {number} now
 * @property {(row: SpanRow) => Brief} brief
 * @property {(type: string) => number} hueOf
 * @property {Set<number>} collapsed
 * @property {number | null} selected
 * @property {Uint8Array | null} kept As `keepMatches` tells, if matches are to be highlighted.
 * @property {(name: string) => SpanTypeInfo | null} typeOf
 */

/**
 * @typedef {object} RowElement
 * @property {HTMLElement} element
 * @property {(row: VisibleRow, view: RowView) => void} draw
 */

/** @returns {RowElement} */
export function rowElement() {
  const guides = element("span", { class: "guides" });
  const twisty = element("span", { class: "twisty", "aria-hidden": "true" });
  const label = spanLabel();
  const tree = element("div", { class: "cell-tree", role: "gridcell" }, guides, twisty, ...label.parts);
  const bar = element("span", { class: "bar" });
  const took = element("span", { class: "bar-label" });
  const time = element("div", { class: "cell-time", role: "gridcell" }, bar, took);
  const line = element("div", { class: "row", role: "row" }, tree, time);

  /**
   * @param {VisibleRow} row
   * @param {RowView} view
   */
  function drawTree({ node, expandable }, view) {
    const { row, seq, depth, parentMissing } = node;
    guides.style.width = `${Math.min(depth, MOST_INDENTED) * INDENT}px`;
    guides.textContent = depth > MOST_INDENTED ? `${depth}` : "";
    twisty.textContent = expandable ? (view.collapsed.has(seq) ? "▸" : "▾") : "";
    label.draw(row, view.brief(row), view.typeOf(row[3]), parentMissing ? "parent not recorded" : "");
    line.style.setProperty("--hue", String(view.hueOf(row[3])));
  }

  /**
   * @param {VisibleRow} row
   * @param {RowView} view
   */
  function drawTime({ node }, view) {
    const start = node.row[5];
    const end = endOf(node.row, view.now);
    const duration = start === null || end === null ? null : end - start;
    const said = duration === null ? node.row[4] : formatDuration(duration);
    const width = view.to - view.from;
    const left = ((start ?? view.from) - view.from) / width;
    const right = ((end ?? start ?? view.from) - view.from) / width;
    bar.hidden = start === null || right < 0 || left > 1;
    bar.style.left = percent(Math.max(left, -0.01));
    bar.style.width = percent(Math.min(right, 1.01) - Math.max(left, -0.01));
    took.textContent = right < 0 ? `◂ ${said}` : left > 1 ? `${said} ▸` : said;
    placeLabel(took, Math.min(left, 1), Math.max(right, 0), view.width);
  }

  return {
    element: line,
    draw(row, view) {
      const { node, expandable, position, siblings } = row;
      const [seq, , , , state, , , , mismatches] = node.row;
      const selected = view.selected === seq;
      const match = view.kept ? (view.kept[node.index] === 2 ? " match" : " dimmed") : "";
      line.className = `row ${state}${selected ? " selected" : ""}${match}`;
      setAttribute(line, "aria-level", node.depth + 1);
      setAttribute(line, "aria-posinset", position);
      setAttribute(line, "aria-setsize", siblings);
      setAttribute(line, "aria-selected", String(selected));
      setAttribute(line, "aria-expanded", expandable ? String(!view.collapsed.has(seq)) : null);
      const problems = mismatches ? ", does not match its schema" : "";
      const headline = headlineOf(node.row, view.brief(node.row), null);
      setAttribute(line, "aria-label", `${headline}, ${state}${problems}`);
      drawTree(row, view);
      drawTime(row, view);
    },
  };
}

/** @param {number} fraction */
function percent(fraction) {
  return `${(fraction * 100).toFixed(3)}%`;
}

/**
 * Puts the duration after its bar, before it, or on it, where there is space; at the edge behind which its bar is.
 * @param {HTMLElement} label
 * @param {number} left
 * @param {number} right
 * @param {number} width Of the column, in pixels.
 */
function placeLabel(label, left, right, width) {
  const needed = ((label.textContent ?? "").length * CHARACTER + GAP) / Math.max(1, width);
  const after = 1 - right >= needed;
  const before = !after && left >= needed;
  label.style.left = before ? "auto" : percent(Math.max(0, after ? right : Math.min(left, 1 - needed)));
  label.style.right = before ? percent(Math.max(0, 1 - left)) : "auto";
}
