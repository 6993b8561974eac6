// A line of the comparison: the span of one run, what differs, and the span of the other run.

/** @import { Brief } from "./briefs.js" */
/** @import { ComparisonRow, SpanRow, SpanTypeInfo } from "./shapes.js" */
/** @import { Line } from "./window_list.js" */
import { element, setAttribute } from "./dom.js";
import { formatDuration, hueOf } from "./format.js";
import { KIND_SIGNS, kindOf, kindWords } from "./comparison.js";
import { headlineOf, spanLabel } from "./span_label.js";

const LEVEL = 14; // pixels
const MOST_LEVELS = 10;

/** @typedef {{ [name: string]: SpanTypeInfo }} SpanTypes By name. */

/**
 * @typedef {object} PairLine What a line depends on.
 * @property {ComparisonRow} row
 * @property {boolean} isSelected
 * @property {{ a: SpanTypes, b: SpanTypes }} types
 * @property {(row: SpanRow) => Brief} brief
 */

/**
 * @param {(index: number) => PairLine} viewOf
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
      const { row, isSelected, types, brief } = viewOf(index);
      const kind = kindOf(row);
      line.className = `row pair ${kind}${isSelected ? " selected" : ""}`;
      setAttribute(line, "aria-level", row.depth + 1);
      setAttribute(line, "aria-selected", String(isSelected));
      setAttribute(line, "aria-label", `${headlineOfPair(row, types, brief)}, ${kindWords(row)}`);
      a.draw(row.a, row.depth, types.a, brief);
      b.draw(row.b, row.depth, types.b, brief);
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
  const label = spanLabel();
  const duration = element("span", { class: "row-duration" });
  const cell = element("div", { class: "cell-span", role: "gridcell" }, guides, ...label.parts, duration);
  return {
    element: cell,
    /**
     * @param {SpanRow | null} row
     * @param {number} depth
     * @param {SpanTypes} types
     * @param {(row: SpanRow) => Brief} brief
     */
    draw(row, depth, types, brief) {
      for (const part of cell.children) if (part instanceof HTMLElement) part.hidden = !row;
      cell.className = `cell-span ${row?.[4] ?? "absent"}`;
      if (!row) return;
      guides.style.width = `${Math.min(depth, MOST_LEVELS) * LEVEL}px`;
      guides.textContent = depth > MOST_LEVELS ? `${depth}` : "";
      cell.style.setProperty("--hue", String(hueOf(row[3])));
      label.draw(row, brief(row), types[row[3]] ?? null);
      duration.textContent = row[6] === null ? row[4] : formatDuration(row[6]);
    },
  };
}

/**
 * What a pair is called: as its first span.
 * @param {ComparisonRow} row
 * @param {{ a: SpanTypes, b: SpanTypes }} types
 * @param {(row: SpanRow) => Brief} brief
 */
export function headlineOfPair({ a, b }, types, brief) {
  const shown = /** @type {SpanRow} */ (a ?? b);
  return headlineOf(shown, brief(shown), (a ? types.a : types.b)[shown[3]] ?? null);
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
