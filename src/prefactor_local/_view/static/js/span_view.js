// Everything about one span.

/** @import { Mismatch, Side, SpanDetails, SpanTypeInfo } from "./shapes.js" */
/** @import { Child } from "./dom.js" */
import { briefPayload } from "./briefs.js";
import { copyButton } from "./copy.js";
import { button, element, replaceChildren } from "./dom.js";
import { recordedError, fieldTree, valueAt } from "./fields.js";
import { formatCount, formatDuration, formatTime, timeZone } from "./format.js";
import { formatJson } from "./json.js";
import { jsonElement } from "./json_view.js";
import { message } from "./messages.js";
import { readSetting, writeSetting } from "./settings.js";
import { statusMark } from "./status.js";
import { payloadElement } from "./values.js";

/**
 * @typedef {object} SpanView
 * @property {SpanDetails} span
 * @property {SpanTypeInfo | null} type
 * @property {number} hue Of its type.
 * @property {number | null} duration The duration so far of a span that still runs.
 * @property {number | null} selfTime
 * @property {number} children How many spans are directly below it.
 * @property {string} parent What to call its parent; empty if it has none.
 * @property {boolean} json
 * @property {string} unfolded Side and pointer of the text that a person asked for as a whole.
 */

/**
 * @typedef {object} PaneActions
 * @property {() => void} close
 * @property {(json: boolean) => void} showJson
 * @property {((place: string) => void) | null} showAll Loads all values, for one that was cut; null: there is no more.
 * @property {() => Promise<SpanDetails>} whole Loads the span with all values, for the clipboard.
 * @property {() => void} openParent
 */

const SIDES = /** @type {const} */ (["params", "result"]);
const TITLES = { params: "Params", result: "Result" };

/**
 * Draws a span into the pane.
 * @param {HTMLElement} pane
 * @param {SpanView} view
 * @param {PaneActions} actions
 */
export function drawSpan(pane, view, actions) {
  const { span } = view;
  const scrolled = pane.dataset.span === span.id ? pane.scrollTop : 0;
  const sides = span.status === "failed" ? [...SIDES].reverse() : SIDES;
  pane.dataset.span = span.id;
  replaceChildren(
    pane,
    heading(view, actions),
    errorBox(span),
    problems(pane, view, actions),
    facts(view, actions),
    view.type?.description ? element("p", { class: "type-description" }, view.type.description) : null,
    ...sides.map((side, index) => payloadSection(view, side, actions, !index)),
  );
  pane.scrollTop = scrolled;
}

/**
 * @param {SpanView} view
 * @param {PaneActions} actions
 */
function heading({ span, type, hue }, actions) {
  const dot = element("span", { class: `dot ${type?.kind ?? ""}`, "aria-hidden": "true" });
  const close = button("✕", actions.close, { class: "icon", "aria-label": "Close the span", title: "Close (Esc)" });
  const name = type && type.title !== span.type ? element("code", {}, span.type) : null;
  const kind = element("p", { class: "pane-type" }, dot, element("span", {}, type?.title ?? span.type), name);
  if (type?.deprecated) kind.append(element("span", { class: "badge plain" }, "deprecated"));
  kind.style.setProperty("--hue", String(hue));
  const headline = element(
    "h2",
    { dir: "auto" },
    span.summary || briefPayload(span.params, span.cut) || type?.title || span.type,
  );
  return element("header", { class: "pane-head" }, element("div", { class: "pane-line" }, kind, close), headline);
}

/**
 * What ended the span.
 * @param {SpanDetails} span
 */
function errorBox(span) {
  const { type, message: said } = recordedError(span.result);
  if (span.status !== "failed" || !(type || said)) return null;
  const kind = element("strong", {}, `✕ ${type || "Error"}`);
  return element("div", { class: "error-box" }, kind, said && element("p", { class: "text" }, said));
}

/**
 * What does not match the schemas, with the way to the field.
 * @param {HTMLElement} pane
 * @param {SpanView} view
 * @param {PaneActions} actions
 */
