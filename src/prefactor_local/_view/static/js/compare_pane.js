// What differs between two spans, field by field; or a span that only one run has.

/** @import { Child } from "./dom.js" */
/** @import { ComparisonRow, Difference, Json, Side, SpanDetails, SpanRow, SpanTypeInfo } from "./shapes.js" */
/** @import { Brief } from "./briefs.js" */
/** @import { SpanTypes } from "./compare_row.js" */
/** @import { FieldNode } from "./fields.js" */
import { button, element, replaceChildren } from "./dom.js";
import { deltaOf, headlineOfPair } from "./compare_row.js";
import { KIND_SIGNS, kindOf, kindWords, splitTexts } from "./comparison.js";
import { childField, fieldTree, isRedacted, isShort, looksLikeCode } from "./fields.js";
import { formatCount, formatDuration, hueOf } from "./format.js";
import { message } from "./messages.js";
import { typeLine } from "./span_label.js";
import { statusMark } from "./status.js";
import { runUrl } from "./urls.js";
import { PLAIN, payloadElement, plainValue } from "./values.js";

const BOTH_SIDES = /** @type {const} */ (["params", "result"]);
const SIDE_TITLES = { params: "Params", result: "Result" };
const MOST = 1000; // differences that the server tells

/**
 * @typedef {object} PairView
 * @property {ComparisonRow} row
 * @property {{ a: string, b: string }} runs The IDs of the runs.
 * @property {{ a: SpanTypes, b: SpanTypes }} types
 * @property {(row: SpanRow) => Brief} brief
 */

/**
 * @param {HTMLElement} pane
 * @param {PairView} view
 * @param {HTMLElement} content
 * @param {() => void} close
 */
export function drawPair(pane, view, content, close) {
  const { row, types, brief } = view;
  const shown = /** @type {SpanRow} */ (row.a ?? row.b);
  const kind = typeLine(shown[3], typeOfPair(view), hueOf(shown[3]));
  const leave = button("✕", close, { class: "icon", "aria-label": "Close the pane", title: "Close (Esc)" });
  replaceChildren(
    pane,
    element(
      "header",
      { class: "pane-head" },
      element("div", { class: "pane-line" }, kind, leave),
      element("h2", { dir: "auto" }, headlineOfPair(row, types, brief)),
    ),
    element(
      "p",
      { class: `kind ${kindOf(row)}` },
      element("span", { class: "kind-sign", "aria-hidden": "true" }, KIND_SIGNS[kindOf(row)]),
      ` ${kindWords(row)}`,
    ),
    pairFacts(view),
    content,
  );
  pane.scrollTop = 0;
}

/** @param {PairView} view */
function typeOfPair({ row, types }) {
  return (row.a && types.a[row.a[3]]) || (row.b && types.b[row.b[3]]) || null;
}

/** @param {PairView} view */
function pairFacts({ row: { a, b }, runs }) {
  /** @param {string} letter @param {SpanRow | null} row @param {string} run @param {string} delta */
  const line = (letter, row, run, delta) => {
    if (!row) return null;
    const more = delta && element("span", { class: "delta" }, ` (${delta})`);
    const took = row[6] !== null && element("span", {}, formatDuration(row[6]), more);
    const link = element("a", { href: `${runUrl(run)}?span=${row[0]}` }, `Open in run ${letter}`);
    const side = element("span", { class: "side-letter" }, letter);
    return element("p", { class: "pair-facts" }, side, statusMark(row[4]), took, link);
  };
  return element("div", {}, line("A", a, runs.a, ""), line("B", b, runs.b, a && b ? deltaOf(a[6], b[6]) : ""));
}

/**
 * @param {Difference[]} differences
 * @param {PairView} view
 */
