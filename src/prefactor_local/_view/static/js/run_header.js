// The run itself: who ran, when, how it went, and what is wrong with the order of its spans.

/** @import { Child } from "./dom.js" */
/** @import { Counts } from "./run_model.js" */
/** @import { RunNeighbours } from "./run_neighbours.js" */
/** @import { Finding, RunDetails } from "./shapes.js" */
import { copyButton } from "./copy.js";
import { append, arrangeChildren, button, element, replaceChildren } from "./dom.js";
import { formatCount, formatDuration, formatNumber } from "./format.js";
import { formatJson } from "./json.js";
import { menu } from "./menu.js";
import { runNameElement } from "./run_name.js";
import { timeElement } from "./span_view.js";
import { statusMark } from "./status.js";
import { plainValue } from "./values.js";

const FORMATS = [
  ["html", "HTML file", "A page like this one"],
  ["json", "JSON", "All that was recorded"],
  ["otlp-protobuf", "OTLP Protobuf", "OpenTelemetry, as Phoenix takes it"],
  ["otlp", "OTLP JSON", "OpenTelemetry, for what reads JSON"],
  ["chrome", "Chrome trace", "For Perfetto"],
];

const KINDS = new Map([
  ["Last news", "warned"],
  ["Failed", "bad"],
  ["Mismatches", "warned"],
  ["Run", "wide"],
  ["External ID", "wide"],
]);

/** What the toolbar calls the spans that are counted. */
const STATUS_OF = new Map([
  ["Failed", "failed"],
  ["Mismatches", "mismatch"],
]);

/**
 * @typedef {object} HeaderView
 * @property {RunDetails} details
 * @property {Counts} counts
 * @property {Finding[]} findings
 * @property {number | null} duration So far, if the run is open.
 * @property {string} news When something was heard last of an open run, if that is long ago.
 */

/** Draws again only the parts that have changed: the rest keeps its focus, its selected text and its open menus. */
export class RunHeader {
  /**
   * @param {RunNeighbours | null} neighbours Null if there is only this run.
   * @param {((id: string, format: string) => Promise<void>) | null} save Saves the run as a file; null if no server can.
   * @param {(seq: number) => void} openSpan
   * @param {(status: string) => void} filter Shows only the spans that are counted.
   */
  constructor(neighbours, save, openSpan, filter) {
    this.neighbours = neighbours;
    this.save = save;
    this.openSpan = openSpan;
    this.filter = filter;
    this.title = element("div", { class: "run-title" });
    this.facts = element("dl", { class: "facts run-facts" });
    this.more = element("div");
    this.findings = element("div");
    this.element = element("header", { class: "run-header" }, this.title, this.facts, this.more, this.findings);
    /** @type {HTMLElement | undefined} */
    this.tools = undefined;
    /** @type {Map<string, HTMLElement>} */
    this.values = new Map();
    /** @type {Finding[]} */
    this.shownFindings = [];
    this.shownRun = "";
  }

  /** @param {HeaderView} view */
  draw(view) {
    const text = shownParts(view.details);
    if (text !== this.shownRun) this.drawRun(view.details);
    this.shownRun = text;
    this.drawCounts(view);
    if (view.findings !== this.shownFindings) this.drawFindings(view.findings);
    this.shownFindings = view.findings;
  }

  /** @param {RunDetails} details */
  drawRun(details) {
    const { run } = details;
    const name = element("h1", {}, runNameElement(run));
    this.tools ??= element(
      "div",
      { class: "run-tools" },
      this.neighbours?.element,
      this.save && exportMenu(run.id, this.save),
    );
    arrangeChildren(this.title, [name, statusMark(run.status), this.tools]);
    this.neighbours?.show(run.id);
    this.set("Started", run.started_at ? timeElement(run.started_at) : "not yet");
    for (const counted of ["Duration", "Last news", "Spans", "Failed", "Mismatches", "Not finished"])
      this.set(counted, null);
    this.set("Purpose", run.purpose === "live" ? null : run.purpose);
    this.set("External ID", run.external_identifier);
    this.set(
      "Run",
      element(
        "span",
        { class: "copied" },
        element("code", {}, run.id),
        copyButton(() => run.id),
      ),
    );
    replaceChildren(this.more, reason(run.termination_reason), uncomputedSpans(details), aboutRun(details));
  }