function problems(pane, { span, json }, actions) {
  const values = span.mismatches.filter(({ part }) => part !== "schema_name");
  if (values.length < span.mismatches.length)
    return element(
      "div",
      { class: "mismatch problems" },
      warning("The schema version of this run has no such span type"),
    );
  if (!values.length) return null;
  /** @param {string} place */
  const show = (place) => {
    if (json) actions.showJson(false);
    showField(pane, place);
  };
  const lines = values.map((mismatch) => element("li", {}, ...problemLine(mismatch, show)));
  const title = `${formatCount(values.length, "value does", "values do")} not match the schema`;
  return foldable("problems", warning(title), "mismatch problems", element("ul", {}, ...lines));
}

/** @param {string} title */
function warning(title) {
  return element("strong", {}, `⚠ ${title}`);
}

/**
 * A part of the pane that can be folded. Which parts are folded is the same for all spans.
 * @param {string} name
 * @param {HTMLElement} title
 * @param {string} kind
 * @param {HTMLElement} body
 */
function foldable(name, title, kind, body) {
  const setting = `folded.${name}`;
  // A click comes before the change, and only from a person: the page itself opens a part to show what is in it.
  const remember = () => writeSetting(setting, part.open ? "yes" : null);
  const part = element(
    "details",
    { class: kind, open: readSetting(setting) === null, "data-pointer": name },
    element("summary", { onclick: remember }, title),
    body,
  );
  return part;
}

/**
 * @param {Mismatch} mismatch
 * @param {(place: string) => void} show
 * @returns {Child[]}
 */
function problemLine({ part, pointer, message: said }, show) {
  const place = pointer ? `${part} ${pointer}` : part;
  return [button(place, () => show(part + pointer), { class: "link place" }), ` ${said}`];
}

/**
 * @param {HTMLElement} pane
 * @param {string} place The side, and the pointer; the nearest value above it is shown if it is folded away.
 */
function showField(pane, place) {
  for (let pointer = place; pointer; pointer = pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")))) {
    const found = pane.querySelector(`[data-pointer="${CSS.escape(pointer)}"]`);
    if (!(found instanceof HTMLElement)) continue;
    for (let part = found.closest("details"); part; part = part.parentElement?.closest("details") ?? null)
      part.open = true;
    found.scrollIntoView({ block: "center" });
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    return;
  }
}

/**
 * @param {SpanView} view
 * @param {PaneActions} actions
 */
function facts(view, actions) {
  const { span, type, children, parent } = view;
  const times = timeTexts(view);
  return element(
    "dl",
    { class: "facts" },
    fact("Status", statusMark(span.status)),
    fact("Duration", times.duration && element("span", { "data-time": "duration" }, times.duration)),
    fact("Self time", times.self && element("span", { "data-time": "self" }, times.self)),
    fact("Started", span.started_at && timeElement(span.started_at)),
    fact("Finished", span.finished_at && timeElement(span.finished_at), "wide"),
    fact("Children", children || null),
    fact("Data risk", type?.data_risk && element("span", { class: "badge risk" }, type.data_risk)),
    fact("Parent", parent && button(parent, actions.openParent, { class: "link" })),
    fact(
      "Parent",
      !parent && span.parent_id && element("span", {}, element("code", {}, span.parent_id), " (not recorded)"),
    ),
    fact(
      "ID",
      element(
        "span",
        { class: "copied" },
        element("code", {}, span.id),
        copyButton(() => span.id),
      ),
      "wide",
    ),
  );
}

/** @param {SpanView} view */
function timeTexts({ span, duration, selfTime, children }) {
  const took = duration === null ? "" : formatDuration(duration);
  return {
    duration: took && !span.finished_at ? `${took} so far` : took,
    self: children && selfTime !== null ? formatDuration(selfTime) : "",
  };
}

