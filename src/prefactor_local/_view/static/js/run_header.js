// The run itself: who ran, when, how it went, and what is wrong with the order of its spans.

/** @import { Child } from "./dom.js" */
/** @import { Counts } from "./run_model.js" */
/** @import { Finding, RunDetails } from "./shapes.js" */
import { copyButton } from "./copy.js";
import { button, element, replaceChildren } from "./dom.js";
import { formatCount, formatDuration, formatNumber } from "./format.js";
import { timeElement } from "./span_view.js";
import { statusMark } from "./status.js";

const FORMATS = [
  ["html", "HTML file", "A page like this one"],
  ["json", "JSON", "All that was recorded"],
  ["otlp", "OpenTelemetry (OTLP JSON)", "For Phoenix and others"],
  ["chrome", "Chrome trace", "For Perfetto"],
];

/**
 * @typedef {object} HeaderView
 * @property {RunDetails} details
 * @property {Counts} counts
 * @property {Finding[]} findings
 * @property {number | null} duration So far, if the run is open.
 * @property {boolean} live Whether there is a server that can export it.
 */

/**
 * @param {HTMLElement} header
 * @param {HeaderView} view
 * @param {(seq: number) => void} openSpan
 */
export function drawRunHeader(header, view, openSpan) {
  const { run } = view.details;
  const title = element("h1", {}, element("bdi", {}, run.agent_name), " ", element("bdi", { class: "version" }, run.version));
  const line = element("div", { class: "run-title" }, title, statusMark(run.status), view.live && exportMenu(run.id));
  const wasOpen = header.querySelector("details.findings")?.hasAttribute("open") ?? false;
  replaceChildren(header, line, runFacts(view), reason(run.termination_reason), findingsList(view.findings, openSpan, wasOpen));
}

/** @param {HeaderView} view */
function runFacts({ details: { run }, counts, duration }) {
  const took = duration === null ? null : formatDuration(duration);
  return element(
    "dl",
    { class: "facts run-facts" },
    runFact("Started", run.started_at ? timeElement(run.started_at) : "not yet"),
    runFact("Duration", took && (run.finished_at ? took : `${took} so far`)),
    runFact("Spans", formatNumber(counts.spans)),
    runFact("Failed", counts.failed || null, "bad"),
    runFact("Mismatches", counts.mismatches || null, "warned"),
    runFact("Not finished", counts.open || null),
    runFact("Purpose", run.purpose !== "live" ? run.purpose : null),
    runFact("External ID", run.external_identifier),
    runFact("Run", element("span", { class: "copied" }, element("code", {}, run.id), copyButton(() => run.id))),
  );
}

/**
 * @param {string} name
 * @param {Child} value
 * @param {string} [kind]
 */
function runFact(name, value, kind = "") {
  if (value === null || value === "") return null;
  return element("div", { class: kind }, element("dt", {}, name), element("dd", {}, value));
}

/** @param {string | null} text */
function reason(text) {
  return text ? element("p", { class: "reason" }, element("strong", {}, "Ended because: "), text) : null;
}

/**
 * @param {Finding[]} findings
 * @param {(seq: number) => void} openSpan
 * @param {boolean} wasOpen
 */
function findingsList(findings, openSpan, wasOpen) {
  if (!findings.length) return null;
  const title = `⚠ ${formatCount(findings.length, "finding")} about the order of the spans`;
  const lines = findings.map((finding) => element("li", {}, `${finding.message} `, ...spanLinks(finding, openSpan)));
  return element("details", { class: "findings", open: wasOpen }, element("summary", {}, title), element("ul", {}, ...lines));
}

/**
 * @param {Finding} finding
 * @param {(seq: number) => void} openSpan
 * @returns {Child[]}
 */
function spanLinks({ spans, count }, openSpan) {
  const shown = spans.slice(0, 8);
  const links = shown.map((seq) => button(`#${seq}`, () => openSpan(seq), { class: "link place", "aria-label": `Span ${seq}` }));
  const rest = count > shown.length ? element("span", { class: "muted" }, ` and ${formatNumber(count - shown.length)} more`) : null;
  return [...links, rest];
}

/** @param {string} id */
function exportMenu(id) {
  const links = FORMATS.map(([format, name, use]) =>
    element(
      "a",
      { href: `/ui/api/runs/${encodeURIComponent(id)}/export?format=${format}`, download: true },
      name,
      element("span", { class: "muted" }, use),
    ),
  );
  const menu = element("div", { class: "menu-items" }, ...links);
  return element("details", { class: "menu to-the-left" }, element("summary", {}, "Export"), menu);
}
