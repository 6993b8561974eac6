// What a line says of a span, the same in the tree of a run and in the comparison of two.

/** @import { Brief } from "./briefs.js" */
/** @import { SpanRow, SpanTypeInfo } from "./shapes.js" */
import { element } from "./dom.js";
import { visibleText } from "./format.js";
import { statusSign } from "./status.js";

const MOST_OF_HEADLINE = 300; // characters
const MOST_OF_SUMMARY = 2000; // characters, in its tooltip

/**
 * What a span is about: the first line of its summary, else of its params; else what its type is called.
 * @param {SpanRow} row
 * @param {Brief} brief
 * @param {SpanTypeInfo | null} type
 */
export function headlineOf(row, brief, type) {
  const about = (row[7] || brief.params).trimStart().split("\n", 1)[0].slice(0, MOST_OF_HEADLINE);
  return about || type?.title || row[3];
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