/**
 * Lets the times of a span that runs grow.
 * @param {HTMLElement} pane
 * @param {SpanView} view
 */
export function drawTimes(pane, view) {
  for (const [name, text] of Object.entries(timeTexts(view))) {
    const shown = pane.querySelector(`[data-time="${name}"]`);
    if (shown && shown.textContent !== text) shown.textContent = text;
  }
}

/**
 * @param {string} name
 * @param {Child} value
 * @param {"wide"} [kind] Not for narrow windows.
 */
function fact(name, value, kind) {
  return value ? element("div", { class: kind }, element("dt", {}, name), element("dd", {}, value)) : null;
}

/** @param {string} iso */
export function timeElement(iso) {
  return element("time", { datetime: iso, title: `${iso} (UTC)` }, `${formatTime(iso)} ${timeZone(iso)}`);
}

/**
 * @param {boolean} json
 * @param {(json: boolean) => void} showJson
 */
function viewSwitch(json, showJson) {
  /** @param {string} label @param {boolean} value */
  const choice = (label, value) => button(label, () => showJson(value), { "aria-pressed": String(json === value) });
  return element(
    "div",
    { class: "switch", role: "group", "aria-label": "Payloads as" },
    choice("Fields", false),
    choice("JSON", true),
  );
}

/**
 * @param {SpanView} view
 * @param {Side} side
 * @param {PaneActions} actions
 * @param {boolean} isFirst
 */
function payloadSection({ span, type, json, unfolded }, side, actions, isFirst) {
  const payload = span[side];
  const text = () => formatJson(payload);
  const isCut = span.cut.some((cut) => cut.side === side);
  const copy = isCut && actions.showAll ? wholeJson : text;
  const risk = type?.[side][""]?.data_risk;
  const title = element("h3", {}, TITLES[side], risk ? element("span", { class: "badge risk" }, risk) : null);
  const tools = element(
    "div",
    { class: "side-tools" },
    isFirst && viewSwitch(json, actions.showJson),
    payload !== null && copyButton(copy, copyLabel()),
  );
  return element("section", { class: `side ${side}` }, tools, foldable(side, title, "", payloadBody()));

  async function wholeJson() {
    return formatJson((await actions.whole())[side]);
  }

  function copyLabel() {
    return isCut && !actions.showAll ? "Copy JSON (cut)" : "Copy JSON";
  }

  /** @param {string} pointer */
  async function wholeText(pointer) {
    return String(valueAt((await actions.whole())[side], pointer) ?? "");
  }

  function payloadBody() {
    if (payload === null)
      return message(side === "result" && !span.finished_at ? `None yet: ${span.status}.` : "None.");
    if (json) return element("div", {}, isCut && cutNote(actions), jsonElement(payload));
    const cuts = new Map(span.cut.filter((cut) => cut.side === side).map((cut) => [cut.pointer, cut]));
    const { showAll } = actions;
    const view = {
      side,
      cuts,
      mismatches: mismatchesOf(span, side),
      unfolded: unfolded.startsWith(side) ? unfolded.slice(side.length) : "none",
      showAll: showAll && ((/** @type {string} */ pointer) => showAll(side + pointer)),
      wholeText: showAll && wholeText,
    };
    return payloadElement(view, payload, fieldTree(type?.[side] ?? {}));
  }
}

/** @param {PaneActions} actions */
function cutNote({ showAll }) {
  const more = showAll
    ? button("Show all", () => showAll(""), { class: "link" })
    : "The rest was cut off when this file was exported.";
  return element("p", { class: "cut" }, "Long values are cut. ", more);
}

/**
 * @param {SpanDetails} span
 * @param {Side} side
 */
function mismatchesOf(span, side) {
  /** @type {Map<string, Mismatch[]>} */
  const found = new Map();
  for (const mismatch of span.mismatches) {
    if (mismatch.part !== side) continue;
    found.set(mismatch.pointer, [...(found.get(mismatch.pointer) ?? []), mismatch]);
  }
  return found;
}
