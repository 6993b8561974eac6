// What is compared: both runs, each above its half of the list, and how many spans differ.

/** @import { Child } from "./dom.js" */
/** @import { Comparison, RunSummary } from "./shapes.js" */
import { button, element } from "./dom.js";
import { deltaOf } from "./compare_row.js";
import { countKinds, KIND_SIGNS } from "./comparison.js";
import { formatCount, formatDuration, formatNumber, formatTime } from "./format.js";
import { isOpen } from "./runs_model.js";
import { statusMark } from "./status.js";
import { runUrl } from "./urls.js";

/**
 * @param {Comparison} comparison
 * @param {() => void} swap
 * @param {() => void} again Compares once more.
 */
export function compareHeader({ a, b }, swap, again) {
  const title = "A run is not over: compare with what has come since";
  return element(
    "header",
    { class: "compare-header" },
    element("h1", { class: "visually-hidden" }, "Two runs side by side"),
    runFacts("A", a, null),
    element(
      "div",
      { class: "compare-actions" },
      button("⇄ Swap", swap, { title: "Swap both runs (s)" }),
      isOpen(a) || isOpen(b) ? button("↻ Again", again, { title }) : null,
    ),
    runFacts("B", b, a),
  );
}

/**
 * @param {string} letter
 * @param {RunSummary} run
 * @param {RunSummary | null} other The run that the numbers are compared with.
 */
function runFacts(letter, run, other) {
  const link = element(
    "a",
    { href: runUrl(run.id) },
    element("bdi", {}, run.agent_name),
    " ",
    element("bdi", { class: "version" }, run.version),
  );
  const title = element(
    "h2",
    {},
    element("span", { class: "side-letter" }, letter),
    element("span", {}, link, " ", statusMark(run.status)),
  );
  /** @param {string} name @param {"spans" | "failed" | "mismatches"} key */
  const counted = (name, key) =>
    key === "spans" || run[key] || other?.[key]
      ? countedFact(name, formatNumber(run[key]), other && difference(other[key], run[key]))
      : null;
  const started = run.started_at ? formatTime(run.started_at).slice(0, 19) : "not yet";
  const took = run.duration_ms === null ? "not finished" : formatDuration(run.duration_ms);
  return element(
    "section",
    { class: "compare-run", "aria-label": `Run ${letter}` },
    title,
    element(
      "dl",
      { class: "facts" },
      element("div", { class: "started" }, element("dt", {}, "Started"), element("dd", {}, started)),
      countedFact("Duration", took, other && deltaOf(other.duration_ms, run.duration_ms)),
      counted("Spans", "spans"),
      counted("Failed", "failed"),
      counted("Mismatches", "mismatches"),
    ),
  );
}

/**
 * @param {string} name
 * @param {Child} value
 * @param {string | null} [delta] What is different from the other run; empty: nothing.
 */
function countedFact(name, value, delta) {
  const shown = delta && delta !== "±0" ? element("span", { class: "delta" }, ` (${delta})`) : null;
  return element("div", {}, element("dt", {}, name), element("dd", {}, value, shown));
}

/**
 * @param {number} a
 * @param {number} b
 */
function difference(a, b) {
  if (a === b) return "";
  return b > a ? `+${formatNumber(b - a)}` : `−${formatNumber(a - b)}`;
}

/**
 * A sentence about the rows: `2 changed, 1 only in B, 40 equal`.
 * @param {Comparison} comparison
 */
export function kindCounts({ rows }) {
  const { equal, changed, added, removed } = countKinds(rows);
  if (equal === rows.length)
    return rows.length ? `No differences: ${formatCount(equal, "equal span")}` : "Both runs have no spans";
  const parts = [
    changed && `${KIND_SIGNS.changed} ${formatNumber(changed)} changed`,
    added && `${KIND_SIGNS.added} ${formatNumber(added)} only in B`,
    removed && `${KIND_SIGNS.removed} ${formatNumber(removed)} only in A`,
    equal && `${KIND_SIGNS.equal} ${formatNumber(equal)} equal`,
  ];
  return parts.filter(Boolean).join(" · ");
}
