// What a line or the head of a pane says of a span, the same for a run and for the comparison of two.

/** @import { Brief } from "./briefs.js" */
/** @import { SpanRow, SpanTypeInfo } from "./shapes.js" */
import { element } from "./dom.js";
import { shorten, visibleText } from "./format.js";
import { statusSign } from "./status.js";

const MOST_OF_HEADLINE = 300; // characters
const MOST_OF_TYPE = 500; // a name without spaces takes the browser long to draw
const MOST_OF_SUMMARY = 2000; // characters, in its tooltip

/**
 * What a span is about: the first line of its summary, else of its params; else what its type is called.
 * @param {SpanRow} row
 * @param {Brief} brief
 * @param {SpanTypeInfo | null} type
 */
export function headlineOf(row, brief, type) {
  const about = (row[7] || brief.params).trimStart().split("\n", 1)[0].slice(0, MOST_OF_HEADLINE);
  return about || (type?.title ?? row[3]).slice(0, MOST_OF_HEADLINE);
}

/**
 * The line of a pane that says of which type a span is.
 * @param {string} name
 * @param {SpanTypeInfo | null} info
 * @param {number} hue
 */
export function typeLine(name, info, hue) {
  const [title, code] = [info?.title ?? name, name].map((text) => shorten(text, MOST_OF_TYPE));
  const line = element(
    "p",
    { class: "pane-type" },
    element("span", { class: `dot ${info?.kind ?? ""}`, "aria-hidden": "true" }),
    element("span", {}, title),
    title !== code && element("code", {}, code),
    info?.deprecated && element("span", { class: "badge plain" }, "deprecated"),
  );
  line.style.setProperty("--hue", String(hue));
  return line;
}

/** The parts of a line. */
export function spanLabel() {
  const dot = element("span", { class: "dot", "aria-hidden": "true" });
  const status = element("span", { class: "row-status" });
  const headline = element("span", { class: "headline" });
  const error = element("span", { class: "row-error" });
  const type = element("span", { class: "type" });
  const badge = element("span", { class: "badge warning" });
  const names = element("span", { class: "names" }, headline, error, type);
  return {
    parts: [dot, status, names, badge],
    /**
     * @param {SpanRow} row
     * @param {Brief} brief
     * @param {SpanTypeInfo | null} info
     * @param {string} [also] What else is to be known.
     */
    draw(row, brief, info, also = "") {
      const [, , , name, state, , , summary, mismatches] = row;
      const about = summary || brief.params;
      const isNamed = about || (info && info.title !== name);
      dot.className = `dot ${info?.kind ?? ""}`;
      status.textContent = state === "complete" ? "" : `${statusSign(state)} `;
      status.title = state;
      headline.textContent = visibleText(headlineOf(row, brief, info));
      headline.title = visibleText(about.slice(0, MOST_OF_SUMMARY));
      error.textContent = visibleText(brief.error);
      error.title = error.textContent;
      type.textContent = [isNamed && visibleText(name), also].filter(Boolean).join(" · ");
      badge.textContent = mismatches ? `⚠ ${mismatches}` : "";
      badge.title = mismatches ? "Values that do not match their schema" : "";
    },
  };
}
