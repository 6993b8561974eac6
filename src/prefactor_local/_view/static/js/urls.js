// What is shown, as the address of the page. No DOM.

/**
 * @typedef {object} RunState What a person chose in the page of a run.
 * @property {number | null} span The seq of the selected span.
 * @property {string} text The filter, as it was typed.
 * @property {string[]} types Only spans of these types; empty: all.
 * @property {string} status Only spans with this status; "mismatch": only with mismatches; empty: all.
 * @property {"hide" | "highlight"} mode What happens to spans that do not match.
 * @property {boolean} json Whether payloads are shown as JSON.
 * @property {{ from: number, to: number } | null} zoom The part of the time that is shown, in milliseconds; null: all.
 */

/**
 * @typedef {{ page: "runs" } | { page: "run", run: string } | { page: "compare", a: string, b: string }
 *   | { page: "unknown" }} Route
 */

/**
 * The page of an address.
 * @param {string} pathname
 * @param {string} search
 * @returns {Route}
 */
export function parseRoute(pathname, search) {
  if (pathname === "/ui" || pathname === "/ui/") return { page: "runs" };
  const run = /^\/ui\/runs\/([^/]+)$/.exec(pathname);
  if (run) return { page: "run", run: decode(run[1]) };
  if (pathname === "/ui/compare") {
    const query = new URLSearchParams(search);
    return { page: "compare", a: query.get("a") ?? "", b: query.get("b") ?? "" };
  }
  return { page: "unknown" };
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} id */
export function runUrl(id) {
  return `/ui/runs/${encodeURIComponent(id)}`;
}

/**
 * @typedef {object} RunsState What a person chose in the list of runs.
 * @property {string} text
 * @property {string} agent The ID of an agent; empty: all.
 * @property {string} status Empty: any.
 */

/**
 * @param {string} search
 * @returns {RunsState}
 */
export function parseRunsState(search) {
  const query = new URLSearchParams(search);
  return { text: query.get("q") ?? "", agent: query.get("agent") ?? "", status: query.get("status") ?? "" };
}

/**
 * The inverse of `parseRunsState`, and what the server takes.
 * @param {RunsState} state
 */
export function runsQuery({ text, agent, status }) {
  return new URLSearchParams(Object.entries({ q: text, agent, status }).filter(([, value]) => value));
}

/** @param {RunsState} state */
export function runsUrl(state) {
  const query = String(runsQuery(state));
  return `/ui/${query ? `?${query}` : ""}`;
}

/**
 * @typedef {object} CompareState What a person chose in the comparison of two runs.
 * @property {number | null} row The number of the selected row.
 * @property {boolean} hideEqual
 */

/**
 * @param {string} search
 * @returns {CompareState}
 */
export function parseCompareState(search) {
  const query = new URLSearchParams(search);
  const row = query.get("row") ?? "";
  return { row: /^\d{1,9}$/.test(row) ? Number(row) : null, hideEqual: query.get("equal") === "hide" };
}

/**
 * The address of a comparison.
 * @param {string} a
 * @param {string} b
 * @param {CompareState} [state]
 */
export function compareUrl(a, b, { row, hideEqual } = { row: null, hideEqual: false }) {
  const query = new URLSearchParams({ a, b });
  if (row !== null) query.set("row", String(row));
  if (hideEqual) query.set("equal", "hide");
  return `/ui/compare?${query}`;
}

/** @type {RunState["mode"][]} */
const MODES = ["hide", "highlight"];

/**
 * What was chosen, from the part of the address after `?` or `#`. What it does not know is left out.
 * @param {string} search
 * @returns {RunState}
 */
export function parseRunState(search) {
  const query = new URLSearchParams(search.replace(/^[?#]/, ""));
  const span = query.get("span") ?? "";
  return {
    span: /^\d{1,15}$/.test(span) ? Number(span) : null,
    text: query.get("q") ?? "",
    types: query.getAll("type"),
    status: query.get("status") ?? "",
    mode: MODES.find((mode) => mode === query.get("mode")) ?? "hide",
    json: query.get("view") === "json",
    zoom: parseZoom(query.get("time") ?? ""),
  };
}

/** @param {string} text */
function parseZoom(text) {
  const found = /^(\d{1,15}(?:\.\d{1,6})?)-(\d{1,15}(?:\.\d{1,6})?)$/.exec(text);
  const [from, to] = found ? [Number(found[1]), Number(found[2])] : [0, 0];
  return to > from ? { from, to } : null;
}

/**
 * The inverse of `parseRunState`; empty if nothing was chosen.
 * @param {RunState} state
 */
export function formatRunState(state) {
  const query = new URLSearchParams();
  if (state.span !== null) query.set("span", String(state.span));
  if (state.text) query.set("q", state.text);
  for (const type of state.types) query.append("type", type);
  if (state.status) query.set("status", state.status);
  if (state.mode !== "hide") query.set("mode", state.mode);
  if (state.json) query.set("view", "json");
  if (state.zoom) query.set("time", [state.zoom.from, state.zoom.to].map((ms) => Number(ms.toFixed(4))).join("-"));
  return String(query);
}
