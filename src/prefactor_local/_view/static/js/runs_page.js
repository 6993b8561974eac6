// The list of runs.

/** @import { Context, Page } from "./app.js" */
/** @import { RunSummary } from "./shapes.js" */
import { element, replaceChildren } from "./dom.js";
import { formatCount, formatDuration, formatTime } from "./format.js";
import { message, sentenceOf } from "./messages.js";
import { statusMark } from "./status.js";
import { runUrl } from "./urls.js";

/**
 * @param {Context} context
 * @returns {Page}
 */
export function openRunsPage(context) {
  const list = element("div", { class: "runs" });
  context.source.runs(new URLSearchParams()).then(
    ({ runs }) => replaceChildren(list, ...(runs.length ? runs.map(runLine) : [message("There are no runs yet.")])),
    (error) => replaceChildren(list, message(sentenceOf(error))),
  );
  return { element: list, title: "Runs", keys: [] };
}

/** @param {RunSummary} run */
function runLine(run) {
  const name = element("a", { href: runUrl(run.id) }, `${run.agent_name} ${run.version}`);
  const started = run.started_at && formatTime(run.started_at);
  const duration = run.duration_ms === null ? null : formatDuration(run.duration_ms);
  const facts = [started, duration, formatCount(run.spans, "span")].filter(Boolean).join(" · ");
  return element("p", {}, statusMark(run.status), " ", name, " ", element("span", { class: "muted" }, facts));
}