  /** @param {HeaderView} view */
  drawCounts({ details: { run }, counts, duration, news }) {
    const took = duration === null ? null : formatDuration(duration);
    this.set("Duration", took && (run.finished_at ? took : `${took} so far`));
    this.set("Spans", formatNumber(counts.spans));
    this.set("Failed", counts.failed ? formatNumber(counts.failed) : null);
    this.set("Mismatches", counts.mismatches ? formatNumber(counts.mismatches) : null);
    this.set("Not finished", counts.open ? formatNumber(counts.open) : null);
    this.set("Last news", news || null);
  }

  /**
   * Shows a fact; null hides it.
   * @param {string} name
   * @param {HTMLElement | string | null} value
   */
  set(name, value) {
    let shown = this.values.get(name);
    if (!shown) {
      shown = element("dd");
      this.values.set(name, shown);
      this.facts.append(element("div", { class: KINDS.get(name) }, element("dt", {}, name), shown));
    }
    if (shown.parentElement) shown.parentElement.hidden = value === null;
    if (value === null || value === shown.textContent) return;
    const status = STATUS_OF.get(name);
    const showThem = () => this.filter(status ?? "");
    replaceChildren(shown, status ? button(value, showThem, { class: "link", title: "Show only these spans" }) : value);
  }

  /** @param {Finding[]} findings */
  drawFindings(findings) {
    const wasOpen = this.findings.querySelector("details")?.open ?? false;
    if (!findings.length) return replaceChildren(this.findings);
    const title = `⚠ ${formatCount(findings.length, "finding")} about the order of the spans`;
    const lines = findings.map((finding) =>
      element("li", {}, `${finding.message} `, ...spanLinks(finding, this.openSpan)),
    );
    const list = element(
      "details",
      { class: "findings", open: wasOpen },
      element("summary", {}, title),
      element("ul", {}, ...lines),
    );
    return replaceChildren(this.findings, list);
  }
}

/**
 * What is drawn only when it changes.
 * @param {RunDetails} details
 */
function shownParts({ run, runtime, quality, uncomputed }) {
  return formatJson([{ ...run }, runtime, quality, uncomputed ?? 0]);
}

/** @param {RunDetails} details */
function uncomputedSpans({ uncomputed }) {
  if (!uncomputed) return null;
  const said = `${formatCount(uncomputed, "span")} without summary and mismatches yet: an earlier version recorded them.`;
  return element("p", { class: "muted" }, said);
}

/** @param {string | null} text */
function reason(text) {
  return text ? element("p", { class: "reason" }, element("strong", {}, "Ended because: "), text) : null;
}

/**
 * What the client said of its environment, and of the quality of the run.
 * @param {RunDetails} details
 */
function aboutRun({ runtime, quality }) {
  const parts = Object.entries({ Runtime: runtime, Quality: quality }).filter(([, value]) => Object.keys(value).length);
  if (!parts.length) return null;
  const sections = parts.map(([title, value]) => element("section", {}, element("h2", {}, title), plainValue(value)));
  const names = parts.map(([title], index) => (index ? title.toLowerCase() : title)).join(" and ");
  return element("details", { class: "about" }, element("summary", {}, names), ...sections);
}

/**
 * @param {Finding} finding
 * @param {(seq: number) => void} openSpan
 * @returns {Child[]}
 */
function spanLinks({ spans, count }, openSpan) {
  const shown = spans.slice(0, 8);
  const links = shown.map((seq) =>
    button(`#${seq}`, () => openSpan(seq), { class: "link place", "aria-label": `Span ${seq}` }),
  );
  const rest =
    count > shown.length
      ? element("span", { class: "muted" }, ` and ${formatNumber(count - shown.length)} more`)
      : null;
  return [...links, rest];
}

/**
 * @param {string} id
 * @param {(id: string, format: string) => Promise<void>} save
 */
function exportMenu(id, save) {
  const choices = FORMATS.map(([format, name, use]) => {
    const chosen = button(name, () => whileDisabled(chosen, save(id, format)));
    return append(chosen, element("span", { class: "muted" }, use));
  });
  return menu(element("summary", {}, "Export"), element("div", { class: "menu-items" }, ...choices), "to-the-left");
}

/**
 * @param {HTMLButtonElement} pressed
 * @param {Promise<void>} work
 */
async function whileDisabled(pressed, work) {
  pressed.disabled = true;
  await work;
  pressed.disabled = false;
}
