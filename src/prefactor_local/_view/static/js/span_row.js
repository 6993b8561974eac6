// A line of the list of spans: its place in the tree on the left, its time on the right.

/** @import { SpanRow, SpanTypeInfo } from "./shapes.js" */
/** @import { Brief } from "./briefs.js" */
/** @import { VisibleRow } from "./tree.js" */
import { element, setAttribute } from "./dom.js";
import { formatDuration, visibleText } from "./format.js";
import { statusSign } from "./status.js";
import { endOf } from "./tree.js";

export const ROW_HEIGHT = 28;
const INDENT = 14;
const MOST_INDENTED = 16;
const MOST_OF_SUMMARY = 2000; // characters, in its tooltip
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
 * @property {number} version Of the view that it was drawn for.
 * @property {(index: number, row: VisibleRow, view: RowView) => void} draw
 */

/** @returns {RowElement} */
export function rowElement() {
  const guides = element("span", { class: "guides" });
  const twisty = element("span", { class: "twisty", "aria-hidden": "true" });
  const dot = element("span", { class: "dot", "aria-hidden": "true" });
  const headline = element("span", { class: "headline" });
  const type = element("span", { class: "type" });
  const status = element("span", { class: "row-status" });
  const badge = element("span", { class: "badge warning" });
  const error = element("span", { class: "row-error" });
  const names = element("span", { class: "names" }, headline, error, type);
  const tree = element("div", { class: "cell-tree", role: "gridcell" }, guides, twisty, dot, status, names, badge);
  const bar = element("span", { class: "bar" });
  const label = element("span", { class: "bar-label" });
  const time = element("div", { class: "cell-time", role: "gridcell" }, bar, label);
  const line = element("div", { class: "row", role: "row" }, tree, time);

  /**
   * @param {VisibleRow} row
   * @param {RowView} view
   */
  function drawTree({ node, expandable }, view) {
    const [seq, , , name, state, , , summary, mismatches] = node.row;
    const known = view.typeOf(name);
    guides.style.width = `${Math.min(node.depth, MOST_INDENTED) * INDENT}px`;
    guides.textContent = node.depth > MOST_INDENTED ? `${node.depth}` : "";
    twisty.textContent = expandable ? (view.collapsed.has(seq) ? "▸" : "▾") : "";
    const brief = view.brief(node.row);
    const about = summary || brief.params;
    error.textContent = visibleText(brief.error);
    error.title = error.textContent;
    headline.textContent = visibleText(firstLine(about) || known?.title || name);
    headline.title = visibleText(about.slice(0, MOST_OF_SUMMARY));
    const also = [
      about || (known && known.title !== name) ? visibleText(name) : "",
      node.parentMissing && "parent not recorded",
    ];
    type.textContent = also.filter(Boolean).join(" · ");
    status.textContent = state === "complete" ? "" : `${statusSign(state)} `;
    status.title = state;
    badge.textContent = mismatches ? `⚠ ${mismatches}` : "";
    badge.title = mismatches ? "Values that do not match their schema" : "";
    dot.className = `dot ${known?.kind ?? ""}`;
    line.style.setProperty("--hue", String(view.hueOf(name)));
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
    label.textContent = right < 0 ? `◂ ${said}` : left > 1 ? `${said} ▸` : said;
    placeLabel(label, Math.min(left, 1), Math.max(right, 0), view.width);
  }

  return {
    element: line,
    version: -1,
    draw(index, row, view) {
      const { node, expandable, position, siblings } = row;
      const [seq, , , , state, , , , mismatches] = node.row;
      line.id = `span-${seq}`;
      line.dataset.seq = String(seq);
      line.style.top = `${index * ROW_HEIGHT}px`;
      const selected = view.selected === seq;
      const match = view.kept ? (view.kept[node.index] === 2 ? " match" : " dimmed") : "";
      line.className = `row ${state}${selected ? " selected" : ""}${match}`;
      setAttribute(line, "aria-rowindex", index + 1);
      setAttribute(line, "aria-level", node.depth + 1);
      setAttribute(line, "aria-posinset", position);
      setAttribute(line, "aria-setsize", siblings);
      setAttribute(line, "aria-selected", String(selected));
      setAttribute(line, "aria-expanded", expandable ? String(!view.collapsed.has(seq)) : null);
      const problems = mismatches ? ", does not match its schema" : "";
      setAttribute(
        line,
        "aria-label",
        `${firstLine(node.row[7] || view.brief(node.row).params) || node.row[3]}, ${state}${problems}`,
      );
      drawTree(row, view);
      drawTime(row, view);
    },
  };
}

/** @param {string} text */
function firstLine(text) {
  return text.trimStart().split("\n", 1)[0].slice(0, 300);
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