export function differencesElement(differences, view) {
  if (!differences.length) return message("Params and result are equal.");
  const info = typeOfPair(view);
  const limit = differences.length >= MOST && `The first ${formatCount(MOST, "difference")} of each payload.`;
  const sections = BOTH_SIDES.map((side) => {
    const found = differences.filter((one) => one.side === side);
    if (!found.length) return null;
    const fields = fieldTree(info?.[side] ?? {});
    const items = found.map((difference) => differenceElement(difference, fields));
    const count = element("span", { class: "badge" }, formatCount(found.length, "difference"));
    return sideElement(side, element("dl", { class: "fields" }, ...items), count);
  });
  return element("div", {}, limit && element("p", { class: "cut" }, limit), ...sections);
}

/**
 * @param {Difference} difference
 * @param {FieldNode} fields
 */
function differenceElement(difference, fields) {
  const label = element("dt", {}, ...labelOf(difference.pointer, fields));
  const values = element("dd", { class: "before-after" }, ...beforeAndAfter(difference));
  return element("div", { class: "field" }, label, values);
}

/**
 * @param {Side} side
 * @param {HTMLElement} content
 * @param {Child} [count]
 */
function sideElement(side, content, count) {
  return element("section", { class: `side ${side}` }, element("h3", {}, SIDE_TITLES[side], count), content);
}

/**
 * The title of a field, and where it is.
 * @param {string} pointer
 * @param {FieldNode} fields
 * @returns {Child[]}
 */
function labelOf(pointer, fields) {
  if (!pointer) return [element("span", { class: "field-title" }, "The whole value")];
  const names = pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  /** @type {FieldNode | null} */
  let field = fields;
  for (const name of names) field = childField(field, name);
  const place = element("code", { class: "field-name" }, names.join(" › "));
  const { title, description } = field?.info ?? {};
  return [
    title && title !== names.at(-1) ? element("span", { class: "field-title" }, title) : null,
    place,
    description ? element("span", { class: "description" }, description) : null,
  ];
}

/** @param {Difference} difference */
function beforeAndAfter({ a, b }) {
  const marked =
    typeof a === "string" && typeof b === "string" && !isRedacted(a) && !isRedacted(b) ? splitTexts(a, b) : null;
  const unseen = marked && !marked.a.middle && !marked.b.middle;
  return [
    sideValue("A", a, marked?.a),
    sideValue("B", b, marked?.b),
    unseen ? element("p", { class: "cut" }, "They differ after what is shown of these long texts.") : null,
  ];
}

/**
 * @param {string} letter
 * @param {Json | undefined} value
 * @param {{ before: string, middle: string, after: string } | undefined} parts Of a text: what differs is in the middle.
 */
function sideValue(letter, value, parts) {
  const shown =
    value === undefined
      ? element("span", { class: "muted" }, "not there")
      : parts && typeof value === "string"
        ? markedText(value, parts)
        : plainValue(value);
  return element(
    "div",
    { class: `version-${letter.toLowerCase()}` },
    element("span", { class: "side-letter" }, letter),
    element("div", {}, shown),
  );
}

/**
 * @param {string} text
 * @param {{ before: string, middle: string, after: string }} parts
 */
function markedText(text, { before, middle, after }) {
  if (!text) return element("span", { class: "muted" }, "empty text");
  const kind = isShort(text) ? "short" : `text${looksLikeCode(text) ? " code" : ""}`;
  return element("div", { class: kind, dir: "auto" }, before, middle ? element("mark", {}, middle) : null, after);
}

/**
 * The payloads of a span that has no counterpart, or equal ones.
 * @param {SpanDetails} span
 * @param {SpanTypeInfo | null} info
 * @param {(() => void) | null} showAll Loads what was cut.
 */
export function payloadsElement(span, info, showAll) {
  const sections = BOTH_SIDES.filter((side) => span[side] !== null).map((side) => {
    const cuts = new Map(span.cut.filter((cut) => cut.side === side).map((cut) => [cut.pointer, cut]));
    const view = { ...PLAIN, side, cuts, showAll };
    return sideElement(side, payloadElement(view, span[side], fieldTree(info?.[side] ?? {})));
  });
  return element("div", {}, ...sections);
}
