// A line of the comparison: the span of one run, what differs, and the span of the other run.

/** @import { ComparisonRow, SpanRow, SpanTypeInfo } from "./shapes.js" */
/** @import { Line } from "./window_list.js" */
import { element, setAttribute } from "./dom.js";
import { formatDuration, hueOf, visibleText } from "./format.js";
import { KIND_SIGNS, kindOf, kindWords } from "./comparison.js";
import { statusSign } from "./status.js";

const LEVEL = 14; // pixels
const MOST_LEVELS = 10;
const LONGEST_HEADLINE = 300; // characters

/** @typedef {{ [name: string]: SpanTypeInfo }} SpanTypes By name. */

/**
 * @param {(index: number) => { row: ComparisonRow, isSelected: boolean, types: { a: SpanTypes, b: SpanTypes } }} viewOf
 * @returns {Line}
 */
export function compareRow(viewOf) {
  const a = spanCell();
  const b = spanCell();
  const sign = element("span", { class: "kind-sign", "aria-hidden": "true" });
  const words = element("span", { class: "kind-words" });
  const delta = element("span", { class: "delta" });
  const middle = element("div", { class: "cell-kind", role: "gridcell" }, sign, words, delta);
  const line = element("div", { class: "row pair", role: "row" }, a.element, middle, b.element);

  return {
    element: line,
    draw(index) {
      const { row, isSelected, types } = viewOf(index);
      const kind = kindOf(row);
      line.className = `row pair ${kind}${isSelected ? " selected" : ""}`;
      setAttribute(line, "aria-level", row.depth + 1);
      setAttribute(line, "aria-selected", String(isSelected));
      setAttribute(line, "aria-label", `${headlineOf(row.a ?? row.b, types.a)}, ${kindWords(row)}`);
      a.draw(row.a, row.depth, types.a);
      b.draw(row.b, row.depth, types.b);
      sign.textContent = KIND_SIGNS[kind];
      words.textContent = kind === "changed" ? row.changed.join(", ") : kind === "equal" ? "" : kindWords(row);
      middle.title = kindWords(row);
      delta.textContent = deltaOf(row.a?.[6], row.b?.[6]);
    },
  };
}

/** The cell of a span; empty where a run has none. */
function spanCell() {
  const guides = element("span", { class: "guides" });
  const dot = element("span", { class: "dot", "aria-hidden": "true" });
  const status = element("span", { class: "row-status" });
  const headline = element("span", { class: "headline" });
  const type = element("span", { class: "type" });
  const duration = element("span", { class: "row-duration" });
  const cell = element("div", { class: "cell-span", role: "gridcell" }, guides, dot, status, headline, type, duration);
  return {
    element: cell,
    /**
     * @param {SpanRow | null} row
     * @param {number} depth
     * @param {SpanTypes} types
     */
    draw(row, depth, types) {
      for (const part of cell.children) if (part instanceof HTMLElement) part.hidden = !row;
      cell.className = `cell-span ${row?.[4] ?? "absent"}`;
      if (!row) return;
      const [, , , name, state, , took, summary] = row;
      guides.style.width = `${Math.min(depth, MOST_LEVELS) * LEVEL}px`;
      guides.textContent = depth > MOST_LEVELS ? `${depth}` : "";
      dot.className = `dot ${types[name]?.kind ?? ""}`;
      cell.style.setProperty("--hue", String(hueOf(name)));
      headline.textContent = visibleText(headlineOf(row, types));
      type.textContent = summary ? visibleText(name) : "";
      status.textContent = state === "complete" ? "" : statusSign(state);
      status.title = state;
      duration.textContent = took === null ? state : formatDuration(took);
    },
  };
}

/**
 * @param {SpanRow | null} row
 * @param {SpanTypes} types
 */
export function headlineOf(row, types) {
  if (!row) return "";
  const summary = row[7].trimStart().split("\n", 1)[0].slice(0, LONGEST_HEADLINE);
  return summary || types[row[3]]?.title || row[3];
}

/**
 * How much longer the second one took: `+1.2 s`, `−3 ms`; empty if one of them is not known.
 * @param {number | null | undefined} a
 * @param {number | null | undefined} b
 */
export function deltaOf(a, b) {
  if (typeof a !== "number" || typeof b !== "number") return "";
  const length = formatDuration(Math.abs(b - a));
  if (length === "0 ms") return "±0";
  return b > a ? `+${length}` : `−${length}`;
}
