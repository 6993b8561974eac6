// A line of the list of runs.

/** @import { Child } from "./dom.js" */
/** @import { RunSummary } from "./shapes.js" */
import { append, element, replaceChildren, setAttribute } from "./dom.js";
import { formatAgo, formatDuration, formatNumber, formatTime, lastNews, runName } from "./format.js";
import { isOpen } from "./runs_model.js";
import { statusMark } from "./status.js";
import { runUrl } from "./urls.js";

const NONE = "–";

/** The heads of the columns, with the classes of their cells. */
export const RUN_COLUMNS = [
  ["", "cell-mark"],
  ["Agent", "cell-agent"],
  ["Status", "cell-status"],
  ["Started", "cell-started"],
  ["Duration", "cell-number"],
  ["Spans", "cell-number"],
  ["Failed", "cell-number"],
  ["Mismatches", "cell-number"],
  ["Run", "cell-id"],
];

/**
 * @typedef {object} RunLine
 * @property {HTMLTableRowElement} element
 * @property {(run: RunSummary, index: number, view: { selected: string | null, marked: string[] }) => void} draw
 */

/**
 * @param {string} id
 * @param {(id: string) => void} onMark
 * @returns {RunLine}
 */
export function runLine(id, onMark) {
  const mark = element("input", {
    type: "checkbox",
    tabindex: -1,
    "aria-label": "Compare this run",
    title: "Mark for a comparison (x)",
  });
  mark.addEventListener("change", () => onMark(id));
  const link = element("a", { href: runUrl(id), class: "run-link", tabindex: -1 });
  const cells = RUN_COLUMNS.map(([name, kind]) => element("td", { role: "gridcell", class: kind, "data-name": name }));
  const [markCell, agent, ...others] = cells;
  const line = element("tr", { id: `run-${id}`, class: "run-line", role: "row" }, ...cells);
  append(markCell, element("label", {}, mark));
  const headline = element("span", { class: "run-headline muted", dir: "auto" });
  append(agent, link, headline);
  let shown = "";

  return {
    element: line,
    draw(run, index, view) {
      const selected = view.selected === id;
      mark.checked = view.marked.includes(id);
      line.className = `run-line${selected ? " selected" : ""}${mark.checked ? " marked" : ""}`;
      setAttribute(line, "aria-selected", String(selected));
      setAttribute(line, "aria-rowindex", index + 2);
      const texts = textsOf(run, Date.now());
      const now = JSON.stringify([run, texts]);
      if (now === shown) return; // a person may be about to copy or click something
      shown = now;
      setAttribute(line, "aria-label", [runName(run), run.status, run.headline].filter(Boolean).join(", "));
      replaceChildren(headline, run.headline);
      replaceChildren(
        link,
        element("bdi", { class: "run-agent" }, run.agent_name),
        " ",
        element("bdi", { class: "version" }, run.version),
      );
      setAttribute(link, "title", titleOf(run));
      const values = valuesOf(run, texts);
      others.forEach((cell, place) => replaceChildren(cell, values[place]));
      drawKinds(others, run);
    },
  };
}

/**
 * What of a run is shown another way while time passes.
 * @param {RunSummary} run
 * @param {number} now
 */
function textsOf({ started_at: started, duration_ms: duration, changed_at: changed, ...run }, now) {
  const since = started ? Math.max(0, now - Date.parse(started)) : null;
  const took = duration ?? (isOpen(run) ? since : null);
  const today = formatTime(new Date(now).toISOString()).slice(0, 10);
  return {
    started: started ? formatTime(started).slice(0, 19).replace(`${today} `, "") : "not yet",
    ago: since === null ? "" : formatAgo(since),
    news: isOpen(run) ? lastNews(now - Date.parse(changed)) : "",
    took: took === null ? NONE : `${formatDuration(took)}${duration === null ? " so far" : ""}`,
  };
}

/**
 * What the cells after the name of the agent show.
 * @param {RunSummary} run
 * @param {{ started: string, ago: string, news: string, took: string }} texts
 * @returns {Child[]}
 */
function valuesOf(run, { started, ago, news, took }) {
  const time = { datetime: run.started_at, title: run.started_at && `${run.started_at} (UTC)` };
  return [
    element("span", {}, statusMark(run.status), news && element("span", { class: "ago warned" }, ` last news ${news}`)),
    element("time", time, started, " ", element("span", { class: "ago muted" }, ago)),
    took,
    formatNumber(run.spans),
    run.failed ? formatNumber(run.failed) : NONE,
    run.mismatches ? formatNumber(run.mismatches) : NONE,
    element("code", { title: run.id }, run.id),
  ];
}

/** @param {RunSummary} run */
function titleOf(run) {
  const id = run.external_identifier && `External ID: ${run.external_identifier}`;
  return [runName(run), run.headline, id].filter(Boolean).join("\n");
}

/**
 * @param {HTMLElement[]} cells
 * @param {RunSummary} run
 */
function drawKinds(cells, run) {
  for (const cell of cells) cell.classList.toggle("none", cell.textContent === NONE);
  const [, , , , failed, mismatches] = cells;
  failed.classList.toggle("bad", run.failed > 0);
  mismatches.classList.toggle("warned", run.mismatches > 0);
}
